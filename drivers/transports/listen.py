"""TCP the other way round: instruments, modems and device servers that dial in."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from drivers.errors import UsageError
from drivers.transports.base import Lost, Receive, StreamTransport, _Link
from drivers.transports.tcp import address, check_port, keep_alive

__all__ = ["ListenTransport"]

PATIENCE = 2.0  # seconds for one attempt, so that the port can say what it waits for


class ListenTransport(StreamTransport):
    """Listens at `port` (0: any that is free, see `port` once it is open) of the interface `host` ("": all).

    One instrument at a time. One that dials in while another connection stands has most likely been switched off and
    on, and takes its place; with `only`, its address, others are turned away. The socket is listened to from the first
    attempt to connect until the port is stopped.
    """

    reopens = False  # whether and when it dials in again is up to the instrument

    def __init__(self, port: int, host: str = "", only: str | None = None) -> None:
        super().__init__()
        check_port(host or "*", port, least=0)
        self.host = host
        self.port = port
        self.only = only
        self._server: asyncio.Server | None = None
        self._next: _Caller | None = None  # dialled in, and not taken yet
        self._called = asyncio.Event()

    @property
    def where(self) -> str:  # type: ignore[override]
        """``host:port``."""
        return address(self.host or "*", self.port)

    async def open(self, receive: Receive, lost: Lost) -> None:
        await self._listen()
        while self._next is None or self._next.gone:
            self._called.clear()
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._called.wait()
            except TimeoutError:
                raise OSError(f"nobody has dialled in at {self.where}") from None
        caller, self._next = self._next, None
        link = self._link(receive, lost)
        caller.hand_over(link)

    async def _listen(self) -> None:
        if self._server is not None:
            return
        self._called = asyncio.Event()
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: _Caller(self), self.host or None, self.port)
        except OSError as error:
            raise OSError(f"cannot listen at {self.where}: {error.strerror or error}") from error
        self.port = self._server.sockets[0].getsockname()[1]

    def _dialled(self, caller: _Caller) -> None:
        waiting, self._next = self._next, caller
        if waiting is not None:
            waiting.hang_up()
        if self._current is not None and not self._current.gone:
            self._current._end("the instrument has dialled in anew")
        self._called.set()

    async def shut(self) -> None:
        server, self._server = self._server, None
        waiting, self._next = self._next, None
        if waiting is not None:
            waiting.hang_up()
        if server is not None:
            server.close()

    def change(self, **settings: Any) -> None:
        """Nothing: who has to know the address is the instrument."""
        raise UsageError(f"{self.where}: a port that is dialled in to cannot be moved while running")


class _Caller(asyncio.Protocol):
    """A connection until the port takes it; what it says before is kept for then."""

    def __init__(self, owner: ListenTransport) -> None:
        self._owner = owner
        self._stream: asyncio.Transport | None = None
        self.gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop's does not derive from it
        self._stream = transport
        host = transport.get_extra_info("peername")[0]
        stopped = self._owner._server is None  # while this one was being accepted
        if stopped or self._owner.only not in (None, host):
            transport.abort()
            self.gone = True
            return
        keep_alive(transport.get_extra_info("socket"))
        transport.pause_reading()  # the kernel keeps it
        self._owner._dialled(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        self._stream = None

    def hang_up(self) -> None:
        self.gone = True
        if self._stream is not None:
            self._stream.abort()

    def hand_over(self, link: _Link) -> None:
        assert self._stream is not None
        self._stream.set_protocol(link)
        link.connection_made(self._stream)
        self._stream.resume_reading()
