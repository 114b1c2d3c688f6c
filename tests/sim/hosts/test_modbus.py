"""Framing and faults of Modbus, byte by byte and through pymodbus."""

from __future__ import annotations

import asyncio
import os

import pytest
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusIOException

import sim
from sim.modbus import crc16
from tests.sim.clients import line

READ_HERTZ = bytes.fromhex("01 04 0046 0002")


def framed(frame: bytes) -> bytes:
    return frame + crc16(frame)


class Tty:
    """The client's end of a pty, raw, without a serial library."""

    def __init__(self, path: str) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)

    def send(self, data: bytes) -> None:
        os.write(self.fd, data)

    async def receive(self, size: int, seconds: float = 2.0) -> bytes:
        data = b""
        try:
            async with asyncio.timeout(seconds):
                while len(data) < size:
                    try:
                        data += os.read(self.fd, size - len(data))
                    except BlockingIOError:
                        await asyncio.sleep(0.002)
        except TimeoutError:
            pass
        return data


@pytest.fixture
async def rtu():
    async with sim.serve("sdm630", tty=True, clock=sim.HandClock()) as running:
        tty = Tty(running.address)
        yield running, tty
        os.close(tty.fd)


async def good(tty: Tty) -> bytes:
    tty.send(framed(READ_HERTZ))
    reply = await tty.receive(9)
    assert reply[:3] == bytes.fromhex("01 04 04")
    assert crc16(reply[:-2]) == reply[-2:]
    return reply


async def test_a_frame_may_come_in_pieces(rtu):
    _running, tty = rtu
    whole = await good(tty)
    for byte in framed(READ_HERTZ):
        tty.send(bytes((byte,)))
        await asyncio.sleep(0)
    assert await tty.receive(9) == whole


async def test_a_wrong_crc_gets_no_answer_and_the_next_frame_does(rtu):
    _running, tty = rtu
    tty.send(READ_HERTZ + b"\x00\x00")
    assert await tty.receive(1, 0.15) == b""
    await good(tty)


async def test_a_pause_throws_half_a_frame_away(rtu):
    _running, tty = rtu
    tty.send(READ_HERTZ[:3])
    assert await tty.receive(1, 0.3) == b""
    await good(tty)


async def test_an_unknown_function_gets_exception_one(rtu):
    _running, tty = rtu
    tty.send(framed(bytes.fromhex("01 2B 0E 01 00")))
    assert await tty.receive(5) == framed(bytes.fromhex("01 AB 01"))


async def test_diagnostics_return_the_query(rtu):
    _running, tty = rtu
    query = framed(bytes.fromhex("01 08 0000 A537"))
    tty.send(query)
    assert await tty.receive(8) == query


async def test_wrong_checksum(rtu):
    running, tty = rtu
    whole = await good(tty)
    running.fault("checksum")
    tty.send(framed(READ_HERTZ))
    reply = await tty.receive(9)
    assert reply[:-2] == whole[:-2]
    assert crc16(reply[:-2]) != reply[-2:]
    await good(tty)


async def test_an_answer_from_somebody_else(rtu):
    running, tty = rtu
    running.fault("foreign")
    tty.send(framed(READ_HERTZ))
    reply = await tty.receive(9)
    assert reply[0] == 2
    assert crc16(reply[:-2]) == reply[-2:]


async def test_garbage_echo_and_truncation(rtu):
    running, tty = rtu
    whole = await good(tty)
    running.fault("garbage")
    tty.send(framed(READ_HERTZ))
    assert await tty.receive(9) != whole
    running.fault("echo")
    tty.send(framed(READ_HERTZ))
    assert await tty.receive(17) == framed(READ_HERTZ) + whole
    running.fault("truncated", keep=5)
    tty.send(framed(READ_HERTZ))
    assert await tty.receive(9, 0.15) == whole[:5]


@pytest.mark.parametrize("code", [1, 2, 3, 4, 6])
async def test_exceptions_on_demand_do_nothing_else(code):
    async with sim.serve("sdm630") as running:
        host, port = running.address.split(":")
        client = AsyncModbusTcpClient(host, port=int(port), retries=0)
        assert await client.connect()
        running.fault("exception", code=code)
        reply = await client.write_registers(2, [0x40A0, 0], device_id=1)
        assert reply.exception_code == code
        assert running.device.setting["demand_period"] == 60.0
        assert not (await client.write_registers(2, [0x40A0, 0], device_id=1)).isError()
        client.close()


async def test_match_takes_bytes_too(rtu):
    running, tty = rtu
    running.fault("silence", match=bytes.fromhex("04 0034"))
    await good(tty)
    tty.send(framed(bytes.fromhex("01 04 0034 0002")))
    assert await tty.receive(1, 0.1) == b""


async def test_tcp_repeats_the_transaction_or_not_on_demand():
    async with sim.serve("sdm630") as running, line(running.address) as client:
        request = bytes.fromhex("1234 0000 0006 01 04 0046 0002")
        client.writer.write(request)
        reply = await client.reader.readexactly(13)
        assert reply[:9] == bytes.fromhex("1234 0000 0007 01 04 04")
        running.fault("foreign")
        client.writer.write(request)
        assert (await client.reader.readexactly(13))[:2] == bytes.fromhex("1235")


async def test_tcp_answers_what_comes_in_one_go_or_in_pieces():
    async with sim.serve("sdm630", clock=sim.HandClock()) as running, line(running.address) as client:
        request = bytes.fromhex("0001 0000 0006 01 04 0046 0002")
        client.writer.write(request * 3)
        replies = [await client.reader.readexactly(13) for _ in range(3)]
        for byte in request:
            client.writer.write(bytes((byte,)))
            await client.writer.drain()
        assert [await client.reader.readexactly(13)] * 3 == replies


async def test_what_is_not_modbus_is_not_answered():
    async with sim.serve("sdm630") as running, line(running.address) as client:
        client.writer.write(b"GET / HTTP/1.1\r\n\r\n")
        assert await client.silent()


@pytest.mark.parametrize("kind", ["silence", "garbage", "checksum", "truncated", "foreign"])
async def test_a_client_that_we_did_not_write_sees_the_fault_and_then_a_good_reply(kind):
    async with sim.serve("sdm630", tty=True) as running:
        client = AsyncModbusSerialClient(running.address, timeout=3.0, retries=0)
        assert await client.connect()
        running.fault(kind)
        with pytest.raises(ModbusIOException):
            await client.read_input_registers(0x46, count=2, device_id=1)
        if not client.connected:
            assert await client.connect()
        reply = await client.read_input_registers(0x46, count=2, device_id=1)
        assert not reply.isError()
        client.close()
