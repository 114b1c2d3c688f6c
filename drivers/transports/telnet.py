"""The part of Telnet that a serial device server needs: options, and serial settings as RFC 2217 writes them. Pure."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, NamedTuple

__all__ = ["Decoder", "Told", "Verb", "command", "escaped", "setting"]

IAC: Final = 255  # RFC 854: "interpret as command"; doubled it is data
SB: Final = 250
SE: Final = 240


class Verb(IntEnum):
    """What one side says of an option (RFC 854)."""

    SET = SB  # a subnegotiation
    WILL = 251
    WONT = 252
    DO = 253
    DONT = 254


class Told(NamedTuple):
    """What the far side said besides data. `data` is the body of a subnegotiation."""

    verb: Verb
    option: int
    data: bytes = b""


def escaped(data: bytes) -> bytes:
    """Data for the wire."""
    return data.replace(b"\xff", b"\xff\xff")


def command(verb: Verb, option: int) -> bytes:
    """Say something of an option."""
    return bytes((IAC, verb, option))


def setting(option: int, body: bytes) -> bytes:
    """A subnegotiation."""
    return bytes((IAC, SB, option)) + escaped(body) + bytes((IAC, SE))


class Decoder:
    """Takes bytes apart into data and what was told besides. Never raises."""

    def __init__(self) -> None:
        self._rest = b""  # of a command that is not complete
        self._body: bytearray | None = None  # of a subnegotiation that is not complete

    def feed(self, chunk: bytes) -> tuple[bytes, list[Told]]:
        """Data, and what was told, in the order in which they came among themselves."""
        chunk, self._rest = self._rest + chunk, b""
        data = bytearray()
        told: list[Told] = []
        at = 0
        while at < len(chunk):
            end = chunk.find(IAC, at)
            (data if self._body is None else self._body).extend(chunk[at : end if end >= 0 else None])
            if end < 0:
                break
            size = 3 if end + 1 < len(chunk) and Verb.WILL <= chunk[end + 1] <= Verb.DONT else 2
            if end + size > len(chunk):
                self._rest = chunk[end:]
                break
            self._command(chunk[end + 1 : end + size], data, told)
            at = end + size
        if self._body is not None and len(self._body) > 1024:  # a server that never ends it must not fill the memory
            self._body = None
        return bytes(data), told

    def _command(self, words: bytes, data: bytearray, told: list[Told]) -> None:
        verb = words[0]
        if verb == IAC:
            (data if self._body is None else self._body).append(IAC)
        elif verb == SB:
            self._body = bytearray()
        elif verb == SE:
            body, self._body = self._body, None
            if body:
                told.append(Told(Verb.SET, body[0], bytes(body[1:])))
        elif len(words) == 2:
            told.append(Told(Verb(verb), words[1]))
