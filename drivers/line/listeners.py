"""Who listens to the lines that an instrument sends unasked."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable

from drivers.reading import Reading

__all__ = ["Listener", "Listeners"]

Listener = Callable[[Reading], None]


class Listeners:
    """Callbacks by the pattern of the lines they want; None stands for whatever no pattern claims.

    Each is called in its turn with the text and the time. One that raises is logged, and hurts nobody else.
    """

    __slots__ = ("_clock_ns", "_known", "_log")

    def __init__(self, log: logging.Logger, clock_ns: Callable[[], int]) -> None:
        self._log = log
        self._clock_ns = clock_ns
        self._known: tuple[tuple[re.Pattern[str] | None, Listener], ...] = ()

    def add(self, pattern: re.Pattern[str] | None, callback: Listener) -> Callable[[], None]:
        """Returns what takes it away again."""
        entry = (pattern, callback)
        self._known += (entry,)

        def remove() -> None:
            self._known = tuple(known for known in self._known if known is not entry)

        return remove

    def claim(self, text: str) -> bool:
        """Give a line to those whose pattern it matches. False if there are none."""
        if not self._known:
            return False
        return self._call([callback for pattern, callback in self._known if pattern and pattern.match(text)], text)

    def rest(self, text: str) -> bool:
        """Give a line that no pattern claims to those who take everything. False if there are none."""
        return self._call([callback for pattern, callback in self._known if pattern is None], text)

    def _call(self, callbacks: list[Listener], text: str) -> bool:
        if not callbacks:
            return False
        event = Reading(text, self._clock_ns())
        for callback in callbacks:
            try:
                callback(event)
            except Exception:
                self._log.exception("a listener failed with %r", text)
        return True
