"""A value that an HTTP instrument speaks unasked, bound to the channel that it comes over."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from drivers.errors import DriverError, ReplyTimeout, UsageError
from drivers.http.jsonpath import MISSING, find, parse
from drivers.http.questions import Pushed
from drivers.http.values import incoming
from drivers.port import Statistics
from drivers.reading import Reading

__all__ = ["Listener", "PushedPoint", "Speaker", "Unsubscribe"]

Listener = Callable[[Reading], None]
Unsubscribe = Callable[[], None]


class Speaker(Protocol):
    """What a point needs of its channel; see `drivers.http.push.PushPort`."""

    name: str
    log: logging.Logger
    statistics: Statistics

    @property
    def fault(self) -> DriverError | None: ...
    def check_up(self) -> None: ...
    def watch(self, callback: Callable[[DriverError | None], None]) -> Unsubscribe: ...


class PushedPoint:
    """A value that the instrument pushes.

    Frames are deltas: a subscriber is called for a frame that holds the value and left alone by all others. `read`
    gives what was heard last on this connection, without asking.
    """

    def __init__(self, port: Speaker, question: Pushed) -> None:
        self._port = port
        self._question = question
        self._tokens = parse(question.pointer)
        self._when = [(parse(pointer), value) for pointer, value in question.when.items()]
        self._listeners: list[Listener] = []
        self._last: Reading | None = None
        self._bad = False

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    @property
    def fault(self) -> DriverError | None:
        """Why the push channel is down, or None while it is up."""
        return self._port.fault

    async def read(self) -> Reading:
        """What was heard last. Raises LinkDown, or ReplyTimeout if nothing was heard since the connection came up."""
        self._port.check_up()
        if self._last is None:
            raise ReplyTimeout(f"{self._port.name}: nothing heard of {self._question.pointer!r} yet")
        return self._last

    async def write(self, value: Any, /) -> None:
        """Not possible. Raises UsageError."""
        raise UsageError(self.unwritable)

    @property
    def unwritable(self) -> str:
        """Why it cannot be written."""
        return f"{self._port.name}: {self._question} is only heard; to write, use Post, Put, Patch or Command"

    def subscribe(self, callback: Listener, /) -> Unsubscribe:
        """Call `callback` once for each frame that holds the value, in the order of the frames."""
        self._listeners.append(callback)

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(callback)

        return unsubscribe

    def watch(self, callback: Callable[[DriverError | None], None], /) -> Unsubscribe:
        """As `Port.watch`, for the push channel: without it this value is silent, even if the port is up."""
        return self._port.watch(callback)

    # --- what the port calls ------------------------------------------------------------------------------------

    def forget(self) -> None:
        """A new connection begins: what was heard before it may have changed since."""
        self._last = None

    def hear(self, frame: Any, places: Sequence[Any], time_ns: int) -> None:
        """Take the value from the first place of the frame that holds it, if the frame is meant and one does."""
        if any(find(frame, tokens) != value for tokens, value in self._when):
            return
        for place in places:
            raw = find(place, self._tokens)
            if raw is not MISSING:
                self._take(raw, time_ns)
                return

    def _take(self, raw: Any, time_ns: int) -> None:
        try:
            reading = Reading(incoming(raw, self._question.as_, self._question.scale), time_ns)
        except ValueError as error:
            self._last = None
            self._port.statistics.errors += 1
            self._port.statistics.bad_replies += 1
            if not self._bad:
                self._port.log.warning("%s: pushed %r: %s", self._port.name, self._question.pointer, error)
            self._bad = True
            return
        self._bad = False
        self.tell(reading)

    def tell(self, reading: Reading) -> None:
        """Hand a value to all that listen."""
        self._last = reading
        for callback in tuple(self._listeners):
            try:
                callback(reading)
            except Exception:  # one listener's mistake must cost neither the others nor the connection
                self._port.log.exception("%s: a listener of %r failed", self._port.name, self._question.pointer)
