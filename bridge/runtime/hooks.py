"""Start-up, scan and shutdown hooks: the coroutines that a group's class hangs on its PVs.

One failing hook marks its own PV and is logged; everything else goes on.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
from collections.abc import Collection, Coroutine, Iterable
from typing import Any

from bridge.runtime.asynclib import AsyncLibrary
from bridge.runtime.clock import Clock
from bridge.runtime.view import IocView
from records import NO_ALARM, Alarm, Hook, Record, Status, logs

__all__ = ["Hooks"]

log = logging.getLogger("iocbridge")
logs.logger = logging.getLogger  # what groups log, now that somebody is there who can

SHUTDOWN_DEADLINE = 1.0  # seconds for all shutdown hooks together
CANCEL_DEADLINE = 0.5  # seconds for hooks to end that have been cancelled
SCAN_FIELD_POLL = 0.5  # seconds between looks at a SCAN field that says "Passive"


class Hooks:
    """The hooks of an IOC's PVs while it runs."""

    def __init__(self, clock: Clock, ioc: IocView | None = None, library: Any = None) -> None:
        self._clock = clock
        self._library = AsyncLibrary(ioc) if library is None else library
        self._tasks: dict[asyncio.Task[None], Hook] = {}
        self._shutdown: list[Hook] = []

    def start(self, hooks: Iterable[Hook]) -> None:
        """Run start-up and scan hooks, each in its own task, and keep shutdown hooks for the end."""
        for hook, work in self.works(hooks):
            self._begin(hook, work)

    def works(self, hooks: Iterable[Hook]) -> list[tuple[Hook, Coroutine[Any, Any, None]]]:
        """The start-up and scan hooks with what is to be run of each, side by side; shutdown hooks are kept."""
        found = []
        for hook in hooks:
            if hook.kind == "shutdown":
                self._shutdown.append(hook)
            else:
                found.append((hook, self._once(hook) if hook.kind == "startup" else self._repeat(hook)))
        return found

    def last_works(self) -> list[Coroutine[Any, Any, None]]:
        """The shutdown hooks."""
        return [self._once(hook) for hook in self._shutdown]

    async def stop(self, hooks: Collection[Hook] | None = None) -> None:
        """End the hooks that run, then run the shutdown hooks; of all PVs, or only of these that were started."""
        ends = [hook for hook in self._shutdown if hooks is None or hook in hooks]
        self._shutdown = [hook for hook in self._shutdown if hook not in ends]
        await self._end([task for task, hook in self._tasks.items() if hooks is None or hook in hooks])
        tasks = [self._begin(hook, self._once(hook)) for hook in ends]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=SHUTDOWN_DEADLINE)
            if late:
                log.warning("shutdown hooks took more than %g s and were left behind", SHUTDOWN_DEADLINE)
                await self._end(late)

    def _begin(self, hook: Hook, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=f"{hook.kind} of {hook.pv.name}")
        self._tasks[task] = hook
        task.add_done_callback(lambda task: self._tasks.pop(task, None))
        return task

    async def _end(self, tasks: Collection[asyncio.Task[None]]) -> None:
        """Cancel tasks; one that goes on regardless is broken off, or the IOC could not end."""
        for task in tasks:
            task.cancel()
        stubborn = (await asyncio.wait(tasks, timeout=CANCEL_DEADLINE))[1] if tasks else ()
        for task in stubborn:
            hook = self._tasks[task]
            log.warning("%s: the %s hook does not end when it is cancelled and is broken off", hook.pv.name, hook.kind)
            with contextlib.suppress(RuntimeError):  # it ignores even that
                _coroutine(task).close()  # GeneratorExit: nobody takes that for an error
            task.cancel()  # wakes the task, which finds that there is nothing left to run
        if stubborn:
            await asyncio.wait(stubborn, timeout=CANCEL_DEADLINE)
        for task in tasks:
            if task.done() and not task.cancelled():
                task.exception()  # asked for, so that nobody complains that it was not

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


def _coroutine(task: asyncio.Task[None]) -> Any:
    return task.get_coro()


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
