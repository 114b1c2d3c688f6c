"""A runtime clock that a test moves by hand."""

from __future__ import annotations

import asyncio

__all__ = ["HandClock", "settle"]

EPOCH_NS = 1_700_000_000_000_000_000
TURNS = 50  # of the event loop: more than any chain of callbacks here needs


async def settle() -> None:
    """Let everything run that can run without waiting for I/O or for time."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


class HandClock:
    """Stands still between `advance` and `jump`."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now_ns(self) -> int:
        return EPOCH_NS + int(self._now * 1e9)

    def monotonic(self) -> float:
        return self._now

    async def sleep_until(self, due: float) -> None:
        if due <= self._now:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (due, future)
        self._sleepers.append(entry)
        try:
            await future
        finally:
            if entry in self._sleepers:
                self._sleepers.remove(entry)

    @property
    def sleepers(self) -> int:
        """How many wait for this clock."""
        return len(self._sleepers)

    async def advance(self, seconds: float) -> None:
        """Let time pass: everybody wakes when his time has come, and no later."""
        end = self._now + seconds
        await settle()
        while (due := min((each for each, _ in self._sleepers), default=end)) < end:
            await self._move(due)
        await self._move(end)

    async def jump(self, seconds: float) -> None:
        """The machine sleeps: everybody wakes late."""
        await settle()
        await self._move(self._now + seconds)

    async def _move(self, to: float) -> None:
        self._now = max(self._now, to)
        for due, future in tuple(self._sleepers):
            if due <= self._now and not future.done():
                future.set_result(None)
        await settle()
