"""File work off the event loop, on threads that never keep the program from ending: a network disk may hang."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

__all__ = ["DiskThread"]

T = TypeVar("T")


class DiskThread:
    """Runs functions one after the other, each on a thread of its own.

    Not ``asyncio.to_thread``: its threads are waited for when the program ends, however long that takes.
    """

    def __init__(self) -> None:
        self._busy: asyncio.Future[Any] | None = None

    async def run(self, function: Callable[[], T], deadline: float) -> T:
        """What `function` returns. Raises what it raises, or TimeoutError when it is left behind after `deadline` s."""
        loop = asyncio.get_running_loop()
        end = loop.time() + deadline
        while (left := self._busy) is not None:  # left behind by an earlier caller
            await self._wait(left, end - loop.time())
            self._done(left)
        future = self._busy = _begin(function, loop)
        future.add_done_callback(self._done)
        await self._wait(future, end - loop.time())
        result: T = future.result()
        return result

    async def _wait(self, future: asyncio.Future[Any], seconds: float) -> None:
        await asyncio.wait([future], timeout=max(seconds, 0.0))
        if not future.done():
            raise TimeoutError("the disk does not answer")

    def _done(self, future: asyncio.Future[Any]) -> None:
        if self._busy is future:
            self._busy = None
        if not future.cancelled():
            future.exception()  # of one that was left behind: asked for, so that nobody complains that it was not


def _begin(function: Callable[[], T], loop: asyncio.AbstractEventLoop) -> asyncio.Future[T]:
    future: asyncio.Future[T] = loop.create_future()

    def settle(result: T | None, error: BaseException | None) -> None:
        if not future.done():
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]  # there is one if there is no error

    def work() -> None:
        try:
            outcome: tuple[T | None, BaseException | None] = (function(), None)
        except Exception as error:
            outcome = (None, error)
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(settle, *outcome)

    threading.Thread(target=work, name="autosave", daemon=True).start()
    return future
