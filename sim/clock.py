"""What time it is: for a simulator this is an argument, so that a test can move it by hand."""

from __future__ import annotations

import time
from typing import Protocol

__all__ = ["Clock", "HandClock", "RealClock"]


class Clock(Protocol):
    """Anything that says how many seconds have passed since 1970 (UTC)."""

    def now(self) -> float: ...


class RealClock:
    """The computer's clock, read once; from then on monotonic time.

    Physics that follows a stepping wall clock would jump with every NTP correction, and a laptop that slept for a
    week would have a week of physics to catch up on; monotonic time does neither.
    """

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Seconds since 1970."""
        return self._offset + time.monotonic()


class HandClock:
    """A clock that stands still until somebody moves it."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._start = start
        self._moved = 0.0  # apart from the start: sums of small steps lose their digits near 1.7e9

    def now(self) -> float:
        """Seconds since 1970."""
        return self._start + self._moved

    def advance(self, seconds: float) -> None:
        """Move on. Raises ValueError for a negative step: simulated energy cannot be un-counted."""
        if seconds < 0:
            raise ValueError(f"time goes forward only, not by {seconds!r} s")
        self._moved += seconds
