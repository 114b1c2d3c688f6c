"""`iocbridge run FILE` and `python FILE`, as processes: what they serve, how they end, what they say is wrong."""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path

import pytest

from tests.cli.programs import IOCBRIDGE, PYTHON, environment, finished, program
from tests.clients import C_TOOLS, c_tool
from tests.waiting import eventually

needs_c_tools = pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only")

RUN = (*IOCBRIDGE, "run")
BY = {"iocbridge run": RUN, "python": PYTHON}

PUMP = """\
from bridge import PVGroup, ai, ao, run

class Pump(PVGroup):
    "A pump of the lab."
    SPEED = ao(value=1.5, egu="rpm", prec=1)
    FLOW = ai(value=2.0)
"""
MAIN = """
if __name__ == "__main__":
    run(Pump)
"""


@pytest.fixture
def ioc(tmp_path: Path) -> Path:
    path = tmp_path / "my_ioc.py"
    path.write_text(PUMP + MAIN)
    return path


def one_line(text: str) -> str:
    """The only line of a complaint."""
    assert "Traceback" not in text
    (line,) = [line for line in text.splitlines() if not line.startswith("[I ")]
    return line


# --- a good file ----------------------------------------------------------------------------------------------------


@needs_c_tools
@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_serves_until_it_is_told_to_stop(ioc: Path, by: str, number: int) -> None:
    async with program(*BY[by], ioc.name, "--prefix", "P:", "--list-pvs", cwd=ioc.parent) as running:
        port = await running.port()
        await running.until("    P:SPEED\n    P:FLOW\n")
        assert (await c_tool(port, "caget", "-t", "P:SPEED", "P:FLOW")).out.split() == ["1.5", "2"]
        assert (await c_tool(port, "caput", "-c", "P:SPEED", "3")).code == 0
        done = await running.interrupt(number)
    assert done.code == 0
    assert done.out == ""
    assert "Traceback" not in done.err
    steps = ["Server starting up", "Listening on", "Server startup complete", "PVs available", "Server shutting down"]
    places = [done.err.index(step) for step in (*steps, "Server exited")]
    assert places == sorted(places)


async def test_a_client_that_stays_does_not_hold_it_up(ioc: Path) -> None:
    async with program(*RUN, str(ioc)) as running:
        port = await running.port()
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.recv(16)
            done = await running.interrupt()
    assert done.code == 0


@pytest.mark.parametrize("words", [["my_ioc.py:Pump"], ["my_ioc.py"]])
async def test_a_file_that_does_not_run_itself(ioc: Path, words: list[str]) -> None:
    ioc.write_text(PUMP)
    async with program(*RUN, *words, "--prefix", "X:", "--list-pvs", cwd=ioc.parent) as running:
        await running.until("    X:SPEED\n")
        assert (await running.interrupt()).code == 0


async def test_a_class_of_a_file_that_would_run_another(ioc: Path) -> None:
    ioc.write_text(PUMP.replace("Pump", "Valve") + PUMP + MAIN)
    async with program(*RUN, "my_ioc.py:Valve", "--list-pvs", cwd=ioc.parent) as running:
        await running.until("    SPEED\n")
        assert (await running.interrupt()).code == 0


BENCH = """\
from bridge import ai
from devices import Instrument
from drivers import Ask, TcpPort

class Bath(Instrument):
    T = ai(inp=Ask("T?"))

bath = Bath("L:BATH:", port=TcpPort("127.0.0.1", 9))
"""


async def test_status_of_ports_for_the_asking(tmp_path: Path) -> None:
    (tmp_path / "bench.py").write_text(BENCH)
    async with program(*RUN, "bench.py", "--port-status", "--list-pvs", cwd=tmp_path) as running:
        await running.until("    L:BATH:PORT:TRACE_LINES\n")
        assert (await running.interrupt()).code == 0


async def test_quiet(ioc: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with program(*RUN, str(ioc), "-q", env=environment(EPICS_CAS_SERVER_PORT=str(port))) as running:
        await eventually(lambda: answers(port), 15.0)
        done = await running.interrupt()
    assert (done.code, done.out, done.err) == (0, "", "")


def answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


async def test_a_program_with_a_loop_of_its_own_keeps_its_garbage_collector(tmp_path: Path) -> None:
    """It never tells us that its start is over."""
    file = tmp_path / "own.py"
    file.write_text("import gc, sys\n\nsys.exit(0 if gc.isenabled() else 'the collector is off')\n")
    done = await finished(*IOCBRIDGE, "run", str(file))
    assert done.code == 0, done.err


async def test_help_is_that_of_the_file(ioc: Path) -> None:
    done = await finished(*RUN, str(ioc), "--help")
    assert done.code == 0
    assert "A pump of the lab." in done.out
    for option in ("--prefix", "--list-pvs", "--interfaces", "-q", "-v"):
        assert option in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("FILE", "--prefx", "X:"), "there is no option --prefx (did you mean '--prefix'?); see --help"),
        (("FILE", "--list_pvs=1"), "there is no option --list_pvs (did you mean '--list-pvs'?); see --help"),
        (("FILE", "more"), "'more' means nothing here; see --help"),
        (("a.db", "--autosv", "F"), "there is no option --autosv (did you mean '--autosave'"),
        (("--prefix", "X:", "FILE"), "--prefix comes after the file: iocbridge run FILE --prefix ..."),
        (
            ("--lst-pvs", "FILE"),
            "there is no option --lst-pvs (did you mean '--list-pvs'?); options come after the file",
        ),
    ],
)
async def test_an_option_that_there_is_not(ioc: Path, words: tuple[str, ...], said: str) -> None:
    done = await finished(*RUN, *(str(ioc) if word == "FILE" else word for word in words))
    assert done.code == 2
    assert one_line(done.err).startswith(f"iocbridge: {said}")


# --- a lab's own folder of the same name -----------------------------------------------------------------------------


@pytest.fixture
def lab(ioc: Path) -> Path:
    (ioc.parent / "drivers").mkdir()
    (ioc.parent / "drivers" / "__init__.py").write_text("raise RuntimeError('the lab has its own drivers')\n")
    return ioc


async def test_a_labs_own_drivers_folder_does_no_harm(lab: Path) -> None:
    async with program(*RUN, "my_ioc.py", "--list-pvs", cwd=lab.parent) as running:
        await running.until("    SPEED\n")
        done = await running.interrupt()
    assert done.code == 0
    assert "own drivers" not in done.err


async def test_a_labs_own_drivers_folder_is_named_when_it_does(lab: Path) -> None:
    done = await finished(*PYTHON, "my_ioc.py", cwd=lab.parent)
    assert done.code != 0
    sentence = done.err.strip().splitlines()[-1]
    assert f"{lab.parent / 'drivers'} hides iocbridge's package 'drivers'" in sentence
    assert "iocbridge run" in sentence


# --- what can be wrong ----------------------------------------------------------------------------------------------


async def test_no_such_file(tmp_path: Path) -> None:
    done = await finished(*RUN, "nothing.py", cwd=tmp_path)
    assert done.code == 2
    assert one_line(done.err) == "iocbridge: nothing.py: No such file or directory"


async def test_no_file_at_all() -> None:
    done = await finished(*RUN)
    assert done.code == 2
    assert done.err.splitlines()[-1] == "iocbridge run: error: the following arguments are required: file"


async def test_an_unknown_command() -> None:
    done = await finished(*IOCBRIDGE, "rnu")
    assert done.code == 2
    assert done.err.splitlines()[0] == "iocbridge: no command 'rnu'"
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("    FLOW_2 = ai(name='FLOW')\n" + MAIN, 3, "two PVs are called 'FLOW': Pump.FLOW and Pump.FLOW_2"),
        ("    X = ai(name='$(channel):X')\n" + MAIN, 3, "Pump.X: macro 'channel' in '$(channel):X' is not defined"),
        ("    X = ai(scan='3 second')\n" + MAIN, 7, "there is no scan '3 second'; choose one of 'Passive'"),
        ("    X = ai(hihii=1)\n" + MAIN, 7, "ai has no field 'hihii' (did you mean 'hihi'"),
        ("    X = ai(\n" + MAIN, 7, "'(' was never closed"),
        (
            "\nrun(Pump('A:'), Pump('A:'))\n",
            None,
            "two PVs are called 'A:SPEED': Pump.SPEED (my_ioc.py:5) and Pump.SPEED (my_ioc.py:5)",
        ),
        ("\n1 / 0\n", 8, "ZeroDivisionError: division by zero"),
    ],
    ids=["duplicate", "macro", "scan rate", "field", "syntax", "two groups", "error"],
)
async def test_a_bad_file(ioc: Path, text: str, line: int | None, said: str) -> None:
    ioc.write_text(PUMP + text)
    done = await finished(*RUN, "my_ioc.py", cwd=ioc.parent)
    assert done.code == 2
    place = "" if line is None else f"my_ioc.py:{line}: "
    complaint = one_line(done.err)
    assert complaint.startswith(f"iocbridge: {place}")
    assert said in complaint


@pytest.mark.parametrize("text", ["    FLOW_2 = ai(name='FLOW')\n", "    X = ai(name='$(channel):X')\n"])
async def test_a_bad_group_by_python(ioc: Path, text: str) -> None:
    """What only shows when the group is made needs no traceback there either."""
    ioc.write_text(PUMP + text + MAIN)
    done = await finished(*PYTHON, "my_ioc.py", cwd=ioc.parent)
    assert done.code == 2
    assert "my_ioc.py:3: " in one_line(done.err)


@pytest.mark.parametrize("by", BY)
async def test_a_prefix_for_a_program_that_makes_its_groups_itself(ioc: Path, by: str) -> None:
    ioc.write_text(PUMP + MAIN.replace("run(Pump)", "run(Pump('A:'))"))
    done = await finished(*BY[by], str(ioc), "--prefix", "ZZ:")
    assert done.code == 2
    assert one_line(done.err).startswith("iocbridge: --prefix ZZ:: what it serves is made by the program")


@pytest.mark.parametrize("by", BY)
async def test_a_port_that_is_no_number(ioc: Path, by: str) -> None:
    done = await finished(*BY[by], str(ioc), env=environment(EPICS_CAS_SERVER_PORT="abc"))
    assert done.code == 2
    assert one_line(done.err) == "iocbridge: EPICS_CAS_SERVER_PORT='abc': a port number is expected"


@pytest.mark.parametrize("by", BY)
@pytest.mark.parametrize(
    ("interface", "said"),
    [("192.0.2.7", "cannot listen on 192.0.2.7:"), ("nonsense", "interface 'nonsense' is no IPv4 address")],
)
async def test_an_interface_that_is_not_ours(ioc: Path, by: str, interface: str, said: str) -> None:
    done = await finished(*BY[by], str(ioc), "--interfaces", interface)
    assert done.code == 1
    assert said in one_line(done.err)


@needs_c_tools
async def test_a_device_that_does_not_exist(ioc: Path) -> None:
    """The IOC starts all the same, with its records in alarm, and says so once."""
    ioc.write_text(
        "from bridge import ai, run\n"
        "from devices import Instrument\n"
        "from drivers import Ask, SerialPort\n"
        "class Thermostat(Instrument):\n"
        "    TEMP = ai(inp=Ask('KRDG?'), scan='.1 second')\n"
        f"run(Thermostat('LAB:', port=SerialPort('{ioc.parent}/ttyUSB0')))\n"
    )
    async with program(*RUN, str(ioc)) as running:
        port = await running.port()
        await running.until("ttyUSB0 does not exist")
        for _ in range(10):
            shown = await c_tool(port, "caget", "-a", "LAB:TEMP")
        assert shown.out.split()[-2:] == ["COMM", "INVALID"]
        done = await running.interrupt()
    assert done.code == 0
    assert len([line for line in done.err.splitlines() if "ttyUSB0" in line and "stopped" not in line]) == 1


# --- what importing costs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["bridge", "devices", "drivers", "records"])
async def test_importing_loads_nothing_heavy(package: str) -> None:
    heavy = ("aiohttp", "pymodbus", "numpy", "serial", "serial_asyncio_fast", "rich")
    code = f"import sys, {package}; print([name for name in {heavy!r} if name in sys.modules])"
    done = await finished(sys.executable, "-c", code)
    assert (done.out.strip(), done.err) == ("[]", "")
