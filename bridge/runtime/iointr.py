"""I/O interrupts: records with SCAN = "I/O Intr" process once for each event of their source, in order.

One bounded queue per instrument (its top group): a chatty one fills its own queue and nobody else's. When it is full
the oldest event goes, because the newest tells how things are; that is counted, and logged once until it has emptied.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from records import SCAN_IO_INTR, Reading, Record, Speaker

__all__ = ["MAX_EVENTS", "InterruptQueue", "Interrupts"]

log = logging.getLogger("iocbridge.scan")

MAX_EVENTS = 4096  # a minute of an instrument that speaks 60 times a second, while the IOC is held up


@dataclass(frozen=True, slots=True)
class _Event:
    record: Record
    reading: Reading


class InterruptQueue:
    """The events of one instrument and the task that processes them."""

    def __init__(self, name: str, size: int = MAX_EVENTS) -> None:
        self.name = name
        self.lost = 0
        self._events: deque[_Event] = deque()
        self._size = size
        self._arrived = asyncio.Event()
        self._overflowing = False
        self._task = asyncio.create_task(self._work(), name=f"I/O Intr {name}")

    def put(self, record: Record, reading: Reading) -> None:
        """Queue one event for one record."""
        if len(self._events) >= self._size:
            self._events.popleft()
            self.lost += 1
            if not self._overflowing:
                self._overflowing = True
                log.warning("%s: more than %d events are waiting; the oldest are dropped", self.name, self._size)
        self._events.append(_Event(record, reading))
        self._arrived.set()

    async def _work(self) -> None:
        while True:
            await self._arrived.wait()
            while self._events:
                event = self._events.popleft()
                try:
                    work = event.record.process(event.reading)
                    if work is not None:
                        await work
                except Exception:  # one record's bug must not stop the instrument's other records
                    log.exception("%s: processing failed", event.record.name)
            self._overflowing = False
            self._arrived.clear()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


class Interrupts:
    """All I/O-interrupt records of an IOC and their subscriptions."""

    def __init__(self) -> None:
        self._queues: dict[Any, InterruptQueue] = {}
        self._unsubscribe: dict[Record, Callable[[], None]] = {}

    def add(self, record: Record) -> None:
        """Subscribe a record to its source if its SCAN is "I/O Intr"; also withdraws it after a change of SCAN."""
        self.remove(record)
        if record.scan != SCAN_IO_INTR:
            return
        source: object = record.speaker
        if not isinstance(source, Speaker):
            log.error("%s: SCAN is I/O Intr, but its INP (%r) never speaks unasked", record.name, record.inp)
            return
        queue = self._queue(record)
        self._unsubscribe[record] = source.subscribe(lambda reading: queue.put(record, reading))

    def remove(self, record: Record) -> None:
        """Unsubscribe; harmless if it was not subscribed."""
        unsubscribe = self._unsubscribe.pop(record, None)
        if unsubscribe is not None:
            unsubscribe()

    async def stop(self) -> None:
        """Unsubscribe all and end the queues."""
        for record in tuple(self._unsubscribe):
            self.remove(record)
        for queue in self._queues.values():
            await queue.close()
        self._queues.clear()

    def _queue(self, record: Record) -> InterruptQueue:
        top = record.group
        while top is not None and top.parent is not None:
            top = top.parent
        if top not in self._queues:
            self._queues[top] = InterruptQueue(top.prefix if top is not None else record.name)
        return self._queues[top]
