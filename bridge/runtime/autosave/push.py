"""Writing restored values to the instrument (``restore="push"``), once its link is up, unless somebody was faster."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from bridge.runtime.autosave.points import NOTHING, Point
from bridge.runtime.clock import Clock
from records import PV, VALUE, Record, Status, Watched, status_of

__all__ = ["Pushes"]

log = logging.getLogger("iocbridge.autosave")

AGAIN: Final = (Status.COMM, Status.TIMEOUT)  # worth another try; a refusal is not
FIRST_PAUSE, LONGEST_PAUSE, BUSY_PAUSE = 1.0, 20.0, 0.05  # seconds


class Pushes:
    """The values that wait for their instruments."""

    def __init__(self, clock: Clock, told: Callable[[str], None]) -> None:
        """`told` is called with a line for each value that the instrument refuses."""
        self._clock = clock
        self._told = told
        self._tasks: list[asyncio.Task[None]] = []
        self._undo: list[Callable[[], None]] = []

    def start(self, point: Point) -> None:
        """Write the pending value of `point` when that is possible."""
        wanted = _Wanted(point)
        self._undo.append(wanted.forget)
        up = asyncio.Event()
        link = getattr(point.pv, "out", None)
        if isinstance(link, Watched):
            # a port says so when it comes up, and it has not been started yet
            self._undo.append(link.watch(lambda fault: up.set() if fault is None else up.clear()))
        else:
            up.set()
        self._tasks.append(asyncio.create_task(self._push(point, wanted, up), name=f"push {point.pv.name}"))

    async def _push(self, point: Point, wanted: _Wanted, up: asyncio.Event) -> None:
        pv, value = point.pv, point.pending
        pause = FIRST_PAUSE
        try:
            while True:
                await up.wait()
                if wanted.overtaken:
                    return
                if getattr(pv, "pact", 0):  # a put may be under way, and it would be newer than ours
                    await self._clock.sleep_until(self._clock.monotonic() + BUSY_PAUSE)
                    continue
                wanted.writing = True
                try:
                    await pv.write(value)
                except Exception as error:
                    if status_of(error, Status.WRITE) not in AGAIN:
                        self._told(f"{pv.name}: the saved value {value!r} was refused: {error}")
                        return
                else:
                    log.info("%s: the saved value %r is written", pv.name, value)
                    return
                finally:
                    wanted.writing = False
                await self._clock.sleep_until(self._clock.monotonic() + pause)
                pause = min(2 * pause, LONGEST_PAUSE)
        finally:
            point.pending = NOTHING
            wanted.forget()

    async def stop(self) -> None:
        """Give up on what is still waiting."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for undo in self._undo:
            undo()
        self._tasks.clear()
        self._undo.clear()


class _Wanted:
    """Notices when somebody else puts a value, which is then newer than the saved one and stands."""

    def __init__(self, point: Point) -> None:
        self._pv = point.pv
        self._puts = _puts(point.pv)
        self.writing = False
        self._news = False
        if not isinstance(point.pv, Record):
            point.pv.listen(self._changed)

    @property
    def overtaken(self) -> bool:
        return self._news or _puts(self._pv) != self._puts

    def _changed(self, pv: PV, changes: int) -> None:
        if changes & VALUE and not self.writing:
            self._news = True

    def forget(self) -> None:
        self._pv.unlisten(self._changed)


def _puts(pv: PV) -> Any:
    return pv.puts if isinstance(pv, Record) else 0
