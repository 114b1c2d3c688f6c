"""A TCP connection under a circuit: bytes only."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final, Protocol, cast

from bridge.client.config import Address

__all__ = ["Link", "User"]

CONNECT_TIMEOUT: Final = 5.0  # seconds
CLOSE_TIMEOUT: Final = 2.0  # seconds for what is still to be sent
BATCH: Final = 1 << 16  # bytes; a caller that writes on and on within one turn must still meet a full socket


class User(Protocol):
    """What a link tells. `link_lost` comes once, and nothing after it."""

    def link_up(self) -> None: ...

    def link_data(self, data: bytes) -> None: ...

    def link_lost(self, reason: str, *, never_up: bool) -> None: ...


class Link(asyncio.Protocol):
    """Connects once. Writes of one turn of the loop leave together."""

    def __init__(self, address: Address, user: User) -> None:
        self._address = address
        self._user: User | None = user
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._out: list[bytes] = []
        self._out_size = 0
        self._flush_is_due = False
        self._room = asyncio.Event()
        self._closed = asyncio.Event()

    def __str__(self) -> str:
        return f"{self._address[0]}:{self._address[1]}"

    @property
    def up(self) -> bool:
        """Whether bytes can be written."""
        return self._transport is not None and self._user is not None

    @property
    def has_room(self) -> bool:
        """Whether the peer takes what we send."""
        return self._room.is_set()

    async def open(self) -> None:
        """Connect. A failure is told to the user, not raised."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT):
                await self._loop.create_connection(lambda: self, *self._address)
        except OSError as err:  # TimeoutError is one
            self._lost(f"no connection to {self}: {err.strerror or 'no answer in time'}", never_up=True)

    def write(self, buffers: list[bytes]) -> None:
        """Send, at the end of this turn."""
        self._out += buffers
        self._out_size += sum(map(len, buffers))
        if self._out_size > BATCH:
            self._flush()
        elif not self._flush_is_due:
            self._flush_is_due = True
            self._loop.call_soon(self._end_of_turn)

    def _end_of_turn(self) -> None:
        self._flush_is_due = False
        self._flush()

    def _flush(self) -> None:
        if self._transport is not None and self._out:
            data = b"".join(self._out)  # writelines() tells nobody of a full socket before Python 3.12.9 and 3.13.2
            self._out.clear()
            self._out_size = 0
            self._transport.write(data)

    async def room(self) -> None:
        """Wait until the peer takes what we send, or has gone."""
        await self._room.wait()

    def drop(self) -> None:
        """End without telling the user; what has not left is lost."""
        self._user = None
        self._out.clear()
        self._room.set()
        if self._transport is not None:
            self._transport.abort()

    async def finish(self) -> None:
        """End without telling the user, after what has been written is sent."""
        self._flush()
        self._user = None
        self._room.set()
        if self._transport is not None:
            self._transport.close()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT):
                    await self._closed.wait()
        if self._transport is not None:
            self._transport.abort()

    def _lost(self, reason: str, *, never_up: bool = False) -> None:
        user, self._user = self._user, None
        self._out.clear()
        self._room.set()
        if user is not None:
            user.link_lost(reason, never_up=never_up)

    # what the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if self._user is None:
            self._transport.abort()
            return
        self._room.set()
        self._user.link_up()

    def data_received(self, data: bytes) -> None:
        if self._user is not None:
            self._user.link_data(data)

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None  # from Python 3.12 on one that is closed must not be touched
        self._closed.set()
        why = "closed the connection" if exc is None else f"is gone: {exc}"
        self._lost(f"{self} {why}")
