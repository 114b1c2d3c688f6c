"""What every Modbus port does, whatever carries it: TCP, UDP, serial lines and their frames through both.

Far end: pymodbus.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from pymodbus import FramerType
from pymodbus.simulator import DataType, SimData

from drivers.errors import BadReply, DriverError, LinkDown, Refused, UsageError
from drivers.modbus.port import ModbusPort
from drivers.modbus.ports import ModbusAsciiPort, ModbusRtuPort, ModbusTcpPort, ModbusUdpPort
from drivers.modbus.registers import (
    BCD16,
    BCD32,
    FLOAT32,
    INT16,
    INT16SM,
    SBCD16,
    SBCD32,
    STRING,
    UINT32,
    Coil,
    Discrete,
    Holding,
    Input,
)
from tests.drivers.modbus.servers import Server, device, serial_server, tcp_server, udp_server, until

WIRES = ["tcp", "rtu", "ascii", "rtu over tcp", "ascii over tcp", "udp", "rtu over udp"]
FRAMERS = {"tcp": "socket", "udp": "socket"}


@dataclass
class Pair:
    port: ModbusPort
    server: Server

    def requests(self) -> list[tuple[int, int, int, int]]:
        """Those that came since the last call."""
        came = list(self.server.requests)
        self.server.requests.clear()
        return came


@contextlib.asynccontextmanager
async def joined(wire: str, **options: object) -> AsyncIterator[Pair]:
    devices = (
        device(1),
        device(
            2,
            inputs=[
                SimData(0, values=[1.5, 2.5, -3.5], datatype=DataType.FLOAT32),
                SimData(10, values="SDM630", datatype=DataType.STRING),
            ],
        ),
    )
    async with contextlib.AsyncExitStack() as stack:
        framer = FRAMERS.get(wire, wire.partition(" ")[0])
        far = FramerType(framer)
        if wire in ("rtu", "ascii"):
            server = await stack.enter_async_context(serial_server(*devices, framer=far))
            serial = ModbusRtuPort if wire == "rtu" else ModbusAsciiPort
            port: ModbusPort = serial(server.path, 115200, **options)  # type: ignore[arg-type]
        elif wire.endswith("tcp"):
            server = await stack.enter_async_context(tcp_server(*devices, framer=far))
            port = ModbusTcpPort("127.0.0.1", server.port, framer=framer, **options)  # type: ignore[arg-type]
        else:
            server = await stack.enter_async_context(udp_server(*devices, framer=far))
            port = ModbusUdpPort("127.0.0.1", server.port, framer=framer, **options)  # type: ignore[arg-type]
        await stack.enter_async_context(port)
        yield Pair(port, server)


@pytest.fixture(params=WIRES)
async def pair(request: pytest.FixtureRequest) -> AsyncIterator[Pair]:
    async with joined(request.param) as pair:
        yield pair


async def test_each_kind_of_register_is_read(pair: Pair) -> None:
    port = pair.port
    assert (await port.read(Input(7))).value == 7
    assert (await port.read(Holding(7))).value == 7
    assert (await port.read(Coil(3))).value is True
    assert (await port.read(Discrete(4))).value is False
    assert (await port.read(Coil(0, count=7))).value == [True, False, False, True, False, False, True]
    assert (await port.read(Input(2, FLOAT32, unit=2))).value == 2.5
    assert (await port.read(Input(10, STRING(3), unit=2))).value == "SDM630"
    assert (await port.read(Holding(5, bit=2))).value is True
    assert [function for _, function, _, _ in pair.requests()] == [4, 3, 1, 2, 1, 4, 4, 3]


async def test_each_kind_of_register_is_written(pair: Pair) -> None:
    port = pair.port
    for question, value, functions in (
        (Holding(10, INT16, scale=0.1), -12.5, [6]),
        (Holding(20, UINT32), 123456789, [16]),
        (Holding(22, count=3), [7, 8, 9], [16]),
        (Holding(30, STRING(4)), "hot", [16]),
        (Coil(10), True, [5]),
        (Coil(11), False, [5]),
        (Coil(20, count=11), [True] * 10 + [False], [15]),
    ):
        await port.write(question, value)
        assert [function for _, function, _, _ in pair.requests()] == functions
        assert (await port.read(question)).value == value
        pair.requests()


async def test_writing_bits_keeps_the_others(pair: Pair) -> None:
    port = pair.port
    await port.write(Holding(40), 0xF00F)
    pair.requests()
    await port.write(Holding(40, bit=4), True)
    assert pair.requests() == [(1, 3, 40, 1), (1, 6, 40, 1)]
    await asyncio.gather(port.write(Holding(40, bit=0), 0), port.write(Holding(40, mask=0x0F00), 5))
    assert (await port.read(Holding(40))).value == 0xF51E


async def test_bits_of_a_long_value_are_written_with_all_of_it(pair: Pair) -> None:
    port = pair.port
    await port.write(Holding(40, UINT32, word_order="little"), 0xF00F_F00F)
    pair.requests()
    await port.write(Holding(40, UINT32, mask=0x000F_F000, word_order="little"), 0xA5)
    assert pair.requests() == [(1, 3, 40, 2), (1, 16, 40, 2)]
    assert (await port.read(Holding(40, count=2))).value == [0x500F, 0xF00A]
    await port.write(Holding(40, bit=15, fc23=True), True)
    assert (await port.read(Holding(40))).value == 0xD00F


async def test_bits_are_written_in_one_request_by_function_22(pair: Pair) -> None:
    port = pair.port
    await port.write(Holding(40), 0xF00F)
    pair.requests()
    await port.write(Holding(40, bit=4, fc22=True), True)
    await port.write(Holding(40, mask=0x0F00, fc22=True), 5)
    await port.write(Holding(40, bit=0, fc22=True), False)
    assert [function for _, function, _, _ in pair.requests()] == [22, 22, 22]
    assert (await port.read(Holding(40))).value == 0xF51E


async def test_function_23_writes_and_reads_in_one_request(pair: Pair) -> None:
    port = pair.port
    await port.write(Holding(50, INT16, count=2, fc23=True), [-5, 6])
    assert (await port.read(Holding(50, INT16, count=2))).value == [-5, 6]
    pair.requests()
    reading = await port.exchange(Holding(51, count=3), Holding(52, FLOAT32), 1.0)
    assert reading.value == [6, 0x3F80, 0]  # the device writes before it reads
    assert [request[:3] for request in pair.requests()] == [(1, 23, 51)]
    for wanted, given in ((Input(0), Holding(0)), (Holding(0), Holding(0, unit=2)), (Holding(0), Holding(0, bit=1))):
        with pytest.raises(UsageError, match="function 23"):
            await port.exchange(wanted, given, 1)  # type: ignore[arg-type]
    with pytest.raises(Refused, match="exception 2"):
        await port.exchange(Holding(500), Holding(0), 1)


async def test_numbers_of_other_kinds(pair: Pair) -> None:
    port = pair.port
    for kind, value, raw in (
        (BCD16, 1234, [0x1234]),
        (BCD32, 12345678, [0x1234, 0x5678]),
        (SBCD16, -123, [0x8123]),
        (SBCD32, -123, [0x8000, 0x0123]),
        (INT16SM, -5, [0x8005]),
        (STRING(3, each="low", pad=" "), "ab", [0x61, 0x62, 0x20]),
    ):
        await port.write(Holding(60, kind), value)
        assert (await port.read(Holding(60, kind))).value == value
        assert (await port.read(Holding(60, count=len(raw)))).value in (raw, raw[0])
    await port.write(Holding(60), 0x12AB)
    with pytest.raises(BadReply, match=r"Holding\(60, BCD16\): 0x12ab is not BCD"):
        await port.read(Holding(60, BCD16))
    assert port.statistics.errors == 1


async def test_reads_of_one_moment_are_one_request(pair: Pair) -> None:
    port = pair.port
    points = [port.point(Input(address)) for address in range(50)] + [port.point(Input(60, UINT32))] * 2
    readings = await asyncio.gather(*(point.read() for point in points))
    assert [reading.value for reading in readings] == [*range(50), 60 << 16 | 61, 60 << 16 | 61]
    assert pair.requests() == [(1, 4, 0, 62)]


async def test_units_and_functions_are_separate_requests(pair: Pair) -> None:
    port = pair.port
    questions = [Input(0), Input(1), Holding(0), Coil(0), Input(0, FLOAT32, unit=2)]
    await asyncio.gather(*map(port.read, questions))
    assert sorted(pair.requests()) == [(1, 1, 0, 1), (1, 3, 0, 1), (1, 4, 0, 2), (2, 4, 0, 2)]


async def test_an_exception_names_everything(pair: Pair) -> None:
    port = pair.port
    with pytest.raises(BadReply) as read:
        await port.read(Input(500, UINT32))
    assert str(read.value) == (
        f"{port.name}: unit 1, FC04 read input registers 500 to 501: exception 2, illegal data address"
    )
    with pytest.raises(Refused) as written:
        await port.write(Holding(500), 1)
    assert str(written.value) == (
        f"{port.name}: unit 1, FC06 write holding register 500: exception 2, illegal data address"
    )
    with pytest.raises(Refused, match="FC03"):
        await port.write(Holding(500, bit=1), 1)
    assert port.fault is None
    assert (await port.read(Input(1))).value == 1


async def test_what_cannot_be_asked_is_said_before_anything_is_sent(pair: Pair) -> None:
    port = pair.port
    for question, value in (
        (Input(0), 1),
        (Discrete(0), 1),
        (Holding(0), 70000),
        (Holding(0, count=124), [0] * 124),
        (Coil(0, count=1969), [0] * 1969),
    ):
        with pytest.raises(UsageError, match=f"^{port.name}: "):
            await port.write(question, value)
    for bad in ("KRDG?", Input(0, unit=256), Input(0, unit=-1), 40001):
        with pytest.raises(UsageError):
            port.point(bad)
    assert pair.requests() == []


async def test_a_port_that_is_down_fails_at_once(pair: Pair) -> None:
    port = pair.port
    point = port.point(Input(0))
    await port.stop()
    with pytest.raises(LinkDown, match="stopped"):
        await point.read()
    with pytest.raises(LinkDown, match="stopped"):
        await port.write(Holding(0), 1)
    await port.start()
    await port.wait_up(5)
    assert (await point.read()).value == 0


async def test_stopping_fails_what_waits(pair: Pair) -> None:
    port = pair.port
    reads = [asyncio.create_task(port.read(Input(address))) for address in (0, 90, 199)]
    write = asyncio.create_task(port.write(Holding(0), 1))
    await asyncio.sleep(0)
    await port.stop()
    results = await asyncio.gather(*reads, write, return_exceptions=True)
    assert [type(result) for result in results] == [LinkDown] * 4


async def test_nothing_is_left_running(pair: Pair) -> None:
    await asyncio.gather(*(pair.port.read(Input(address)) for address in (0, 90, 199)))
    await pair.port.stop()
    await asyncio.sleep(0)
    assert not [task for task in asyncio.all_tasks() if pair.port.name in task.get_name()]


async def test_a_cancelled_read_disturbs_nobody(pair: Pair) -> None:
    port = pair.port
    given_up = [asyncio.create_task(port.read(Input(address))) for address in (0, 150)]
    kept = asyncio.create_task(port.read(Input(1)))
    while port.statistics.requests == 0:
        await asyncio.sleep(0)
    for task in given_up:
        task.cancel()
    assert (await kept).value == 1
    assert (await port.read(Input(2))).value == 2


async def test_a_cancelled_write_disturbs_nobody(pair: Pair) -> None:
    port = pair.port
    write = asyncio.create_task(port.write(Holding(3), 1))
    while port.statistics.requests == 0:
        await asyncio.sleep(0)
    write.cancel()
    await asyncio.wait([write])
    assert (await port.read(Holding(4))).value == 4
    await port.write(Holding(3), 2)
    assert (await port.read(Holding(3))).value == 2


async def test_watchers_hear_of_the_link(pair: Pair) -> None:
    port = pair.port
    heard: list[DriverError | None] = []
    unwatch = port.point(Input(0)).watch(heard.append)
    port.lost("pulled")
    assert [type(fault) for fault in heard] == [LinkDown]
    await until(lambda: len(heard) == 2)
    assert heard[1] is None
    assert (await port.read(Input(3))).value == 3
    unwatch()
    await port.stop()
    assert len(heard) == 2


@pytest.mark.parametrize("wire", WIRES)
async def test_word_order_of_the_port(wire: str) -> None:
    async with joined(wire, word_order="little", unit=2) as pair:
        assert (await pair.port.read(Input(0, FLOAT32))).value != 1.5
        assert (await pair.port.read(Input(0, FLOAT32, word_order="big"))).value == 1.5
        await pair.port.write(Holding(0, UINT32), 1)
        assert (await pair.port.read(Holding(0, count=2))).value == [1, 0]
