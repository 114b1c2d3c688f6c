"""Running a coroutine at once, in the caller's turn, and only then as a task if it has to wait for something.

A putter that just checks a value, or a record that is soft after all, ends in its first step: making a task for it
(2 us on a fast machine) would cost more than the work. Python 3.12's eager tasks do this; here is the same for 3.11,
where the coroutine must already see the task that it may become (`asyncio.timeout`, `current_task`).
"""

from __future__ import annotations

import asyncio
import types
from asyncio.tasks import _enter_task, _leave_task  # what asyncio's own tasks are run by
from collections.abc import Callable, Coroutine, Generator
from functools import partial
from sys import getrefcount
from typing import Any

__all__ = ["EagerRunner"]

Done = Callable[[BaseException | None], None]


class EagerRunner:
    """Runs coroutines on an asyncio loop. Keeps one task in reserve: the one that the next coroutine will be in."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._tasks: set[asyncio.Task[None]] = set()
        self._spare: _Body | None = None

    def call_soon(self, function: Callable[[], None], /) -> None:
        self._loop.call_soon(function)

    def run(self, work: Coroutine[Any, Any, Any], done: Done, /) -> None:
        """Step `work`; call `done` with None or the exception when it has ended, perhaps before this returns."""
        try:
            going_on = self.start(work)
        except Exception as error:
            done(error)
        else:
            done(None) if going_on is None else going_on(done)

    def start(self, work: Coroutine[Any, Any, Any], /) -> Callable[[Done], None] | None:
        """Step `work`. Returns None if it has ended, else what to tell at once who is to hear how it ends.

        Raises what `work` raised, and RuntimeError if it has cancelled itself.
        """
        loop = self._loop
        running = asyncio.current_task(loop)
        body = self._spare
        if body is None:
            body = self._spare = _Body(loop, self._tasks)
        task = body.task
        if running is not None:
            _leave_task(loop, running)
        _enter_task(loop, task)
        references = getrefcount(body.task)
        try:
            waits_for = work.send(None)
        except BaseException as error:
            if getrefcount(body.task) != references:  # whoever keeps it may cancel it when it is another's
                self._spare = None
                body.retire()
            if isinstance(error, StopIteration):
                return None
            if isinstance(error, asyncio.CancelledError):
                raise RuntimeError("cancelled before it has waited for anything") from error
            raise
        finally:
            _leave_task(loop, task)
            if running is not None:
                _enter_task(loop, running)
        self._spare = None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return partial(body.adopt, work, waits_for)

    async def close(self) -> None:
        """Cancel what still runs and wait for its end."""
        spare, self._spare = self._spare, None
        tasks = [*self._tasks, *((spare.task,) if spare is not None else ())]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Body:
    """A task that sleeps until it is given a coroutine which has begun to run in its name."""

    def __init__(self, loop: asyncio.AbstractEventLoop, tasks: set[asyncio.Task[None]]) -> None:
        self._given = loop.create_future()
        self._work: tuple[Coroutine[Any, Any, Any], Any, Done] | None = None
        self._loop = loop
        self._tasks = tasks
        self.task = loop.create_task(self._live())
        self.task.add_done_callback(self._ended)

    def adopt(self, work: Coroutine[Any, Any, Any], waits_for: Any, done: Done) -> None:
        self._work = work, waits_for, done
        self.retire()

    def retire(self) -> None:
        """Sleep no longer: there is work, or there will be none."""
        if not self._given.done():
            self._given.set_result(None)

    async def _live(self) -> None:
        cancelled = None
        try:
            await self._given
        except asyncio.CancelledError as error:  # between the first step of the work and now
            cancelled = error
        if self._work is not None:
            await self._go_on(cancelled)
        elif cancelled is not None:
            raise cancelled

    async def _go_on(self, cancelled: asyncio.CancelledError | None) -> None:
        assert self._work is not None
        work, waits_for, done = self._work
        self._work = None
        try:
            await _rest(work, waits_for, cancelled)
        except asyncio.CancelledError as error:
            done(error)
            raise
        except Exception as error:
            done(error)
        else:
            done(None)

    def _ended(self, _: object) -> None:
        """The work may have cancelled its task before that has begun to run: then another one goes on in its place."""
        if self._work is not None:
            task = self._loop.create_task(self._go_on(asyncio.CancelledError()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)


@types.coroutine
def _rest(work: Coroutine[Any, Any, Any], waits_for: Any, cancelled: BaseException | None) -> Generator[Any, Any, None]:
    """Go on with a coroutine that has been stepped once and waits for `waits_for`, or has been cancelled since."""
    failure = cancelled
    if cancelled is not None and waits_for is not None and waits_for.cancel():
        failure = None  # it comes from there, as with any task
    while True:
        sent = None
        if failure is None:
            try:
                sent = yield waits_for
            except BaseException as error:
                failure = error
        try:
            waits_for = work.send(sent) if failure is None else work.throw(failure)
        except StopIteration:
            return
        failure = None
