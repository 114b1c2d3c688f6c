"""What operators do to a port through PVs, and what `iocbridge trace` shows of it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bridge.client import Client, PutFailed
from bridge.runtime.ioc import running
from bridge.runtime.status import PortStatus, port_status
from devices import Instrument
from drivers import Ask, Tell
from drivers.backoff import Backoff
from drivers.line.ports import TcpPort
from records import Severity, Status, SubGroup, ai, ao
from tests.cli.tool import started
from tests.client.settings import only
from tests.drivers.wires import TcpFar
from tests.server.serving import loopback
from tests.waiting import eventually


class Bath(Instrument):
    T = ai(inp=Ask("T?"), scan=".1 second")
    SP = ao(out=Tell("SP {:.1f}"))
    line = SubGroup(PortStatus, prefix="LINE:")


class Lab:
    def __init__(self, far: TcpFar, group: Bath, client: Client, port: int) -> None:
        self.far, self.group, self.client, self.port = far, group, client, port

    async def put(self, name: str, value: object) -> None:
        await self.client.pv(f"T:LINE:{name}").put(value)


@pytest_asyncio.fixture
async def lab() -> AsyncIterator[Lab]:
    far = TcpFar()
    far.answer = lambda line: "21.5" if line == "T?" else None
    await far.plug_in()
    group = Bath("T:", port=TcpPort("127.0.0.1", far.port, timeout=5.0, backoff=Backoff(0.05, 0.1)))
    async with running(group, config=loopback()) as ioc, Client(only(ioc.server.port)) as client:
        await eventually(lambda: group.T.value == 21.5)
        yield Lab(far, group, client, ioc.server.port)
    await far.close()


async def test_statistics(lab: Lab) -> None:
    line = lab.group.line
    await eventually(lambda: line.requests.value > 3)
    assert 0 < line.mean_time.value <= line.max_time.value
    assert line.address.text == f"127.0.0.1:{lab.far.port}"
    assert (line.queue.value, line.link_errors.value, line.bad_replies.value, line.baud.value) == (0, 0, 0, 0)


async def test_disable_and_enable(lab: Lab) -> None:
    record = lab.group.T
    await lab.put("ENABLE", "Disable")
    await eventually(lambda: record.alarm.status is Status.DISABLE)
    assert record.alarm.severity is Severity.INVALID
    assert "is disabled" in record.alarm.message
    with pytest.raises(PutFailed):
        await lab.client.pv("T:SP").put(1.0)
    heard = len(lab.far.log)
    assert len(lab.far.open_streams) == 1
    await lab.put("ENABLE", 1)
    await eventually(lambda: record.alarm.status is Status.NO_ALARM)
    assert len(lab.far.log) > heard


async def test_disconnect_and_connect(lab: Lab) -> None:
    record = lab.group.T
    await lab.put("CONNECT", 0)
    await eventually(lambda: record.alarm.status is Status.COMM)
    await eventually(lambda: not lab.far.open_streams)
    assert lab.group.line.connected.value == 0
    await lab.put("CONNECT", 1)
    await eventually(lambda: record.alarm.status is Status.NO_ALARM)


async def test_another_address(lab: Lab) -> None:
    other = TcpFar()
    other.answer = lambda line: "99.5"
    await other.plug_in()
    await lab.put("ADDRESS", f"127.0.0.1:{other.port}")
    await eventually(lambda: lab.group.T.value == 99.5)
    assert lab.group.port.name == f"127.0.0.1:{other.port}"
    with pytest.raises(PutFailed):
        await lab.put("ADDRESS", "nonsense")
    with pytest.raises(PutFailed):
        await lab.put("BAUD", 19200)
    assert lab.group.port.where == f"127.0.0.1:{other.port}"
    await other.close()


async def test_trace_shows_bytes_live(lab: Lab) -> None:
    async with started(lab.port, "iocbridge", "trace", "T:LINE:") as text:
        lines = [await text.line() for _ in range(12)]
        assert any(line.endswith(r"> T?\r\n") for line in lines)
        assert any(line.endswith(r"< 21.5\r\n") for line in lines)
        assert any(line.endswith("* connected") for line in lines)
        assert lab.group.line.trace.value == 1
        await lab.client.pv("T:SP").put(3.25)
        while not (await text.line()).endswith(r"> SP 3.2\r\n"):
            pass
    async with started(lab.port, "iocbridge", "trace", "-x", "--last", "T:LINE:") as numbers:
        while not (await numbers.line()).endswith("> 54 3f 0d 0a"):
            pass


async def test_trace_without_such_a_port(lab: Lab) -> None:
    from tests.cli.programs import IOCBRIDGE, environment, finished

    addresses = environment(EPICS_CA_ADDR_LIST=f"127.0.0.1:{lab.port}")
    result = await finished(*IOCBRIDGE, "trace", "T:NONE:", env=addresses)
    assert result.code == 1
    assert "T:NONE:TRACE and T:NONE:PORT:TRACE not found" in result.err
    assert "--port-status" in result.err


class Bare(Instrument):
    T = ai(inp=Ask("T?"))


async def test_status_of_each_port_that_has_none() -> None:
    shown = Bath("T:", port=TcpPort("127.0.0.1", 1))
    shared, alone = TcpPort("127.0.0.1", 2), TcpPort("127.0.0.1", 3)
    first, second, other = Bare("A:", port=shared), Bare("B:", port=shared), Bare("C:", port=alone)
    other.services.append(TcpPort("127.0.0.1", 4))
    made = port_status(shown, first, second, other)
    assert [group.prefix for group in made] == ["A:PORT:", "C:PORT:", "C:PORT2:"]
    assert made[0].service is shared
    assert port_status(shown) == []
    far = TcpFar()
    far.answer = lambda line: "21.5"
    await far.plug_in()
    group = Bare("T:", port=TcpPort("127.0.0.1", far.port, timeout=5.0))
    async with running(group, *port_status(group), config=loopback()) as ioc:
        assert "T:PORT:TRACE_LINES" in ioc.pvdb
        await eventually(lambda: ioc.pvdb["T:PORT:CONNECTED"].value == 1)
        await eventually(lambda: ioc.pvdb["T:PORT:REQUESTS"].value == 1)
        async with started(
            ioc.server.port, "iocbridge", "trace", "--last", "T:"
        ) as text:  # that of the instrument will do
            while not (await text.line()).endswith("* connected"):
                pass
    await far.close()
