"""Requests that wait for their answers."""

from __future__ import annotations

import asyncio

from bridge.ca import Message
from bridge.client.tenancy import CircuitLost

__all__ = ["Pending"]


class Pending:
    """Futures by ioid. One that its caller gave up stays until the answer comes: servers answer late, not never."""

    def __init__(self) -> None:
        self._futures: dict[int, asyncio.Future[Message]] = {}

    def __len__(self) -> int:
        return len(self._futures)

    def add(self, ioid: int) -> asyncio.Future[Message]:
        """Wait for the answer to `ioid`."""
        future = self._futures[ioid] = asyncio.get_running_loop().create_future()
        return future

    def settle(self, ioid: int, answer: Message) -> None:
        """The answer has come."""
        future = self._futures.pop(ioid, None)
        if future is not None and not future.done():
            future.set_result(answer)

    def fail(self, reason: str) -> None:
        """No answer will come any more: they raise CircuitLost."""
        for future in self._futures.values():
            if not future.done():
                future.set_exception(CircuitLost(reason))
        self._futures.clear()
