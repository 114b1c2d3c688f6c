"""Another address, line or unit while a Modbus port runs, and what its trace shows."""

from __future__ import annotations

import pytest

from drivers.errors import ReplyTimeout, UsageError
from drivers.modbus.ports import ModbusRtuPort, ModbusTcpPort
from drivers.modbus.registers import Holding, Input
from tests.drivers.modbus.servers import Frame, RawTcp, mbap, serial_server, words
from tests.waiting import eventually


def holding(value: int, *units: int) -> RawTcp:
    """A device whose registers all hold `value`; only `units` answer."""

    async def answer(frame: Frame) -> bytes:
        if frame.unit not in units:
            return b""
        if frame.pdu[0] > 4:
            return mbap(frame.transaction, frame.unit, frame.pdu.hex())
        return mbap(frame.transaction, frame.unit, f"{frame.pdu[0]:02x}" + words(value))

    return RawTcp(answer)


async def test_another_address() -> None:
    async with (
        holding(1, 1) as first,
        holding(2, 1) as second,
        ModbusTcpPort("127.0.0.1", first.port, timeout=10) as port,
    ):
        point = port.point(Input(0))
        assert (await point.read()).value == 1
        port.change(address=f"127.0.0.1:{second.port}")
        await port.wait_up(10)
        assert (await point.read()).value == 2
        assert port.name == port.where == f"127.0.0.1:{second.port}"
        with pytest.raises(UsageError, match="baudrate cannot be changed"):
            port.change(baudrate=9600)
        assert (await point.read()).value == 2


async def test_another_unit_for_questions_that_name_none() -> None:
    async with holding(7, 2, 9) as device, ModbusTcpPort("127.0.0.1", device.port, unit=2, timeout=0.3) as port:
        own, named = port.point(Input(0)), port.point(Input(0, unit=2))
        faults: list[tuple[str, str]] = []
        own.watch(lambda fault: faults.append(("own", type(fault).__name__)))
        named.watch(lambda fault: faults.append(("named", type(fault).__name__)))
        assert (await own.read()).value == 7
        with pytest.raises(UsageError, match="0 to 255"):
            port.change(unit=256)
        port.change(unit=9)
        await port.wait_up(10)
        assert own.unit == 9
        await own.read()
        await named.read()
        assert [frame.unit for frame in device.requests] == [2, 9, 2]
        port.change(unit=3)
        await port.wait_up(10)
        faults.clear()
        await named.read()
        for _ in range(2):
            with pytest.raises(ReplyTimeout, match="unit 3"):
                await own.read()
        assert faults == [("own", "ReplyTimeout")]  # unit 3 is silent; whoever asks unit 2 need not know


async def test_another_line_speed() -> None:
    async with serial_server() as server, ModbusRtuPort(server.path, 9600, timeout=10) as port:
        assert port.baudrate == 9600
        slow = port._wire._byte_time  # type: ignore[union-attr]
        port.change(baudrate=19200)
        await port.wait_up(10)
        assert port.baudrate == 19200
        assert port._wire._byte_time == slow / 2  # type: ignore[union-attr]


async def test_the_trace_shows_frames_both_ways() -> None:
    async with holding(0x1234, 1) as device, ModbusTcpPort("127.0.0.1", device.port, timeout=10) as port:
        await port.read(Input(5))
        await port.write(Holding(6), 7)
        events = [event for event in port.trace.recent() if event.kind in "<>"]
        assert [event.kind for event in events] == [">", "<", ">", "<"]
        assert [event.data for event in events[::2]] == [frame.raw for frame in device.requests]
        assert events[1].data[-2:] == b"\x12\x34"
        assert events[0].time_ns <= events[1].time_ns
        live: list[bytes] = []
        port.trace.listen(lambda event: live.append(event.data))
        await port.read(Input(5))
        await eventually(lambda: len(live) == 2)
