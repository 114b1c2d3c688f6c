"""The command line of a measured server, and the beat that those keep which have no scan of their own."""

from __future__ import annotations

import argparse
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass

__all__ = ["Arguments", "async_beats", "beats", "parse"]


@dataclass(frozen=True, slots=True)
class Arguments:
    """What to serve."""

    port: int
    count: int
    elements: int
    tick: float  # milliseconds between changes; 0 for none
    uvloop: bool

    @property
    def names(self) -> list[str]:
        """The doubles, without the prefix ``B:``."""
        return [f"x{number}" for number in range(self.count)]


def parse() -> Arguments:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--elements", type=int, default=1_000_000)
    parser.add_argument("--tick", type=float, default=0.0)
    parser.add_argument("--uvloop", action="store_true")
    return Arguments(**vars(parser.parse_args()))


class _Schedule:
    """Due times that do not drift; a beat that is late is not made up for."""

    def __init__(self, milliseconds: float) -> None:
        self._period = milliseconds / 1000
        self._due = time.monotonic()

    def wait(self) -> float:
        now = time.monotonic()
        self._due = max(self._due + self._period, now)
        return self._due - now


def beats(milliseconds: float) -> Iterator[float]:
    """1.0, 2.0 ... in time, for a thread."""
    schedule, value = _Schedule(milliseconds), 0.0
    while True:
        time.sleep(schedule.wait())
        value += 1.0
        yield value


async def async_beats(milliseconds: float, sleep: Callable[[float], Awaitable[object]]) -> AsyncIterator[float]:
    """The same for an event loop."""
    schedule, value = _Schedule(milliseconds), 0.0
    while True:
        await sleep(schedule.wait())
        value += 1.0
        yield value
