"""Search: a datagram in, the answer out. Names that are not here cost one look-up and no answer."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Final

from bridge.ca.header import HEADER, MINOR_VERSION, NO_ADDRESS, Command

__all__ = ["answer"]

_unpack = HEADER.unpack_from
# header of an answer (the server is where the datagram comes from), and its body: our minor version
_FOUND: Final = Struct(">HHHHII8s")
_BODY: Final = MINOR_VERSION.to_bytes(2, "big").ljust(8, b"\0")
_SEQUENCE_FOLLOWS: Final = 1  # in VERSION: the next word is the number of the client's datagram (CA 4.11)


def answer(datagram: bytes, is_here: Callable[[bytes], object], port: int) -> bytes:
    """The reply to a search datagram, or b"" if none of its names is here or it makes no sense.

    `is_here(name)` says whether this server has a PV. One bad message ends the reading of a datagram, as in rsrv. The
    reply is never larger than twice the datagram, so that a forged sender gains nothing.
    """
    offset = 0
    end = len(datagram)
    sequence = None
    found: list[bytes] = []
    while end - offset >= 16:
        command, size, _, count, p1, p2 = _unpack(datagram, offset)
        offset += 16
        if size & 7 or end - offset < size:
            break
        if command == Command.SEARCH:
            name = datagram[offset : offset + size].partition(b"\0")[0]
            if name and is_here(name):
                found.append(_FOUND.pack(Command.SEARCH, 8, port, 0, NO_ADDRESS, p2, _BODY))
        elif command == Command.VERSION:
            sequence = p1 if count >= 11 else None
        else:
            break
        offset += size
    if not found:
        return b""
    if sequence is None:
        head = HEADER.pack(Command.VERSION, 0, 0, MINOR_VERSION, 0, 0)
    else:
        head = HEADER.pack(Command.VERSION, 0, _SEQUENCE_FOLLOWS, MINOR_VERSION, sequence, 0)
    return head + b"".join(found)
