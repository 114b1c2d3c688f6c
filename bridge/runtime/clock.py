"""Time for the runtime: what to wait for, what to stamp values with. A test hands in a clock that it moves itself."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol

__all__ = ["SYSTEM", "Clock", "SystemClock"]


class Clock(Protocol):
    """All that the runtime knows of time."""

    def now_ns(self) -> int:
        """Nanoseconds since 1970, for timestamps."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump, for periods."""
        ...

    async def sleep_until(self, due: float) -> None:
        """Return when `monotonic()` has reached `due`."""
        ...


class SystemClock:
    """The machine's clocks."""

    now_ns = staticmethod(time.time_ns)
    monotonic = staticmethod(time.monotonic)

    async def sleep_until(self, due: float) -> None:
        await asyncio.sleep(max(0.0, due - time.monotonic()))


SYSTEM = SystemClock()
