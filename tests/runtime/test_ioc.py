"""A running IOC: it serves first, and takes everything down in bounded time."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

import devices
from bridge import PVGroup, ai, ao, pvproperty, running
from bridge.runtime.database import DuplicateName
from bridge.server import CannotListen, ConfigError, ServerConfig
from devices import Instrument
from drivers import FLOAT32, Ask, Get, HttpPort, Input, ModbusTcpPort, Port, Reading, SerialPort, TcpPort, Tell
from records import Severity, Status
from tests.clients import C_TOOLS, c_tool
from tests.logs import logged
from tests.programs import free_port
from tests.runtime.fakes import Counter, Stubborn
from tests.runtime.handclock import HandClock, settle
from tests.server.serving import loopback
from tests.waiting import AT_ONCE, eventually

needs_c_tools = pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only")


def offline(missing: Path, silent: int = 0) -> list[PVGroup]:
    """One instrument of each kind, none of which is there; on TCP port `silent` calls are taken, and nothing said."""

    class Line(Instrument):
        T = ai(inp=Ask("KRDG?"), scan="1 second")
        SP = ao(out=Tell("SETP {}"))

    class Meter(Instrument):
        V = ai(inp=Input(0, FLOAT32), scan="1 second")

    class Web(Instrument):
        X = ai(inp=Get("/x", "/x"), scan="1 second")

    return [
        Line("TTY:", port=SerialPort(str(missing))),
        Line("TCP:", port=TcpPort("127.0.0.1", free_port())),
        Line("MUTE:", port=TcpPort("127.0.0.1", silent or free_port(), timeout=30.0)),
        Meter("MB:", port=ModbusTcpPort("127.0.0.1", free_port())),
        Web("HTTP:", port=HttpPort(f"http://127.0.0.1:{free_port()}")),
        devices.SDM630("RTU:", device=str(missing)),
    ]


@needs_c_tools
async def test_serves_while_every_instrument_is_away(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        groups = offline(tmp_path / "ttyUSB0", silent.getsockname()[1])
        async with running(*groups, config=loopback()) as ioc:
            names = ["TTY:T", "TCP:T", "MB:V", "HTTP:X", "RTU:V1", "TTY:SP"]
            # the server answers although no port has ever been up, or is up and waits for half a minute
            done = await c_tool(ioc.server.port, "caget", "-w", "5", *names, "MUTE:T")
            assert done.code == 0, done.err
            await eventually(lambda: {ioc.pvdb[name].alarm.status for name in names} == {Status.COMM})
            assert ioc.pvdb["MUTE:T"].alarm.severity is Severity.INVALID
            begin = time.monotonic()
        assert time.monotonic() - begin < AT_ONCE


@pytest.mark.parametrize("instruments", ["offline", "stubborn"])
async def test_leaves_nothing_behind(tmp_path: Path, instruments: str) -> None:
    """No task and no descriptor, even of instruments that hang; and quickly."""

    async def once() -> float:
        groups = offline(tmp_path / "ttyUSB0")
        if instruments == "stubborn":
            groups = [devices.SDM630("RTU:", device=str(tmp_path / "x"))]
            groups[0].services.append(Stubborn())
        async with running(*groups, config=loopback()):
            await settle()
            begin = time.monotonic()
        return time.monotonic() - begin

    await once()  # what is loaded and cached the first time stays
    await asyncio.sleep(0)
    gc.collect()
    before = descriptors()
    with logged() as log:
        assert await once() < 2.5
    gc.collect()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert descriptors() == before
    assert bool(log.about("did not close")) is (instruments == "stubborn")


def descriptors() -> list[str]:
    """What is open, without the directory that lists it."""
    found = []
    for name in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{name}").split(":")[0])
        except OSError:
            continue
    return sorted(found)


async def test_a_hundred_starts_and_stops(tmp_path: Path) -> None:
    before = descriptors()
    for _ in range(100):
        async with running(devices.SDM630("RTU:", device=str(tmp_path / "x")), config=loopback()):
            pass
    gc.collect()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert descriptors() == before


async def test_an_instrument_may_be_used_again() -> None:
    """The same group in one IOC after the other, as interactive users do."""
    source = Counter()

    class Group(PVGroup):
        R = ai(inp=source, pini="YES")

    group = Group("T:")
    for reads in (1, 2):
        async with running(group, config=loopback()):
            await eventually(lambda reads=reads: source.reads == reads)


async def test_pini_in_the_order_of_phases() -> None:
    order: list[str] = []

    class Source:
        def __init__(self, name: str) -> None:
            self.name = name

        async def read(self) -> Reading:
            order.append(self.name)
            return Reading(1.0)

    class Group(PVGroup):
        LAST = ai(inp=Source("last"), pini="YES", phas=5)
        NEVER = ai(inp=Source("never"))
        FIRST = ai(inp=Source("first"), pini="YES")
        SECOND = ai(inp=Source("second"), pini="YES")

    async with running(Group("T:"), config=loopback()):
        await settle()
    assert order == ["first", "second", "last"]


async def test_a_shared_port_starts_once() -> None:
    starts: list[str] = []

    class Wire(Port):
        async def _open(self) -> None:
            starts.append("open")

        async def _close(self) -> None:
            starts.append("close")

        def point(self, question: Any) -> Any:
            return Counter()

    class Half(Instrument):
        R = ai(inp=Ask("R?"))

    wire = Wire("shared")
    async with running(Half("A:", port=wire), Half("B:", port=wire), config=loopback()):
        await eventually(lambda: starts)
    assert starts == ["open", "close"]


async def test_a_link_tells_each_record_once_per_change() -> None:
    """Also a record with INP and OUT on the same wire."""
    watchers: list[Any] = []

    class Point:
        reads = 0

        async def read(self) -> Reading:
            self.reads += 1
            return Reading(1.0)

        async def write(self, value: Any, /) -> None:
            pass

        def watch(self, callback: Any, /) -> Any:
            watchers.append(callback)
            return lambda: watchers.remove(callback)

    point = Point()

    class Group(PVGroup):
        SP = ao(inp=point, out=point)

    group = Group("T:")
    async with running(group, config=loopback()):
        assert len(watchers) == 1
        watchers[0](ConnectionError("unplugged"))
        await settle()
        assert group.SP.alarm == (Status.COMM, 3, "unplugged")
        watchers[0](None)
        await settle()
        assert (group.SP.value, point.reads, group.SP.alarm.severity) == (1.0, 1, 0)
    assert watchers == []


async def test_duplicate_names_are_refused_before_anything_is_opened() -> None:
    class Group(PVGroup):
        R = ai()

    before = descriptors()
    with pytest.raises(DuplicateName, match="'T:R'"):
        async with running(Group("T:"), Group("T:"), config=loopback()):
            pass
    assert descriptors() == before


async def test_a_taken_port_is_said_and_nothing_stays() -> None:
    class Group(PVGroup):
        R = ai(inp=Counter(), scan=".1 second")

    async with running(Group("T:"), config=loopback()) as ioc:
        tasks = asyncio.all_tasks()
        with pytest.raises(CannotListen):
            async with running(Group("U:"), config=ServerConfig(interfaces=("127.0.0.1",), port=ioc.server.port)):
                pass
        assert asyncio.all_tasks() == tasks


@needs_c_tools
async def test_the_environment_says_where_to_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    class Group(PVGroup):
        R = ai(1.5)

    port = free_port()
    monkeypatch.setenv("EPICS_CAS_SERVER_PORT", str(port))
    monkeypatch.setenv("EPICS_CAS_INTF_ADDR_LIST", "127.0.0.1")
    monkeypatch.setenv("EPICS_CAS_AUTO_BEACON_ADDR_LIST", "NO")
    async with running(Group("T:")) as ioc:
        assert ioc.server.port == port
        assert (await c_tool(port, "caget", "-t", "T:R")).out.strip() == "1.5"
    monkeypatch.setenv("EPICS_CAS_SERVER_PORT", "many")
    with pytest.raises(ConfigError, match="EPICS_CAS_SERVER_PORT"):
        async with running(Group("T:")):
            pass


async def test_the_callers_error_comes_through() -> None:
    class Group(PVGroup):
        R = ai()

    with pytest.raises(ZeroDivisionError):
        async with running(Group("T:"), config=loopback()):
            _ = 1 / 0
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_timestamps_are_the_clocks() -> None:
    class Group(PVGroup):
        R = ai(inp=Counter(), scan="1 second")

    clock, group = HandClock(), Group("T:")
    async with running(group, config=loopback(), wall=clock):
        await clock.advance(1.0)
        assert group.R.time_ns == clock.now_ns()


@needs_c_tools
async def test_the_first_time_is_that_of_the_start() -> None:
    """PVs are made before there is a clock; a time of 0 would reach clients as 2106."""

    class Group(PVGroup):
        plain = pvproperty(value=1)
        kept = ao(1.0)
        unknown = ai()

    group = Group("T:")
    group.plain.time_ns = group.kept.time_ns = 0  # as in a process that has just begun
    before = time.time_ns()
    async with running(group, config=loopback()) as ioc:
        assert before <= group.plain.time_ns == group.kept.time_ns <= time.time_ns()
        done = await c_tool(ioc.server.port, "caget", "-a", "T:unknown")
        assert "<undefined>" in done.out


async def test_where_it_serves_and_looks_says_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    class Far(PVGroup):
        A = pvproperty(value=41)

    class Near(PVGroup):
        B = ai(inp="FAR:A CP")

    port = free_port()
    monkeypatch.setenv("EPICS_CAS_INTF_ADDR_LIST", "127.0.0.1")
    monkeypatch.setenv("EPICS_CAS_BEACON_ADDR_LIST", "127.0.0.1:9")
    monkeypatch.setenv("EPICS_CAS_AUTO_BEACON_ADDR_LIST", "NO")
    monkeypatch.setenv("EPICS_CA_SERVER_PORT", str(port))
    monkeypatch.setenv("EPICS_CA_ADDR_LIST", "127.0.0.1")
    monkeypatch.setenv("EPICS_CA_AUTO_ADDR_LIST", "NO")
    async with running(Far("FAR:")) as far:
        assert far.server.addresses == (f"127.0.0.1:{port}",)
        near = Near("NEAR:")
        async with running(near, config=loopback()):
            await eventually(lambda: near.B.value == 41)


async def test_an_address_that_is_not_there_is_not_said_to_be_served() -> None:
    async with running(PVGroup("T:"), config=ServerConfig(port=0, interfaces=("127.0.0.1", "192.0.2.1"))) as ioc:
        assert ioc.server.addresses == (f"127.0.0.1:{ioc.server.port}",)
