"""Status PVs: what they say is compared with what is so."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import tracemalloc
from pathlib import Path

import pytest

from bridge import PVGroup, SubGroup, ao, running
from bridge.runtime.autosave import Autosave
from bridge.runtime.status import AutosaveStatus, BasicStatus, MemoryTracing, PeriodicStatus, PortStatus, Status
from bridge.runtime.status.machine import Machine
from bridge.runtime.view import Site
from devices import Instrument
from drivers import Ask, Backoff, TcpPort
from records import PV, Severity, ai
from tests.cli.programs import IOCBRIDGE, environment, program
from tests.clients import C_TOOLS, c_tool
from tests.runtime.controller import Controller
from tests.runtime.disks import FaultyDisk
from tests.runtime.handclock import HandClock
from tests.server.serving import loopback
from tests.waiting import eventually

needs_c_tools = pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only")

BASIC = [
    *("PROCESS_ID", "PARENT_ID", "CPU_CNT", "KERNEL_VERS", "EPICS_VERSION", "ENGINEER", "LOCATION", "HOSTNAME"),
    *("APP_DIR", "SOURCE_FILE", "SYSRESET"),
]
PERIODIC = [
    *("ACCESS", "STARTTOD", "TOD", "HEARTBEAT", "START_CNT", "CA_CLNT_CNT", "CA_CONN_CNT", "RECORD_CNT"),
    *("FD_MAX", "FD_CNT", "FD_FREE", "SYS_CPU_LOAD", "IOC_CPU_LOAD", "SUSP_TASK_CNT", "MEM_USED", "MEM_FREE"),
    *("MEM_MAX", "UPTIME", "NumThreads", "UPD_TIME"),
]


def test_names() -> None:
    assert list(BasicStatus("X:").pvdb) == [f"X:{name}" for name in BASIC]
    assert list(PeriodicStatus("X:").pvdb) == [f"X:{name}" for name in PERIODIC]
    assert list(Status("X:").pvdb) == [f"X:{name}" for name in BASIC + PERIODIC]
    tracing = [f"X:{name}" for name in ("EnableTracing", "TraceDiffResults", "TraceTopAllocations", "TraceCount")]
    assert list(MemoryTracing("X:").pvdb) == tracing


class Group(PVGroup):
    SP = ao(1.0, autosave=True)
    ioc = SubGroup(Status, prefix="IOC:")


async def test_basic() -> None:
    group = Group("T:")
    async with running(group, config=loopback(), site=Site("Ada", "Hall 3")):
        basic = group.ioc.basic
        await eventually(lambda: basic.location.value)
        assert basic.process_id.value == os.getpid()
        assert basic.parent_pid.value == os.getppid()
        assert basic.cpu_count.value == os.cpu_count()
        assert basic.hostname.value == socket.gethostname()[:39]
        assert (basic.engineer.value, basic.location.value) == ("Ada", "Hall 3")
        assert basic.application_directory.text == os.getcwd()
        assert basic.source_filename.text == __file__
        assert str(basic.version.value).startswith("iocbridge ")
        with pytest.raises(PermissionError, match="inside a program"):
            await basic.sysreset.write(1)


async def test_figures_of_the_process() -> None:
    group = Group("T:")
    async with running(group, config=loopback()):
        periodic = group.ioc.periodic
        await eventually(lambda: periodic.mem_used.value)
        assert periodic.record_count.value == len(group.pvdb)
        assert 5_000 < periodic.mem_used.value < 5_000_000
        assert periodic.mem_used.value < periodic.mem_max.value
        assert 0 < periodic.mem_free.value <= periodic.mem_max.value
        here = len(os.listdir("/proc/self/fd"))
        assert abs(periodic.fd_count.value - here) < 5
        assert periodic.fd_free.value == periodic.fd_max.value - periodic.fd_count.value
        assert str(periodic.start_tod.value)[:2] == "20"


def test_load_is_that_of_the_time_between_two_looks() -> None:
    machine = Machine()
    begin = os.times()
    while os.times().user - begin.user < 0.2:
        pass
    busy = machine.look()
    assert busy.ioc_load is not None
    assert busy.host_load is not None
    assert busy.ioc_load > 1.0  # other programs may have most of the machine
    assert 0.0 < busy.host_load <= 100.0


async def test_time_goes_on() -> None:
    clock = HandClock()
    group = Group("T:")
    async with running(group, config=loopback(), wall=clock):
        await clock.advance(10.5)
        assert group.ioc.periodic.heartbeat.value == 11
        assert len(str(group.ioc.periodic.time_of_day.value)) == len("2026-02-14 10:15:00")


async def connected(port: int) -> asyncio.StreamWriter:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    return writer


@needs_c_tools
async def test_clients_are_counted() -> None:
    """Sockets that are open, and the channels of a C client that monitors."""
    group = Group("T:")
    async with running(group, config=loopback()) as ioc:
        clients, channels = group.ioc.periodic.ca_client_count, group.ioc.periodic.ca_connection_count
        await eventually(lambda: group.ioc.periodic.heartbeat.value)
        assert (clients.value, channels.value) == (0, 0)
        writers = [await connected(ioc.server.port) for _ in range(3)]
        await eventually(lambda: clients.value == 3)
        assert channels.value == 0
        monitor = asyncio.create_task(c_tool(ioc.server.port, "camonitor", "T:SP", "T:IOC:TOD", "T:IOC:UPD_TIME"))
        await eventually(lambda: (clients.value, channels.value) == (4, 3))
        assert ioc.view.subscriptions == 3
        monitor.cancel()
        for writer in writers:
            writer.close()
            await writer.wait_closed()
        await asyncio.gather(monitor, return_exceptions=True)
        got = await c_tool(ioc.server.port, "caget", "-t", "T:IOC:RECORD_CNT")
        assert got.out.split() == [str(len(group.pvdb))]


async def test_starts_are_counted(tmp_path: Path) -> None:
    for starts in (1, 2, 3):
        group = Group("T:")
        async with running(group, config=loopback(), autosave=tmp_path / "ioc.sav"):
            await eventually(lambda group=group, starts=starts: group.ioc.periodic.start_count.value == starts)  # type: ignore[misc]


# --- ports ----------------------------------------------------------------------------------------------------------


class Thermostat(Instrument):
    T = ai(inp=Ask("SETP?"), scan=".1 second")
    line = SubGroup(PortStatus, prefix="LINE:")


async def test_a_port_is_watched() -> None:
    controller = Controller()
    group = Thermostat("T:", port=TcpPort("127.0.0.1", controller.port, timeout=0.5, backoff=Backoff(0.05, 0.1)))
    line = group.line
    async with running(group, config=loopback()):
        await eventually(lambda: line.fault.value)
        assert (line.connected.value, line.connected.alarm.severity) == (0, Severity.MAJOR)
        await controller.on()
        await eventually(lambda: line.connected.value)
        assert (line.fault.value, line.connected.alarm.severity) == ("", Severity.NO_ALARM)
        await eventually(lambda: line.requests.value > 3)
        assert line.requests.value <= group.port.statistics.requests
        assert (line.errors.value, line.timeouts.value, line.reconnects.value) == (0, 0, 0)
        assert 0.0 < line.last_time.value <= line.max_time.value < 500.0
        await controller.off()
        controller.drop()
        await eventually(lambda: not line.connected.value)
        await controller.on()
        await eventually(lambda: line.reconnects.value)
        await controller.off()


async def test_anything_with_statistics_and_fault() -> None:
    class Found:
        requests = 7
        last_time = 0.25

    class Service:
        statistics = Found()
        fault = ConnectionError("no such device")

    group = PortStatus("P:", service=Service())
    clock = HandClock()
    async with running(group, config=loopback(), wall=clock):
        await clock.advance(1.0)
        assert (group.requests.value, group.last_time.value, group.late.value) == (7, 250.0, 0)
        assert group.fault.value == "no such device"


async def test_no_port_at_all() -> None:
    group = PortStatus("P:")
    clock = HandClock()
    async with running(group, config=loopback(), wall=clock):
        await clock.advance(1.0)
        assert group.connected.alarm.severity is Severity.MAJOR
        assert "no port" in group.connected.alarm.message


# --- autosave -------------------------------------------------------------------------------------------------------


class Saved(PVGroup):
    SP = ao(1.0, autosave=True)
    safe = SubGroup(AutosaveStatus, prefix="SAVE:")


def said(pv: PV) -> tuple[str, Severity]:
    return pv.text, pv.alarm.severity


async def test_autosave_that_works(tmp_path: Path) -> None:
    path = tmp_path / "ioc.sav"
    for restored in (0, 1):
        group = Saved("T:")
        safe = group.safe
        async with running(group, config=loopback(), autosave=Autosave(path, 1000)):
            await eventually(lambda safe=safe: said(safe.status) == ("OK", Severity.NO_ALARM))  # type: ignore[misc]
            await eventually(lambda safe=safe: safe.saves.value == 1)  # type: ignore[misc]
            assert (safe.restored.value, safe.refused.value, safe.message.value) == (restored, 0, "")
            assert (safe.filename.value, safe.period.value) == (str(path), 1000.0)
            await group.SP.write(2.0 + restored)
            await safe.save.write(1)
            assert f"T:SP.VAL {2.0 + restored}\n" in path.read_text()
            assert (safe.saves.value, safe.save.value) == (2, 0)


async def test_autosave_that_fails(tmp_path: Path) -> None:
    disk = FaultyDisk(at=0, code=errno.ENOSPC)
    group = Saved("T:")
    safe = group.safe
    async with running(group, config=loopback(), autosave=Autosave(tmp_path / "ioc.sav", 0.1, disk=disk)):
        await eventually(lambda: said(safe.status) == ("Failed", Severity.MAJOR))
        assert "No space left on device" in str(safe.message.value)
        with pytest.raises(OSError, match="No space left"):
            await safe.save.write(1)
        disk.broken = False
        await eventually(lambda: said(safe.status) == ("OK", Severity.NO_ALARM))
        assert safe.failures.value > 0


async def test_autosave_that_found_an_older_copy(tmp_path: Path) -> None:
    path = tmp_path / "ioc.sav"
    for _ in range(2):
        group = Saved("T:")
        async with running(group, config=loopback(), autosave=path):
            await group.SP.write(5)
    path.write_bytes(b"")
    group = Saved("T:")
    async with running(group, config=loopback(), autosave=path):
        await eventually(lambda: said(group.safe.status) == ("Warning", Severity.MINOR))
        assert "it is empty" in str(group.safe.message.value)
        assert str(group.safe.source.value).endswith("ioc.savB")


async def test_autosave_that_found_nothing_good(tmp_path: Path) -> None:
    path = tmp_path / "ioc.sav"
    path.write_bytes(b"garbage")
    group = Saved("T:")
    async with running(group, config=loopback(), autosave=path):
        await eventually(lambda: said(group.safe.status) == ("Failed", Severity.MAJOR))
        assert str(group.safe.message.value).startswith("nothing is restored")


async def test_no_autosave() -> None:
    group = Saved("T:")
    async with running(group, config=loopback()):
        await eventually(lambda: group.safe.message.value)
        assert said(group.safe.status) == ("Not in use", Severity.MINOR)


# --- memory ---------------------------------------------------------------------------------------------------------


async def test_memory_tracing() -> None:
    class Traced(PVGroup):
        memory = SubGroup(MemoryTracing, prefix="")

    group = Traced("T:")
    memory = group.memory
    clock = HandClock()

    async def off() -> bool:
        await clock.advance(10)  # a snapshot may still be under way
        return not tracemalloc.is_tracing()

    async with running(group, config=loopback(), wall=clock):
        await clock.advance(10)
        assert not tracemalloc.is_tracing()
        assert memory.top_allocations.text == "Unset"
        await memory.trace_count.write(3)
        await memory.enable_tracing.write("Enable")
        await clock.advance(10)
        hoard = [bytes(1000) for _ in range(1000)]
        for wanted in ("test_status.py", "KiB"):
            await clock.advance(10)
            await eventually(lambda wanted=wanted: wanted in memory.top_allocations.text)  # type: ignore[misc]
        assert memory.top_allocations.text.count("#") == 3
        await eventually(lambda: "size=" in memory.diff_results.text)
        assert len(hoard) == 1000
        await memory.enable_tracing.write("Disable")
        await eventually(off)


# --- as a program ---------------------------------------------------------------------------------------------------

PROGRAM = """\
from bridge import PVGroup, SubGroup, run
from bridge.runtime.status import Status

class Pump(PVGroup):
    ioc = SubGroup(Status, prefix="")

run(Pump)
"""


@needs_c_tools
async def test_a_client_ends_the_ioc(tmp_path: Path) -> None:
    (tmp_path / "pump.py").write_text(PROGRAM)
    env = environment(ENGINEER="Grace", LOCATION="Hall 7")
    async with program(*IOCBRIDGE, "run", "pump.py", cwd=tmp_path, env=env) as pump:
        port = await pump.port()
        got = await c_tool(port, "caget", "-t", "ENGINEER", "LOCATION")
        assert got.out.splitlines() == ["Grace", "Hall 7"]
        assert (await c_tool(port, "caput", "SYSRESET", "1")).code == 0
        left = await pump.end()
    assert left.code == 0
    assert "SYSRESET: a client asks the IOC to end" in left.err
