"""Servers that lie, stammer or fall silent: nothing but the documented errors, and no wait beyond the deadline."""

from __future__ import annotations

import asyncio
import random
import struct
import time
from asyncio import StreamReader as Reader
from asyncio import StreamWriter as Writer
from collections.abc import Callable
from typing import cast

import pytest

from bridge.ca import ECA
from bridge.ca.header import HEADER, Command, pack_message
from bridge.client import PV, Client, ClientError, GetFailed, NotConnected, Timeout, Update
from bridge.server import serving
from records import PV as ServedPV
from tests.client.rogue import Script, greet, request, rogue, search_reply
from tests.client.settings import only
from tests.logs import logged
from tests.server.serving import loopback
from tests.waiting import AT_ONCE, eventually

TIME_DOUBLE = 20
PAYLOAD = struct.pack(">HHIIxxxxd", 0, 0, 1, 1, 2.5)


def message(command: int, payload: bytes = b"", data_type: int = 0, count: int = 0, p1: int = 0, p2: int = 0) -> bytes:
    return pack_message(command, payload, data_type, count, p1, p2)


def answering(make: Callable[[int], bytes]) -> Script:
    """Answer each read with what `make(ioid)` returns."""

    async def script(reader: Reader, writer: Writer) -> None:
        await greet(reader, writer)
        while True:
            writer.write(make(await request(reader)))

    return script


def sending(data: bytes) -> Script:
    """Send `data` at once, and then nothing."""

    async def script(reader: Reader, writer: Writer) -> None:
        writer.write(data)
        await asyncio.Event().wait()

    return script


def after_greeting(data: bytes) -> Script:
    async def script(reader: Reader, writer: Writer) -> None:
        await greet(reader, writer)
        writer.write(data)
        await asyncio.Event().wait()

    return script


async def closes_at_once(reader: Reader, writer: Writer) -> None:
    return


async def closes_after_greeting(reader: Reader, writer: Writer) -> None:
    await greet(reader, writer)
    await writer.drain()


async def sends_slowly(reader: Reader, writer: Writer) -> None:
    for byte in HEADER.pack(Command.VERSION, 0, 0, 13, 0, 0) * 50:
        writer.write(bytes((byte,)))
        await asyncio.sleep(0.005)


async def refuses_channels(reader: Reader, writer: Writer) -> None:
    writer.write(HEADER.pack(Command.VERSION, 0, 0, 13, 0, 0))
    while True:
        command, size, _, _, cid, _ = HEADER.unpack(await reader.readexactly(HEADER.size))
        await reader.readexactly(size)
        if command == Command.CREATE_CHAN:
            writer.write(message(Command.CREATE_CH_FAIL, p1=cid))


async def withdraws_channels(reader: Reader, writer: Writer) -> None:
    while True:
        writer.write(message(Command.SERVER_DISCONN, p1=await greet(reader, writer)))


def creating(data_type: int, count: int = 1, sid: int = 1, *, twice: bool = False) -> Script:
    async def script(reader: Reader, writer: Writer) -> None:
        writer.write(HEADER.pack(Command.VERSION, 0, 0, 13, 0, 0))
        cid = 0
        while True:
            command, size, _, _, cid, _ = HEADER.unpack(await reader.readexactly(HEADER.size))
            await reader.readexactly(size)
            if command == Command.CREATE_CHAN:
                for _ in range(1 + twice):
                    writer.write(HEADER.pack(Command.CREATE_CHAN, 0, data_type, count, cid, sid))

    return script


WRONG_FROM_THE_START = {
    "text": sending(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
    "zeros": sending(bytes(10_000)),
    "ones": sending(b"\xff" * 10_000),
    "random": sending(random.Random(1).randbytes(100_000)),
    "4 GiB": sending(HEADER.pack(Command.READ_NOTIFY, 0xFFFF, 6, 0, 1, 0) + struct.pack(">II", 0xFFFFFFF8, 0xFFFFFFFF)),
    "misaligned": sending(HEADER.pack(Command.VERSION, 3, 0, 13, 0, 0) + bytes(3)),
    "half a header": sending(b"\0\0\0"),
    "an error": sending(message(Command.ERROR, bytes(16) + b"no\0", p2=ECA.INTERNAL)),
    "an error without header": sending(message(Command.ERROR, b"no\0")),
    "closes at once": closes_at_once,
    "slowly": sends_slowly,
    "refuses channels": refuses_channels,
    "type 7": creating(7),
    "type 38": creating(38),
    "type -1": creating(0xFFFF),
}


@pytest.mark.parametrize("script", WRONG_FROM_THE_START.values(), ids=WRONG_FROM_THE_START)
async def test_no_server_at_all(script: Script) -> None:
    async with rogue(script) as server, Client(only(server.port)) as client:
        started = time.monotonic()
        with pytest.raises(NotConnected, match="X: not connected within"):
            await client.pv("X").get(timeout=0.15)
        assert time.monotonic() - started < AT_ONCE
        await eventually(lambda: server.connections)
        assert server.connections < 10


WRONG_LATER = {
    "no version": sending(message(Command.CREATE_CHAN, data_type=6, count=1, p1=1, p2=1)),
    "closes": closes_after_greeting,
    "withdraws": withdraws_channels,
    "falls silent": after_greeting(b""),
    "text": after_greeting(b"what do you mean by that?\r\n" * 10),
    "random": after_greeting(random.Random(2).randbytes(100_000)),
    "4 GiB": after_greeting(HEADER.pack(1, 0xFFFF, 6, 0, 1, 0) + struct.pack(">II", 0xFFFFFFF8, 0xFFFFFFFF)),
    "unknown commands": after_greeting(b"".join(message(99 + number % 900) for number in range(1000))),
    "answers to nothing": after_greeting(
        b"".join(
            message(command, PAYLOAD, TIME_DOUBLE, 1, 1, number)
            for command in (Command.READ_NOTIFY, Command.WRITE_NOTIFY, Command.EVENT_ADD)
            for number in range(20)
        )
    ),
    "channel twice": creating(6, twice=True),
    "sid of another": after_greeting(message(Command.CREATE_CHAN, data_type=6, count=1, p1=77, p2=1)),
    "rights of nobody": after_greeting(message(Command.ACCESS_RIGHTS, p1=77, p2=3)),
    "another ioid": answering(lambda ioid: message(Command.READ_NOTIFY, PAYLOAD, TIME_DOUBLE, 1, ECA.NORMAL, ioid + 1)),
    "another type": answering(lambda ioid: message(Command.READ_NOTIFY, b"text\0", 0, 1, ECA.NORMAL, ioid)),
    "no such type": answering(lambda ioid: message(Command.READ_NOTIFY, PAYLOAD, 999, 1, ECA.NORMAL, ioid)),
    "write-only type": answering(lambda ioid: message(Command.READ_NOTIFY, PAYLOAD, 35, 1, ECA.NORMAL, ioid)),
    "too short": answering(lambda ioid: message(Command.READ_NOTIFY, PAYLOAD, TIME_DOUBLE, 9, ECA.NORMAL, ioid)),
    "no payload": answering(lambda ioid: message(Command.READ_NOTIFY, b"", TIME_DOUBLE, 1, ECA.NORMAL, ioid)),
    "huge count": answering(
        lambda ioid: HEADER.pack(15, 0xFFFF, 6, 0, 1, ioid) + struct.pack(">II", 8, 0xFFFFFFFF) + bytes(8)
    ),
    "unknown status": answering(lambda ioid: message(Command.READ_NOTIFY, b"", TIME_DOUBLE, 0, 12345678, ioid)),
    "a write's answer": answering(lambda ioid: message(Command.WRITE_NOTIFY, b"", 6, 1, ECA.NORMAL, ioid)),
    "an error": answering(
        lambda ioid: message(Command.ERROR, HEADER.pack(15, 0, 20, 1, 1, ioid) + b"no\0", p1=1, p2=ECA.GETFAIL)
    ),
    "an error that is none": answering(
        lambda ioid: message(Command.ERROR, HEADER.pack(15, 0, 20, 1, 1, ioid) + b"no\0", p1=1, p2=ECA.NORMAL)
    ),
    "the answer twice": answering(
        lambda ioid: message(Command.READ_NOTIFY, b"", TIME_DOUBLE, 0, ECA.GETFAIL, ioid) * 2
    ),
}


@pytest.mark.parametrize("script", WRONG_LATER.values(), ids=WRONG_LATER)
async def test_a_server_that_goes_wrong(script: Script) -> None:
    async with rogue(script) as server, Client(only(server.port)) as client:
        updates: list[Update] = []
        client.pv("X").subscribe(updates.append)
        started = time.monotonic()
        try:
            result = await client.pv("X").get(timeout=0.15)
        except ClientError as err:
            assert str(err).startswith("X: ")  # noqa: PT017 - either a value or one of our errors is right
        else:
            assert result.value is not None
        assert time.monotonic() - started < AT_ONCE
        assert server.connections < 20


async def test_what_comes_as_an_error_is_an_error() -> None:
    async with rogue(WRONG_LATER["an error"]) as server, Client(only(server.port)) as client:
        with pytest.raises(GetFailed) as caught:
            await client.pv("X").get()
        assert caught.value.eca is ECA.GETFAIL


async def test_too_few_elements_are_an_error() -> None:
    async with rogue(WRONG_LATER["no payload"]) as server, Client(only(server.port)) as client:
        with pytest.raises(GetFailed, match="too little") as caught:
            await client.pv("X").get()
        assert caught.value.eca is ECA.BADCOUNT


async def test_updates_that_are_errors() -> None:
    async def script(reader: Reader, writer: Writer) -> None:
        await greet(reader, writer)
        number = await request(reader, Command.EVENT_ADD)
        writer.write(message(Command.EVENT_ADD, b"", TIME_DOUBLE, 0, ECA.NORDACCESS, number))
        writer.write(message(Command.EVENT_ADD, PAYLOAD, TIME_DOUBLE, 1, ECA.NORMAL, number))
        header = HEADER.pack(Command.EVENT_ADD, 16, TIME_DOUBLE, 1, 1, number)
        writer.write(message(Command.ERROR, header + b"no\0", p1=1, p2=ECA.ALLOCMEM))
        writer.write(message(Command.EVENT_ADD, b"", TIME_DOUBLE, 1, ECA.NORMAL, number))
        await asyncio.Event().wait()

    async with rogue(script) as server, Client(only(server.port)) as client:
        updates: list[Update] = []
        client.pv("X").subscribe(updates.append)
        await eventually(lambda: len(updates) == 4)
        assert [update.eca for update in updates] == [ECA.NORDACCESS, ECA.NORMAL, ECA.ALLOCMEM, ECA.BADCOUNT]
        assert updates[1].value == 2.5


async def fill(pv: PV) -> None:
    """Fill the buffers of both sockets, and then ours up to its mark."""
    values = [1.0] * 1000
    for _ in range(10_000):
        await pv.put(values, wait=False, timeout=0.2)


async def test_a_server_that_reads_nothing_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.client.link.CLOSE_TIMEOUT", 0.1)

    async def script(reader: Reader, writer: Writer) -> None:
        await greet(reader, writer, count=1000)
        cast("asyncio.ReadTransport", writer.transport).pause_reading()
        await asyncio.Event().wait()

    async with rogue(script) as server, Client(only(server.port)) as client:
        pv = client.pv("X")
        await pv.wait_connected()
        with pytest.raises(Timeout):
            await fill(pv)
        (circuit,) = client._circuits.values()
        transport = circuit._link._transport
        assert transport is not None
        assert transport.get_write_buffer_size() < 1 << 20


async def test_silence_is_noticed_by_echo() -> None:
    async def script(reader: Reader, writer: Writer) -> None:
        await greet(reader, writer)
        while True:
            await reader.readexactly(1)

    async with rogue(script) as server, Client(only(server.port, conn_tmo=0.05)) as client:
        updates: list[Update] = []
        pv = client.pv("X")
        pv.subscribe(updates.append)
        await pv.wait_connected()
        server.silent = True
        (circuit,) = client._circuits.values()
        await eventually(lambda: circuit._watchdog._asked)
        circuit._watchdog._asked = -1e9  # the five seconds for an answer have passed
        circuit._look()
        await eventually(lambda: not pv.connected)
        assert [update.connected for update in updates] == [False]
        assert "does not answer" in updates[0].reason


async def test_an_echo_that_is_answered_keeps_the_circuit() -> None:
    echoes = 0

    async def script(reader: Reader, writer: Writer) -> None:
        nonlocal echoes
        await greet(reader, writer)
        while True:
            await request(reader, Command.ECHO)
            echoes += 1
            writer.write(message(Command.ECHO))

    async with rogue(script) as server, Client(only(server.port, conn_tmo=0.05)) as client:
        await client.pv("X").wait_connected()
        await eventually(lambda: echoes >= 3)
        assert client.pv("X").connected
        assert server.connections == 1


async def test_junk_datagrams_are_passed_over() -> None:
    rng = random.Random(3)
    junk = [
        b"",
        b"\0",
        bytes(16),
        b"\xff" * 1500,
        *(rng.randbytes(rng.randrange(1, 200)) for _ in range(200)),
        search_reply(0, 0xFFFFFFFF),
        HEADER.pack(Command.BEACON, 0, 13, 5064, 1, 0x7F000001),
        HEADER.pack(Command.SEARCH, 8, 5064, 0, 0, 1) + bytes(4),
        message(Command.SEARCH, bytes(8), 5064, 0, 0x01020304, 99),
        HEADER.pack(Command.REPEATER_CONFIRM, 0, 0, 0, 0, 0),
        HEADER.pack(Command.SEARCH, 0xFFFF, 0, 0, 0, 1) + struct.pack(">II", 0xFFFFFFF8, 0),
    ]
    async with serving({"X": ServedPV("X", 1.5)}, loopback()) as good, rogue(closes_at_once) as bad:
        bad.datagrams = junk
        bad.silent = True
        addresses = (("127.0.0.1", bad.port), ("127.0.0.1", good.port))
        async with Client(only(good.port, addresses=addresses)) as client:
            for number in range(20):
                pv = client.pv("X")
                assert (await pv.get()).value == 1.5, number
                pv.close()


async def test_mutated_datagrams_never_raise() -> None:
    rng = random.Random(4)
    whole = [
        search_reply(5064, 1),
        HEADER.pack(Command.BEACON, 0, 13, 5064, 1, 0x7F000001) * 3,
        HEADER.pack(Command.REPEATER_CONFIRM, 0, 0, 0, 0, 0x7F000001),
        message(Command.ERROR, HEADER.pack(6, 0, 0, 0, 1, 1) + b"no\0", p2=ECA.DEFUNCT),
        HEADER.pack(Command.NOT_FOUND, 0, 10, 13, 1, 1),
    ]
    async with Client(only(1, addresses=())) as client:
        finder = client._finder
        assert finder is not None
        client.pv("X")
        for _ in range(20_000):
            data = bytearray(rng.choice(whole) + rng.choice(whole))
            for _ in range(rng.randrange(5)):
                data[rng.randrange(len(data))] = rng.randrange(256)
            finder.datagram_received(bytes(data[: rng.randrange(len(data) + 1)]), ("127.0.0.1", rng.randrange(65536)))
        assert len(client._circuits) <= 1


async def test_a_good_server_is_found_beside_a_bad_one() -> None:
    """The bad one always answers first; after each failure it is held off for longer."""
    async with serving({"X": ServedPV("X", 1.5)}, loopback()) as good, rogue(WRONG_FROM_THE_START["misaligned"]) as bad:
        addresses = (("127.0.0.1", bad.port), ("127.0.0.1", good.port))
        async with Client(only(good.port, addresses=addresses)) as client:
            assert (await client.pv("X").get()).value == 1.5


async def test_a_server_that_makes_no_sense_is_left_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.client.circuit.GREETING", 0.05)
    async with serving({"X": ServedPV("X", 1.5)}, loopback()) as good, rogue(WRONG_FROM_THE_START["text"]) as bad:
        addresses = (("127.0.0.1", bad.port), ("127.0.0.1", good.port))
        async with Client(only(good.port, addresses=addresses)) as client:
            assert (await client.pv("X").get()).value == 1.5


async def test_a_channel_that_is_never_made_is_looked_for_elsewhere() -> None:
    async def script(reader: Reader, writer: Writer) -> None:
        writer.write(HEADER.pack(Command.VERSION, 0, 0, 13, 0, 0))
        while True:
            await request(reader, Command.ECHO)
            writer.write(message(Command.ECHO))

    async with rogue(script) as bad, serving({"X": ServedPV("X", 1.5)}, loopback()) as good:
        addresses = (("127.0.0.1", bad.port), ("127.0.0.1", good.port))
        async with Client(only(good.port, addresses=addresses, conn_tmo=0.1)) as client:
            pv = client.pv("X")
            await eventually(lambda: bad.connections)
            bad.silent = True
            assert (await pv.get()).value == 1.5


async def test_addresses_where_nobody_is() -> None:
    async with rogue(closes_at_once) as server, Client(only(server.port)) as client:
        server.tcp_port = 1
        with pytest.raises(NotConnected, match=r"no connection to 127\.0\.0\.1:1"):
            await client.pv("X").get(timeout=0.2)
        server.tcp_port = 0
        with pytest.raises(NotConnected):
            await client.pv("Y").get(timeout=0.2)


async def test_a_server_of_old_is_spoken_to_in_small() -> None:
    async def script(reader: Reader, writer: Writer) -> None:
        writer.write(HEADER.pack(Command.VERSION, 0, 0, 8, 0, 0))  # before large arrays
        while True:
            command, size, _, _, cid, _ = HEADER.unpack(await reader.readexactly(HEADER.size))
            await reader.readexactly(size)
            if command == Command.CREATE_CHAN:
                writer.write(HEADER.pack(Command.ACCESS_RIGHTS, 0, 0, 0, cid, 3))
                writer.write(HEADER.pack(Command.CREATE_CHAN, 0, 6, 20_000, cid, 1))

    async with rogue(script) as server, Client(only(server.port)) as client:
        with pytest.raises(ClientError, match="cannot be asked") as caught:
            await client.pv("X").put([0.0] * 20_000)
        assert getattr(caught.value, "eca", None) is ECA.TOLARGE


async def test_nothing_is_logged_as_an_error_by_what_a_peer_does() -> None:
    with logged() as log:
        for script in (*WRONG_FROM_THE_START.values(), *WRONG_LATER.values()):
            async with rogue(script) as server, Client(only(server.port)) as client:
                with pytest.raises(ClientError):
                    await client.pv("X").put(1.0, timeout=0.05)
    assert not log.about("Traceback")
    assert len(log.complaints) < 10


@pytest.mark.parametrize("seed", range(5))
async def test_mutated_conversations(seed: int) -> None:
    """A good conversation with a few bytes changed, over and over: one error or one value each, never a hang."""
    rng = random.Random(seed)

    async def script(reader: Reader, writer: Writer) -> None:
        cid = 1
        parts = [
            HEADER.pack(Command.VERSION, 0, 0, 13, 0, 0),
            HEADER.pack(Command.ACCESS_RIGHTS, 0, 0, 0, cid, 3),
            HEADER.pack(Command.CREATE_CHAN, 0, 6, 1, cid, 1),
            message(Command.EVENT_ADD, PAYLOAD, TIME_DOUBLE, 1, ECA.NORMAL, 0),
            message(Command.READ_NOTIFY, PAYLOAD, TIME_DOUBLE, 1, ECA.NORMAL, 0),
            message(Command.EVENT_ADD, PAYLOAD, TIME_DOUBLE, 1, ECA.NORMAL, 0),
        ]
        data = bytearray(b"".join(parts))
        for _ in range(rng.randrange(4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        writer.write(data[: rng.randrange(16, len(data) + 1)])
        await reader.read()

    for _ in range(40):
        async with rogue(script) as server, Client(only(server.port)) as client:
            client.pv("X").subscribe(lambda update: None)
            try:
                async with asyncio.timeout(1.0):
                    await client.pv("X").get(timeout=0.01)
            except ClientError:
                pass
