"""Search: a datagram in, the answer out. Names that are not here cost one look-up and no answer.

A client asks for as many names as go into a datagram, and on a busy network each server is asked for the names of all
others. So there are short cuts, from the shortest to the whole way:

- A datagram in which none of the beginnings that our names have is to be found asks for none of them.
- A datagram that came before is answered as it was then. All but its sequence number must be the same, which it is
  when a client repeats a question.
- Datagrams in the form in which all clients write them are split by one regular expression, and the names looked up
  in one go: `Searches._usual`. What does not fit the form without a gap goes the whole way.
- `answer` reads any datagram, message by message.

The short cuts do not check what does not matter to the answer (the sizes of other clients' names, say).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from itertools import compress, islice
from operator import itemgetter
from struct import Struct
from typing import Any, Final, TypeAlias

from bridge.ca.header import HEADER, MINOR_VERSION, NO_ADDRESS, Command

__all__ = ["Answer", "Searches", "answer"]


Answer: TypeAlias = tuple[bytes, bool]
"""The reply, empty if there is none; and whether some of the names are not here."""

_unpack = HEADER.unpack_from
# header of an answer (the server is where the datagram comes from), and its body: our minor version
_FOUND: Final = Struct(">HHHHII8s")
_BODY: Final = MINOR_VERSION.to_bytes(2, "big").ljust(8, b"\0")
_SEQUENCE_FOLLOWS: Final = 1  # in VERSION: the next word is the number of the client's datagram (CA 4.11)


def answer(datagram: bytes, is_here: Callable[[bytes], object], port: int) -> Answer:
    """What to reply to a search datagram; nothing if none of its names is here or it makes no sense.

    `is_here(name)` says whether this server has a PV. One bad message ends the reading of a datagram, as in rsrv. The
    reply is never larger than twice the datagram, so that a forged sender gains nothing.
    """
    offset = 0
    end = len(datagram)
    head = b""  # clients older than CA 4.11 do not know VERSION in a reply (caserverio.c, cas_send_dg_msg)
    found: list[bytes] = []
    missing = False
    while end - offset >= 16:
        command, size, _, count, p1, p2 = _unpack(datagram, offset)
        offset += 16
        if size & 7 or end - offset < size:
            break
        if command == Command.SEARCH:
            name = datagram[offset : offset + size].partition(b"\0")[0]
            if name and is_here(name):
                found.append(_FOUND.pack(Command.SEARCH, 8, port, 0, NO_ADDRESS, p2, _BODY))
            elif name:
                missing = True
        elif command == Command.VERSION:
            head = HEADER.pack(Command.VERSION, 0, _SEQUENCE_FOLLOWS, MINOR_VERSION, p1, 0) if count >= 11 else b""
        else:
            break
        offset += size
    return (head + b"".join(found) if found else b"", missing)


# The usual datagram: VERSION with a sequence number, then searches whose names end in NULs up to the next message.
# The expression begins with a message's second byte, because the NULs before it take the first one as well.
_USUAL_VERSION: Final = HEADER.pack(Command.VERSION, 0, _SEQUENCE_FOLLOWS, MINOR_VERSION, 0, 0)[:8]
# Of the header only what the answer needs is looked at, as in `answer`; sizes follow from where the names end.
_SEARCHES: Final = re.compile(r"\x06\0.{9}(....)([^\0]+)\0+", re.DOTALL).split
_LATIN: Final = "latin-1"  # one character for each byte, so that names can be looked up without decoding each
_TAIL: Final = _BODY.decode(_LATIN)

# of names that may go on with a field, a slice or a filter
_BEGINNINGS: Final = re.compile(r"([^.$\[{\0]*)[^\0]*\0").findall

BELIEVED_FOR: Final = 30.0  # seconds; a client that does not find a PV asks for minutes
REMEMBERED: Final = 256  # datagrams ...
REMEMBERED_SIZE: Final = 1500  # ... of no more bytes than this: half a megabyte in all
KEY: Final = 64  # bytes at the end, by which a datagram is looked for: hashing all of it would cost more
_SEEN_ONCE: Final = (b"", b"", False)  # most datagrams come but once: only those that come again are kept
BEGINNINGS: Final = 8  # that names may have, of 16, 8, 4 or 2 bytes; each is looked for in each datagram
SAMPLE: Final = 200  # names, to see soon that there are too many beginnings
STUDY_EVERY: Final = 1.0  # second: looking through 100,000 names takes 10 ms, and names may be added one by one


class Searches:
    """Answers search datagrams from a database.

    The database may be any mapping, and change at any time. Only of a plain dict is anything kept: as long as its
    length and its last key stay, and for no more than BELIEVED_FOR seconds. So each single change shows at once, and
    changes that make up for each other (a name removed, another put in before the last) after that time.
    """

    def __init__(self, pvdb: Mapping[str, Any], find: Callable[[bytes], object], port: int = 0) -> None:
        self.port = port
        self._find = find
        self._table = _as_table(pvdb)
        self._has = pvdb.__contains__
        self._plain_keys = False  # no key has one of .$[{ in it
        self._beginnings: tuple[bytes, ...] = ()  # each name that is here begins with one of these, if there are any
        self._known: dict[bytes, tuple[bytes, bytes, bool]] = {}  # question, answer, some are missing
        self._mark: tuple[int, object] = (-1, None)
        self._until = self._study_due = float("-inf")
        self._found = b""  # an answer up to the client's id

    def look(self, now: float) -> None:
        """Forget what may no longer be true. To be called before `answer`, once for all datagrams of a turn."""
        table = self._table
        if table is None:
            return
        mark = (len(table), next(reversed(table), None))
        if now < self._until and mark[0] == self._mark[0] and mark[1] is self._mark[1]:
            return
        self._mark = mark
        self._known.clear()
        if now < self._study_due:  # till then, nothing is taken for granted
            self._plain_keys = False
            self._beginnings = ()
            self._until = self._study_due
            return
        self._until = now + BELIEVED_FOR
        self._study_due = now + STUDY_EVERY
        self._plain_keys = not _has_special("".join(table))
        self._beginnings = _beginnings(table) if self._plain_keys else ()
        self._found = _FOUND.pack(Command.SEARCH, 8, self.port, 0, NO_ADDRESS, 0, _BODY)[:12]

    def answer(self, datagram: bytes) -> Answer:
        """What to reply."""
        if self._table is None or not datagram.startswith(_USUAL_VERSION):
            return answer(datagram, self._find, self.port)
        key = datagram[-KEY:]
        kept = self._known.get(key)
        if kept is not None and kept[0] == datagram[16:]:
            _, body, missing = kept
        else:
            if self._beginnings and not any(map(datagram.__contains__, self._beginnings)):
                return b"", True
            found = self._usual(datagram)
            if found is None:
                return answer(datagram, self._find, self.port)
            body, missing = found
            if kept is not None and len(datagram) <= REMEMBERED_SIZE:
                self._known[key] = datagram[16:], body, missing
            elif kept is None:
                if len(self._known) >= REMEMBERED:
                    self._known.clear()
                self._known[key] = _SEEN_ONCE
        return datagram[:12] + b"\0\0\0\0" + body if body else b"", missing

    def _usual(self, datagram: bytes) -> Answer | None:
        """The answer without its VERSION; None if the datagram is not in the usual form."""
        if datagram[16:17] != b"\0":
            return None
        text = datagram[17:].decode(_LATIN)
        pieces = _SEARCHES(text)
        gaps, ids, names = pieces[::3], pieces[1::3], pieces[2::3]
        every_name = "".join(names)
        if any(gaps) or not every_name.isascii():
            return None
        here = list(map(self._has, names))
        missing = not all(here)
        if missing and (not self._plain_keys or _has_special(every_name)):
            here = self._look_closely(names)
            missing = not all(here)
        found = list(compress(ids, here))
        if not found:
            return b"", missing
        head = self._found.decode(_LATIN)
        return (head + (_TAIL + head).join(found) + _TAIL).encode(_LATIN), missing

    def _look_closely(self, names: list[str]) -> list[bool]:
        """Which of the names are here, where there may be more to a name or to a key than the other."""
        has, find = self._has, self._find
        if not self._plain_keys:
            return [has(name) or find(name.encode()) is not None for name in names]
        # Then a name with a field or a filter begins with a key, and one without is a key or nothing.
        beginnings = _BEGINNINGS("\0".join(names) + "\0")
        return [
            has(beginning) and (beginning == name or find(name.encode()) is not None)
            for beginning, name in zip(beginnings, names, strict=True)
        ]


def _beginnings(names: Collection[str]) -> tuple[bytes, ...]:
    """What the names begin with: as many characters as give no more than a few texts; () if two are too many."""
    for length in (16, 8, 4, 2):
        cut = itemgetter(slice(length))
        if len(set(map(cut, islice(names, SAMPLE)))) > BEGINNINGS:
            continue
        found = set(map(cut, names))
        if len(found) <= BEGINNINGS:
            if any(len(one) < 2 for one in found):
                return ()
            # "T:a" stands for "T:ab" as well
            return tuple(one.encode() for one in found if not any(one[:part] in found for part in range(1, len(one))))
    return ()


def _has_special(text: str) -> bool:
    return "." in text or "$" in text or "[" in text or "{" in text


def _as_table(pvdb: Mapping[str, Any]) -> dict[str, Any] | None:
    """`pvdb`, if looking a name up in it is what a dict does, with no code of the user's in between."""
    kind: Any = type(pvdb)
    if (
        isinstance(pvdb, dict)
        and kind.__getitem__ is dict.__getitem__
        and kind.__contains__ is dict.__contains__
        and not hasattr(kind, "__missing__")
    ):
        return pvdb
    return None
