"""A wire that is only memory: for tests of devices and of ports, with all the ways in which a wire can fail."""

from __future__ import annotations

import asyncio

from drivers.transports.base import Lost, Receive, Transport

__all__ = ["FarEnd", "MemoryTransport"]


class MemoryTransport(Transport):
    """The near end, which a port holds. `far` is the instrument's end, and outlives connections.

    Nothing is delivered within the call that sends it: as on a real wire, the other side hears it in a later turn of
    the event loop.
    """

    def __init__(self, where: str = "memory") -> None:
        self.where = where
        self.far = FarEnd(self)
        self._receive: Receive | None = None
        self._lost: Lost | None = None

    async def open(self, receive: Receive, lost: Lost) -> None:
        if not self.far.plugged:
            raise OSError(f"{self.where} is not plugged in")
        self._receive, self._lost = receive, lost
        self.far._begin()

    def send(self, data: bytes) -> None:
        if self._receive is None:
            raise ConnectionError("not connected")
        asyncio.get_running_loop().call_soon(self.far._hear, data, self._receive)

    async def close(self) -> None:
        if self._receive is not None:
            self._receive = self._lost = None
            self.far._end()

    def _hear(self, data: bytes, connection: Receive) -> None:
        if self._receive is connection:
            connection(data)

    def _break(self, reason: str, connection: Receive) -> None:
        if self._receive is connection and self._lost is not None:
            lost, self._receive, self._lost = self._lost, None, None
            lost(reason)


class FarEnd:
    """What an instrument does with its end of a `MemoryTransport`."""

    def __init__(self, near: MemoryTransport) -> None:
        self.plugged = True  # False: opening fails
        self.connections = 0
        self._near = near
        self._inbox: asyncio.Queue[bytes] = asyncio.Queue()

    async def receive(self) -> bytes:
        """The next bytes. Raises EOFError once when the near end closes, and then waits for the next connection."""
        data = await self._inbox.get()
        if not data:
            raise EOFError("the near end closed the connection")
        return data

    def send(self, data: bytes) -> None:
        """Raises ConnectionError if nobody is connected."""
        connection = self._near._receive
        if connection is None:
            raise ConnectionError("nobody is connected")
        asyncio.get_running_loop().call_soon(self._near._hear, data, connection)

    def hang_up(self, reason: str = "the far end closed the connection") -> None:
        """End the present connection, if there is one; what was sent before arrives before."""
        connection = self._near._receive
        if connection is not None:
            asyncio.get_running_loop().call_soon(self._near._break, reason, connection)
            self._end()

    def _begin(self) -> None:
        self.connections += 1

    def _hear(self, data: bytes, connection: Receive) -> None:
        if self._near._receive is connection:
            self._inbox.put_nowait(data)

    def _end(self) -> None:
        self._inbox.put_nowait(b"")
