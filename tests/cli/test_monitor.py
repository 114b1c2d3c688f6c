"""`iocbridge monitor`, beside base's camonitor."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from itertools import count

import pytest
import pytest_asyncio

from bridge.client import Client
from bridge.server import ServerConfig, serving
from records import PV, Alarm, FieldType, Metadata, Severity, Status
from tests.ca.softioc import softioc
from tests.cli.records import DATABASE, FILLING
from tests.cli.tool import ours, started
from tests.client.settings import only
from tests.clients import C_TOOLS
from tests.server.serving import loopback
from tests.waiting import eventually

needs_c_tools = pytest.mark.skipif(C_TOOLS is None, reason="base's programs come as an x86_64 Linux wheel only")
module_loop = pytest.mark.asyncio(loop_scope="module")
NAMES = ["T:ao", "T:bo", "T:mbbo", "T:string", "T:doubles", "T:chars", "T:strings", "T:undefined"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client() -> AsyncIterator[Client]:
    async with softioc(DATABASE) as number, Client(only(number)) as running:
        for name, value in FILLING.items():
            await running.pv(name).put(value)
        yield running


@needs_c_tools
@module_loop
@pytest.mark.parametrize("options", ["", "-n", "-S", "-s -# 2", "-f 3 -tn", "-F,", "-m a", "-m vl"])
async def test_prints_what_camonitor_prints(client: Client, options: str) -> None:
    assert C_TOOLS is not None
    ((_, port),) = client.config.addresses
    for name, value in (("T:ao", 0.5), ("T:mbbo", 2), ("T:doubles", [1.5, 2.5])):
        await client.pv(name).put(value)
    words = [*options.split(), *NAMES]
    async with (
        started(port, str(C_TOOLS / "camonitor"), *words) as base,
        started(port, "iocbridge", "monitor", *words) as found,
    ):
        first = sorted([await base.line() for _ in NAMES])
        assert sorted([await found.line() for _ in NAMES]) == first
        for name, value in (("T:ao", 8.5), ("T:ao", -20), ("T:mbbo", 1), ("T:doubles", [3.5, 4.5])):
            if options == "-m a" and name != "T:ao":
                continue
            await client.pv(name).put(value)
            assert await found.line() == await base.line()


@needs_c_tools
@module_loop
@pytest.mark.parametrize("key", ["sr", "si", "sI", "s"])
async def test_time_stamps_as_camonitor_prints_them(client: Client, key: str) -> None:
    assert C_TOOLS is not None
    ((_, port),) = client.config.addresses
    words = ["-t", key, "T:ao"]
    async with (
        started(port, str(C_TOOLS / "camonitor"), *words) as base,
        started(port, "iocbridge", "monitor", *words) as found,
    ):
        assert await found.line() == await base.line()
        for value in (1, 2, 3):
            await client.pv("T:ao").put(value)
            assert await found.line() == await base.line()


@needs_c_tools
@module_loop
async def test_what_is_not_found(client: Client) -> None:
    assert C_TOOLS is not None
    ((_, port),) = client.config.addresses
    words = ["-w", "0.3", "NOBODY", "T:ao"]
    async with (
        started(port, str(C_TOOLS / "camonitor"), *words) as base,
        started(port, "iocbridge", "monitor", *words) as found,
    ):
        assert [await found.line(), await found.line()] == [await base.line(), await base.line()]


GONE = re.compile(r"X:\w+ +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} \*\*\* disconnected")


def database() -> dict[str, PV]:
    pvs = [
        PV("X:number", 1.0, metadata=Metadata(precision=2)),
        PV("X:state", 1, FieldType.ENUM, metadata=Metadata(states=("off", "on"))),
        PV("X:image", [0.0] * 1000, max_count=1000),
    ]
    return {pv.name: pv for pv in pvs}


async def test_a_restart_of_the_server_and_the_end_by_ctrl_c() -> None:
    pvs = database()
    async with serving(pvs, loopback()) as server:
        port = server.port
        context = started(port, "iocbridge", "monitor", "X:number", "X:state")
        monitor = await context.__aenter__()
        assert [(await monitor.line())[:31].strip() for _ in range(2)] == ["X:number", "X:state"]
        pvs["X:number"].post(2.5)
        assert (await monitor.line()).endswith(" 2.5  ")
    try:
        for _ in range(2):
            assert re.search(
                r"^X:\w+ +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} \*\*\* disconnected$", await monitor.line()
            )
        pvs = {"X:number": PV("X:number", 7.5), "X:state": PV("X:state", "text now", FieldType.STRING)}
        config = ServerConfig(interfaces=("127.0.0.1",), port=port, auto_beacon=False)
        async with serving(pvs, config):
            lines = sorted([await monitor.line(), await monitor.line()])
            assert lines[0].endswith(" 7.5  ")
            assert lines[1].endswith(" text now  ")
            end = await monitor.interrupt()
        assert (end.code, end.out, end.err) == (130, "", "")
    finally:
        await context.__aexit__(None, None, None)


async def test_it_ends_when_nobody_reads() -> None:
    pvs = database()
    async with serving(pvs, loopback()) as server, started(server.port, "iocbridge", "monitor", "X:number") as monitor:
        await monitor.line()
        transport = monitor.process._transport  # type: ignore[attr-defined]
        transport.get_pipe_transport(1).close()  # as `| head -1` does

        values = count(2.0)

        def post() -> bool:
            pvs["X:number"].post(next(values))
            return monitor.process.returncode is not None

        await eventually(post)
        assert monitor.process.returncode == 0
        assert monitor.process.stderr is not None
        assert await monitor.process.stderr.read() == b""


async def test_so_many_updates_and_no_more() -> None:
    pvs = database()
    async with serving(pvs, loopback()) as server:

        async def post() -> None:
            for value in count(2.0):
                await asyncio.sleep(0.005)
                pvs["X:number"].post(value)

        posting = asyncio.create_task(post())
        found = await ours(server.port, "monitor", "--maximum", "5", "X:number")
        posting.cancel()
    values = [float(line.split()[3]) for line in found.out.splitlines()]
    assert len(values) == 5
    assert values == sorted(values)
    assert found.code == 0


async def test_alarms_have_a_colour_on_a_terminal() -> None:
    pvs = database()
    pvs["X:number"].post_alarm(Alarm(Status.COMM, Severity.INVALID))
    async with serving(pvs, loopback()) as server:
        found = await ours(server.port, "monitor", "--maximum", "1", "X:number", terminal=True)
    assert found.out.endswith("\x1b[35mCOMM INVALID\x1b[0m\n")


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "no PV name given"),
        (["-m", "vx", "X"], "option -m wants letters of valp"),
        (["-t", "q", "X"], "option -t wants letters of scnriI"),
        (["--maximum", "0", "X"], "--maximum wants a number"),
        (["--minimum", "0", "X"], "option --minimum not recognized"),
        (["x" * 600], "is no PV name"),
    ],
)
async def test_words_that_make_no_sense(words: list[str], complaint: str) -> None:
    found = await ours(1, "monitor", *words)
    assert complaint in found.err
    assert found.code == 1
