"""An event loop whose clock jumps to the next timer instead of waiting: hours pass in seconds, and always the same way.

Real sockets work in it, but what they carry takes no time of this clock: use wires in memory.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

__all__ = ["run_virtual"]

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Never waits. What it would have waited goes to the clock."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("everybody waits, and no timer is set")
        if not ready and timeout:
            self.now += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, in virtual time. RuntimeError if all wait for something that will not come."""
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(main)
