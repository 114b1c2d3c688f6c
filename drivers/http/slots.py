"""How many connections the ports of one server have open together, for servers that have few to give."""

from __future__ import annotations

import asyncio
from collections import deque
from weakref import WeakValueDictionary

from drivers.errors import UsageError

__all__ = ["Slots", "slots_of"]

_shared: WeakValueDictionary[tuple[str, int], Slots] = WeakValueDictionary()


class Slots:
    """`most` connections, first come first served."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def take(self) -> None:
        """Wait for a free one."""
        if self.taken < self.most:
            self.taken += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give()  # it was ours already: hand it on
            raise

    def give(self) -> None:
        """Hand one on to whoever waits, or free it."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.taken -= 1


def slots_of(name: str, host: str, port: int, most: int) -> Slots:
    """The slots of a server, the same for all ports that go there. Raises UsageError if they disagree on how many."""
    if most < 1:
        raise UsageError(f"{name}: connections is 1 or more, not {most!r}")
    slots = _shared.setdefault((host, port), Slots(most))
    if slots.most != most:
        raise UsageError(f"{name}: connections={most}, but another port to {host}:{port} has {slots.most}")
    return slots
