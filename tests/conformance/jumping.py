"""An event loop whose clock jumps: nobody waits for a time-out, and each run is the same."""

from __future__ import annotations

import asyncio
import selectors

__all__ = ["JumpingLoop"]


class JumpingLoop(asyncio.SelectorEventLoop):
    """When nothing is left to do, it is at once as late as the next timer wants. For code without real sockets."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self.now


class _Selector(selectors.SelectSelector):
    def __init__(self, loop: JumpingLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        events = super().select(0)
        if not events:
            if timeout is None:
                raise RuntimeError("nothing will ever happen again")
            self._loop.now += timeout
        return events
