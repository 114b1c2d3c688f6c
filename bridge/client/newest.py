"""A short queue that never loses the newest."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, TypeVar

__all__ = ["Newest"]

T = TypeVar("T")


class Newest(Generic[T]):
    """When it is full, the newest entry takes the place of the last one, as in a server's event queue (dbEvent.c)."""

    def __init__(self, size: int) -> None:
        if size < 1:
            raise ValueError(f"a queue of {size} holds nothing")
        self._size = size
        self._items: deque[T] = deque()
        self._wake = asyncio.Event()
        self._ended = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """Add one."""
        if len(self._items) >= self._size:
            self._items[-1] = item
        else:
            self._items.append(item)
        self._wake.set()

    def end(self) -> None:
        """There will be no more; what is there can still be taken."""
        self._ended = True
        self._wake.set()

    async def get(self) -> T | None:
        """Take the oldest, when there is one; None at the end."""
        while not self._items:
            if self._ended:
                return None
            self._wake.clear()
            await self._wake.wait()
        return self._items.popleft()
