"""Requests as bytes, and replies taken apart, as far as a load generator needs them (CA protocol 4.13)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Final

__all__ = [
    "ACCESS_RIGHTS",
    "CREATE",
    "CREATE_FAILED",
    "DOUBLE",
    "EVENT_ADD",
    "HEADER",
    "READ_NOTIFY",
    "SEARCH",
    "TIME_DOUBLE",
    "WRITE",
    "WRITE_NOTIFY",
    "Message",
    "create",
    "events_off",
    "events_on",
    "hello",
    "read",
    "search",
    "split",
    "subscribe",
    "write",
]

HEADER: Final = Struct(">HHHHII")  # command, size, type, count, two parameters
_SIZES: Final = Struct(">II")
_DOUBLE: Final = Struct(">d")
_MINOR: Final = 13

VERSION: Final = 0
EVENT_ADD: Final = 1
WRITE: Final = 4
SEARCH: Final = 6
EVENTS_OFF: Final = 8
EVENTS_ON: Final = 9
READ_NOTIFY: Final = 15
CREATE: Final = 18
WRITE_NOTIFY: Final = 19
CLIENT: Final = 20
HOST: Final = 21
ACCESS_RIGHTS: Final = 22
CREATE_FAILED: Final = 26

DOUBLE: Final = 6
TIME_DOUBLE: Final = 20
_DO_NOT_REPLY: Final = 5  # to a search for a name that is not there
_VALUE_AND_ALARM: Final = 1 | 4


@dataclass(slots=True)
class Message:
    """One message from a server."""

    command: int
    size: int
    dbr: int
    count: int
    p1: int
    p2: int
    body: bytes


def split(data: bytes) -> tuple[list[Message], bytes]:
    """The whole messages in `data`, and what is left over."""
    found: list[Message] = []
    at, end = 0, len(data)
    while end - at >= HEADER.size:
        command, size, dbr, count, p1, p2 = HEADER.unpack_from(data, at)
        start = at + HEADER.size
        if size == 0xFFFF and count == 0:
            if end - start < _SIZES.size:
                break
            size, count = _SIZES.unpack_from(data, start)
            start += _SIZES.size
        if end - start < size:
            break
        at = start + size
        found.append(Message(command, size, dbr, count, p1, p2, data[start:at]))
    return found, data[at:]


def _text(command: int, text: str, dbr: int = 0, count: int = 0, p1: int = 0, p2: int = 0) -> bytes:
    raw = text.encode() + b"\0"
    raw += b"\0" * (-len(raw) % 8)
    return HEADER.pack(command, len(raw), dbr, count, p1, p2) + raw


def hello() -> bytes:
    """What a client says first."""
    return HEADER.pack(VERSION, 0, 0, _MINOR, 0, 0) + _text(HOST, "localhost") + _text(CLIENT, "benchmark")


def create(name: str, cid: int) -> bytes:
    """Open a channel."""
    return _text(CREATE, name, p1=cid, p2=_MINOR)


def read(sid: int, ioid: int, dbr: int = DOUBLE, count: int = 1) -> bytes:
    """READ_NOTIFY."""
    if count < 0xFFFF:
        return HEADER.pack(READ_NOTIFY, 0, dbr, count, sid, ioid)
    return HEADER.pack(READ_NOTIFY, 0xFFFF, dbr, 0, sid, ioid) + _SIZES.pack(0, count)


def write(sid: int, ioid: int, value: float, command: int = WRITE_NOTIFY) -> bytes:
    """WRITE_NOTIFY, or WRITE, of a DOUBLE."""
    return HEADER.pack(command, 8, DOUBLE, 1, sid, ioid) + _DOUBLE.pack(value)


def subscribe(sid: int, subid: int) -> bytes:
    """EVENT_ADD of a TIME_DOUBLE, for changes of value and alarm."""
    return HEADER.pack(EVENT_ADD, 16, TIME_DOUBLE, 1, sid, subid) + bytes(12) + bytes((0, _VALUE_AND_ALARM, 0, 0))


def events_off() -> bytes:
    """No events for now."""
    return HEADER.pack(EVENTS_OFF, 0, 0, 0, 0, 0)


def events_on() -> bytes:
    """Events again."""
    return HEADER.pack(EVENTS_ON, 0, 0, 0, 0, 0)


def search(names: Sequence[str], first_cid: int, sequence: int) -> bytes:
    """A search datagram."""
    asked = [_text(SEARCH, name, _DO_NOT_REPLY, _MINOR, cid, cid) for cid, name in enumerate(names, first_cid)]
    return HEADER.pack(VERSION, 0, 1, _MINOR, sequence & 0xFFFFFFFF, 0) + b"".join(asked)
