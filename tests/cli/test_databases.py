"""`iocbridge run FILE.db` and `iocbridge check FILE.db`, as processes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.cli.programs import IOCBRIDGE, finished, program
from tests.clients import C_TOOLS, c_tool

needs_c_tools = pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only")

GOOD = 'record(ao, "$(P)SP") { field(VAL, "$(V=2.5)") field(PREC, 1) alias("$(P)SETPOINT") }\n'
BAD = 'record(ao, "$(P)SP") {\n  field(PREC, "one")\n  field(FLNK, "$(P)NOWHERE")\n}\nrecord(oa, "x") {}\n'


@needs_c_tools
async def test_databases_are_served(tmp_path: Path) -> None:
    (tmp_path / "one.db").write_text(GOOD)
    (tmp_path / "two.substitutions").write_text("file one.db { pattern { P, V } { B:, 7 } }\n")
    words = (*IOCBRIDGE, "run", "one.db", "two.substitutions", "-m", "P=A:", "--list-pvs")
    async with program(*words, cwd=tmp_path) as running:
        port = await running.port()
        await running.until("    A:SP\n(.*\n)*    A:SETPOINT\n")
        assert (await c_tool(port, "caget", "-t", "A:SP", "A:SETPOINT.PREC", "B:SP")).out.split() == ["2.5", "1", "7"]
        assert (await c_tool(port, "caput", "-c", "A:SETPOINT", "3")).code == 0
        assert (await c_tool(port, "caget", "-t", "A:SP")).out.split() == ["3"]


@needs_c_tools
async def test_a_database_beside_a_program(tmp_path: Path) -> None:
    (tmp_path / "one.db").write_text(GOOD)
    (tmp_path / "app.py").write_text(
        "from bridge import PVGroup, ai, run\n"
        "class App(PVGroup):\n    FLOW = ai(value=2.0)\n"
        "if __name__ == '__main__':\n    run(App)\n"
    )
    async with program(*IOCBRIDGE, "run", "app.py", "one.db", "-m", "P=A:", cwd=tmp_path) as running:
        port = await running.port()
        assert (await c_tool(port, "caget", "-t", "FLOW", "A:SP")).out.split() == ["2", "2.5"]


@needs_c_tools
async def test_files_of_all_kinds_together(tmp_path: Path) -> None:
    (tmp_path / "one.db").write_text(GOOD)
    (tmp_path / "two.yaml").write_text("prefix: 'Y:'\nrecords: {T: {type: ai, value: 3}}\n")
    (tmp_path / "three.yaml").write_text("prefix: 'Z:'\nrecords: {T: {type: ai, value: 4}}\n")
    (tmp_path / "app.py").write_text("from bridge import PVGroup, ai\nclass App(PVGroup):\n    FLOW = ai(value=2.0)\n")
    words = (*IOCBRIDGE, "run", "two.yaml", "three.yaml", "app.py")
    async with program(*words, cwd=tmp_path) as running:
        assert (await c_tool(await running.port(), "caget", "-t", "Y:T", "Z:T", "FLOW")).out.split() == ["3", "4", "2"]
    async with program(*words, "one.db", "-m", "P=A:", cwd=tmp_path) as running:
        assert (await c_tool(await running.port(), "caget", "-t", "Z:T", "A:SP")).out.split() == ["4", "2.5"]


async def test_a_program_that_would_run_by_itself_beside_a_database(tmp_path: Path) -> None:
    (tmp_path / "one.db").write_text(GOOD)
    (tmp_path / "app.py").write_text(
        "from bridge import PVGroup, ai, run\nclass App(PVGroup):\n    FLOW = ai(value=2.0)\nrun(App)\n"
    )
    said = 'app.py:4: run(...) would serve this file by itself: put it below `if __name__ == "__main__":`'
    for words in (["app.py", "one.db", "-m", "P=A:"], ["app.py:App"]):
        ended = await finished(*IOCBRIDGE, "run", *words, cwd=tmp_path)
        assert (ended.code, ended.err) == (2, f"iocbridge: {said}\n")


async def test_what_cannot_be_loaded_is_not_served(tmp_path: Path) -> None:
    (tmp_path / "bad.db").write_text(BAD)
    ended = await finished(*IOCBRIDGE, "run", "bad.db", "-m", "P=A:", cwd=tmp_path)
    assert ended.code == 2
    assert "bad.db:2:15: error: A:SP.PREC: 'one' is no whole number\n" in ended.err
    assert ended.err.splitlines()[-1].startswith("iocbridge: nothing is served")


async def test_a_prefix_is_a_macro_there(tmp_path: Path) -> None:
    (tmp_path / "good.db").write_text(GOOD)
    ended = await finished(*IOCBRIDGE, "run", "good.db", "--prefix", "A:", cwd=tmp_path)
    said = "iocbridge: --prefix A:: records of database files have theirs from macros: -m P=A:\n"
    assert (ended.code, ended.err) == (2, said)


async def test_check_tells_everything(tmp_path: Path) -> None:
    (tmp_path / "bad.db").write_text(BAD)
    ended = await finished(*IOCBRIDGE, "check", "bad.db", "-m", "P=A:", cwd=tmp_path)
    assert (ended.code, ended.err) == (1, "")
    assert ended.out.splitlines() == [
        "bad.db:2:15: error: A:SP.PREC: 'one' is no whole number",
        "bad.db:3:15: warning: A:SP.FLNK: no record 'A:NOWHERE' in these files: it will be sought by Channel Access",
        "bad.db:5:8: error: x: there is no record type 'oa' (did you mean 'bo' or 'ao' or 'ai'?)",
        "1 record, 2 errors, 1 warning",
    ]


async def test_check_of_what_is_right(tmp_path: Path) -> None:
    (tmp_path / "good.db").write_text(GOOD)
    ended = await finished(*IOCBRIDGE, "check", "good.db", "-m", "P=A:", cwd=tmp_path)
    assert (ended.code, ended.out, ended.err) == (0, "1 record, 0 errors, 0 warnings\n", "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("good.db", "-m", "P"), "'P' defines no macro"),
        (("none.db",), "none.db: error: No such file or directory"),
        (("good.db",), "good.db:1:13: error: macro 'P' is not defined"),
        ((".",), ".: error: Is a directory"),
        (("good.db", "lab.yaml"), "lab.yaml is no database file: `iocbridge run lab.yaml` says what is wrong"),
        (("app.py:App",), "app.py is no database file: `iocbridge run app.py` says what is wrong"),
    ],
)
async def test_wrong_words(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    (tmp_path / "good.db").write_text(GOOD)
    ended = await finished(*IOCBRIDGE, "check", *words, cwd=tmp_path)
    assert ended.code in (1, 2)
    assert said in ended.out + ended.err
    assert "Traceback" not in ended.err


# --- the page docs/databases.md ---------------------------------------------------------------------------------------

PAGE = (Path(__file__).parents[2] / "docs/databases.md").read_text()


def block(language: str, number: int = 0) -> str:
    """A block of code of the page."""
    return PAGE.split(f"```{language}\n")[1 + number].split("```")[0]


@needs_c_tools
async def test_the_page_s_database(tmp_path: Path) -> None:
    (tmp_path / "lab.db").write_text(PAGE.split("```\n")[1])
    ended = await finished(*IOCBRIDGE, "check", "lab.db", "-m", "P=LAB:", cwd=tmp_path)
    assert (ended.code, ended.out) == (0, "2 records, 0 errors, 0 warnings\n")
    async with program(*IOCBRIDGE, "run", "lab.db", "-m", "P=LAB:", cwd=tmp_path) as running:
        port = await running.port()
        assert (await c_tool(port, "caput", "-c", "LAB:TEMPERATURE", "100")).code == 0
        assert (await c_tool(port, "caget", "-t", "LAB:T.SEVR", "LAB:T.DESC")).out.splitlines() == [
            "MAJOR",
            "Temperature of the furnace",
        ]

        async def follows() -> bool:
            return (await c_tool(port, "caget", "-t", "LAB:F", "LAB:F.SEVR")).out.split() == ["212", "MAJOR"]

        async with asyncio.timeout(15):
            while not await follows():
                await asyncio.sleep(0.05)


async def test_the_page_s_mistakes(tmp_path: Path) -> None:
    text = PAGE.split("```\n")[1].replace('field(PREC, "1")', "").replace('field(EGU, "C")', "")
    lines = text.splitlines()
    lines[2] = '    field(EGU, "C")'
    lines[3] = '    field(PREC,  "one")'
    lines[4] = "    field(HIHH, 80) field(VAL, 21.5)"
    lines[9] = '    field(INPA, "5") field(CALC, "A*1.8+")'
    (tmp_path / "lab.db").write_text("\n".join(lines))
    ended = await finished(*IOCBRIDGE, "check", "lab.db", "-m", "P=LAB:", cwd=tmp_path)
    said = [line.partition(" error: ")[2] for line in ended.out.splitlines()]
    for line in PAGE.split("```\n")[5].splitlines()[:3]:
        assert line.partition(" error: ")[2] in said


def test_the_page_s_program(capsys: pytest.CaptureFixture[str]) -> None:
    exec(block("python"), {})
    assert capsys.readouterr().out == "12.566370614359172 A\n"
