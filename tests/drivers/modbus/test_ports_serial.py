"""Modbus RTU on a serial line (a pseudo-terminal), against units that the tests play byte by byte."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os

import pytest

from drivers.backoff import Backoff
from drivers.errors import BadReply, LinkDown, ReplyTimeout
from drivers.modbus.port import ModbusPort
from drivers.modbus.ports import ModbusRtuPort, ModbusTcpPort
from drivers.modbus.registers import UINT32, Holding, Input
from tests.drivers.modbus.servers import Frame, RawLine, rtu, until, words

BAUD = 115200
PROMPT = Backoff(first=0.01, longest=0.02)


def port_on(line: RawLine, timeout: float = 5.0, **options: object) -> ModbusRtuPort:
    options.setdefault("backoff", PROMPT)
    return ModbusRtuPort(line.path, BAUD, timeout=timeout, **options)  # type: ignore[arg-type]


def value(frame: Frame, base: int = 0) -> bytes:
    unit, function, address, count = frame.where
    if function > 4:
        return frame.raw
    return rtu(unit, f"{function:02x}" + words(*range(base + address, base + address + count)))


async def good(frame: Frame) -> bytes:
    return value(frame)


async def test_a_frame_of_the_manual() -> None:
    """Eastron SDM630 Modbus protocol: phase 1 voltage is asked for by 01 04 00 00 00 02 71 CB."""

    async def answer(frame: Frame) -> bytes:
        return bytes.fromhex("01 04 04 43 66 33 34 1B 38")

    async with RawLine(answer) as line, port_on(line) as port:
        assert (await port.read(Input(0, UINT32))).value == 0x43663334
        assert line.requests[0].raw == bytes.fromhex("01 04 00 00 00 02 71 CB")


@pytest.mark.parametrize(
    "noise",
    ["00", "ff ff ff", "01", "01 04", "01 04 04", "01 04 04 aa bb cc dd 00 00", "04 01 04 02", "01 84 02 00 00"],
)
async def test_noise_before_a_reply(noise: str) -> None:
    async def answer(frame: Frame) -> bytes:
        return bytes.fromhex(noise) + value(frame)

    async with RawLine(answer) as line, port_on(line, timeout=5) as port:
        async with asyncio.timeout(2):
            assert (await port.read(Input(5, UINT32))).value == 5 << 16 | 6


async def test_noise_between_the_frames() -> None:
    async with RawLine(good) as line, port_on(line) as port:
        assert (await port.read(Input(5))).value == 5
        line.send(b"\x01\x04\x02" + os.urandom(200))
        line.send(value(Frame(b"", 0, 1, bytes.fromhex("04 0063 0001"))))  # nobody has asked
        await asyncio.sleep(0.02)
        assert (await port.read(Input(6))).value == 6


async def test_a_wrong_checksum_is_told_from_silence() -> None:
    async def answer(frame: Frame) -> bytes:
        data = bytearray(value(frame))
        if len(line.requests) == 1:
            data[4] ^= 1
        return bytes(data)

    async with RawLine(answer) as line, port_on(line, timeout=5) as port:
        async with asyncio.timeout(2):  # a whole frame came: no use in waiting for the time-out
            with pytest.raises(BadReply, match=r"FC04 read input register 5: the reply has a wrong checksum: 01 04 02"):
                await port.read(Input(5))
            assert (await port.read(Input(5))).value == 5


async def test_half_a_frame_is_silence() -> None:
    async def answer(frame: Frame) -> bytes:
        return value(frame)[:4] if len(line.requests) == 1 else value(frame)

    async with RawLine(answer) as line, port_on(line, timeout=0.4) as port:
        with pytest.raises(ReplyTimeout, match=r"no reply within 0.4 s, only 01 04 02 00"):
            await port.read(Input(5))
        assert (await port.read(Input(6))).value == 6


@pytest.mark.parametrize(
    "reply",
    [
        rtu(2, "04 02 1111"),  # another unit
        rtu(1, "03 02 1111"),  # another function
        rtu(1, "04 04 11111111"),  # another length
        rtu(1, "83 02"),  # an exception to another function
    ],
)
async def test_a_reply_to_something_else_is_passed_over(reply: bytes) -> None:
    async def answer(frame: Frame) -> bytes:
        return reply + value(frame)

    async with RawLine(answer) as line, port_on(line, timeout=5) as port:
        assert (await port.read(Input(5))).value == 5


async def test_an_echo_with_another_value_does_not_confirm_a_write() -> None:
    async def answer(frame: Frame) -> bytes:
        return rtu(1, "06 0003 0009")

    async with RawLine(answer) as line, port_on(line, timeout=0.4) as port:
        with pytest.raises(ReplyTimeout, match="FC06 write holding register 3"):
            await port.write(Holding(3), 8)
        await port.write(Holding(3), 9)


@pytest.mark.parametrize("lag", [1.2, 1.5, 1.7])  # of 2, which is how long a late one is waited for
async def test_a_late_reply_never_answers_the_next_question(lag: float) -> None:
    """Nothing in an RTU frame says which question it answers, and both questions here want two registers."""

    async def answer(frame: Frame) -> bytes:
        if len(line.requests) == 1:
            await asyncio.sleep(lag * port.timeout)
        return value(frame)

    async with RawLine(answer) as line, port_on(line, timeout=0.6) as port:
        with pytest.raises(ReplyTimeout):
            await port.read(Input(100, UINT32))
        assert (await port.read(Input(20, UINT32))).value == 20 << 16 | 21
        assert port.statistics.late == 1


@pytest.mark.parametrize("own", [0.0, 0.5])
async def test_a_very_late_reply_is_not_believed_either(own: float) -> None:
    """It comes after we have stopped to wait for it, before or after the reply to the next question."""

    async def answer(frame: Frame) -> bytes:
        lags = {1: 2.3, 2: own}
        await asyncio.sleep(lags.get(len(line.requests), 0.0) * port.timeout)
        return value(frame)

    async with RawLine(answer) as line, port_on(line, timeout=0.2) as port:
        with pytest.raises(ReplyTimeout):
            await port.read(Input(100, UINT32))
        with pytest.raises(ReplyTimeout, match="two replies came, and one of them is late"):
            await port.read(Input(20, UINT32))
        assert await read_when_asked(port, Input(30, UINT32)) == 30 << 16 | 31


async def test_a_late_reply_ends_the_wait_for_it() -> None:
    async def answer(frame: Frame) -> bytes:
        if len(line.requests) == 1:
            await asyncio.sleep(0.6)
        return value(frame)

    async with RawLine(answer) as line, port_on(line, timeout=0.5) as port:
        with pytest.raises(ReplyTimeout):
            await port.read(Input(100))
        loop = asyncio.get_running_loop()
        begin = loop.time()
        assert (await port.read(Input(20))).value == 20
        assert loop.time() - begin < 0.4


async def test_others_are_asked_while_a_late_reply_is_awaited() -> None:
    async def answer(frame: Frame) -> bytes | None:
        return None if len(line.requests) == 1 else value(frame)

    async with RawLine(answer) as line, port_on(line, timeout=0.4) as port:
        results = await asyncio.gather(
            port.read(Input(0)), port.read(Holding(1)), port.read(Input(2, unit=2)), return_exceptions=True
        )
        assert [type(each) for each in results[:1]] == [ReplyTimeout]
        again = asyncio.create_task(port.read(Input(3)))
        async with asyncio.timeout(0.3):
            assert (await port.read(Holding(4))).value == 4
            assert (await port.read(Input(5, unit=2))).value == 5
            await port.write(Holding(6), 7)
        assert (await again).value == 3


async def test_a_late_reply_through_a_device_server_comes_to_the_new_connection() -> None:
    """After two time-outs the port connects anew, and the server passes on to it what the old connection missed."""
    connections: list[asyncio.StreamWriter] = []
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        with contextlib.closing(writer), contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                requests.append(raw := await reader.readexactly(8))
                if len(requests) > 2:
                    writer.write(value(Frame(raw, 0, raw[0], raw[1:6])))

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        number = server.sockets[0].getsockname()[1]
        async with ModbusTcpPort("127.0.0.1", number, framer="rtu", timeout=0.4, backoff=PROMPT) as port:
            for _ in range(2):
                with pytest.raises(ReplyTimeout):
                    await port.read(Input(100, UINT32))
            await until(lambda: len(connections) == 2)
            readings = asyncio.create_task(read_when_asked(port, Input(20, UINT32)))
            await asyncio.sleep(0.05)
            connections[1].write(rtu(1, "04" + words(100, 101)))
            assert await readings == 20 << 16 | 21
            assert port.statistics.late == 1
            assert len(requests) == 3


async def read_when_asked(port: ModbusPort, question: Input) -> object:
    """The value, as soon as the silent unit is asked again."""
    while True:
        try:
            return (await port.read(question)).value
        except ReplyTimeout:
            await asyncio.sleep(0.002)


async def test_a_reply_to_a_question_given_up_answers_nothing() -> None:
    release = asyncio.Event()

    async def answer(frame: Frame) -> bytes:
        if len(line.requests) == 1:
            await release.wait()
        return value(frame)

    async with RawLine(answer) as line, port_on(line, timeout=0.5) as port:
        write = asyncio.create_task(port.write(Holding(1), 5))
        await until(lambda: line.requests)
        write.cancel()
        await asyncio.wait([write])
        again = asyncio.create_task(port.write(Holding(1), 5))
        release.set()
        await again
        assert len(line.requests) == 2  # the second was not confirmed by the first one's echo


async def test_a_dead_unit_does_not_starve_the_others() -> None:
    async def answer(frame: Frame) -> bytes | None:
        return None if frame.unit == 2 else value(frame)

    async with RawLine(answer) as line, port_on(line, timeout=0.3) as port:
        loop = asyncio.get_running_loop()
        ends = loop.time() + 1.0
        done = 0
        while loop.time() < ends:
            dead = asyncio.create_task(port.read(Input(0, unit=2)))
            for unit in (1, 3):
                done += (await port.read(Input(unit, unit=unit))).value == unit
            await asyncio.wait([dead], timeout=0.01)
            dead.cancel()
            with contextlib.suppress(ReplyTimeout, asyncio.CancelledError):
                await dead
        assert 2 <= sum(frame.unit == 2 for frame in line.requests) <= 3
        assert done > 10


async def test_the_echo_of_an_adapter_is_dropped() -> None:
    async def answer(frame: Frame) -> bytes:
        return frame.raw + (b"" if frame.unit == 2 else value(frame))

    async with RawLine(answer) as line, port_on(line, timeout=0.4, local_echo=True) as port:
        assert (await port.read(Input(0x0200))).value == 0x0200
        await port.write(Holding(3), 4)
        with pytest.raises(ReplyTimeout):  # the echo alone must not confirm
            await port.write(Holding(3, unit=2), 4)


async def test_frames_keep_their_distance() -> None:
    async with RawLine(good) as line, port_on(line, pause=0.05) as port:
        for address in range(4):
            await port.read(Input(address))
        gaps = [after - before for before, after in itertools.pairwise(line.times)]
        assert min(gaps) >= 0.05


def test_the_pause_is_that_of_the_line() -> None:
    """Modbus over Serial Line V1.02, 2.5.1.1."""
    assert ModbusRtuPort("/dev/null", 9600)._pause == pytest.approx(3.5 * 10 / 9600)
    assert ModbusRtuPort("/dev/null", 9600, parity="E")._pause == pytest.approx(3.5 * 11 / 9600)
    assert ModbusRtuPort("/dev/null", 115200)._pause == 0.00175


async def test_a_slow_line_gets_the_time_that_its_bytes_take() -> None:
    async def answer(frame: Frame) -> bytes:
        await asyncio.sleep(0.2)
        return value(frame)

    async with RawLine(answer) as line, ModbusRtuPort(line.path, 1200, timeout=0.3, backoff=PROMPT) as port:
        await port.read(Input(0, count=20))  # 53 bytes there and back take 0.44 s


async def test_an_adapter_that_is_pulled() -> None:
    async def never(frame: Frame) -> None:
        await asyncio.Event().wait()

    async with RawLine(good) as line, port_on(line, timeout=5) as port:
        assert (await port.read(Input(5))).value == 5
        line.answer = never
        read = asyncio.create_task(port.read(Input(5)))
        await until(lambda: len(line.requests) == 2)
        await line.pull()
        async with asyncio.timeout(1):
            with pytest.raises(LinkDown):
                await read
        with pytest.raises(LinkDown):
            await port.read(Input(5))
