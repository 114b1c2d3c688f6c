"""Servers that are none: they answer searches, and then do what a test tells them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import cast

from bridge.ca.header import HEADER, Command, pack_message

__all__ = ["Rogue", "Script", "greet", "request", "rogue", "search_reply"]

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def search_reply(port: int, cid: int) -> bytes:
    version = HEADER.pack(Command.VERSION, 0, 0, 13, 0, 0)
    return version + pack_message(Command.SEARCH, b"\0\x0d" + bytes(6), port, 0, 0xFFFFFFFF, cid)


class Rogue(asyncio.DatagramProtocol):
    """Says yes to every name."""

    def __init__(self) -> None:
        self.port = 0  # UDP
        self.tcp_port = 0
        self.searches = 0
        self.connections = 0
        self.datagrams: list[bytes] = []  # sent before each answer
        self.silent = False
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        at = 0
        while at < len(data):
            command, size, *_, cid = HEADER.unpack_from(data, at)
            at += HEADER.size + size
            if command != Command.SEARCH:
                continue
            self.searches += 1
            for junk in self.datagrams:
                self._transport.sendto(junk, addr)
            if not self.silent:
                self._transport.sendto(search_reply(self.tcp_port, cid), addr)


@contextlib.asynccontextmanager
async def rogue(script: Script) -> AsyncIterator[Rogue]:
    """Run `script` on each connection; it may raise what a broken connection raises.

    Whatever the event loop has to report in the meantime, such as an error in a callback, is an AssertionError.
    """
    loop = asyncio.get_running_loop()
    reports: list[dict[str, object]] = []
    loop.set_exception_handler(lambda _, context: reports.append(context))
    transport, answers = await loop.create_datagram_endpoint(Rogue, local_addr=("127.0.0.1", 0))
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        answers.connections += 1
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await script(reader, writer)
        finally:
            tasks.discard(task)
            if not writer.is_closing():
                writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    answers.tcp_port = server.sockets[0].getsockname()[1]
    try:
        yield answers
    finally:
        transport.close()
        server.close()
        for task in tuple(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
        loop.set_exception_handler(None)
    assert not reports


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: int = 1) -> int:
    """Behave up to the first channel, which gets sid 1 and is `count` x DOUBLE; returns its cid."""
    writer.write(HEADER.pack(Command.VERSION, 0, 0, 13, 0, 0))
    while True:
        command, size, _, _, cid, _ = HEADER.unpack(await reader.readexactly(HEADER.size))
        await reader.readexactly(size)
        if command == Command.CREATE_CHAN:
            writer.write(HEADER.pack(Command.ACCESS_RIGHTS, 0, 0, 0, cid, 3))
            writer.write(HEADER.pack(Command.CREATE_CHAN, 0, 6, count, cid, 1))
            return int(cid)


async def request(reader: asyncio.StreamReader, command: int = Command.READ_NOTIFY) -> int:
    """Wait for a request; returns its last word, the ioid or subscription id."""
    while True:
        found, size, _, _, _, number = HEADER.unpack(await reader.readexactly(HEADER.size))
        await reader.readexactly(size)
        if found == command:
            return int(number)
