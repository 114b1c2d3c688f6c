"""Periodic scanning: one task per rate, due dates that do not drift, records that never pile up.

A record still busy with its last scan (its instrument is slow or silent) sits this one out, so one slow instrument
costs the others nothing. A tick whose time is over before the last one has run (the machine was asleep) is counted and
left out, not made up for.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import insort
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from bridge.runtime.clock import Clock
from records import Record

__all__ = ["RateStatistics", "ScanLists"]

log = logging.getLogger("iocbridge.scan")

Start = Callable[[Coroutine[Any, Any, Any], Callable[[BaseException | None], None]], None]


@dataclass(slots=True)
class RateStatistics:
    """What became of one scan rate's ticks."""

    ticks: int = 0
    missed_ticks: int = 0  # left out: the loop was held up beyond the time of the next one
    skipped: int = 0  # records that were still busy when their turn came


class ScanLists:
    """The records of each scan rate, in the order of their PHAS."""

    def __init__(self, start: Start, clock: Clock) -> None:
        self._start = start
        self._clock = clock
        self._lists: dict[float, list[Record]] = {}
        self._rate_of: dict[Record, float] = {}
        self._tasks: dict[float, asyncio.Task[None]] = {}
        self._running = False
        self.statistics: dict[float, RateStatistics] = {}

    def add(self, record: Record) -> None:
        """Put a record on the list of its SCAN; one that is not periodic is left out. Also moves it after a change."""
        self.remove(record)
        period = record.period
        if period is None:
            return
        # behind those of its own phase: equal phases keep the order of the database
        insort(self._lists.setdefault(period, []), record, key=attrgetter("phas"))
        self._rate_of[record] = period
        if self._running:
            self._begin(period)

    def remove(self, record: Record) -> None:
        """Scan a record no longer; harmless if it was on no list."""
        period = self._rate_of.pop(record, None)
        if period is not None:
            self._lists[period].remove(record)

    def start(self) -> None:
        """Begin all rates. Needs a running event loop."""
        self._running = True
        for period in self._lists:
            self._begin(period)

    async def stop(self) -> None:
        """End all rates; what is being processed is left to end by itself."""
        self._running = False
        tasks = list(self._tasks.values())
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, period: float) -> None:
        if period not in self._tasks:
            self.statistics.setdefault(period, RateStatistics())
            self._tasks[period] = asyncio.create_task(self._rate(period), name=f"scan {period:g} s")

    async def _rate(self, period: float) -> None:
        statistics = self.statistics[period]
        begin = self._clock.monotonic()
        number = 0
        while True:
            self._tick(self._lists[period], statistics)
            number += 1
            late = int((self._clock.monotonic() - begin) / period) + 1 - number
            if late > 0:
                number += late
                statistics.missed_ticks += late
            await self._clock.sleep_until(begin + number * period)  # from the beginning, so that nothing adds up

    def _tick(self, records: list[Record], statistics: RateStatistics) -> None:
        statistics.ticks += 1
        for record in tuple(records):
            if record.pact:
                statistics.skipped += 1
                continue
            try:
                work = record.process()
            except Exception:  # one record's bug is that record's, the scan goes on
                log.exception("%s: processing failed", record.name)
                continue
            if work is not None:
                self._start(work, lambda error, record=record: _report(record, error))  # type: ignore[misc]


def _report(record: Record, error: BaseException | None) -> None:
    if isinstance(error, Exception):
        log.error("%s: processing failed", record.name, exc_info=error)
