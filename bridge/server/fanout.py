"""Fan-out: how all servers of one machine get a search that was sent to one address. No sockets and no clock.

The system gives a datagram that is sent to an address (not to all) to just one of the sockets that share a UDP port.
So the server that gets a search with names it does not have shares it with the others: it sends it to all within this
machine. (PVXS does so for PVAccess, with its message ORIGIN_TAG.) Ahead of the client's searches go VERSION messages,
whose last word means nothing to anybody. Here these words, four bytes each, make up:

    "iocB" · type, count and p1 of the VERSION message that the client sent · "CLIENT PORT ASKED" in text, NULs

- A server of ours that listens at the address ASKED answers the client itself, from the port where all expect it.
- Any other CA server that hears it sees a plain search and answers to where the datagram came from. `Relay` knows
  which client such an answer is for: by the first of the two ids in a search, which is a number of ours, if the server
  answers with that one (caproto); else by the sequence number (rsrv).

Nothing goes round in circles: what is shared is never shared again. And it is believed only if it comes from this
machine, so that nobody outside can have answers sent to an address of his choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Final, TypeAlias

from bridge.ca.header import HEADER, MINOR_VERSION, Command

__all__ = ["Relay", "Shared", "is_shared", "share", "unshare"]

Address: TypeAlias = tuple[str, int]

_MAGIC: Final = b"iocB"
_ID: Final = Struct(">I")
_SEQUENCE_FOLLOWS: Final = 1
_NO_VERSION: Final = bytes(16)
_TEXT: Final = 12  # where the text begins
_LONGEST: Final = 128  # bytes in all; two IPv6 addresses would take 96

KEPT: Final = 5.0  # seconds that an answer may take; a client asks again long before
SLOTS: Final = 1024  # searches that wait for answers: at most so many are under way at once
_OURS: Final = 0x8000_0000  # ids that we give: this bit, 15 of the token, 16 for the place in the datagram


@dataclass(frozen=True, slots=True)
class Shared:
    """A search as it was sent, by whom, and to which of our addresses."""

    datagram: bytes
    client: Address
    asked: str


def _split(datagram: bytes) -> tuple[bytes, bytes]:
    """The client's VERSION message, or one of no version, and the rest."""
    if len(datagram) >= 16 and datagram[:4] == b"\0\0\0\0":
        return datagram[:16], datagram[16:]
    return _NO_VERSION, datagram


def share(search: Shared, token: int) -> bytes:
    """The datagram for all servers of this machine. `token` comes back with answers of servers that are not ours."""
    version, rest = _split(search.datagram)
    note = _MAGIC + version[4:12] + f"{search.client[0]} {search.client[1]} {search.asked}".encode() + b"\0"
    note += bytes(-len(note) & 3)
    head = HEADER.pack(Command.VERSION, 0, _SEQUENCE_FOLLOWS, MINOR_VERSION, token, 0)[:12]
    searches = bytearray(rest)
    number = _OURS | (token & 0x7FFF) << 16
    for at in _searches(rest):
        _ID.pack_into(searches, at + 8, number)
        number += 1
    return b"".join(head + note[at : at + 4] for at in range(0, len(note), 4)) + searches


def is_shared(data: bytes) -> bool:
    """Whether it looks like something that `share` made."""
    return data[12:16] == _MAGIC


def unshare(data: bytes) -> Shared | None:
    """What `share` made of a search; None for anything else."""
    if not is_shared(data):
        return None
    words: list[bytes] = []
    for at in range(0, min(len(data), 4 * _LONGEST), 16):
        if data[at : at + 4] != b"\0\0\0\0":
            return None
        words.append(data[at + 12 : at + 16])
        if len(words) > _TEXT // 4 and b"\0" in words[-1]:
            break
    note = b"".join(words)
    try:
        host, port, asked = note[_TEXT:].rstrip(b"\0").decode("ascii").split()
        client = host, int(port)
    except ValueError:
        return None
    if not 0 < client[1] < 65536:
        return None
    return Shared(bytes(4) + note[4:_TEXT] + bytes(4) + data[16 * len(words) :], client, asked)


def _searches(data: bytes) -> Iterator[int]:
    """Where the SEARCH messages of a datagram begin, up to 65,536 and up to the first message that is cut off."""
    at = number = 0
    end = len(data)
    while end - at >= 16 and number < 1 << 16:
        size = data[at + 2] << 8 | data[at + 3]
        if end - at < 16 + size:
            return
        if data[at + 1] == Command.SEARCH:
            yield at
            number += 1
        at += 16 + size


class _Waiting:
    __slots__ = ("_ids", "search", "token", "until")

    def __init__(self, token: int, search: Shared, until: float) -> None:
        self.token = token
        self.search = search
        self.until = until
        self._ids: tuple[bytes, ...] | None = None

    @property
    def ids(self) -> tuple[bytes, ...]:
        """What the client calls the names it asked for. Needed only if a server that is not ours answers."""
        if self._ids is None:
            _, rest = _split(self.search.datagram)
            self._ids = tuple(rest[at + 12 : at + 16] for at in _searches(rest))
        return self._ids


class Relay:
    """Finds the client for answers of servers that know nothing of sharing."""

    def __init__(self) -> None:
        self._slots: list[_Waiting | None] = [None] * SLOTS
        self._next = 0

    def remember(self, search: Shared, now: float) -> int:
        """Return the token under which answers to `search` will be known. The oldest of too many is forgotten."""
        token = self._next
        self._next = token + 1 & 0xFFFFFFFF
        self._slots[token % SLOTS] = _Waiting(token, search, now + KEPT)
        return token

    def hand_back(self, reply: bytes, now: float) -> tuple[Shared, bytes] | None:
        """The search that an answer belongs to, and what its client is to get; None if nobody waits for it."""
        numbered: _Waiting | None = None
        if reply[:2] == b"\0\0" and len(reply) >= 16 and reply[5] & _SEQUENCE_FOLLOWS:
            numbered = self._find(_ID.unpack_from(reply, 8)[0], 0xFFFFFFFF, now)
        waiting: _Waiting | None = None
        answers: list[bytes] = []
        for at in _searches(reply):
            cid = reply[at + 12 : at + 16]
            owner, cid = self._by_id(cid, now) or (numbered, cid)
            if owner is None or cid not in owner.ids or (waiting is not None and waiting is not owner):
                continue
            waiting = owner
            end = at + 16 + (reply[at + 2] << 8 | reply[at + 3])
            answers.append(reply[at : at + 12] + cid + reply[at + 16 : end])
        if waiting is None or not answers:
            return None
        _, _, _, minor, sequence, _ = HEADER.unpack_from(_split(waiting.search.datagram)[0])
        head = HEADER.pack(Command.VERSION, 0, _SEQUENCE_FOLLOWS, MINOR_VERSION, sequence, 0) if minor >= 11 else b""
        return waiting.search, head + b"".join(answers)

    def _by_id(self, cid: bytes, now: float) -> tuple[_Waiting, bytes] | None:
        """Whose id one of our own numbers stands for, and that id."""
        (number,) = _ID.unpack(cid)
        waiting = self._find(number >> 16 & 0x7FFF, 0x7FFF, now) if number & _OURS else None
        place = number & 0xFFFF
        return (waiting, waiting.ids[place]) if waiting is not None and place < len(waiting.ids) else None

    def _find(self, token: int, known_bits: int, now: float) -> _Waiting | None:
        """The search that waits under a token of which only some bits came back."""
        waiting = self._slots[token % SLOTS]
        if waiting is None or waiting.token & known_bits != token or now > waiting.until:
            return None
        return waiting
