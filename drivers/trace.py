"""What went over a wire: the last of it is kept always, and told to who listens."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final, Literal, NamedTuple, TypeAlias

__all__ = ["Trace", "Traced"]

KEPT: Final = 512  # events of a port: a question and its answer are two
LONGEST: Final = 1024  # bytes kept of one event: 512 waveforms of a megabyte would be half a gigabyte

Kind: TypeAlias = Literal[">", "<", "!", "*"]


class Traced(NamedTuple):
    """One event. `kind`: ">" bytes sent, "<" bytes received, "!" what failed, "*" what became of the link.

    `data` is at most `LONGEST` of `size` bytes, or UTF-8 text for the last two kinds. Numbers count from 1 without a
    gap, so that a reader who misses some can tell.
    """

    number: int
    time_ns: int
    kind: Kind
    data: bytes
    size: int

    def __str__(self) -> str:
        r"""One line: ``17 14:12:31.123456 > b'KRDG? A\r\n'``."""
        seconds, rest = divmod(self.time_ns, 1_000_000_000)
        stamp = f"{time.strftime('%H:%M:%S', time.localtime(seconds))}.{rest // 1000:06}"
        shown = repr(self.data) if self.kind in "<>" else self.data.decode(errors="replace")
        more = f" ... {self.size} bytes" if self.size > len(self.data) else ""
        return f"{self.number} {stamp} {self.kind} {shown}{more}"


class Trace:
    """The events of one port."""

    __slots__ = ("_clock_ns", "_count", "_listeners", "_ring")

    def __init__(self, kept: int = KEPT, clock_ns: Callable[[], int] = time.time_ns) -> None:
        # plain tuples: each request makes two, and hardly any is ever looked at
        self._ring: deque[tuple[int, Kind, bytes]] = deque(maxlen=kept)
        self._count = 0
        self._clock_ns = clock_ns
        self._listeners: tuple[Callable[[Traced], None], ...] = ()

    def add(self, kind: Kind, data: bytes) -> None:
        """Bytes went out or came in."""
        self._count += 1
        event = (self._clock_ns(), kind, data)
        self._ring.append(event if len(data) <= LONGEST else (event[0], kind, _Cut(data)))
        if self._listeners:
            told = _traced(self._count, event)
            for listener in self._listeners:
                listener(told)

    def failed(self, what: object) -> None:
        """A request failed."""
        self.add("!", str(what).encode())

    def note(self, text: str) -> None:
        """Something became of the link."""
        self.add("*", text.encode())

    def recent(self, count: int | None = None) -> list[Traced]:
        """The last events, all that are kept or `count` of them, oldest first."""
        first = self._count - len(self._ring) + 1
        events = [_traced(number, event) for number, event in enumerate(self._ring, first)]
        return events if count is None else events[-count:] if count > 0 else []

    def listen(self, callback: Callable[[Traced], None]) -> Callable[[], None]:
        """Call `callback` with each event from now on; returns what ends this. It must not raise."""
        self._listeners += (callback,)

        def leave() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not callback)

        return leave


class _Cut(bytes):
    """The beginning of what was longer."""

    whole: int

    def __new__(cls, data: bytes) -> _Cut:
        """Keeps `LONGEST` bytes, and remembers how many there were."""
        cut = super().__new__(cls, data[:LONGEST])
        cut.whole = len(data)
        return cut


def _traced(number: int, event: tuple[int, Kind, bytes]) -> Traced:
    time_ns, kind, data = event
    if len(data) > LONGEST:
        data = _Cut(data)
    size = data.whole if isinstance(data, _Cut) else len(data)
    return Traced(number, time_ns, kind, bytes(data), size)
