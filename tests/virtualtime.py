"""An event loop whose clock jumps to the next timer instead of waiting: hours pass in seconds, and always the same way.

Real sockets work in it too, with both ends in this loop and some patience: what they carry takes no time of this clock,
but a little of the machine's, before there is reason to believe that nothing is under way.
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
    patience = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(self.patience if timeout is None or timeout > 0 else 0)
        if not ready and timeout is None:
            raise RuntimeError("everybody waits, and no timer is set")
        if not ready and timeout:
            self.now += timeout
        return ready


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, patience: float) -> None:
        self._virtual = _Selector()
        self._virtual.patience = patience
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now


def run_virtual(main: Coroutine[Any, Any, T], patience: float = 0.0) -> T:
    """As `asyncio.run`, in virtual time. RuntimeError if all wait for something that will not come.

    `patience` is for how many real seconds sockets are waited for before the clock jumps.
    """
    with asyncio.Runner(loop_factory=lambda: _Loop(patience)) as runner:
        return runner.run(main)
