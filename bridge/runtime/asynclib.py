"""What start-up hooks get as `async_lib`: the event loop's library and a few primitives, by caproto's names."""

from __future__ import annotations

import asyncio
import queue
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridge.runtime.view import IocView

__all__ = ["AsyncLibrary", "ThreadsafeQueue"]


class ThreadsafeQueue:
    """A queue between a thread (`put`, `get`) and the event loop (`async_put`, `async_get`)."""

    def __init__(self, maxsize: int = 0) -> None:
        self._loop = asyncio.get_running_loop()
        self._items: queue.Queue[Any] = queue.Queue(maxsize)
        self._arrived = asyncio.Event()

    def put(self, value: Any) -> None:
        """From any thread; waits while the queue is full."""
        self._items.put(value)
        self._loop.call_soon_threadsafe(self._arrived.set)

    def get(self) -> Any:
        """From any thread but the loop's; waits for an item."""
        return self._items.get()

    async def async_put(self, value: Any) -> None:
        """From the event loop; waits while the queue is full."""
        while True:
            try:
                self._items.put_nowait(value)
            except queue.Full:
                await asyncio.sleep(0.01)  # only a thread can make room, and it cannot wake us
            else:
                self._arrived.set()
                return

    async def async_get(self) -> Any:
        """From the event loop; waits for an item."""
        while True:
            self._arrived.clear()
            try:
                return self._items.get_nowait()
            except queue.Empty:
                await self._arrived.wait()


class AsyncLibrary:
    """The asyncio layer. `library` is the module itself; `ioc` the IOC that the hook runs in, which is ours alone."""

    name = "asyncio"
    library: ModuleType = asyncio
    ThreadsafeQueue = ThreadsafeQueue
    Event = asyncio.Event

    def __init__(self, ioc: IocView | None = None) -> None:
        self.ioc = ioc

    @staticmethod
    async def sleep(seconds: float) -> None:
        await asyncio.sleep(seconds)
