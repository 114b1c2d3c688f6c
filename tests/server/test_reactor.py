"""Links: what becomes of requests and answers when a client leaves, by halves or all at once."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator

import pytest

from bridge.ca.header import HEADER, Command, pack_message
from bridge.server import CaServer, serving
from bridge.server.reactor import JOIN_PIECE, _buffers
from records import PV, FieldType
from tests.server.serving import loopback
from tests.waiting import eventually

EVENT = struct.pack(">fffHH", 0, 0, 0, 5, 0)
MANY = 1_000_000  # elements: more than the system keeps for a socket


@pytest.fixture
def pvs() -> dict[str, PV]:
    found = [
        PV("T:d", 0.0),
        PV("T:big", [0.0] * MANY, max_count=MANY),
        PV("T:n", 0, FieldType.LONG),
    ]
    return {pv.name: pv for pv in found}


@pytest.fixture
async def server(pvs: dict[str, PV]) -> AsyncIterator[CaServer]:
    async with serving(pvs, loopback()) as running:
        yield running


def connect(server: CaServer, receive: int = 0) -> socket.socket:
    sock = socket.socket()
    if receive:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
    sock.connect(("127.0.0.1", server.port))
    sock.setblocking(False)
    return sock


def create(*names: str) -> bytes:
    return b"".join(
        pack_message(Command.CREATE_CHAN, name.encode() + b"\0", 0, 0, cid, 13) for cid, name in enumerate(names)
    )


def put(sid: int, value: float) -> bytes:
    return pack_message(Command.WRITE, struct.pack(">d", value), 6, 1, sid, 1)


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


async def received(sock: socket.socket, size: int) -> bytes:
    """At least so many bytes."""
    data = b""
    async with asyncio.timeout(10):
        while len(data) < size:
            more = await asyncio.get_running_loop().sock_recv(sock, 1 << 20)
            if not more:
                break
            data += more
    return data


async def everything(sock: socket.socket) -> bytes:
    return await received(sock, 1 << 62)


async def test_a_put_of_a_client_that_did_not_read_its_events_is_done(server: CaServer, pvs: dict[str, PV]) -> None:
    """Its system answers our events by a reset; the put is in our socket by then."""
    for number in range(1, 51):
        sock = connect(server)
        watch = pack_message(Command.EVENT_ADD, EVENT, 5, 1, 2, 1)
        sock.sendall(create("T:d", "T:n") + watch)
        await received(sock, 16 + 4 * 16 + 24)
        pvs["T:n"].post(number)
        await asyncio.sleep(0)
        sock.sendall(put(1, number))
        sock.close()  # with an event unread: a reset follows
        pvs["T:n"].post(-number)
        await eventually(lambda number=number: pvs["T:d"].value == number)  # type: ignore[misc]
    await eventually(lambda: not server.hub.sessions)


async def test_a_put_of_a_client_that_took_nothing_for_long_is_done(server: CaServer, pvs: dict[str, PV]) -> None:
    """The server does not read from a client whose socket is full, until that client leaves."""
    sock = connect(server, receive=4096)
    sock.sendall(create("T:d", "T:big") + pack_message(Command.EVENT_ADD, EVENT, 6, 0, 2, 1))
    await eventually(lambda: any(session.held for session in server.hub.sessions))
    sock.sendall(put(1, 5.0))
    await asyncio.sleep(0.05)
    assert pvs["T:d"].value == 0.0
    sock.close()
    await eventually(lambda: pvs["T:d"].value == 5.0)
    await eventually(lambda: not server.hub.sessions)


async def test_of_a_client_that_is_gone_only_puts_are_done(server: CaServer, pvs: dict[str, PV]) -> None:
    sock = connect(server, receive=4096)
    sock.sendall(create("T:d", "T:big") + pack_message(Command.READ_NOTIFY, b"", 6, MANY, 2, 1))
    await eventually(lambda: any(session.held for session in server.hub.sessions))
    reads = pack_message(Command.READ_NOTIFY, b"", 6, MANY - 1, 2, 1) * 5000
    sock.sendall(reads + put(1, 7.0))
    made = server.hub.payloads.made
    reset(sock)
    await eventually(lambda: not server.hub.sessions)
    assert server.hub.payloads.made == made


async def test_a_client_that_closes_its_half_gets_its_answers(server: CaServer) -> None:
    sock = connect(server)
    sock.sendall(create("T:d") + pack_message(Command.READ_NOTIFY, b"", 6, 1, 1, 9) * 1000)
    sock.shutdown(socket.SHUT_WR)
    data = await everything(sock)
    assert len(data) == 16 + 2 * 16 + 1000 * 24
    sock.close()


async def test_a_client_that_closes_its_half_may_take_its_time_for_large_answers(server: CaServer) -> None:
    sock = connect(server)
    sock.sendall(create("T:big") + pack_message(Command.READ_NOTIFY, b"", 6, MANY, 1, 9) * 3)
    sock.shutdown(socket.SHUT_WR)
    await asyncio.sleep(0.1)
    data = await everything(sock)
    assert len(data) == 16 + 2 * 16 + 8 + 3 * (24 + 8 * MANY)
    sock.close()
    await eventually(lambda: not server.hub.sessions)


async def test_clients_for_whom_too_much_waits_are_dropped_the_greediest_first(pvs: dict[str, PV]) -> None:
    """Each of them makes the server keep an array of its own, as it writes before it reads."""
    async with serving(pvs, loopback(unread=60 << 20)) as server:
        modest = connect(server, receive=4096)
        modest.sendall(create("T:d") + pack_message(Command.READ_NOTIFY, b"", 6, 1, 1, 9) * 20_000)
        greedy = [connect(server, receive=4096) for _ in range(20)]
        for number, sock in enumerate(greedy):
            sock.sendall(create("T:big") + put(1, number) + pack_message(Command.READ_NOTIFY, b"", 6, MANY, 1, 9))
            await asyncio.sleep(0.01)
        await eventually(lambda: len(server.hub.sessions) < 21)
        server.hub.drop_greediest()
        waiting = [sum(map(len, session.link.unsent())) for session in server.hub.sessions]
        assert sum(waiting) <= 60 << 20
        assert len(waiting) > 3
        data = await received(modest, 16 + 2 * 16 + 20_000 * 24)
        assert HEADER.unpack_from(data, len(data) - 24)[0] == Command.READ_NOTIFY
        for sock in (modest, *greedy):
            sock.close()


def test_small_pieces_are_joined_and_large_ones_left_alone() -> None:
    large = b"x" * JOIN_PIECE
    buffers = list(_buffers([b"a", b"b", large, b"c", large, large]))
    assert b"".join(buffers) == b"ab" + large + b"c" + large + large
    assert len(buffers) == 5
    assert [buffer.obj is large for buffer in buffers] == [False, True, False, True, True]
