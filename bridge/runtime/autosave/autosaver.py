"""Autosaver: restores the PVs of an IOC before it serves, and saves them while it runs and when it ends."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from bridge.runtime.autosave.disk import Disk
from bridge.runtime.autosave.lock import FileLock, Taken
from bridge.runtime.autosave.points import NOTHING, Point, Raw, contents, points_of
from bridge.runtime.autosave.push import Pushes
from bridge.runtime.autosave.restore import Restored, exists_in, lines_for, restore
from bridge.runtime.autosave.savfile import Content, Snapshot
from bridge.runtime.autosave.store import History, Loaded, Store
from bridge.runtime.autosave.thread import DiskThread
from bridge.runtime.clock import Clock
from bridge.server import ConfigError
from records import PV, PVGroup

__all__ = ["Autosave", "AutosaveState", "Autosaver", "autosaving"]

log = logging.getLogger("iocbridge.autosave")

RESTORE_DEADLINE: Final = 10.0  # seconds; an IOC must come up although the disk of its save file does not
LAST_SAVE_DEADLINE: Final = 1.5  # of the save at the end: SIGTERM must not take longer than two seconds
MAX_NAMES: Final = 20  # in one log line


@dataclass(frozen=True, slots=True)
class Autosave:
    """Where and how often to save.

    `legacy` is a file of another kind, understood by `parse_legacy`, to begin with if there is no save file yet.
    """

    path: str | os.PathLike[str]
    period: float = 30.0  # seconds; what a power cut may cost
    history: History = field(default_factory=History)
    legacy: str | os.PathLike[str] | None = None
    parse_legacy: Callable[[bytes], Snapshot] | None = None
    patience: float = 10.0  # seconds after which a save that is not done counts as failed
    disk: Disk | None = None  # a test's own

    def __post_init__(self) -> None:
        if not self.period > 0:
            raise ValueError(f"autosave: the period must be positive, not {self.period!r}")


@dataclass(slots=True)
class AutosaveState:
    """How it is going, for status PVs. Read it, and leave the writing to the Autosaver."""

    file: str
    period: float
    fault: str = ""  # why the last save failed; empty once one has worked again
    lost: str = ""  # why nothing could be restored
    warning: str = ""  # what went wrong otherwise, such as an older copy having been restored
    source: str = ""  # the file that was restored
    restored: int = 0  # lines of the file
    refused: tuple[str, ...] = ()  # why a line was not restored
    saves: int = 0
    failures: int = 0
    saved_ns: int = 0  # when the last save was done, in ns since 1970


class Autosaver:
    """One save file and the PVs in it. `restore`, then `start`, then `stop`; `save` at any time."""

    def __init__(self, config: Autosave, pvdb: Mapping[str, PV], clock: Clock, group: PVGroup | None = None) -> None:
        """`group` is the one whose PVs are saved, if these are not all of the IOC."""
        self.config = config
        self._pvdb = pvdb
        self._group = group
        self._clock = clock
        self._store = Store(
            config.path,
            history=config.history,
            disk=config.disk,
            legacy=config.legacy,
            parse_legacy=config.parse_legacy,
        )
        self._lock = FileLock(self._store.path)
        self.state = AutosaveState(self._store.path, config.period)
        self._points, self._unsavable = points_of(pvdb.values())
        self._pushes = Pushes(clock, self._refused)
        self._disk = DiskThread()
        self._saved: list[Raw] | None = None
        self._waiting: dict[str, Content] = {}  # lines of PVs that there are not, or not yet
        self._task: asyncio.Task[None] | None = None

    async def lock(self) -> None:
        """Keep the save file to this IOC until `unlock`. Raises ConfigError if another one that runs has it."""
        try:
            await self._disk.run(self._lock.acquire, RESTORE_DEADLINE)
        except Taken as error:
            raise ConfigError(f"autosave: {error}; give each its own") from None
        except Exception as error:
            log.warning("%s is not locked: %s", self.state.file, _words(error))

    def unlock(self) -> None:
        """Let others have the save file."""
        self._lock.release()

    # --- at the start -------------------------------------------------------------------------------------------

    async def restore(self) -> None:
        """Give the PVs their saved values. Never raises: what is wrong is logged, and shown by `state`."""
        for complaint in self._unsavable:
            log.warning("%s", complaint)
        if not self._points:
            log.warning("%s: no PV of this IOC has autosave=True; nothing will be saved", self.state.file)
        try:
            loaded = await self._disk.run(self._store.load, RESTORE_DEADLINE)
        except Exception as error:
            self._lost(f"nothing is restored: {_words(error)}")
            return
        for line in loaded.rejected:
            log.warning("not restored from %s", line)
        if loaded.snapshot is not None:
            self._restore(loaded, loaded.snapshot)
        elif loaded.rejected:
            self._lost(f"nothing is restored: {loaded.rejected[0]}")
        else:
            log.info("%s does not exist yet: all PVs begin as their program says", self.state.file)

    def _restore(self, loaded: Loaded, snapshot: Snapshot) -> None:
        state = self.state
        restored = restore(self._points, snapshot.values, partial(exists_in, self._pvdb))
        for line in (*snapshot.complaints, *restored.refused):
            log.warning("%s: %s", loaded.source, line)
        if restored.missing:
            names = ", ".join(restored.missing[:MAX_NAMES])
            more = f" and {len(restored.missing) - MAX_NAMES} more" if len(restored.missing) > MAX_NAMES else ""
            log.info("%s has no value for %s%s", loaded.source, names, more)
        self._waiting = dict(restored.waiting)
        state.source, state.restored = loaded.source, restored.taken
        state.refused = (*snapshot.complaints, *restored.refused)
        if loaded.rejected:
            state.warning = f"restored from {os.path.basename(loaded.source)}: {loaded.rejected[0]}"
        elif state.refused:
            state.warning = f"{len(state.refused)} not restored: {state.refused[0]}"
        log.info("restored %d values of %s", restored.taken, loaded.source)
        _mark_pushed(self._points, restored)

    def start(self) -> None:
        """Begin to save, and to write what is to be pushed. Call it before the ports are started."""
        for point in self._points:
            if point.pending is not NOTHING:
                self._pushes.start(point)
        self._task = asyncio.create_task(self._run(), name=f"autosave {self.state.file}")

    def adopt(self, pvs: Iterable[PV]) -> None:
        """Give PVs that were added while the IOC runs their saved values, and save them from now on."""
        points, complaints = points_of(pv for pv in pvs if self._group is None or _is_below(pv, self._group))
        for complaint in complaints:
            log.warning("%s", complaint)
        if not points:
            return
        lines = lines_for(points, self._waiting)
        restored = restore(points, lines, lambda key: False)
        for line in restored.refused:
            log.warning("%s: %s", self.state.source, line)
        self._waiting = {key: content for key, content in self._waiting.items() if key not in lines}
        self._came(lines, restored)
        _mark_pushed(points, restored)
        for point in points:
            if point.pending is not NOTHING:
                self._pushes.start(point)
        self._points += points

    def _came(self, lines: Mapping[str, Content], restored: Restored) -> None:
        state = self.state
        still = [line for line in state.refused if line.partition(" ")[0] not in lines]
        state.restored, state.refused = state.restored + restored.taken, (*still, *restored.refused)
        if not state.refused and " not restored: " in state.warning:
            state.warning = ""

    def abandon(self, pvs: Iterable[PV]) -> None:
        """Save PVs no longer that were removed while the IOC runs."""
        gone = {id(pv) for pv in pvs}
        self._points = [point for point in self._points if id(point.pv) not in gone]

    # --- while it runs ------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        clock, period = self._clock, self.config.period
        due = clock.monotonic()
        while True:
            await self.save()
            due = max(due + period, clock.monotonic())
            await clock.sleep_until(due)

    async def save(self, deadline: float | None = None) -> bool:
        """Save if anything has changed. Returns whether all is safe; never raises."""
        raws = [point.raw() for point in self._points]
        if raws == self._saved or not self._points:
            return True
        now = datetime.fromtimestamp(self._clock.now_ns() / 1e9)
        work = partial(_write, self._store, list(self._points), raws, dict(self._waiting), now)
        try:
            warnings = await self._disk.run(work, self.config.patience if deadline is None else deadline)
        except Exception as error:
            self.state.failures += 1
            self._failed(f"{self.state.file} is not saved: {_words(error)}")
            return False
        self._saved = raws
        self.state.saves += 1
        self.state.saved_ns = self._clock.now_ns()
        for warning in warnings:
            log.warning("%s: %s", self.state.file, warning)
        if self.state.fault:
            self.state.fault = ""
            log.info("%s is saved again", self.state.file)
        return True

    def _failed(self, fault: str) -> None:
        if fault != self.state.fault:  # once, and not once a period
            log.error("%s", fault)
        self.state.fault = fault

    def _lost(self, why: str) -> None:
        log.error("%s", why)
        self.state.lost = why

    def _refused(self, line: str) -> None:
        log.warning("%s", line)
        self.state.refused = (*self.state.refused, line)
        self.state.warning = line

    # --- at the end ---------------------------------------------------------------------------------------------

    async def stop(self) -> None:
        """Save what has changed since the last time, and end."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._task = None
        if self._waiting:  # nobody has come for these lines while it ran
            self._waiting, self._saved = {}, None
        await self.save(LAST_SAVE_DEADLINE)
        await self._pushes.stop()


def _write(
    store: Store, points: list[Point], raws: list[Raw], waiting: Mapping[str, Content], now: datetime
) -> list[str]:
    return store.save({**waiting, **contents(points, raws)}, now)


def _mark_pushed(points: Iterable[Point], restored: Restored) -> None:
    for point in points:
        if point.restore == "push" and point.pv.name not in restored.missing and point.saves_value:
            point.pending = point.pv.value


def _is_below(pv: PV, group: PVGroup) -> bool:
    above = pv.group
    while above is not None and above is not group:
        above = above.parent
    return above is not None


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


@asynccontextmanager
async def autosaving(
    autosaves: list[tuple[Autosave, Mapping[str, PV], PVGroup | None]], clock: Clock
) -> AsyncIterator[list[Autosaver]]:
    """Restore on the way in, save on the way out; whoever is in between calls `start`.

    Raises ConfigError if another IOC that runs saves to one of the files.
    """
    savers = [Autosaver(config, pvdb, clock, group) for config, pvdb, group in autosaves]
    async with AsyncExitStack() as stack:
        for saver in savers:
            await saver.lock()
            stack.callback(saver.unlock)
        for saver in savers:
            await saver.restore()
            stack.push_async_callback(saver.stop)
        yield savers
