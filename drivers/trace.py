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
        self._ring: deque[Traced] = deque(maxlen=kept)
        self._count = 0
        self._clock_ns = clock_ns
        self._listeners: tuple[Callable[[Traced], None], ...] = ()

    def sent(self, data: bytes) -> None:
        """Bytes went out."""
        self._add(">", data)

    def received(self, data: bytes) -> None:
        """Bytes came in."""
        self._add("<", data)

    def failed(self, what: object) -> None:
        """A request failed."""
        self._add("!", str(what).encode())

    def note(self, text: str) -> None:
        """Something became of the link."""
        self._add("*", text.encode())

    def recent(self, count: int | None = None) -> list[Traced]:
        """The last events, all that are kept or `count` of them, oldest first."""
        events = list(self._ring)
        return events if count is None else events[-count:] if count > 0 else []

    def listen(self, callback: Callable[[Traced], None]) -> Callable[[], None]:
        """Call `callback` with each event from now on; returns what ends this. It must not raise."""
        self._listeners += (callback,)

        def leave() -> None:
            self._listeners = tuple(one for one in self._listeners if one is not callback)

        return leave

    def _add(self, kind: Kind, data: bytes) -> None:
        self._count += 1
        size = len(data)
        event = Traced(self._count, self._clock_ns(), kind, data if size <= LONGEST else data[:LONGEST], size)
        self._ring.append(event)
        for listener in self._listeners:
            listener(event)
