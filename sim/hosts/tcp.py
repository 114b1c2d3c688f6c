"""A TCP port that clients of a simulator connect to."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import ClassVar, cast

from sim.faults import AT_CONNECT, Faults
from sim.hosts.speaker import Speaker
from sim.hosts.wire import Transcript, Wire

__all__ = ["TcpHost"]

POLL = 0.05  # seconds between looks at what an instrument says unasked
RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: closing sends RST, as a device that lost power would on its return


class TcpHost:
    """Listens on one port; each client gets a speaker of its own."""

    KINDS: ClassVar[frozenset[str]] = AT_CONNECT

    def __init__(
        self,
        make_speaker: Callable[[], Speaker],
        faults: Faults,
        *,
        host: str,
        port: int,
        transcript: Transcript,
        reply_delay: float,
    ) -> None:
        self._make_speaker = make_speaker
        self._faults = faults
        self._transcript = transcript
        self._delay = reply_delay
        self._place = (host, port)
        self._server: asyncio.Server | None = None
        self._reserved: socket.socket | None = None
        self._poller: asyncio.Task[None] | None = None
        self.clients: set[_Client] = set()

    @property
    def address(self) -> str:
        """``host:port``."""
        host, port = self._place
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    async def plug(self) -> None:
        """Listen, on the same port as before. Raises OSError if another program has it."""
        if self._server is not None:
            return
        place = self._reserved or self._bind()
        self._reserved = None
        self._place = place.getsockname()[:2]
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Client(self), sock=place)
        self._poller = asyncio.create_task(self._poll(), name="simulator's news")

    async def unplug(self) -> None:
        """Reset every connection and refuse new ones, keeping the port for ourselves."""
        server, self._server = self._server, None
        if server is None:
            return
        if self._poller is not None:
            self._poller.cancel()
        server.close()
        for client in tuple(self.clients):
            client.hang_up(True)
        # Bound but not listening: clients are refused, and no other program can take the port meanwhile.
        with contextlib.suppress(OSError):
            self._reserved = self._bind()

    async def close(self) -> None:
        """Be gone."""
        await self.unplug()
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None
        await asyncio.gather(*(client.gone.wait() for client in self.clients))

    def _bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._place[0] else socket.AF_INET
        place = socket.socket(family, socket.SOCK_STREAM)
        try:
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            place.bind(self._place)
        except BaseException:
            place.close()
            raise
        return place

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL)
            for client in tuple(self.clients):
                if client.wire is not None and client.wire.speaker.TALKS:
                    client.wire.poll()

    def admit(self, client: _Client) -> Wire | None:
        """A wire for a new client, or None if it is to be reset at once."""
        speaker = self._make_speaker()
        limit = speaker.CONNECTIONS
        if self._server is None or (limit is not None and len(self.clients) >= limit):
            return None
        if self._faults.take(AT_CONNECT):
            return None
        self.clients.add(client)
        return Wire(
            speaker,
            write=client.write,
            hang_up=client.hang_up,
            transcript=self._transcript,
            reply_delay=self._delay,
        )


class _Client(asyncio.Protocol):
    def __init__(self, host: TcpHost) -> None:
        self._host = host
        self._transport: asyncio.Transport | None = None
        self.wire: Wire | None = None
        self.gone = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop's does not derive from it
        self._transport = transport
        self.wire = self._host.admit(self)
        if self.wire is None:
            self.hang_up(True)

    def data_received(self, data: bytes) -> None:
        if self.wire is not None:
            self.wire.receive(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._host.clients.discard(self)
        if self.wire is not None:
            self.wire.stop()
        self.gone.set()

    async def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)

    def hang_up(self, reset: bool) -> None:
        if self._transport is None:
            return
        if reset:
            peer = self._transport.get_extra_info("socket")
            with contextlib.suppress(OSError):
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self._transport.abort()
        else:
            self._transport.close()
