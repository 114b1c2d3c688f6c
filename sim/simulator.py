"""What every simulated instrument has in common: a clock, a seed, and physics that catches up when asked."""

from __future__ import annotations

import math
import random
from typing import Any, ClassVar

from sim.clock import Clock, RealClock
from sim.paths import look, put

__all__ = ["Simulator"]


class Simulator:
    """Base class. State moves in ticks of `STEP` seconds, on the way to the clock's time, whenever it is looked at.

    No background task is needed for that: an instrument that nobody asks does nothing. Between two ticks every
    reading stays the same, so that a test can compare what it read over the wire with what is in here.
    """

    STEP: ClassVar[float] = 1.0  # seconds

    def __init__(self, *, clock: Clock | None = None, seed: int = 1) -> None:
        self.clock = clock or RealClock()
        self.random = random.Random(seed)
        self._start = self.clock.now()
        self._ticks = 0

    @property
    def time(self) -> float:
        """The instant that the state belongs to, in seconds since 1970."""
        return self._start + self.elapsed

    @property
    def elapsed(self) -> float:
        """Simulated seconds since the instrument was switched on."""
        return self._ticks * self.STEP

    def advance(self) -> None:
        """Catch up with the clock."""
        # A float near 1.7e9 s resolves 0.24 µs: the thousandth keeps a step that is due from being a hair short.
        due = math.floor((self.clock.now() - self._start) / self.STEP + 1e-3)
        while self._ticks < due:
            self._ticks += 1
            self.tick(self.STEP)

    def tick(self, dt: float) -> None:
        """Let `dt` seconds pass."""
        raise NotImplementedError

    def get(self, path: str) -> Any:
        """The backdoor, reading: ``get("input.A.kelvin")``, now. Raises KeyError for an unknown name."""
        self.advance()
        return look(self, path)

    def set(self, path: str, value: Any) -> None:
        """The backdoor, writing: ``set("input.A.kelvin", 4.2)``. Raises KeyError if that cannot be set."""
        self.advance()
        put(self, path, value)
