"""Who is let in, and what happens when there are no descriptors left."""

from __future__ import annotations

import asyncio
import errno
import resource
import socket
import time
from collections.abc import Iterator

import pytest

from bridge.ca.header import pack_message
from bridge.server import CaServer, serving
from records import PV
from tests.logs import logged
from tests.server.serving import loopback
from tests.server.test_serving import Client
from tests.waiting import eventually


def circuit(server: CaServer, source: str = "127.0.0.1") -> socket.socket:
    sock = socket.socket()
    sock.bind((source, 0))
    sock.connect(("127.0.0.1", server.port))
    sock.setblocking(False)
    return sock


async def greeted(sock: socket.socket) -> bool:
    """Whether the server has said its VERSION, and not hung up."""
    async with asyncio.timeout(5):
        return bool(await asyncio.get_running_loop().sock_recv(sock, 100))


async def test_one_host_leaves_something_for_the_others() -> None:
    async with serving({"T:d": PV("T:d")}, loopback(circuits=8)) as server:
        greedy = [circuit(server) for _ in range(6)]
        assert [await greeted(sock) for sock in greedy] == [True] * 4 + [False] * 2
        others = [circuit(server, f"127.0.0.{2 + number // 2}") for number in range(6)]
        assert [await greeted(sock) for sock in others] == [True] * 4 + [False] * 2
        greedy[0].close()
        await eventually(lambda: len(server.hub.sessions) == 7)
        again = circuit(server)
        assert await greeted(again)
        for sock in (*greedy, *others, again):
            sock.close()


async def test_one_host_leaves_channels_and_subscriptions_for_the_others() -> None:
    async with serving({"T:d": PV("T:d")}, loopback(channels=4, subscriptions=4)) as server:
        clients = []
        for source, most in (("127.0.0.1", 2), ("127.0.0.2", 2), ("127.0.0.3", 0)):
            client = Client(*await asyncio.open_connection(sock=circuit(server, source)))
            clients.append(client)
            await client.message()
            sids = []
            for _ in range(most):
                sids.append(await client.create("T:d"))
                await client.subscribe(sids[0])
            client.writer.write(pack_message(18, b"T:d\0", 0, 0, 9, 13))
            assert (await client.message())[0] == 11
            assert (await client.message())[0] == 26
        for client in clients:
            client.writer.close()


async def test_a_crowd_of_refusals_is_one_line() -> None:
    async with serving({}, loopback(circuits=2, share=1.0)) as server:
        with logged() as log:
            sockets = [circuit(server) for _ in range(50)]
            assert [await greeted(sock) for sock in sockets].count(True) == 2
        assert len(log.complaints) == 1
        for sock in sockets:
            sock.close()


@pytest.fixture
def few_descriptors() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_without_descriptors_it_waits_without_haste_and_goes_on(few_descriptors: None) -> None:
    async with serving({"T:d": PV("T:d")}, loopback()) as server:
        here = await Client.connect(server.port)
        waiting = [socket.socket() for _ in range(5)]
        next_descriptor = socket.socket()
        limit = next_descriptor.fileno()
        next_descriptor.close()
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        with logged() as log:
            for sock in waiting:
                sock.connect(("127.0.0.1", server.port))
                sock.setblocking(False)
            await asyncio.sleep(0.05)
            before = time.process_time()
            await asyncio.sleep(0.3)
            assert time.process_time() - before < 0.1  # it would find the listener ready again at once, for ever
            await here.echo()
        assert [line for line in log.complaints if "cannot accept" in line] == [
            "cannot accept a client, and will try again: Too many open files"
        ]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        server._next_look = 0.0  # the next housekeeping
        server.tick()
        assert [await greeted(sock) for sock in waiting] == [True] * 5
        for sock in waiting:
            sock.close()
        here.writer.close()


async def test_a_client_that_leaves_makes_room(few_descriptors: None) -> None:
    async with serving({"T:d": PV("T:d")}, loopback()) as server:
        here = await Client.connect(server.port)
        waiting = socket.socket()
        probe = socket.socket()
        limit = probe.fileno()
        probe.close()
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        waiting.connect(("127.0.0.1", server.port))
        waiting.setblocking(False)
        await asyncio.sleep(0.05)
        with pytest.raises(BlockingIOError) as blocked:
            waiting.recv(100)
        assert blocked.value.errno == errno.EAGAIN
        here.writer.close()
        assert await greeted(waiting)
        waiting.close()
