"""One caproto program on caproto and on us, asked by base's C clients: the defects that programs are spared.

The numbers are those of the weaknesses in docs/from-caproto.md. What caproto answers is that of the release named here;
of a later one only our answers are checked.
"""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from tests.clients import C_TOOLS, Finished, c_tool
from tests.programs import program

RELEASE = "1.3.0"
try:
    CAPROTO = version("caproto")
except PackageNotFoundError:
    CAPROTO = ""
pytestmark = pytest.mark.skipif(C_TOOLS is None, reason="there are no C tools")

PROGRAM = """
from caproto.server import PVGroup, ioc_arg_parser, pvproperty, run

class Base(PVGroup):
    hooked = pvproperty(value=0)

    @hooked.putter
    async def hooked(self, instance, value):
        return value + 1

class Derived(Base):
    @Base.hooked.putter
    async def hooked(self, instance, value):
        return value + 10

class Group(PVGroup):
    high = pvproperty(value=0.0, record="ai", upper_warning_limit=5.0)
    calm = pvproperty(value=0.0)
    start = pvproperty(value=9.0, record="ai", upper_alarm_limit=5.0, alarm_group="start")
    limits = pvproperty(value=1.0, record="ai", upper_ctrl_limit=5.0, upper_disp_limit=9.0)
    text = pvproperty(value="")
    wide = pvproperty(value=1 << 40)
    pi = pvproperty(value=3.14159, precision=2)
    whole = pvproperty(value=0)

    @pvproperty(value=[1, 2], max_length=6, read_only=True)
    async def form(self, instance):
        return [1]

ioc_options, run_options = ioc_arg_parser(default_prefix="c:", desc="what caproto gets wrong")
pvdb = {**Group(**ioc_options).pvdb, **Base("base:").pvdb, **Derived("derived:").pvdb}
run(pvdb, **run_options)
"""
#: What it is about, what is done, the question, caproto's answer, ours (the ends of what the tools print).
CASES = [
    ("B1: one high PV alarms its whole group", "caput c:high 9", "caget -a c:calm", "HIGH MINOR", ""),
    ("B2: the first value is not looked at", "", "caget -a c:start", "", "HIHI MAJOR"),
    ("B4: HOPR is the control limit", "", "caget -t c:limits.HOPR", "5", "9"),
    ("D1: a hook of a subclass changes its base", "caput -c base:hooked 1", "caget -t base:hooked", "11", "2"),
    ("D2: the getter form drops max_length", "", "caget -t c:form", "2 1 0", "6 1 0 0 0 0 0"),
    ("D2: the getter form drops read_only", "caput -c c:form 5", "caget -t -a c:form", None, None),
    ("D3: an empty text takes one character", "caput -S c:text hello", "caget -t -S c:text", "0", "hello"),
    ("D3: wide integers read 0", "", "caget -t -f0 c:wide", "0", "1099511627776"),
    ("D5: PREC is ignored in text", "", "caget -t -s c:pi", "3.14159", "3.14"),
    ("D5: hexadecimal text is refused", "caput -c c:whole 0x1F", "caget -t c:whole", "0", "31"),
]
ANSWERS = {"caproto": 3, "ours": 4}


async def ask(port: int, words: str) -> Finished:
    tool, *rest = words.split()
    return await c_tool(port, tool, "-w", "5", *rest)


@pytest.mark.parametrize("whose", ANSWERS)
async def test_the_same_program(tmp_path: Path, whose: str) -> None:
    if whose == "caproto" and CAPROTO != RELEASE:
        pytest.skip(f"caproto is not {RELEASE} but {CAPROTO or 'not installed'}")
    (tmp_path / "program.py").write_text(PROGRAM)
    words = ("program.py",) if whose == "caproto" else ("-m", "bridge", "run", "--caproto", "program.py")
    async with program(*words, cwd=tmp_path) as ioc:
        for about, deed, question, *answers in CASES:
            done = await ask(ioc.port, deed) if deed else None
            wanted = answers[ANSWERS[whose] - 3]
            if wanted is None:  # whether a client may write
                assert done is not None
                assert ("Write access" in done.err) == (whose == "ours"), about
                continue
            answer = (await ask(ioc.port, question)).out.strip()
            if wanted:
                assert answer.endswith(wanted), (about, answer)
            else:
                assert "MINOR" not in answer, (about, answer)
                assert "MAJOR" not in answer, (about, answer)


def test_the_guide_names_tests_that_there_are() -> None:
    root = Path(__file__).resolve().parents[2]
    guide = (root / "docs" / "from-caproto.md").read_text()
    named = re.findall(r"`((?:tests/[a-z]+/)?test_\w+\.py)`(?: \(([^)]*)\))?", guide)
    assert len(named) > 25
    for file, fragments in named:
        found = (root / file) if "/" in file else (root / "tests" / "compat" / file)
        assert found.is_file(), file
        for fragment in re.findall(r"`(\w+)`", fragments):
            assert re.search(rf"def test_\w*{fragment}", found.read_text()), (file, fragment)
