"""An event loop in a thread of its own, for clients that block."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

__all__ = ["LoopThread", "shared"]

T = TypeVar("T")


class LoopThread:
    """Runs coroutines for other threads."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True, name="caproto clients")
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine and wait for its result."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """Call a function in the loop and wait for its result."""

        async def work() -> T:
            return function(*args)

        return self.run(work())

    def post(self, function: Callable[..., Any], *args: Any) -> None:
        """Call a function in the loop some time."""
        self.loop.call_soon_threadsafe(function, *args)


_shared: LoopThread | None = None
_lock = threading.Lock()


def shared() -> LoopThread:
    """The one of the process."""
    global _shared
    with _lock:
        if _shared is None:
            _shared = LoopThread()
    return _shared
