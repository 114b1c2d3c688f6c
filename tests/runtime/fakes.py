"""Things to read, to write and to listen to, without a wire."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from drivers import Reading

__all__ = ["Chatty", "Counter", "Gate", "Slow", "Stubborn"]


class Counter:
    """Counts how often it was read, and notes when by `now`."""

    def __init__(self, now: Callable[[], float] | None = None) -> None:
        self.reads = 0
        self.times: list[float] = []
        self._now = now

    async def read(self) -> Reading:
        self.reads += 1
        if self._now is not None:
            self.times.append(self._now())
        return Reading(float(self.reads))


class Gate:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.open = asyncio.Event()

    async def read(self) -> Reading:
        self.asked += 1
        await self.open.wait()
        return Reading(1.0)


class Chatty:
    """Speaks unasked, by `say`."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[Reading], None]] = []

    async def read(self) -> Reading:
        return Reading(0.0)

    def subscribe(self, callback: Callable[[Reading], None], /) -> Callable[[], None]:
        self.callbacks.append(callback)
        return lambda: self.callbacks.remove(callback)

    def say(self, value: Any) -> None:
        for callback in tuple(self.callbacks):
            callback(Reading(value))


class Slow(Counter):
    """Counts how often it was read, and takes its time."""

    async def read(self) -> Reading:
        for _ in range(20):  # turns of the loop
            await asyncio.sleep(0)
        return await super().read()


class Stubborn:
    """A service that does not stop."""

    def __init__(self) -> None:
        self.started = False

    async def start(self) -> None:
        self.started = True

    async def stop(self) -> None:
        await asyncio.Event().wait()
