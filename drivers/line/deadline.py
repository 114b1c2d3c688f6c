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

    __slots__ = ("_due", "_late", "_timer")

    def __init__(self, late: Callable[[], None]) -> None:
        self._late = late
        self._due: float | None = None  # loop time
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, seconds: float) -> None:
        """From now on."""
        loop = asyncio.get_running_loop()
        self._due = due = loop.time() + seconds
        timer = self._timer
        if timer is None or timer.when() > due:
            if timer is not None:
                timer.cancel()
            self._timer = loop.call_at(due, self._look)

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
        timer, self._timer = self._timer, None
        due = self._due
        if due is None or timer is None:
            return
        if due > timer.when():  # what this timer was for has ended; another has begun since
            self._timer = asyncio.get_running_loop().call_at(due, self._look)
        else:
            self._due = None
            self._late()
