"""One timer for many short waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

__all__ = ["Deadline"]


class Deadline:
    """Calls `late` when what was begun has not ended in time.

    A timer for each question would cost a tenth of the question: nearly all of them are cancelled, and the event loop
    keeps cancelled ones. So the timer stays, and looks when it fires whether anything is overdue.
    """

    __slots__ = ("_due", "_fires", "_late", "_timer")

    def __init__(self, late: Callable[[], None]) -> None:
        self._late = late
        self._due: float | None = None  # loop time
        # the loop's handle, and when it fires: uvloop's for less than half a millisecond does not know
        self._timer: asyncio.Handle | None = None
        self._fires = 0.0

    def begin(self, seconds: float) -> None:
        """From now on."""
        loop = asyncio.get_running_loop()
        self._due = due = loop.time() + seconds
        if self._timer is None or self._fires > due:
            if self._timer is not None:
                self._timer.cancel()
            self._set(loop, due)

    def end(self) -> None:
        """It has ended in time."""
        self._due = None

    def cancel(self) -> None:
        """Forget all, and leave no timer behind."""
        self._due = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        self._timer = None
        due = self._due
        if due is None:
            return
        if due > self._fires:  # what this timer was for has ended; another has begun since
            self._set(asyncio.get_running_loop(), due)
        else:
            self._due = None
            self._late()

    def _set(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._timer = loop.call_at(due, self._look)
        self._fires = due
