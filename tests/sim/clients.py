"""Plain clients for the simulators' wires: nothing of ours but this file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

DEADLINE = 5.0  # seconds; a wait that takes this long has failed


class Line:
    """Lines over TCP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def tell(self, *commands: str) -> None:
        for command in commands:
            self.writer.write(f"{command}\r\n".encode())

    async def raw(self) -> bytes:
        async with asyncio.timeout(DEADLINE):
            return await self.reader.readline()

    async def ask(self, question: str) -> str:
        self.tell(question)
        reply = await self.raw()
        assert reply.endswith(b"\r\n"), reply
        return reply.decode().removesuffix("\r\n")

    async def silent(self, seconds: float = 0.05) -> bool:
        """Nothing comes within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self.reader.read(1)
        except TimeoutError:
            return True
        return False


@asynccontextmanager
async def line(address: str) -> AsyncIterator[Line]:
    host, port = address.rsplit(":", 1)
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield Line(reader, writer)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
