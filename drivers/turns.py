"""Whose turn it is on a wire: one at a time, writes ahead of reads, first come first served among equals."""

from __future__ import annotations

import asyncio
from collections import deque

from drivers.errors import DriverError

__all__ = ["Turns"]

URGENT_RUN = 8  # writes in a row while a read waits: a client that writes without pause must not stop the scans


class Turns:
    """A queue with two lanes in front of one wire.

    `take` and `wait` get the turn, `give` hands it to the next. From `give` until the next one runs, the turn is
    already his: nobody can slip in between.
    """

    __slots__ = ("_busy", "_plain", "_run", "_urgent")

    def __init__(self) -> None:
        self._busy = False
        self._plain: deque[asyncio.Future[None]] = deque()
        self._urgent: deque[asyncio.Future[None]] = deque()
        self._run = 0  # urgent turns given in a row while a plain one waited

    def take(self) -> bool:
        """Take the turn if it is free."""
        if self._busy:
            return False
        self._busy = True
        return True

    async def wait(self, urgent: bool) -> None:
        """Wait for the turn. Raises what `fail` was given."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._urgent if urgent else self._plain).append(turn)
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
        for lane in (self._urgent, self._plain):
            waiting = list(lane)
            lane.clear()
            for turn in waiting:
                if not turn.done():
                    turn.set_exception(type(error)(str(error)))

    def _next(self) -> asyncio.Future[None] | None:
        if self._urgent and (not self._plain or self._run < URGENT_RUN):
            self._run = self._run + 1 if self._plain else 0
            return self._urgent.popleft()
        self._run = 0
        return self._plain.popleft() if self._plain else None
