"""Every program in examples/: the PVs that it lists, and that it does what it says, as base's C client sees it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.clients import C_TOOLS, ca_environment
from tests.programs import Program, free_port, program
from tests.waiting import eventually

HOME = Path(__file__).resolve().parents[2] / "examples"
pytestmark = pytest.mark.skipif(C_TOOLS is None, reason="there are no C tools")

MINI = [
    "current",
    *(f"{group}:{name}" for group in ("ph", "edge", "slit") for name in ("det", "mtr", "exp", "vel", "mtr_tick_rate")),
    *(f"dot:{name}" for name in ("det", "img_sum", "mtrx", "mtry", "exp", "shutter_open")),
    *(f"dot:{name}" for name in ("ArraySizeY_RBV", "ArraySizeX_RBV", "ArraySize_RBV")),
]
#: What `--list-pvs` prints, as seed and caproto's own examples have it.
LISTED = {
    "autosave": ["autosave:A", "autosave:B", "autosave:C"],
    "chirp": ["chirp:chirp", "chirp:steady"],
    "custom_write": ["custom_write:A", "custom_write:B"],
    "decay": ["decay:I", "decay:done", "decay:SP", "decay:K", "decay:Tvar"],
    "enums": ["enum:bo", "enum:bi", "enum:mbbi", "enum:enum_class"],
    "inline_style": ["inline_style:random_int", "inline_style:random_str", "inline_style:A"],
    "io_interrupt": ["io:keypress"],
    "macros": ["macros:my_beamline:thing.VAL", "macros:my_beamline:thing.RBV"],
    "mini_beamline": [f"mini:{name}" for name in MINI],
    "random_walk": ["random_walk:dt", "random_walk:x"],
    "record_fields": ["mock:A", "mock:B", "mock:C", "mock:D", "mock:E"],
    "rpc_function": [
        "rpc:fixed_random",
        *(f"rpc:get_random:{name}" for name in ("low", "high", "Status", "Retval", "Process")),
    ],
    "scan_rate": ["scan_rate:A"],
    "setpoint_rbv_pair": [
        *(f"setpoint_rbv:{name}" for name in ("pair", "pair_RBV", "pair2", "pair2_RBV", "pair3", "pair3_RBV", "puts"))
    ],
    "simple": ["simple:A", "simple:B", "simple:C"],
    "skip_write": ["skip:value"],
    "startup_and_shutdown_hooks": ["hooks:thing"],
    "states": ["state:value", "state:beam"],
    "subgroups": [
        "subgroups:random",
        *(f"subgroups:RECORD_LIKE1.{field}" for field in ("RTYP", "VAL", "DESC")),
        *(f"subgroups:recordlike2.{field}" for field in ("RTYP", "VAL", "DESC")),
        *("subgroups:group1:random", "subgroups:group2-random", "subgroups:group3_prefix:random"),
        "subgroups:group4:subgroup4:random",
    ],
    "worker_thread": ["wt:request", "wt:finished"],
}


def test_every_program_is_tested() -> None:
    assert sorted(LISTED) == sorted(path.stem for path in HOME.glob("*.py"))


async def simple(ioc: Program) -> None:
    assert await ioc.caput("simple:A", "42") == 0
    assert await ioc.caput("-a", "simple:C", "2", "7", "8") == 0
    assert (await ioc.caget("-t", "simple:A", "simple:B", "simple:C")).split() == ["42", "2", "3", "7", "8", "0"]


async def custom_write(ioc: Program) -> None:
    assert await ioc.caput("custom_write:B", "17") == 0
    assert await ioc.caget("-t", "custom_write:B") == "17"


async def random_walk(ioc: Program) -> None:
    assert await ioc.caput("random_walk:dt", "0.01") == 0
    before = await ioc.caget("-t", "-f", "9", "random_walk:x")

    async def moved() -> bool:
        return await ioc.caget("-t", "-f", "9", "random_walk:x") != before

    await eventually(moved, 10)


async def io_interrupt(ioc: Program) -> None:
    async def last_key() -> bool:
        return await ioc.caget("-t", "io:keypress") == "c"

    await eventually(last_key, 10)


async def subgroups(ioc: Program) -> None:
    assert (await ioc.caget("-t", "subgroups:RECORD_LIKE1.DESC", "subgroups:RECORD_LIKE1")).split() == [
        "Description",
        "1",
    ]
    assert 1 <= int(await ioc.caget("-t", "subgroups:group1:random")) <= 5


async def record_fields(ioc: Program) -> None:
    assert await ioc.caput("mock:B", "1") != 0
    assert (await ioc.caget("-t", "mock:B", "mock:B.STAT")).split() == ["2", "WRITE"]
    assert await ioc.caput("mock:A.RVAL", "7") == 0
    assert (await ioc.caget("-t", "mock:A", "mock:B")).split() == ["7", "7"]
    assert await ioc.caput("mock:D.RVAL", "20") == 0
    assert (await ioc.caget("-t", "mock:A", "mock:B", "mock:D.RTYP")).split() == ["10", "30", "ao"]
    assert await ioc.caput("mock:C", "1.5") == 0
    assert (await ioc.caget("-t", "mock:C.SEVR", "mock:C.EGU", "mock:E")).split("\n")[:2] == ["MINOR", "mm"]


async def rpc_function(ioc: Program) -> None:
    assert await ioc.caput("rpc:get_random:low", "7") == 0
    assert await ioc.caput("rpc:get_random:high", "7") == 0
    assert await ioc.caput("rpc:get_random:Process", "1") == 0
    assert (await ioc.caget("-t", "rpc:get_random:Retval", "rpc:get_random:Status")).split() == ["7", "Success"]


async def inline_style(ioc: Program) -> None:
    assert (await ioc.caget("-t", "inline_style:random_str")) in ("a", "b", "c")
    assert await ioc.caput("inline_style:A", "hello") == 0
    assert await ioc.caget("-t", "inline_style:A") == "hello"


async def enums(ioc: Program) -> None:
    assert await ioc.caput("enum:bo", "Zero Value") == 0
    assert await ioc.caput("enum:mbbi", "4") == 0
    answers = (await ioc.caget("-t", "enum:bo", "enum:bi", "enum:mbbi", "enum:enum_class", "enum:mbbi.TWST")).split(
        "\n"
    )
    assert answers == ["Zero Value", "a", "four", "amber", "two"]


async def decay(ioc: Program) -> None:
    assert await ioc.caput("decay:K", "0.01") == 0
    assert await ioc.caput("decay:SP", "50") == 0

    async def done() -> bool:
        return (await ioc.caget("-t", "decay:I", "decay:done", "decay:I.SCAN")).split("\n") == [
            *("50", "On", ".1 second"),
        ]

    await eventually(done, 10)


async def scan_rate(ioc: Program) -> None:
    assert await ioc.caget("-t", "scan_rate:A.SCAN") == ".5 second"
    assert await ioc.caput("scan_rate:A.SCAN", ".1 second") == 0

    async def counted() -> bool:
        return int(await ioc.caget("-t", "scan_rate:A")) > 10

    await eventually(counted, 10)


async def worker_thread(ioc: Program) -> None:
    loop = asyncio.get_running_loop()
    begin = loop.time()
    assert await ioc.caput("wt:request", "0.5") == 0
    assert loop.time() - begin >= 0.5  # the put is complete when the work is
    assert float(await ioc.caget("-t", "wt:finished")) > 0


async def setpoint_rbv_pair(ioc: Program) -> None:
    for name, value in (("pair", "9"), ("pair2", "2.5"), ("pair3", "Yes")):
        assert await ioc.caput(f"setpoint_rbv:{name}", value) == 0
    names = [f"setpoint_rbv:{name}" for name in ("pair_RBV", "pair2_RBV", "pair3_RBV", "puts", "pair3_RBV.RTYP")]
    assert (await ioc.caget("-t", *names)).split() == ["4", "2.5", "Yes", "1", "bi"]


async def chirp(ioc: Program) -> None:
    async def counts() -> bool:
        return int(await ioc.caget("-t", "chirp:chirp")) > 3 and int(await ioc.caget("-t", "chirp:steady")) > 3

    await eventually(counts, 10)


async def states(ioc: Program) -> None:
    name = 'state:value.{"sync":{"m":"while","s":"beam"}}'
    assert await ioc.caput("state:beam", "1") == 0
    assert (await ioc.caget("-t", name)).isdigit()


async def hooks(ioc: Program) -> None:
    async def written() -> bool:
        return await ioc.caget("-t", "hooks:thing") == "3"

    await eventually(written, 10)
    assert await ioc.end() == 0
    await eventually(lambda: "the shutdown hook of the PV was called, at 3" in ioc.text)
    assert "the start-up hook of the PV was called" in ioc.text


async def skip_write(ioc: Program) -> None:
    assert await ioc.caput("skip:value", "3") == 0
    assert await ioc.caget("-t", "skip:value") == "85"


async def mini_beamline(ioc: Program) -> None:
    assert await ioc.caput("mini:slit:vel", "100") == 0
    assert await ioc.caput("mini:slit:mtr", "2") == 0  # complete when it is there
    assert await ioc.caget("-t", "mini:slit:mtr") == "2"

    async def counts() -> bool:
        slit, image = (await ioc.caget("-t", "mini:slit:det", "mini:dot:img_sum")).split()
        return float(slit) > 1000 and float(image) > 1e8

    await eventually(counts, 10)


Check = Callable[[Program], Awaitable[None]]
CHECKS: dict[str, Check] = {
    "chirp": chirp,
    "custom_write": custom_write,
    "decay": decay,
    "enums": enums,
    "inline_style": inline_style,
    "io_interrupt": io_interrupt,
    "mini_beamline": mini_beamline,
    "random_walk": random_walk,
    "record_fields": record_fields,
    "rpc_function": rpc_function,
    "scan_rate": scan_rate,
    "setpoint_rbv_pair": setpoint_rbv_pair,
    "simple": simple,
    "skip_write": skip_write,
    "startup_and_shutdown_hooks": hooks,
    "states": states,
    "subgroups": subgroups,
    "worker_thread": worker_thread,
}


@pytest.mark.parametrize("name", LISTED)
async def test_example(name: str, tmp_path: Path) -> None:
    stdin = b"abc" if name == "io_interrupt" else b""
    async with program(str(HOME / f"{name}.py"), "--list-pvs", cwd=tmp_path, stdin=stdin, TMPDIR=str(tmp_path)) as ioc:
        await eventually(lambda: ioc.names == LISTED[name])
        answers = (await ioc.caget("-#", "3", *LISTED[name])).splitlines()
        assert len(answers) == len(LISTED[name])
        assert not any("Not connected" in answer for answer in answers)
        check = CHECKS.get(name)
        if check is not None:
            await check(ioc)
        assert await ioc.end() == 0
        assert "Traceback" not in ioc.text
    if name == "custom_write":
        assert (tmp_path / "B").read_text() == "17"


async def test_autosave_keeps_values(tmp_path: Path) -> None:
    words = (str(HOME / "autosave.py"),)
    async with program(*words, cwd=tmp_path) as ioc:
        assert await ioc.caput("autosave:A", "5") == 0
        assert await ioc.caput("autosave:B", "6") == 0
        assert await ioc.end() == 0
    async with program(*words, cwd=tmp_path) as ioc:
        assert (await ioc.caget("-t", "autosave:A", "autosave:B")).split() == ["5", "2"]


async def test_macros_from_the_command_line(tmp_path: Path) -> None:
    words = (str(HOME / "macros.py"), "--beamline", "XF31ID", "--thing", "detector", "--list-pvs", "--prefix", "m:")
    async with program(*words, cwd=tmp_path) as ioc:
        await eventually(lambda: ioc.names == ["m:XF31ID:detector.VAL", "m:XF31ID:detector.RBV"])


async def test_a_terminal_that_was_read_is_left_as_it_was() -> None:
    near, far = os.openpty()
    before = termios.tcgetattr(far)
    root = str(HOME.parent)
    environ = {**ca_environment(free_port()), "EPICS_CAS_INTF_ADDR_LIST": "127.0.0.1", "PYTHONPATH": root}
    words = (sys.executable, str(HOME / "io_interrupt.py"))
    process = await asyncio.create_subprocess_exec(*words, stdin=far, env=environ)
    try:
        await eventually(lambda: termios.tcgetattr(far) != before, 20)
        process.send_signal(signal.SIGINT)
        async with asyncio.timeout(10):
            assert await process.wait() == 0
        assert termios.tcgetattr(far) == before
    finally:
        if process.returncode is None:
            process.kill()
        os.close(near)
        os.close(far)
