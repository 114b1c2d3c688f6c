"""A host whose time a test moves, and an axis that says what it was told."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Coroutine
from typing import Any

from records import PV, Link, PvLink, clock, resolve
from records.motion import AxisState, Motion, MotorRecord
from tests.records.hosts import Nowhere


class HandHost:
    """Runs timers and coroutines when `run` says so; the clock of records goes along."""

    def __init__(self, *records: MotorRecord | Any) -> None:
        self.now = 0.0
        self.pvdb: dict[str, PV] = {record.name: record for record in records}
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self._off: set[int] = set()
        clock.now_ns = lambda: round(self.now * 1e9)
        for record in records:
            record.attach(self)

    def later(self, seconds: float, call: Callable[[], None], /) -> Callable[[], None]:
        self._count += 1
        number = self._count
        heapq.heappush(self._timers, (self.now + seconds, number, call))
        return lambda: self._off.add(number)

    def run(self, seconds: float) -> None:
        """Let so much time pass."""
        end = self.now + seconds
        while self._timers and self._timers[0][0] <= end:
            self.now, number, call = heapq.heappop(self._timers)
            if number not in self._off:
                call()
        self.now = end

    def start(self, record: Any, work: Coroutine[Any, Any, Any], /) -> None:
        try:
            work.send(None)
        except StopIteration:
            return
        raise AssertionError("nothing here really waits")

    def find(self, name: str, /) -> PV | None:
        return resolve(self.pvdb, name)

    def far_link(self, record: Any, field: str, text: PvLink, /) -> Link:
        return Nowhere(text)

    def once(self, record: Any, /) -> None:
        record.process()

    def signal(self) -> Any:
        return _Signal()

    def post_event(self, event: str | float, /) -> None: ...
    def trace(self, text: str, /) -> None: ...
    def scan_changed(self, record: Any, /) -> None: ...


class _Signal:
    def set(self) -> None: ...
    async def wait(self) -> None: ...


class ToldAxis:
    """An axis that keeps what it was told, and is where the test says; `fault` is raised instead."""

    moving_period = 0.1
    idle_period: float | None = 1.0

    def __init__(self, position: float = 0.0) -> None:
        self.told: list[tuple[Any, ...]] = []
        self.at = AxisState(position, False)
        self.fault: Exception | None = None

    def _say(self, *words: Any) -> None:
        if self.fault is not None:
            raise self.fault
        self.told.append(words)

    async def move(self, position: float, motion: Motion, /) -> None:
        self._say("move", position, motion)
        self.at = self.at._replace(moving=True)

    async def jog(self, velocity: float, motion: Motion, /) -> None:
        self._say("jog", velocity, motion)
        self.at = self.at._replace(moving=True)

    async def home(self, forward: bool, motion: Motion, /) -> None:
        self._say("home", forward, motion)
        self.at = self.at._replace(moving=True)

    async def stop(self) -> None:
        self._say("stop")

    async def load(self, position: float, /) -> None:
        self._say("load", position)
        self.at = self.at._replace(position=position)

    async def enable(self, on: bool, /) -> None:
        self._say("enable", on)

    async def state(self) -> AxisState:
        if self.fault is not None:
            raise self.fault
        return self.at
