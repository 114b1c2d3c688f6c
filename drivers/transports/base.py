"""Transport: the wire itself, below any notion of question and answer.

Memory, serial and TCP are the same thing to a port: bytes go out by `send`, bytes and the end of the link come in by
the two functions given to `open`. The end of a link is an event of its own, never an empty answer.
"""

from __future__ import annotations

import abc
import asyncio
from collections.abc import Callable
from typing import Any, cast

from drivers.errors import UsageError

__all__ = ["Lost", "Receive", "StreamTransport", "Transport"]

Receive = Callable[[bytes], None]
Lost = Callable[[BaseException | str], None]

HIGH_WATER = 4096  # bytes; what a serial driver buffers too. Beyond, the far end does not listen: no use in piling up
CHUNK = 16384  # bytes received at once, at most
LINGER = 0.3  # seconds for the last bytes to leave when a link is closed


class Transport(abc.ABC):
    """One wire that can be opened and closed many times.

    `where` names it in messages. `reopens` says how a port gets rid of a late reply: a link that is opened anew in
    milliseconds, and then carries nothing old, is (TCP); a serial line has to be listened to until it is quiet.
    """

    where: str
    reopens: bool = True
    datagrams: bool = False  # what comes in one piece is one message
    full: bool = False  # the far end takes no bytes at present

    @property
    def baudrate(self) -> int | None:
        """Of a serial line, else None."""
        return None

    @property
    def byte_time(self) -> float:
        """Seconds that one byte takes on a serial line, else 0."""
        return 0.0

    @abc.abstractmethod
    async def open(self, receive: Receive, lost: Lost) -> None:
        """Connect. Raises OSError, with a sentence for the operator. `lost` is called at most once for each `open`,
        and neither function is called any more once `close` was.
        """

    @abc.abstractmethod
    def send(self, data: bytes) -> None:
        """Send without waiting; may be called while `full`, but should not. Raises OSError if the link is gone."""

    @abc.abstractmethod
    async def close(self) -> None:
        """Disconnect, giving what was sent `LINGER` seconds to leave. Harmless if not open."""

    async def shut(self) -> None:
        """Let go of what outlives connections: the port has been stopped."""
        return

    def change(self, **settings: Any) -> None:
        """Use other settings from the next `open` on. Raises UsageError, and changes nothing, if they are no use."""
        raise UsageError(f"{self.where}: {', '.join(settings)} cannot be changed")


class StreamTransport(Transport):
    """What all transports over an asyncio transport share. A subclass opens `_stream` with `_link()` as protocol."""

    def __init__(self) -> None:
        self._current: _Link | None = None

    def _link(self, receive: Receive, lost: Lost) -> _Link:
        self.full = False
        self._current = _Link(self, receive, lost)
        return self._current

    def send(self, data: bytes) -> None:
        link = self._current
        if link is None or link.gone or link.stream is None:
            raise ConnectionError("not connected")
        link.stream.write(data)

    async def close(self) -> None:
        link, self._current = self._current, None
        if link is not None:
            await link.close()


class _Link(asyncio.BufferedProtocol):
    """One connection of a transport. Events of an earlier connection cannot reach the port through a later one.

    Sockets receive into a buffer of its own: asyncio would make one of 256 KiB for each chunk, which takes longer than
    a reply of ten bytes. Serial lines hand over chunks, by `data_received`.
    """

    def __init__(self, owner: StreamTransport, receive: Receive, lost: Lost) -> None:
        self._owner = owner
        self._lost: Lost | None = lost
        self._closed = asyncio.get_running_loop().create_future()
        self.stream: asyncio.Transport | None = None
        self.gone = False
        self._buffer = memoryview(bytearray(CHUNK))
        self.data_received = receive  # straight to the port, a call less for each chunk

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop's does not derive from it
        self.stream = transport
        transport.set_write_buffer_limits(high=HIGH_WATER)

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.data_received(bytes(self._buffer[:nbytes]))

    def eof_received(self) -> bool:
        self._end("the far end closed the connection")
        return False  # let asyncio close our side

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or "closed")
        if not self._closed.done():
            self._closed.set_result(None)

    def _end(self, reason: BaseException | str) -> None:
        self.gone = True
        self.resume_writing()  # whoever waits for room finds out at once
        lost, self._lost = self._lost, None
        if lost is not None:
            lost(reason)

    def pause_writing(self) -> None:
        self._owner.full = self._owner._current is self

    def resume_writing(self) -> None:
        if self._owner._current is self:
            self._owner.full = False

    async def close(self) -> None:
        """Disconnect when what was sent has left, or after `LINGER`."""
        self._forget()
        if self.stream is None:
            return
        self.stream.close()
        try:
            async with asyncio.timeout(LINGER):
                await asyncio.shield(self._closed)
        except TimeoutError:
            self._break_off(self.stream)
            await self._closed
        except BaseException:
            self._break_off(self.stream)
            raise

    async def abort(self) -> None:
        """Disconnect now."""
        self._forget()
        if self.stream is not None:
            if not self.stream.is_closing():
                self.stream.abort()
            await self._closed

    def _break_off(self, stream: asyncio.Transport) -> None:
        if not self._closed.done():  # from Python 3.12 on one that is closed must not be touched
            stream.abort()

    def _forget(self) -> None:
        self._lost = None
        self.gone = True
        self.data_received = _ignore


def _ignore(data: bytes) -> None:
    """Bytes of a connection that was closed."""
