"""How long to wait before trying again."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Backoff"]


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubling from `first` to `longest` seconds, shortened by up to `jitter` of itself.

    The jitter keeps fifty IOCs from knocking at a switch in the same instant after a power cut. `longest` is short
    because an operator stands there waiting: asyn's 20 s is the complaint, not the model.
    """

    first: float = 0.25
    longest: float = 2.0
    jitter: float = 0.25

    def after(self, failures: int, rnd: Callable[[], float] = random.random) -> float:
        """Seconds to wait after the given number of failures in a row (1 or more)."""
        delay = min(self.longest, self.first * 2.0 ** min(failures - 1, 30))
        return delay * (1.0 - self.jitter * rnd())
