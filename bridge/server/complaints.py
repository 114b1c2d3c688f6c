"""Complaints: log lines that clients can cause, so many and no more, and without what a client may have put in them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

__all__ = ["Complaints", "printable", "reason"]

BURST: Final = 20  # lines at once: all that a person will read of one incident
PERIOD: Final = 10.0  # seconds for one line more


def printable(text: str) -> str:
    """`text` on one line and without control characters: it may come from a client, and is going to a log."""
    return text if text.isprintable() else text.encode("unicode_escape", "replace").decode("ascii")


def reason(error: BaseException) -> str:
    """What an exception says, even one whose text cannot be had."""
    try:
        return str(error) or type(error).__name__
    except Exception:
        return type(error).__name__


class Complaints:
    """Logs warnings: a few at once, then one every ten seconds, which says how many there were between."""

    def __init__(self, log: logging.Logger, now: Callable[[], float]) -> None:
        self._log = log
        self._now = now
        self._left = float(BURST)
        self._at = now()
        self._swallowed = 0
        self._last: tuple[object, ...] = ()

    def __call__(self, text: str, *words: Any, error: BaseException | None = None) -> None:
        """Log one line, with a traceback of `error` if given; not if it is as the last one, or one too many."""
        now = self._now()
        self._left = min(float(BURST), self._left + (now - self._at) / PERIOD)
        self._at = now
        if self._left < 1 or (text, *words) == self._last:
            self._swallowed += 1
            return
        self._last = (text, *words)
        self._left -= 1
        if self._swallowed:
            self._log.warning("%d more complaints like these have not been logged", self._swallowed)
            self._swallowed = 0
        self._log.warning(text, *(printable(word) if isinstance(word, str) else word for word in words), exc_info=error)
