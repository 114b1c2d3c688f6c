"""When to log what comes again and again, as answers that make no sense do. Pure: the time is passed in."""

from __future__ import annotations

import math
from typing import Final

__all__ = ["Complaints"]

FIRST: Final = 60.0  # seconds after a line of the log, if it goes on
LONGEST: Final = 3600.0  # the pause doubles up to this


class Complaints:
    """The first is told; while they go on one after a minute, after two more, four ... and at last one an hour.

    After a time without any, as long as the present pause, the next is a first one.
    """

    __slots__ = ("_last", "_pause", "_told", "_untold")

    def __init__(self) -> None:
        self._last = self._told = -math.inf
        self._pause = FIRST
        self._untold = 0

    def due(self, now: float) -> int | None:
        """How many have not been told since the one that was told last, if this one is to be; None if it is not."""
        quiet, self._last = now - self._last >= self._pause, now
        if quiet:
            self._pause, untold = FIRST, 0
        elif now - self._told >= self._pause:
            self._pause, untold = min(2 * self._pause, LONGEST), self._untold
        else:
            self._untold += 1
            return None
        self._told, self._untold = now, 0
        return untold
