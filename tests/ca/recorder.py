"""A proxy that stands between CA clients and a server, and writes down every message that passes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from typing import Any

from bridge.ca import CLIENT, SERVER, Role
from tests.ca.golden import Captured

__all__ = ["Recorder", "recording", "split"]


def split(data: bytes) -> tuple[list[bytes], bytes]:
    """Cut a stream into whole messages and what is left over. Written apart from the code that it tests."""
    found: list[bytes] = []
    while len(data) >= 16:
        _command, size, _type, count = struct.unpack_from(">HHHH", data)
        head = 16
        if size == 0xFFFF and count == 0:
            head = 24
            if len(data) < head:
                break
            (size,) = struct.unpack_from(">I", data, 16)
        if len(data) < head + size:
            break
        found.append(data[: head + size])
        data = data[head + size :]
    return found, data


class Recorder:
    """`lines` holds what has passed. Search replies are changed on their way to name the proxy's port."""

    def __init__(self, upstream: int) -> None:
        self.lines: list[Captured] = []
        self.port = 0
        self._upstream = upstream
        self._circuits = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def note(self, sender: Role, transport: str, data: bytes) -> bytes:
        messages, rest = split(data)
        if transport == "udp":
            self.lines.append(Captured(sender, transport, (*messages, *([rest] if rest else []))))
        else:
            self.lines.extend(Captured(sender, transport, (message,)) for message in messages)
        return rest

    def redirect(self, data: bytes) -> bytes:
        """Put our port for the server's into SEARCH replies."""
        messages, rest = split(data)
        changed = []
        for message in messages:
            if message[:2] == b"\x00\x06":
                message = message[:4] + struct.pack(">H", self.port) + message[6:]
            changed.append(message)
        return b"".join(changed) + rest

    async def relay(
        self, sender: Role, transport: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        rest = b""
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(1 << 16):
                rest = self.note(sender, transport, rest + chunk)
                writer.write(self.redirect(chunk) if sender is SERVER and chunk[:2] == b"\x00\x06" else chunk)
                await writer.drain()
        writer.close()

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
        self._circuits += 1
        transport = f"tcp{self._circuits}"
        await asyncio.gather(
            self.relay(CLIENT, transport, reader, far_writer), self.relay(SERVER, transport, far_reader, writer)
        )

    def datagram_to_server(self, loop: asyncio.AbstractEventLoop) -> type[asyncio.DatagramProtocol]:
        recorder = self

        class FromServer(asyncio.DatagramProtocol):
            def __init__(self, near: asyncio.DatagramTransport, client: Any) -> None:
                self.near, self.client = near, client

            def datagram_received(self, data: bytes, addr: Any) -> None:
                recorder.note(SERVER, "udp", data)
                self.near.sendto(recorder.redirect(data), self.client)

        class FromClient(asyncio.DatagramProtocol):
            def __init__(self) -> None:
                self.far: dict[Any, asyncio.DatagramTransport] = {}

            def connection_made(self, transport: Any) -> None:
                self.near: asyncio.DatagramTransport = transport

            def datagram_received(self, data: bytes, addr: Any) -> None:
                recorder.note(CLIENT, "udp", data)
                task = loop.create_task(self.forward(data, addr))
                recorder._tasks.add(task)
                task.add_done_callback(recorder._tasks.discard)

            async def forward(self, data: bytes, addr: Any) -> None:
                if addr not in self.far:
                    self.far[addr], _ = await loop.create_datagram_endpoint(
                        lambda: FromServer(self.near, addr), remote_addr=("127.0.0.1", recorder._upstream)
                    )
                self.far[addr].sendto(data)

            def connection_lost(self, exc: Exception | None) -> None:
                for transport in self.far.values():
                    transport.close()

        return FromClient


@contextlib.asynccontextmanager
async def recording(upstream: int) -> AsyncIterator[Recorder]:
    """Stand before the server on `upstream`, on a port of our own for both TCP and UDP."""
    recorder = Recorder(upstream)
    loop = asyncio.get_running_loop()
    server = await asyncio.start_server(recorder.accept, "127.0.0.1", 0)
    recorder.port = server.sockets[0].getsockname()[1]
    datagrams, _ = await loop.create_datagram_endpoint(
        recorder.datagram_to_server(loop), local_addr=("127.0.0.1", recorder.port), family=socket.AF_INET
    )
    try:
        yield recorder
    finally:
        datagrams.close()
        server.close()
