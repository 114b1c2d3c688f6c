"""What start-up hooks get as `async_lib` under trio and curio. Each needs its library, which is an extra."""

from __future__ import annotations

import importlib
import queue
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from bridge.runtime.view import IocView

__all__ = ["CurioQueue", "OtherLibrary", "TrioQueue"]


class TrioQueue:
    """A queue between a thread (`put`, `get`) and trio's tasks (`async_put`, `async_get`)."""

    def __init__(self, maxsize: int = 0) -> None:
        import trio

        self._trio = trio
        self._token = trio.lowlevel.current_trio_token()
        self._items: queue.Queue[Any] = queue.Queue(maxsize)
        self._arrived = trio.Event()

    def put(self, value: Any) -> None:
        """From any thread; waits while the queue is full."""
        self._items.put(value)
        self._token.run_sync_soon(self._wake)

    def get(self) -> Any:
        """From any thread but trio's; waits for an item."""
        return self._items.get()

    async def async_put(self, value: Any) -> None:
        """From a task; waits while the queue is full."""
        while True:
            try:
                self._items.put_nowait(value)
            except queue.Full:
                await self._trio.sleep(0.01)  # only a thread can make room, and it cannot wake us
            else:
                self._wake()
                return

    async def async_get(self) -> Any:
        """From a task; waits for an item."""
        while True:
            try:
                return self._items.get_nowait()
            except queue.Empty:
                await self._arrived.wait()

    def _wake(self) -> None:
        self._arrived.set()
        self._arrived = self._trio.Event()


class CurioQueue:
    """The same for curio, which has such a queue."""

    def __init__(self, maxsize: int = 0) -> None:
        import curio  # pyright: ignore[reportMissingImports]

        self._queue: Any = curio.UniversalQueue(maxsize=maxsize)

    def put(self, value: Any) -> None:
        """From any thread; waits while the queue is full."""
        self._queue.put(value)

    def get(self) -> Any:
        """From any thread but curio's; waits for an item."""
        return self._queue.get()

    async def async_put(self, value: Any) -> None:
        """From a task; waits while the queue is full."""
        await self._queue.put(value)

    async def async_get(self) -> Any:
        """From a task; waits for an item."""
        return await self._queue.get()


_QUEUES: Final = {"trio": TrioQueue, "curio": CurioQueue}


class OtherLibrary:
    """The layer of trio or curio. Raises ImportError, and whatever curio raises on Pythons that it does not know."""

    def __init__(self, name: str, ioc: IocView | None = None) -> None:
        self.name = name
        self.library: ModuleType = importlib.import_module(name)
        self.Event: Any = self.library.Event
        self.ThreadsafeQueue = _QUEUES[name]
        self.ioc = ioc

    async def sleep(self, seconds: float) -> None:
        """As the library's own."""
        await self.library.sleep(seconds)
