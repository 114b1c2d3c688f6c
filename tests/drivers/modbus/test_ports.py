"""Modbus over TCP, against a server that the tests play byte by byte."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys

import pytest

from drivers.backoff import Backoff
from drivers.errors import BadReply, DriverError, LinkDown, Refused, ReplyTimeout, UsageError
from drivers.modbus import reads as modbusreads
from drivers.modbus.ports import ModbusRtuPort, ModbusTcpPort, ModbusUdpPort
from drivers.modbus.registers import FLOAT32, UINT32, Coil, Discrete, Holding, Input, Question
from tests.drivers.modbus.servers import Frame, RawTcp, mbap, until, words

SOON = Backoff(first=0.01, longest=0.05)


def port_to(server: RawTcp, timeout: float = 5.0, **options: object) -> ModbusTcpPort:
    options.setdefault("backoff", SOON)
    return ModbusTcpPort("127.0.0.1", server.port, timeout=timeout, **options)  # type: ignore[arg-type]


def value(frame: Frame, base: int = 0) -> bytes:
    """A good answer to a read: each register holds base + its address."""
    unit, function, address, count = frame.where
    return mbap(frame.transaction, unit, f"{function:02x}" + words(*range(base + address, base + address + count)))


async def good(frame: Frame) -> bytes:
    return value(frame) if frame.pdu[0] < 5 else mbap(frame.transaction, frame.unit, frame.pdu[:5].hex())


async def eventually(port: ModbusTcpPort, question: Question) -> object:
    """The value, once the device is asked again."""
    async with asyncio.timeout(5):
        while True:
            try:
                return (await port.read(question)).value
            except ReplyTimeout:
                await asyncio.sleep(0.005)


class Gate:
    """Good answers, held back until told."""

    def __init__(self) -> None:
        self.open = asyncio.Event()

    async def __call__(self, frame: Frame) -> bytes:
        await self.open.wait()
        return await good(frame)


# --- requests as they stand on the wire -----------------------------------------------------------------------------

# Modbus Application Protocol V1.1b3, the examples of section 6: question, what is written, request, reply
EXAMPLES: list[tuple[Question, object, str, str]] = [
    (Coil(19, count=19), None, "01 0013 0013", "01 03 CD6B05"),
    (Discrete(196, count=22), None, "02 00C4 0016", "02 03 ACDB35"),
    (Holding(107, count=3), None, "03 006B 0003", "03 06 022B 0000 0064"),
    (Input(8), None, "04 0008 0001", "04 02 000A"),
    (Coil(172), True, "05 00AC FF00", "05 00AC FF00"),
    (Coil(172), False, "05 00AC 0000", "05 00AC 0000"),
    (Holding(1), 3, "06 0001 0003", "06 0001 0003"),
    (Coil(19, count=10), [bit == "1" for bit in "1011001110"], "0F 0013 000A 02 CD01", "0F 0013 000A"),
    (Holding(1, fc16=True), 10, "10 0001 0001 02 000A", "10 0001 0001"),
    (Holding(1, count=2), [10, 258], "10 0001 0002 04 000A 0102", "10 0001 0002"),
]


@pytest.mark.parametrize(("question", "written", "request_", "reply"), EXAMPLES, ids=str)
async def test_the_examples_of_the_specification(
    question: Question, written: object, request_: str, reply: str
) -> None:
    async def answer(frame: Frame) -> bytes:
        return mbap(frame.transaction, frame.unit, reply)

    async with RawTcp(answer) as server, port_to(server, unit=17) as port:
        if written is None:
            await port.read(question)
        else:
            await port.write(question, written)
        assert server.requests[0].pdu == bytes.fromhex(request_)
        assert server.requests[0].unit == 17


async def test_thirty_points_of_a_power_meter_take_two_requests() -> None:
    addresses = [*range(0x00, 0x24, 2), 0x2A, 0x2E, 0x30, 0x34, 0x38, 0x3C, 0x3E, 0x42, 0x46, 0x48, 0x4A, 0x156]
    async with RawTcp(good) as server, port_to(server, max_block=80) as port:
        points = [port.point(Input(address, UINT32)) for address in addresses]
        readings = await asyncio.gather(*(point.read() for point in points))
        assert [reading.value for reading in readings] == [address << 16 | address + 1 for address in addresses]
        assert [frame.where for frame in server.requests] == [(1, 4, 0, 76), (1, 4, 0x156, 2)]
        assert port.statistics.requests == 2


# --- the queue ------------------------------------------------------------------------------------------------------


async def test_reads_that_come_while_the_wire_is_busy_join() -> None:
    gate = Gate()
    async with RawTcp(gate) as server, port_to(server, timeout=5) as port:
        tasks = [asyncio.create_task(port.read(Input(90)))]
        await until(lambda: server.requests)
        for address in (5, 2, 9, 5):
            tasks.append(asyncio.create_task(port.read(Input(address))))
            await asyncio.sleep(0.01)
        gate.open.set()
        assert [reading.value for reading in await asyncio.gather(*tasks)] == [90, 5, 2, 9, 5]
        assert [frame.where for frame in server.requests] == [(1, 4, 90, 1), (1, 4, 2, 8)]


async def test_a_read_asked_for_during_a_request_gets_a_newer_answer() -> None:
    gate = Gate()
    async with RawTcp(gate) as server, port_to(server, timeout=5) as port:
        first = asyncio.create_task(port.read(Input(1)))
        await until(lambda: server.requests)
        second = asyncio.create_task(port.read(Input(1)))
        await asyncio.sleep(0.01)
        gate.open.set()
        await asyncio.gather(first, second)
        assert len(server.requests) == 2


async def test_writes_go_ahead_of_reads() -> None:
    gate = Gate()
    async with RawTcp(gate) as server, port_to(server, timeout=5, max_gap=0) as port:
        tasks = [asyncio.create_task(port.write(Holding(1), 1))]
        await until(lambda: server.requests)
        tasks += [asyncio.create_task(port.read(Input(address))) for address in (0, 10, 20)]
        await asyncio.sleep(0.01)
        tasks += [asyncio.create_task(port.write(Holding(address), 1)) for address in (2, 3)]
        await asyncio.sleep(0.01)
        gate.open.set()
        await asyncio.gather(*tasks)
        assert [frame.where[1:3] for frame in server.requests] == [(6, 1), (6, 2), (6, 3), (4, 0), (4, 10), (4, 20)]


async def test_blocks_are_asked_for_oldest_first() -> None:
    gate = Gate()
    async with RawTcp(gate) as server, port_to(server, timeout=5, max_gap=0) as port:
        tasks = []
        for address in (50, 30, 40, 10):
            tasks.append(asyncio.create_task(port.read(Input(address))))
            await asyncio.sleep(0)
        gate.open.set()
        await asyncio.gather(*tasks)
        assert [frame.where[2] for frame in server.requests] == [50, 30, 40, 10]


# --- what a device rejects ------------------------------------------------------------------------------------------


def rejecting(*bad: int, longest: int = 125, code: int = 2) -> object:
    """A device without some registers, or with little memory for answers."""

    async def answer(frame: Frame) -> bytes:
        unit, function, address, count = frame.where
        if count > longest or any(address <= each < address + count for each in bad):
            return mbap(frame.transaction, unit, f"{function | 0x80:02x} {code:02x}")
        return value(frame)

    return answer


async def read_all(port: ModbusTcpPort, *addresses: int) -> dict[int, object]:
    results = await asyncio.gather(*(port.read(Input(each)) for each in addresses), return_exceptions=True)
    return {
        address: result if isinstance(result, BaseException) else result.value
        for address, result in zip(addresses, results, strict=True)
    }


async def test_a_bad_register_costs_only_its_own_points(monkeypatch: pytest.MonkeyPatch) -> None:
    async with RawTcp(rejecting(7)) as server, port_to(server) as port:  # type: ignore[arg-type]
        for round_ in range(3):
            server.requests.clear()
            values = await read_all(port, *range(16))
            error = values.pop(7)
            assert isinstance(error, BadReply)
            assert str(error).endswith("unit 1, FC04 read input register 7: exception 2, illegal data address")
            assert values == {each: each for each in range(16) if each != 7}
            if round_:  # the register is remembered, and nobody reads over it
                assert [frame.where for frame in server.requests] == [(1, 4, 0, 7), (1, 4, 8, 8)]
        monkeypatch.setattr(modbusreads, "RETRY_REJECTED", 0.0)
        port._reads.forget()
        await read_all(port, *range(16))
        server.requests.clear()
        await read_all(port, *range(16))  # from now on it is tried again, but alone
        assert sorted(frame.where for frame in server.requests) == [(1, 4, 0, 7), (1, 4, 7, 1), (1, 4, 8, 8)]
        server.answer = good
        assert (await read_all(port, 7))[7] == 7
        server.requests.clear()
        assert (await read_all(port, *range(16)))[7] == 7
        assert [frame.where for frame in server.requests] == [(1, 4, 0, 16)]


async def test_what_was_rejected_is_tried_again_after_a_reconnect() -> None:
    async with RawTcp(rejecting(7)) as server, port_to(server) as port:  # type: ignore[arg-type]
        await read_all(port, 6, 7, 8)
        server.answer = good
        with pytest.raises(BadReply):
            await port.read(Input(7))
        port.lost("switched off")
        await port.wait_up(5)
        server.requests.clear()
        assert await read_all(port, 6, 7, 8) == {6: 6, 7: 7, 8: 8}
        assert len(server.requests) == 1


async def test_a_hole_between_registers_is_not_read_over_again() -> None:
    async with RawTcp(rejecting(5)) as server, port_to(server) as port:  # type: ignore[arg-type]
        wanted = (1, 2, 3, 4, 6, 7, 8)
        assert await read_all(port, *wanted) == {each: each for each in wanted}
        server.requests.clear()
        assert await read_all(port, *wanted) == {each: each for each in wanted}
        assert [frame.where for frame in server.requests] == [(1, 4, 1, 4), (1, 4, 6, 3)]


async def test_a_device_of_short_answers_is_asked_for_short_blocks() -> None:
    async with RawTcp(rejecting(longest=10, code=3)) as server, port_to(server) as port:  # type: ignore[arg-type]
        wanted = range(40)
        for _ in range(3):
            server.requests.clear()
            assert await read_all(port, *wanted) == {each: each for each in wanted}
        assert len(server.requests) == 4


async def test_stopping_amid_a_division_leaves_nobody_waiting() -> None:
    async def answer(frame: Frame) -> bytes:
        if len(server.requests) > 1:
            await asyncio.Event().wait()
        return mbap(frame.transaction, 1, "84 02")

    async with RawTcp(answer) as server:
        port = port_to(server, timeout=30)
        async with port:
            reads = asyncio.create_task(read_all(port, *range(8)))
            await until(lambda: len(server.requests) == 2)
        async with asyncio.timeout(2):
            assert {type(error) for error in (await reads).values()} == {LinkDown}


async def test_stopping_before_a_division_goes_on_leaves_nobody_waiting() -> None:
    async with RawTcp(rejecting(7)) as server:  # type: ignore[arg-type]
        port = port_to(server, pause=30)
        async with port:
            reads = asyncio.create_task(read_all(port, *range(8)))
            await until(lambda: port.statistics.errors == 1)
        async with asyncio.timeout(2):
            assert {type(error) for error in (await reads).values()} == {LinkDown}


async def test_values_are_not_torn_by_a_division() -> None:
    async with RawTcp(rejecting(3)) as server, port_to(server) as port:  # type: ignore[arg-type]
        results = await asyncio.gather(
            *(port.read(Input(address, UINT32)) for address in (0, 2, 4)), return_exceptions=True
        )
        assert isinstance(results[1], BadReply)
        assert all(frame.where[2] % 2 == 0 and frame.where[3] % 2 == 0 for frame in server.requests)


# --- faults of the wire ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "name"), [(1, "illegal function"), (4, "server device failure"), (6, "device busy")])
async def test_exception_codes(code: int, name: str) -> None:
    async def answer(frame: Frame) -> bytes:
        return mbap(frame.transaction, frame.unit, f"{frame.pdu[0] | 0x80:02x} {code:02x}")

    async with RawTcp(answer) as server, port_to(server) as port:
        with pytest.raises(BadReply, match=rf"unit 1, FC04 read input register 5: exception {code}, .*{name}"):
            await port.read(Input(5))
        with pytest.raises(Refused, match=rf"unit 1, FC16 write holding registers 5 to 6: exception {code}, .*{name}"):
            await port.write(Holding(5, FLOAT32), 1.0)
        assert len(server.requests) == 2  # these say nothing about the block


async def test_nonsense_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    async def answer(frame: Frame) -> bytes:
        return mbap(frame.transaction, frame.unit, f"{frame.pdu[0] | 0x80:02x} 04")

    async with RawTcp(answer) as server, port_to(server) as port:
        for _ in range(3):
            with pytest.raises(BadReply):
                await port.read(Input(5))
    assert caplog.text.count("FC04 read input register 5: exception 4") == 1


async def test_a_register_that_is_bad_for_good_hides_no_other_fault(caplog: pytest.LogCaptureFixture) -> None:
    broken = set[int]()

    async def answer(frame: Frame) -> bytes:
        first, count = frame.where[2:]
        if first <= 7 < first + count:
            return mbap(frame.transaction, frame.unit, "84 02")
        if broken & set(range(first, first + count)):
            return mbap(frame.transaction, frame.unit, "84 04")
        return value(frame)

    async with RawTcp(answer) as server, port_to(server) as port:
        await read_all(port, 3, 4, 7)
        broken.add(3)
        for _ in range(3):
            await read_all(port, 3, 4, 7)
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert [re.sub(r".*register", "register", line) for line in warnings] == [
        "register 7: exception 2, illegal data address",
        "registers 3 to 4: exception 4, server device failure",
    ]


@pytest.mark.parametrize("said", [b"\xff" * 40, b""])
async def test_a_server_that_accepts_and_is_no_modbus_is_told_once(
    said: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def serve(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        writer.close()

    caplog.set_level("INFO", "iocbridge.port")
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = ModbusTcpPort("127.0.0.1", server.sockets[0].getsockname()[1], name="plc", backoff=SOON)
    await port.start()
    await until(lambda: port.statistics.connects > 10)
    await port.stop()
    server.close()
    what = "what came is not Modbus TCP: ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ..."
    lost = f"plc: connection lost: {what if said else 'the far end closed the connection'}"
    assert [record.getMessage() for record in caplog.records] == [
        "plc: connected",
        lost,
        "plc: connected",
        f"{lost} (it comes and goes; told rarely until it stays up for 5 s)",
        "plc: the port is stopped",
    ]


async def test_an_unknown_exception_code() -> None:
    async def answer(frame: Frame) -> bytes:
        return mbap(frame.transaction, frame.unit, "84 55")

    async with RawTcp(answer) as server, port_to(server) as port:
        with pytest.raises(BadReply, match="exception 85, not in the standard"):
            await port.read(Input(5))


async def test_a_late_reply_answers_nothing() -> None:
    """The reply to the first question comes while the second waits for its own."""
    late: list[bytes] = []

    async def answer(frame: Frame) -> bytes:
        if len(server.requests) == 1:
            late.append(value(frame, base=1000))
            return b""
        return late.pop() + value(frame)

    async with RawTcp(answer) as server, port_to(server, timeout=0.4) as port:
        with pytest.raises(ReplyTimeout, match=r"unit 1, FC04 read input register 5: no reply within 0.4 s$"):
            await port.read(Input(5))
        assert (await port.read(Input(5))).value == 5
        assert port.statistics.late == 1
        assert server.connections == 1


async def test_an_answer_sent_twice_answers_once() -> None:
    async def answer(frame: Frame) -> bytes:
        return value(frame) * 2

    async with RawTcp(answer) as server, port_to(server) as port:
        for address in range(5):
            assert (await port.read(Input(address))).value == address


@pytest.mark.parametrize(
    ("transaction", "unit", "words_"),
    [
        (7, 1, "of unit 1 with transaction id 8"),
        (-1, 1, "of unit 1 with transaction id 0"),
        (0, 2, "of unit 2 with transaction id 1"),
    ],
)
async def test_a_reply_for_somebody_else(transaction: int, unit: int, words_: str) -> None:
    async def answer(frame: Frame) -> bytes:
        return mbap(frame.transaction + transaction, unit, "04 02 FFFF")

    async with RawTcp(answer) as server, port_to(server, timeout=0.4) as port:
        with pytest.raises(ReplyTimeout, match=f"no reply within 0.4 s, not counting one {words_}"):
            await port.read(Input(5))


async def test_a_reply_that_does_not_fit() -> None:
    replies = ["04 04 00010002", "04 02 00", "03 02 0001", "04", "06 0003 0009"]

    async def answer(frame: Frame) -> bytes:
        return mbap(frame.transaction, frame.unit, replies[len(server.requests) - 1])

    async with RawTcp(answer) as server, port_to(server) as port:
        for _ in range(4):
            with pytest.raises(BadReply, match="does not fit the question"):
                await port.read(Input(5))
        with pytest.raises(BadReply, match="FC06 write holding register 3: answered 06 00 03 00 09"):
            await port.write(Holding(3), 8)
        assert port.fault is None


async def test_half_a_reply_and_then_silence() -> None:
    async def answer(frame: Frame) -> bytes:
        return value(frame)[:-3] if len(server.requests) == 1 else value(frame)

    async with RawTcp(answer) as server, port_to(server, timeout=0.4) as port:
        with pytest.raises(
            ReplyTimeout, match=r"no reply within 0.4 s, only the begin of one: 00 01 00 00 00 07 01 04"
        ):
            await port.read(Input(5, UINT32))
        assert (await port.read(Input(6, UINT32))).value == 6 << 16 | 7
        assert server.connections == 2  # nobody can tell what follows half a frame
        assert port.statistics.connects == 1  # but the link was not down


async def test_a_reply_in_slices() -> None:
    async def answer(frame: Frame) -> bytes:
        (writer,) = server.writers
        for byte in value(frame):
            writer.write(bytes((byte,)))
            await writer.drain()
            await asyncio.sleep(0)
        return b""

    async with RawTcp(answer) as server, port_to(server, timeout=5) as port:
        assert await read_all(port, 3, 4, 5) == {3: 3, 4: 4, 5: 5}


async def test_a_connection_that_is_closed_fails_everybody_at_once() -> None:
    async def answer(frame: Frame) -> bytes | None:
        return None if len(server.requests) == 1 else value(frame)

    async with RawTcp(answer) as server, port_to(server, timeout=30, max_gap=0) as port:
        async with asyncio.timeout(5):
            results = await read_all(port, 0, 10, 20)
            assert [type(error) for error in results.values()] == [LinkDown] * 3
            assert "connection lost" in str(results[10])
            await port.wait_up(5)
            assert (await port.read(Input(3))).value == 3


async def test_a_server_that_speaks_something_else() -> None:
    async def answer(frame: Frame) -> bytes:
        return b"HTTP/1.1 400 Bad Request\r\n\r\n" if len(server.requests) == 1 else value(frame)

    async with RawTcp(answer) as server, port_to(server) as port:
        with pytest.raises(BadReply, match="not Modbus TCP: 48 54 54 50 2f 31 2e 31"):
            await port.read(Input(5))
        await port.wait_up(5)
        assert (await port.read(Input(5))).value == 5


async def test_nobody_listens_and_then_somebody_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
    port = ModbusTcpPort("127.0.0.1", number, backoff=SOON)
    with pytest.raises(LinkDown, match="refuses the connection"):
        async with port:
            pass
    await port.start()
    with pytest.raises(LinkDown):
        await port.read(Input(0))
    server = RawTcp(good)
    server.port = number
    async with server:
        await port.wait_up(5)
        assert (await port.read(Input(3))).value == 3
        await port.stop()


# --- silence --------------------------------------------------------------------------------------------------------


class Bus:
    """A gateway with units behind it, some of them dead."""

    def __init__(self, *dead: int) -> None:
        self.dead = set(dead)

    async def __call__(self, frame: Frame) -> bytes:
        return b"" if frame.unit in self.dead else value(frame)


async def test_a_silent_device_is_asked_seldom_and_its_points_fail_at_once() -> None:
    bus = Bus(1)
    backoff = Backoff(first=0.3, longest=0.3, jitter=0)
    async with RawTcp(bus) as server, port_to(server, timeout=0.05, backoff=backoff) as port:
        heard: list[DriverError | None] = []
        port.point(Input(0)).watch(heard.append)
        for _ in range(2):
            with pytest.raises(ReplyTimeout, match=r"no reply within 0.05 s"):
                await port.read(Input(5))
        assert [type(fault) for fault in heard] == [ReplyTimeout]
        asked = len(server.requests)
        loop = asyncio.get_running_loop()
        begin = loop.time()
        for _ in range(100):
            with pytest.raises(ReplyTimeout, match=r"not asked, unit 1 is silent .*FC04 read input register 5"):
                await port.read(Input(5))
        assert loop.time() - begin < 0.2
        assert len(server.requests) == asked
        bus.dead.clear()
        assert await eventually(port, Input(5)) == 5
        assert heard[1:] == [None]
        assert await read_all(port, 6, 7) == {6: 6, 7: 7}


async def test_a_server_that_is_silent_on_an_old_connection() -> None:
    """Seen of devices that were switched off and on, and of gateways that forgot us."""

    async def answer(frame: Frame) -> bytes:
        return value(frame) if server.connections > 1 else b""

    async with RawTcp(answer) as server, port_to(server, timeout=0.05) as port:
        for _ in range(2):
            with pytest.raises(ReplyTimeout):
                await port.read(Input(5))
        assert await eventually(port, Input(5)) == 5
        assert server.connections == 2
        assert port.statistics.connects == 1


async def test_a_dead_unit_does_not_starve_the_others() -> None:
    bus = Bus(2)
    async with RawTcp(bus) as server, port_to(server, timeout=0.3) as port:
        ends = asyncio.get_running_loop().time() + 3.0
        counts = {1: 0, 3: 0}
        errors: list[DriverError] = []

        async def poll(unit: int) -> None:
            while asyncio.get_running_loop().time() < ends:
                await port.read(Input(0, unit=unit))
                counts[unit] += 1
                await asyncio.sleep(0.01)

        async def poll_dead() -> None:
            while asyncio.get_running_loop().time() < ends:
                try:
                    await port.read(Input(0, unit=2))
                except ReplyTimeout as error:
                    errors.append(error)
                await asyncio.sleep(0.01)

        await asyncio.gather(poll(1), poll(3), poll_dead())
        asked = sum(frame.unit == 2 for frame in server.requests)
        assert 2 <= asked <= 12  # two to find out, and then now and then, with less than the whole time-out
        assert min(counts.values()) > 60
        assert len(errors) > 30


async def test_a_unit_that_missed_a_reply_lets_the_others_go_first() -> None:
    async with RawTcp(Bus(2)) as server, port_to(server, timeout=0.3, max_gap=0) as port:
        reads = [port.read(Input(address, unit=unit)) for unit in (2, 1, 3) for address in (0, 10, 20)]
        results = await asyncio.gather(*reads, return_exceptions=True)
        assert [isinstance(each, ReplyTimeout) for each in results] == [True] * 3 + [False] * 6
        assert [frame.unit for frame in server.requests] == [2, 1, 1, 1, 3, 3, 3, 2]


async def test_a_write_to_a_dead_unit_does_not_wait_for_each_other() -> None:
    async with RawTcp(Bus(2)) as server, port_to(server, timeout=0.3) as port:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        writes = [port.write(Holding(n, unit=2), n) for n in range(20)]
        results = await asyncio.gather(*writes, port.read(Input(4)), return_exceptions=True)
        assert all(isinstance(each, ReplyTimeout) for each in results[:20])
        assert "not sent, unit 2 is silent" in str(results[19])
        assert results[20].value == 4  # type: ignore[union-attr]
        assert len(server.requests) <= 5  # 3, unless the machine stalls for as long as a time-out
        assert loop.time() - begin < 2.4
        why = "not sent"
        while "not sent" in why:  # somebody has switched it on, perhaps: a write tries
            with pytest.raises(ReplyTimeout) as error:
                await port.write(Holding(1, unit=2), 1)
            why = str(error.value)
            await asyncio.sleep(0.01)
        assert loop.time() - begin < 2.4  # and not only after nine time-outs, as a read does


async def test_a_gateway_that_says_that_a_unit_is_silent() -> None:
    async def answer(frame: Frame) -> bytes:
        return mbap(frame.transaction, frame.unit, "84 0B") if frame.unit == 2 else value(frame)

    async with RawTcp(answer) as server, port_to(server, timeout=5) as port:
        for _ in range(2):
            with pytest.raises(BadReply, match="exception 11, gateway target device failed to respond"):
                await port.read(Input(5, unit=2))
        with pytest.raises(ReplyTimeout, match="unit 2 is silent"):
            await port.read(Input(5, unit=2))
        assert (await port.read(Input(5))).value == 5
        assert len(server.requests) == 3


async def test_a_dead_line_is_noticed_without_waiting_for_each_unit() -> None:
    bus = Bus()
    async with RawTcp(bus) as server, port_to(server, timeout=0.3) as port:
        units = range(1, 9)
        await asyncio.gather(*(port.read(Input(0, unit=unit)) for unit in units))
        bus.dead.update(units)
        server.requests.clear()
        results = await asyncio.gather(*(port.read(Input(0, unit=unit)) for unit in units), return_exceptions=True)
        assert all(isinstance(each, ReplyTimeout) for each in results)
        assert len(server.requests) == 3
        bus.dead.clear()

        assert await eventually(port, Input(0, unit=5)) == 0
        await asyncio.gather(*(port.read(Input(0, unit=unit)) for unit in units))  # one that answers brings back all


# --- asked again ------------------------------------------------------------------------------------------------


async def test_a_read_is_asked_again_after_what_waits_and_a_write_never_is() -> None:
    dropped: set[bytes] = set()

    async def drop_the_first_of_each(frame: Frame) -> bytes:
        if frame.pdu not in dropped:
            dropped.add(frame.pdu)
            return b""
        return await good(frame)

    async with RawTcp(drop_the_first_of_each) as server, port_to(server, timeout=0.2, retries=1) as port:
        dropped.add(bytes.fromhex("04 0064 0001"))
        results = await asyncio.gather(port.read(Input(5)), port.read(Input(100)))
        assert [result.value for result in results] == [5, 100]
        assert [frame.where[2] for frame in server.requests] == [5, 100, 5]
        assert port.statistics.timeouts == 1
        with pytest.raises(ReplyTimeout):
            await port.write(Holding(3), 1)
        assert len(server.requests) == 4


async def test_a_busy_device_is_asked_again_and_then_believed() -> None:
    answers = ["84 06", "84 06", None, "84 06", "84 06", "84 06"]

    async def busy(frame: Frame) -> bytes:
        pdu = answers.pop(0)
        return value(frame) if pdu is None else mbap(frame.transaction, frame.unit, pdu)

    async with RawTcp(busy) as server, port_to(server, retries=2) as port:
        assert (await port.read(Input(5))).value == 5
        with pytest.raises(BadReply, match="exception 6, server device busy"):
            await port.read(Input(5))
        assert len(server.requests) == 6


async def test_a_silent_unit_is_not_asked_again() -> None:
    async with RawTcp(Bus(1)) as server, port_to(server, timeout=0.05, retries=9) as port:
        with pytest.raises(ReplyTimeout):
            await port.read(Input(5))
        assert len(server.requests) == 2  # after two it is known to be silent


# --- settings -------------------------------------------------------------------------------------------------------


def test_impossible_settings() -> None:
    for make in (
        lambda: ModbusTcpPort("", 502),
        lambda: ModbusTcpPort("plc", 0),
        lambda: ModbusTcpPort("plc", framer="telegraph"),  # type: ignore[arg-type]
        lambda: ModbusTcpPort("plc", retries=-1),
        lambda: ModbusTcpPort("plc", word_order="middle"),  # type: ignore[typeddict-item]
        lambda: ModbusTcpPort("plc", max_block=126),
        lambda: ModbusTcpPort("plc", timeout=0),
        lambda: ModbusTcpPort("plc", pause=-1),
        lambda: ModbusTcpPort("plc:5020", 502),
        lambda: ModbusTcpPort("plc", 502, tcp_port=5020),
        lambda: ModbusTcpPort("plc", "502"),  # type: ignore[arg-type]
        lambda: ModbusRtuPort("/dev/ttyUSB0", 0),
        lambda: ModbusRtuPort("/dev/ttyUSB0", parity="X"),
        lambda: ModbusRtuPort("/dev/ttyUSB0").point(Input(0, unit=0)),
    ):
        with pytest.raises(UsageError):
            make()


def test_names() -> None:
    assert ModbusTcpPort("192.168.1.30").name == "192.168.1.30:502"
    assert ModbusTcpPort("plc", 5020, name="PLC").name == "PLC"
    assert ModbusTcpPort("plc", 5020).name == ModbusTcpPort("plc", port=5020).name == "plc:5020"
    assert ModbusTcpPort("plc", tcp_port=5020).name == ModbusUdpPort("plc", udp_port=5020).name == "plc:5020"
    assert ModbusTcpPort("plc:5020").name == ModbusTcpPort("plc:5020", None).name == "plc:5020"
    assert ModbusTcpPort("::1").name == "[::1]:502"
    assert ModbusRtuPort("/dev/ttyUSB0").name == "/dev/ttyUSB0"


def test_pymodbus_is_not_loaded_before_a_port_opens() -> None:
    code = "import sys, drivers.modbus.ports as m; m.ModbusTcpPort('plc'); sys.exit('pymodbus' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_a_request_waits_for_its_turn_no_longer_than_it_may() -> None:
    gate = Gate()
    async with RawTcp(gate) as server, port_to(server, queue_timeout=0.05) as port:
        first = asyncio.create_task(port.write(Holding(1), 1))
        await until(lambda: server.requests)
        reads = [asyncio.create_task(port.read(Input(address))) for address in (0, 500)]
        with pytest.raises(ReplyTimeout, match=r"not asked, the wire was busy for 0\.05 s"):
            await port.write(Holding(2), 2)
        results = await asyncio.gather(*reads, return_exceptions=True)
        assert all("the wire was busy" in str(result) for result in results)
        assert port.statistics.busy == 2
        gate.open.set()
        await first
        assert len(server.requests) == 1
    with pytest.raises(UsageError, match="queue_timeout"):
        ModbusTcpPort("127.0.0.1", queue_timeout=0)


async def test_reads_that_wait_are_counted() -> None:
    gate = Gate()
    async with RawTcp(gate) as server, port_to(server) as port:
        reads = [asyncio.create_task(port.read(Input(address))) for address in (0, 500, 1000)]
        await until(lambda: server.requests)
        assert port.waiting == 2
        gate.open.set()
        await asyncio.gather(*reads)
        assert port.waiting == 0
