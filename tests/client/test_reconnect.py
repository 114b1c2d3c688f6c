"""Servers that go and come back."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from bridge.ca.header import HEADER, Command
from bridge.client import Client, NotConnected, Update
from bridge.server import CaServer, ServerConfig, serving
from records import PV, FieldType
from tests.ca.softioc import softioc
from tests.client.rogue import greet, request, rogue
from tests.client.settings import only
from tests.clients import C_TOOLS, ca_environment
from tests.server.serving import loopback
from tests.waiting import eventually

BACK = 5.0  # seconds from the start of a server to the first value, at most

needs_softioc = pytest.mark.skipif(C_TOOLS is None, reason="base's softIoc comes as an x86_64 Linux wheel only")


def values(updates: list[Update]) -> list[object]:
    """Values in order; None for a disconnect."""
    return [update.value if update.connected else None for update in updates]


@asynccontextmanager
async def again(pvs: dict[str, PV], port: int) -> AsyncIterator[CaServer]:
    """A server on a port that one has just left."""
    async with serving(pvs, ServerConfig(interfaces=("127.0.0.1",), port=port, auto_beacon=False)) as server:
        assert server.port == port
        yield server


async def test_a_monitor_goes_on_after_a_restart() -> None:
    updates: list[Update] = []
    async with AsyncExitStack() as stack:
        async with serving({"X": PV("X", 1.0)}, loopback()) as server:
            client = await stack.enter_async_context(Client(only(server.port)))
            pv = client.pv("X")
            pv.subscribe(updates.append)
            await eventually(lambda: updates)
        await eventually(lambda: len(updates) == 2)
        assert "closed the connection" in updates[1].reason
        assert pv.reason
        pvs = {"X": PV("X", 2.0)}
        async with again(pvs, server.port):
            started = time.monotonic()
            await eventually(lambda: len(updates) == 3)
            assert time.monotonic() - started < BACK
            pvs["X"].post(3.0)
            await eventually(lambda: len(updates) == 4)
        assert values(updates) == [1.0, None, 2.0, 3.0]


@needs_softioc
async def test_a_monitor_goes_on_after_a_c_server_was_killed() -> None:
    database = 'record(ao, "X") { field(VAL, "1") field(PINI, "YES") }'
    updates: list[Update] = []
    async with AsyncExitStack() as stack:
        async with softioc(database) as port:
            client = await stack.enter_async_context(Client(only(port)))
            client.pv("X").subscribe(updates.append)
            await eventually(lambda: updates)
        await eventually(lambda: len(updates) == 2)
        async with softioc(database, port=port):
            started = time.monotonic()
            await eventually(lambda: len(updates) == 3)
            assert time.monotonic() - started < BACK
            await client.pv("X").put(5)
            await eventually(lambda: len(updates) >= 4)
        assert values(updates)[:4] == [1.0, None, 1.0, 5.0]


async def test_ten_restarts_lose_no_subscription_and_leave_nothing_behind() -> None:
    names = [f"R:{number}" for number in range(50)]
    latest: dict[str, object] = {}

    def note(update: Update) -> None:
        latest[update.name] = update.value

    async with AsyncExitStack() as stack:
        client, port, tasks = None, 0, 0
        for turn in range(10):
            pvs = {name: PV(name, float(turn)) for name in names}
            context = again(pvs, port) if port else serving(pvs, loopback())
            async with context as server:
                if client is None:
                    port = server.port
                    client = await stack.enter_async_context(Client(only(port)))
                    for name in names:
                        client.pv(name).subscribe(note)
                await eventually(lambda turn=turn: latest == dict.fromkeys(names, float(turn)))  # type: ignore[misc]
                tasks = tasks or len(asyncio.all_tasks())
                assert len(asyncio.all_tasks()) <= tasks
                assert len(client._circuits) == 1
            await eventually(lambda: set(latest.values()) == {None})
        assert client is not None
        assert not client._circuits


async def test_thousands_of_subscriptions_are_restored() -> None:
    names = [f"R:{number}" for number in range(5800)]
    seen: set[str] = set()

    def note(update: Update) -> None:
        (seen.add if update.connected else seen.discard)(update.name)

    async with AsyncExitStack() as stack:
        async with serving({name: PV(name) for name in names}, loopback()) as server:
            client = await stack.enter_async_context(Client(only(server.port)))
            for name in names:
                client.pv(name).subscribe(note)
            await eventually(lambda: len(seen) == len(names), 20.0)
        await eventually(lambda: not seen)
        async with again({name: PV(name) for name in names}, server.port):
            started = time.monotonic()
            await eventually(lambda: len(seen) == len(names), 20.0)
            assert time.monotonic() - started < 15.0


async def test_a_write_that_was_on_its_way_fails() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await greet(reader, writer)
        await request(reader, Command.WRITE_NOTIFY)

    async with rogue(script) as server, Client(only(server.port)) as client:
        with pytest.raises(NotConnected, match=r"X: lost before the answer: .* closed the connection"):
            await client.pv("X").put(5.0)
        assert server.connections == 1


async def test_a_read_that_was_on_its_way_is_asked_again() -> None:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await greet(reader, writer)
        await request(reader, Command.READ_NOTIFY)

    async with rogue(script) as dying, serving({"X": PV("X", 7.0)}, loopback()) as server:
        addresses = (("127.0.0.1", dying.port), ("127.0.0.1", server.port))
        async with Client(only(server.port, addresses=addresses)) as client:
            getting = asyncio.create_task(client.pv("X").get())
            await eventually(lambda: dying.connections)
            dying.silent = True
            assert (await getting).value == 7.0


async def test_a_request_waits_for_the_server_up_to_its_deadline() -> None:
    async with AsyncExitStack() as stack:
        async with serving({"X": PV("X", 1.0)}, loopback()) as server:
            client = await stack.enter_async_context(Client(only(server.port)))
            pv = client.pv("X")
            await pv.get()
        await eventually(lambda: not pv.connected)
        with pytest.raises(NotConnected):
            await pv.put(5.0, timeout=0.05)
        putting = asyncio.create_task(pv.put(6.0, timeout=10.0))
        pvs = {"X": PV("X", 7.0)}
        async with again(pvs, server.port):
            await putting
            assert pvs["X"].value == 6.0


async def test_a_pv_may_come_back_as_another_type() -> None:
    updates: list[Update] = []
    async with AsyncExitStack() as stack:
        async with serving({"X": PV("X", 1.0)}, loopback()) as server:
            client = await stack.enter_async_context(Client(only(server.port)))
            client.pv("X").subscribe(updates.append)
            await eventually(lambda: updates)
        async with again({"X": PV("X", ["a", "b"], FieldType.STRING, max_count=3)}, server.port):
            await eventually(lambda: len(updates) == 3)
    assert values(updates) == [1.0, None, ["a", "b"]]


async def test_a_pv_may_come_back_somewhere_else() -> None:
    async with serving({"OTHER": PV("OTHER")}, loopback()) as elsewhere, AsyncExitStack() as stack:
        async with serving({"X": PV("X", 1.0)}, loopback()) as server:
            addresses = (("127.0.0.1", server.port), ("127.0.0.1", elsewhere.port))
            client = await stack.enter_async_context(Client(only(server.port, addresses=addresses)))
            assert (await client.pv("X").get()).value == 1.0
        elsewhere.hub.pvdb["X"] = PV("X", 2.0)  # type: ignore[index]
        assert (await client.pv("X").get()).value == 2.0
        assert client.pv("X").address == ("127.0.0.1", elsewhere.port)


async def test_a_beacon_of_a_new_server_starts_a_search() -> None:
    """Beacons come through the repeater of this machine, which we register with."""
    received: asyncio.Queue[tuple[bytes, tuple[str, int]]] = asyncio.Queue()

    class Repeater(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            received.put_nowait((data, addr))

    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Repeater, local_addr=("127.0.0.1", 0))
    repeater_port = transport.get_extra_info("sockname")[1]
    try:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(serving({"X": PV("X", 1.5)}, loopback()))
            client = await stack.enter_async_context(Client(only(server.port, repeater_port=repeater_port)))
            data, address = await asyncio.wait_for(received.get(), 2.0)
            assert HEADER.unpack(data)[0] == Command.REPEATER_REGISTER
            transport.sendto(HEADER.pack(Command.REPEATER_CONFIRM, 0, 0, 0, 0, 0x7F000001), address)
            pv = client.pv("X")
            assert client._finder is not None
            client._finder.seek(pv.cid, "X", lane=12)  # as if it had been searched for in vain for minutes
            with pytest.raises(NotConnected):
                await pv.wait_connected(0.1)
            transport.sendto(struct.pack(">HHHHII", Command.BEACON, 0, 13, server.port, 0, 0x7F000001), address)
            await pv.wait_connected(BACK)
    finally:
        transport.close()


@needs_softioc
async def test_a_c_server_is_found_by_its_beacons_through_a_c_repeater() -> None:
    assert C_TOOLS is not None
    async with serving({}, loopback()) as nobody:  # whose port is free for the repeater, and for softIoc after it
        repeater_port = nobody.port
    async with serving({}, loopback()) as nobody:
        port = nobody.port
    repeater = await asyncio.create_subprocess_exec(
        str(C_TOOLS / "caRepeater"),
        env=ca_environment(port) | {"EPICS_CA_REPEATER_PORT": str(repeater_port)},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with Client(only(port, repeater_port=repeater_port)) as client:
            finder, pv = client._finder, client.pv("X")
            assert finder is not None
            await eventually(lambda: finder._broadcaster.registered)
            finder._schedule.add(pv.cid, "X", asyncio.get_running_loop().time(), lane=13)
            async with softioc('record(ao, "X") {}', port=port, beacon_port=repeater_port):
                await pv.wait_connected(BACK)
    finally:
        repeater.kill()
        await repeater.wait()
