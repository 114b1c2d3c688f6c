"""Start-up, scan and shutdown hooks: the coroutines that a group's class hangs on its PVs.

One failing hook marks its own PV and is logged; everything else goes on.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Iterable

from bridge.runtime.asynclib import AsyncLibrary
from bridge.runtime.clock import Clock
from bridge.runtime.view import IocView
from records import NO_ALARM, Alarm, Hook, PVGroup, Record, Status, logs

__all__ = ["Hooks"]

log = logging.getLogger("iocbridge")
logs.logger = logging.getLogger  # what groups log, now that somebody is there who can

SHUTDOWN_DEADLINE = 1.0  # seconds for all shutdown hooks together
SCAN_FIELD_POLL = 0.5  # seconds between looks at a SCAN field that says "Passive"


class Hooks:
    """The hooks of an IOC's groups while it runs."""

    def __init__(self, clock: Clock, ioc: IocView | None = None) -> None:
        self._clock = clock
        self._library = AsyncLibrary(ioc)
        self._tasks: list[asyncio.Task[None]] = []
        self._shutdown: list[Hook] = []

    def start(self, groups: Iterable[PVGroup]) -> None:
        """Run start-up and scan hooks, each in its own task."""
        for hook in (hook for group in groups for hook in group.hooks()):
            if hook.kind == "shutdown":
                self._shutdown.append(hook)
            else:
                work = self._once(hook) if hook.kind == "startup" else self._repeat(hook)
                self._tasks.append(asyncio.create_task(work, name=f"{hook.kind} of {hook.pv.name}"))

    async def stop(self) -> None:
        """End the hooks that run, then run the shutdown hooks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        try:
            async with asyncio.timeout(SHUTDOWN_DEADLINE):
                await asyncio.gather(*(self._once(hook) for hook in self._shutdown))
        except TimeoutError:
            log.warning("shutdown hooks took more than %g s and were left behind", SHUTDOWN_DEADLINE)
        self._shutdown.clear()

    async def _call(self, hook: Hook) -> None:
        result = hook.call(self._library)
        if inspect.isawaitable(result):
            await result

    async def _once(self, hook: Hook) -> None:
        try:
            await self._call(hook)
        except Exception as error:
            _failed(hook, error)

    async def _repeat(self, hook: Hook) -> None:
        due = self._clock.monotonic()
        while True:
            period = _period(hook)
            if period is None:
                due = self._clock.monotonic() + SCAN_FIELD_POLL
            else:
                try:
                    await self._call(hook)
                except Exception as error:
                    _failed(hook, error)
                    if hook.stop_on_error:
                        return
                else:
                    _worked(hook)
                now = self._clock.monotonic()
                due = max(due + period, now) if hook.subtract_elapsed else now + period
            await self._clock.sleep_until(due)


def _period(hook: Hook) -> float | None:
    if not hook.use_scan_field:
        return hook.period
    return hook.pv.period if isinstance(hook.pv, Record) else hook.period


def _failed(hook: Hook, error: Exception) -> None:
    why = f"{hook.kind}: {str(error) or type(error).__name__}"
    alarm = Alarm(_status(hook), hook.failure_severity, why)
    if hook.pv.alarm != alarm:  # once for as long as it fails in the same way, not once per period
        log.error("%s: the %s hook failed", hook.pv.name, hook.kind, exc_info=error)
        hook.pv.post_alarm(alarm)


def _worked(hook: Hook) -> None:
    """Take back the alarm of a failed call: `PV.post` of a plain PV leaves alarms as they are."""
    if hook.pv.alarm.status is _status(hook) and hook.pv.alarm.message.startswith(f"{hook.kind}: "):
        log.info("%s: the %s hook works again", hook.pv.name, hook.kind)
        hook.pv.post_alarm(NO_ALARM)


def _status(hook: Hook) -> Status:
    return Status.SCAN if hook.kind == "scan" else Status.SOFT
