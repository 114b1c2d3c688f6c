"""The UDP sockets of servers that share a port on loopback."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator

import pytest

from bridge.ca.header import HEADER, Command, pack_message
from bridge.net import datagram_socket
from bridge.server import CaServer, ServerConfig, serving
from bridge.server.fanout import Shared, share, unshare
from records import PV
from tests.programs import free_port

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems have no broadcast on loopback to spy on")

HERE = "127.0.0.1"
MACHINE = "127.255.255.255"


def search(*names: str, first: int = 1, sequence: int = 7) -> bytes:
    head = pack_message(Command.VERSION, b"", 1, 13, sequence, 0)
    return head + b"".join(
        pack_message(Command.SEARCH, name.encode() + b"\0", 5, 13, cid, cid) for cid, name in enumerate(names, first)
    )


def ids(reply: bytes) -> list[int]:
    """Of the names that were found."""
    out: list[int] = []
    while reply:
        command, size, _, _, _, p2 = HEADER.unpack_from(reply)
        if command == Command.SEARCH:
            out.append(p2)
        reply = reply[16 + size :]
    return out


class Client:
    """A socket that asks."""

    def __init__(self, port: int, to: str = HERE, at: str = HERE) -> None:
        self.server = (to, port)
        self.sock = datagram_socket(at, 0, broadcast=True)

    def ask(self, *names: str, first: int = 1) -> None:
        self.sock.sendto(search(*names, first=first), self.server)

    async def answer(self) -> tuple[list[int], tuple[str, int]]:
        """The ids of the names found, and who says so."""
        async with asyncio.timeout(5):
            data, sender = await asyncio.get_running_loop().sock_recvfrom(self.sock, 65536)
        return ids(data), sender

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *error: object) -> None:
        self.sock.close()


@contextlib.asynccontextmanager
async def iocs(port: int, *names: str, **more: object) -> AsyncIterator[list[CaServer]]:
    """Servers of one PV each, all on 127.0.0.1 and the same port."""
    settings = {"interfaces": (HERE,), "port": port, "auto_beacon": False, **more}
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(serving({name: PV(name)}, ServerConfig(**settings)))  # type: ignore[arg-type]
            for name in names
        ]


async def test_all_servers_answer_what_is_sent_to_one_address() -> None:
    port = free_port()
    async with iocs(port, "T:a", "T:b", "T:c") as servers:
        assert len({server.port for server in servers}) == 3
        with Client(port) as client:
            for _ in range(5):
                client.ask("T:c", "T:no", "T:b", "T:a")
                answers = [await client.answer() for _ in servers]
                assert sorted(cid for found, _ in answers for cid in found) == [1, 3, 4]
                assert {sender for _, sender in answers} == {(HERE, port)}  # where a client expects them from


async def test_what_is_found_is_not_shared_and_what_is_shared_is_shared_once() -> None:
    port = free_port()
    loop = asyncio.get_running_loop()
    async with iocs(port, "T:a", "T:b"):
        with datagram_socket(MACHINE, port, shared=True) as spy, Client(port) as client:
            client.ask("T:b")  # the last server to come is the one that is asked
            client.ask("T:no")
            client.ask("T:a", first=9)  # is answered by way of the other: by then all is over that the others caused
            assert sorted([(await client.answer())[0], (await client.answer())[0]]) == [[1], [9]]
            async with asyncio.timeout(5):
                shared = [unshare(await loop.sock_recv(spy, 65536)) for _ in range(2)]
            assert [one and b"T:no" in one.datagram for one in shared] == [True, False]
            with pytest.raises(BlockingIOError):
                spy.recv(65536)


async def test_alone_on_the_port_nothing_is_shared() -> None:
    port = free_port()
    async with iocs(port, "T:a") as (server,):
        with Client(port) as client:
            client.ask("T:no")
            client.ask("T:a")
            assert (await client.answer())[0] == [1]
        assert server._search_sockets._relay._next == 0


async def test_a_search_to_all_of_the_machine() -> None:
    port = free_port()
    async with iocs(port, "T:a", "T:b"):
        with Client(port, to=MACHINE) as client:
            client.ask("T:a", "T:b")
            assert sorted([(await client.answer())[0], (await client.answer())[0]]) == [[1], [2]]


async def test_only_who_listens_at_the_address_answers() -> None:
    port = free_port()
    async with iocs(port, "T:a", interfaces=("127.0.0.2",)), iocs(port, "T:b", "T:c"):
        with Client(port) as client:
            client.ask("T:a")
            client.ask("T:b", first=5)
            assert (await client.answer())[0] == [5]
        with Client(port, to="127.0.0.2") as client:
            client.ask("T:a", "T:b")
            assert (await client.answer()) == ([1], ("127.0.0.2", port))


async def test_a_shared_search_is_believed_only_where_it_belongs() -> None:
    """Sent to an address of a server, it is a plain search with odd messages before it."""
    port = free_port()
    async with iocs(port, "T:a"):
        with Client(port) as victim, Client(port) as forger:
            forged = share(Shared(search("T:a"), victim.sock.getsockname(), HERE), 0)
            forger.sock.sendto(forged, forger.server)
            assert (await forger.answer())[0] == [1]
            victim.ask("T:a", first=8)
            assert (await victim.answer())[0] == [8]


@pytest.mark.parametrize("data", [b"", b"iocB", bytes(12) + b"iocB", share(Shared(b"", (HERE, 9), HERE), 0)])
async def test_nonsense_among_servers_is_survived(data: bytes) -> None:
    port = free_port()
    async with iocs(port, "T:a"):
        with Client(port, to=MACHINE) as client:
            client.sock.sendto(data, client.server)
            client.ask("T:a")
            assert (await client.answer())[0] == [1]


async def test_who_is_ignored_by_one_is_answered_by_the_others() -> None:
    port = free_port()
    async with iocs(port, "T:a"), iocs(port, "T:b", ignored=("127.0.0.9",)):
        with Client(port, at="127.0.0.9") as client:
            client.ask("T:b")
            client.ask("T:a", first=5)
            assert (await client.answer())[0] == [5]
        with Client(port) as client:
            client.ask("T:b")
            assert (await client.answer())[0] == [1]


async def test_questions_of_one_client_that_came_together_are_answered_together() -> None:
    port = free_port()
    async with iocs(port, "T:a"):
        with Client(port) as client, Client(port) as other:
            client.ask("T:a", first=1)
            client.ask("T:a", first=2)
            other.ask("T:a", first=3)
            client.ask("T:a", first=4)
            assert [(await client.answer())[0] for _ in range(2)] == [[1, 2], [4]]
            assert (await other.answer())[0] == [3]


async def test_multicast_group() -> None:
    port = free_port()
    group = "224.0.2.9"
    async with iocs(port, "T:a", interfaces=(HERE, group)), iocs(port, "T:b"):
        with Client(port, to=group) as client:
            client.sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(HERE))
            client.ask("T:b", "T:a")
            assert await client.answer() == ([2], (HERE, port))


async def test_a_storm_of_unanswered_searches_is_survived() -> None:
    port = free_port()
    async with iocs(port, "T:a", "T:b"):
        with Client(port) as client:
            for turn in range(20):
                for _ in range(200):
                    client.ask(*[f"NO:{turn}"] * 40)
                await asyncio.sleep(0)
            found: list[int] = []
            while not found:  # what did not fit in the socket's buffer is lost, as everywhere
                client.ask("T:a")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.2):
                        found, _ = await client.answer()
            assert found == [1]


async def test_leaves_no_socket_behind_when_the_port_is_taken() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as owner:
        owner.bind((HERE, 0))
        port = owner.getsockname()[1]
        with pytest.raises(OSError, match=f"{HERE}:{port}/udp"):
            async with iocs(port, "T:a"):
                pass
    async with iocs(port, "T:a"):
        pass
