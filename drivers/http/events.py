"""Server-sent events: the lines of a stream become events. Pure.

Source: HTML Living Standard, 9.2.6 "Interpreting an event stream".
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["MAX_EVENT", "Event", "EventStream"]

MAX_EVENT = 1 << 20  # bytes of one event, and of one line: as much as an answer may have


class Event(NamedTuple):
    """What came between two blank lines. `name` is "message" if the server gave none."""

    name: str
    data: str
    id: str


class EventStream:
    """`feed` it with what came, in any slices. `last_id` is what a reconnect should name, `retry` seconds to wait."""

    def __init__(self, last_id: str = "") -> None:
        self.last_id = last_id
        self.retry: float | None = None
        self._rest = b""
        self._begun = False
        self._name = ""
        self._id = last_id
        self._data: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> list[Event]:
        """The events that `data` completes. Raises ValueError if one is longer than `MAX_EVENT`."""
        rest = self._rest + data
        if not self._begun and len(rest) >= 3:
            self._begun = True
            rest = rest.removeprefix(b"\xef\xbb\xbf")
        # A CR at the end may be half of a CR LF: it waits for what follows.
        whole, kept = (rest[:-1], rest[-1:]) if rest.endswith(b"\r") else (rest, b"")
        *lines, last = whole.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = last + kept
        if len(self._rest) > MAX_EVENT:
            raise ValueError(f"a line of more than {MAX_EVENT} bytes")
        return [event for line in lines if (event := self._line(line)) is not None]

    def _line(self, line: bytes) -> Event | None:
        if not line:
            return self._dispatch()
        self._size += len(line)
        if self._size > MAX_EVENT:
            raise ValueError(f"an event of more than {MAX_EVENT} bytes")
        field, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)
        elif field == "id" and "\0" not in value:
            self._id = value
        elif field == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value[:9]) / 1000
        return None

    def _dispatch(self) -> Event | None:
        name, data = self._name or "message", self._data
        self._name, self._data, self._size = "", [], 0
        self.last_id = self._id
        return Event(name, "\n".join(data), self.last_id) if data else None
