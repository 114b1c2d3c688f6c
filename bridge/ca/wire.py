"""Bytes as they arrive, to whole messages.

What a peer can make us keep is bounded here: an incomplete message is held up to a limit, a longer one is refused as
soon as its header is there and then skipped as it comes (as rsrv does, camessage.c). No size from the wire is used
before it is compared with that limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bridge.ca.errors import RemoteProtocolError
from bridge.ca.header import EXTENDED, EXTENDED_FROM, HEADER, HEADER_SIZE, Header
from bridge.ca.layout import decode
from bridge.ca.message import Message
from bridge.ca.roles import Role
from bridge.ca.status import ECA

__all__ = ["FrameBuffer", "read_datagram", "read_header"]

_EXTENDED_HEADER: Final = HEADER_SIZE + EXTENDED.size


def read_header(data: bytes | bytearray, at: int = 0) -> tuple[Header, int] | None:
    """Return the header at `at` and its own size; None if it is not whole yet.

    Raises RemoteProtocolError (fatal) if the payload is not a multiple of 8 bytes: both base's server and its client
    hang up then (camessage.c, tcpiiu.cpp).
    """
    if len(data) - at < HEADER_SIZE:
        return None
    header, size = Header._make(HEADER.unpack_from(data, at)), HEADER_SIZE
    if header.payload_size == EXTENDED_FROM:
        if len(data) - at < _EXTENDED_HEADER:
            return None
        payload_size, count = EXTENDED.unpack_from(data, at + HEADER_SIZE)
        header, size = header._replace(payload_size=payload_size, data_count=count), _EXTENDED_HEADER
    if header.payload_size & 7:
        raise RemoteProtocolError(
            f"command {header.command}: a payload of {header.payload_size} bytes is not a multiple of 8",
            eca=ECA.INTERNAL,
            request=header,
            fatal=True,
        )
    return header, size


def read_datagram(data: bytes, sender: Role, allowed: tuple[type[Message], ...]) -> Iterator[Message]:
    """Yield the messages of one datagram that came from `sender`, each of a kind that is `allowed` there.

    Raises RemoteProtocolError at the first that is cut short or not allowed; what follows it is lost.
    """
    at = 0
    while at < len(data):
        found = read_header(data, at)
        if found is None:
            raise RemoteProtocolError(f"a datagram ends within a header: {bytes(data[at:])!r}")
        header, size = found
        at += size + header.payload_size
        if at > len(data):
            raise RemoteProtocolError(
                f"command {header.command}: {header.payload_size} bytes announced, the datagram ends {at - len(data)} "
                "bytes too soon",
                request=header,
            )
        message = decode(header, bytes(data[at - header.payload_size : at]), sender)
        if not isinstance(message, allowed):
            raise RemoteProtocolError(f"{type(message).__name__} does not come in a datagram", request=header)
        yield message


class FrameBuffer:
    """Takes a stream in chunks of any size and gives whole frames. `limit` is the largest payload, in bytes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._data = bytearray()
        self._at = 0  # where the next frame begins: what stands before it is given back chunk by chunk
        self._skip = 0  # bytes of a refused message still to come
        self._needed = HEADER_SIZE  # nothing to be found before so many bytes are there

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Add what has come from the peer."""
        if self._at:
            del self._data[: self._at]
            self._at = 0
        if self._skip:
            view = memoryview(data)
            skipped = min(self._skip, len(view))
            self._skip -= skipped
            data = view[skipped:]
        self._data += data

    @property
    def bytes_needed(self) -> int:
        """How many bytes more there must be before the next frame can be whole; at least 1."""
        if self._skip:
            return self._skip + HEADER_SIZE
        return max(self._needed - (len(self._data) - self._at), 1)

    def next_frame(self) -> tuple[Header, bytes] | None:
        """Take one frame from the front; None if there is none whole yet.

        Raises RemoteProtocolError for a message above the limit (eca TOLARGE; it is skipped, the next call goes on
        behind it) and for a misaligned one (fatal).
        """
        data, at = self._data, self._at
        there = len(data) - at
        if there < self._needed:
            return None
        found = read_header(data, at)
        if found is None:
            self._needed = _EXTENDED_HEADER
            return None
        header, size = found
        payload_size = header[1]
        if payload_size > self.limit:
            self._refuse(size + payload_size, there)
            raise RemoteProtocolError(
                f"command {header.command}: a payload of {payload_size} bytes, at most {self.limit} are taken",
                eca=ECA.TOLARGE,
                request=header,
            )
        if size + payload_size > there:
            self._needed = size + payload_size
            return None
        at += size
        self._at = end = at + payload_size
        self._needed = HEADER_SIZE
        with memoryview(data) as view:
            return header, bytes(view[at:end])

    def _refuse(self, size: int, there: int) -> None:
        self._skip = max(size - there, 0)
        self._at += min(size, there)
        self._needed = HEADER_SIZE

    def clear(self) -> None:
        """Forget everything."""
        self._data.clear()
        self._at = self._skip = 0
        self._needed = HEADER_SIZE
