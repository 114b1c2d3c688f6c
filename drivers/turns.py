"""Whose turn it is on a wire: one at a time, the more urgent first, first come first served among equals."""

from __future__ import annotations

import asyncio
from collections import deque
from enum import IntEnum

from drivers.errors import DriverError

__all__ = ["Priority", "Turns"]

URGENT_RUN = 8  # turns in a row ahead of somebody less urgent: a client that writes without pause must not stop scans


class Priority(IntEnum):
    """Who goes first when several wait for one wire."""

    LOW = 0  # what can wait: slow housekeeping on a wire that is also scanned fast
    MEDIUM = 1  # reads
    HIGH = 2  # writes: somebody has just turned a knob, and looks at it


_DOWNWARDS = tuple(int(priority) for priority in reversed(Priority))  # plain numbers: each request passes here


class Turns:
    """A queue with a lane for each priority in front of one wire.

    `take` and `wait` get the turn, `give` hands it to the next. From `give` until the next one runs, the turn is
    already his: nobody can slip in between.
    """

    __slots__ = ("_busy", "_lanes", "_run")

    def __init__(self) -> None:
        self._busy = False
        self._lanes: tuple[deque[asyncio.Future[None]], ...] = tuple(deque() for _ in Priority)
        self._run = [0 for _ in Priority]  # turns that a lane was given in a row while a lower one waited

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(not turn.done() for lane in self._lanes for turn in lane)

    def take(self) -> bool:
        """Take the turn if it is free."""
        if self._busy:
            return False
        self._busy = True
        return True

    async def wait(self, priority: Priority) -> None:
        """Wait for the turn. Raises what `fail` was given."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._lanes[priority].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.give()  # it was ours already: hand it on
            raise

    def give(self) -> None:
        """Hand the turn to the next who still waits, if any."""
        while (turn := self._next()) is not None:
            if not turn.done():
                turn.set_result(None)
                return
        self._busy = False

    def fail(self, error: DriverError) -> None:
        """Send away all that wait, each with an error of its own. Who has the turn keeps it."""
        for lane in reversed(self._lanes):
            waiting = list(lane)
            lane.clear()
            for turn in waiting:
                if not turn.done():
                    turn.set_exception(type(error)(str(error)))

    def _next(self) -> asyncio.Future[None] | None:
        low, medium, high = self._lanes
        if not (medium or high or low):
            return None
        for priority in _DOWNWARDS:
            lane = self._lanes[priority]
            if not lane:
                continue
            lower = any(self._lanes[:priority])
            if lower and self._run[priority] >= URGENT_RUN:
                self._run[priority] = 0
                continue
            self._run[priority] = self._run[priority] + 1 if lower else 0
            return lane.popleft()
        return None
