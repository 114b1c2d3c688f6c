"""A controller on TCP that has one setting: ``SETP?`` reads it, ``SETP x`` sets it and is answered by ``OK``."""

from __future__ import annotations

import asyncio
import socket

__all__ = ["Controller"]


class Controller:
    """Refuses settings above `limit`. Can be switched on and off; its TCP port stays the same."""

    def __init__(self, setting: float = 20.0, limit: float = 1000.0) -> None:
        self.setting = setting
        self.limit = limit
        self.commands: list[str] = []
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.port = int(taken.getsockname()[1])

    async def on(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def off(self) -> None:
        """Take no more calls; `drop` ends those that there are."""
        if self._server is not None:
            self._server.close()

    def drop(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        while line := (await reader.readline()).decode().strip():
            if line == "SETP?":
                answer = f"{self.setting}"
            else:
                self.commands.append(line)
                wanted = float(line.split()[1])
                answer = "OK" if wanted <= self.limit else "ERR"
                self.setting = wanted if wanted <= self.limit else self.setting
            writer.write(f"{answer}\r\n".encode())
        self._writers.discard(writer)
        writer.close()
