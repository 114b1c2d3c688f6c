"""Load manners, at the size of a test: whoever is slow delays nobody, and everybody ends on the final value.

The soak in `benchmarks` does this for longer and with more of everything.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
import time
from array import array
from collections.abc import AsyncIterator

import pytest

from bridge import PVGroup, ao, running
from bridge.ca.header import EXTENDED, HEADER, Command, pack_message
from bridge.server import CaServer, serving
from records import PV
from tests.server.serving import loopback
from tests.waiting import eventually

EVENT = struct.pack(">fffHH", 0, 0, 0, 5, 0)
PVS = 40


class Watcher:
    """Watches all PVs of a server; reads quickly, slowly, or with EVENTS_OFF and EVENTS_ON in turns."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.values: dict[int, float] = {}
        self.slow = False
        self.task = asyncio.ensure_future(self._read())

    @classmethod
    async def connect(cls, port: int, names: list[str], *, slow: bool = False, limit: int = 4096) -> Watcher:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=limit)
        writer.write(pack_message(Command.VERSION, b"", 0, 13))
        for number, name in enumerate(names):
            writer.write(pack_message(Command.CREATE_CHAN, name.encode() + b"\0", 0, 0, number, 13))
            writer.write(pack_message(Command.EVENT_ADD, EVENT, 20, 1, number + 1, number))
        watcher = cls(reader, writer)
        watcher.slow = slow
        return watcher

    async def _read(self) -> None:
        while True:
            head = await self.reader.readexactly(16)
            command, size, _, _, _, p2 = HEADER.unpack(head)
            if size == 0xFFFF:
                size, _ = EXTENDED.unpack(await self.reader.readexactly(8))
            body = await self.reader.readexactly(size)
            if command == Command.EVENT_ADD:
                (self.values[p2],) = struct.unpack_from(">d", body, 16)
            if self.slow:
                await asyncio.sleep(0.002)

    async def close(self) -> None:
        self.task.cancel()
        self.writer.close()


#: Records, as every IOC has them.
Soft = type("Soft", (PVGroup,), {f"AO{number}": ao(0.0) for number in range(PVS)})


async def test_every_subscription_ends_on_the_final_value() -> None:
    async with running(Soft("M:"), config=loopback()) as ioc:
        port = ioc.server.port
        names = [f"M:AO{number}" for number in range(PVS)]
        watchers = [await Watcher.connect(port, names) for _ in range(10)]
        slow = [await Watcher.connect(port, names, slow=True) for _ in range(2)]
        toggling = [await Watcher.connect(port, names) for _ in range(2)]
        everybody = [*watchers, *slow, *toggling]
        await eventually(lambda: all(len(watcher.values) == PVS for watcher in everybody), 10)
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        for cid, name in enumerate(names):
            writer.write(pack_message(Command.CREATE_CHAN, name.encode() + b"\0", 0, 0, cid, 13))
        for value in range(1, 101):
            for sid in range(1, PVS + 1):
                writer.write(pack_message(Command.WRITE, struct.pack(">d", value * 100 + sid), 6, 1, sid, 1))
            for watcher in toggling:
                watcher.writer.write(pack_message(Command.EVENTS_OFF if value % 2 else Command.EVENTS_ON))
            await asyncio.sleep(0.002)
        finals = {number: 10_000.0 + number + 1 for number in range(PVS)}
        await eventually(lambda: all(watcher.values == finals for watcher in (*watchers, *toggling)), 2)
        for watcher in slow:
            watcher.slow = False
        await eventually(lambda: all(watcher.values == finals for watcher in slow), 5)
        for watcher in everybody:
            await watcher.close()
        writer.close()


@pytest.fixture
async def server() -> AsyncIterator[CaServer]:
    pvs = [PV("T:d", 0.0), PV("T:w", array("d", [0.0] * 20_000), max_count=20_000)]
    async with serving({pv.name: pv for pv in pvs}, loopback()) as running:
        yield running


async def test_slow_readers_of_arrays_keep_little_and_delay_nobody(server: CaServer) -> None:
    names = ["T:d", "T:w"]
    sleepers = []
    for _ in range(10):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
        for cid, name in enumerate(names, 1):
            writer.write(pack_message(Command.CREATE_CHAN, name.encode() + b"\0", 0, 0, cid, 13))
            writer.write(pack_message(Command.EVENT_ADD, EVENT, 6, 0, cid, cid))
        sleepers.append((reader, writer))
    quick = await Watcher.connect(server.port, ["T:d"])
    await eventually(lambda: 0 in quick.values)
    worst = 0.0
    for value in range(1, 301):
        server.hub.pvdb["T:w"].post(array("d", [float(value)] * 20_000))
        begin = time.perf_counter()
        server.hub.pvdb["T:d"].post(float(value))
        while quick.values[0] != value:
            await asyncio.sleep(0)
        worst = max(worst, time.perf_counter() - begin)
    assert worst < 0.5
    held = [session for session in server.hub.sessions if session.held]
    assert len(held) == 10
    waiting = {id(piece): len(piece) for session in held for piece in session.link.unsent()}
    assert sum(waiting.values()) < 10 * 400_000
    for reader, writer in sleepers:
        last: dict[int, float] = {}
        async with asyncio.timeout(10):
            while last != {1: 300.0, 2: 300.0}:
                command, size, _, _, _, p2 = HEADER.unpack(await reader.readexactly(16))
                if size == 0xFFFF:
                    size, _ = EXTENDED.unpack(await reader.readexactly(8))
                body = await reader.readexactly(size)
                if command == Command.EVENT_ADD:
                    last[p2] = struct.unpack_from(">d", body)[0]
        writer.close()
    await quick.close()


async def test_several_circuits_of_one_client_each_with_a_priority(server: CaServer) -> None:
    """libca has a circuit for each priority; ids and requests of one are nothing to the others."""
    circuits = []
    for priority in (0, 1, 50, 98, 99):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(pack_message(Command.VERSION, b"", priority, 13))
        writer.write(pack_message(Command.CREATE_CHAN, b"T:d\0", 0, 0, 7, 13))
        writer.write(pack_message(Command.EVENT_ADD, EVENT, 6, 1, 1, 7))
        circuits.append((reader, writer))
    for (reader, writer), value in zip(circuits, itertools.count(1.0), strict=False):
        writer.write(pack_message(Command.WRITE_NOTIFY, struct.pack(">d", value), 6, 1, 1, 3))
        async with asyncio.timeout(5):
            while HEADER.unpack(head := await reader.readexactly(16))[0] != Command.WRITE_NOTIFY:
                await reader.readexactly(HEADER.unpack(head)[1])
    assert server.hub.pvdb["T:d"].value == 5.0
    assert sorted(session.priority for session in server.hub.sessions) == [0, 1, 50, 98, 99]
    circuits[0][1].close()
    server.hub.pvdb["T:d"].post(9.0)
    for reader, writer in circuits[1:]:
        async with asyncio.timeout(5):
            while struct.pack(">d", 9.0) != await reader.readexactly(8):
                pass
        writer.close()


async def test_puts_and_reads_of_many_circuits_stay_apart() -> None:
    """Each circuit reads back what it has written last, whatever the others do in the same turns."""
    async with running(Soft("M:"), config=loopback()) as ioc:

        async def client(number: int) -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", ioc.server.port)
            name = f"M:AO{number}".encode()
            writer.write(pack_message(Command.CREATE_CHAN, name + b"\0", 0, 0, 1, 13))
            for value in range(200):
                writer.write(pack_message(Command.WRITE, struct.pack(">d", value * 1000 + number), 6, 1, 1, value))
                writer.write(pack_message(Command.READ_NOTIFY, b"", 6, 1, 1, value))
            await reader.readexactly(16 + 2 * 16)
            for value in range(200):
                data = await reader.readexactly(24)
                assert HEADER.unpack_from(data)[5] == value
                assert struct.unpack_from(">d", data, 16) == (value * 1000 + number,)
            writer.close()

        async with asyncio.timeout(20):
            await asyncio.gather(*(client(number) for number in range(PVS)))
