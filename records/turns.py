"""Turns: when a client's put of a record begins that is busy with an earlier one.

Source: ``dbPutField`` of dbAccess.c and ``processNotifyCommon`` of dbNotify.c of EPICS base. A plain put is stored at
once, and the record processes again when it is done (RPRO). A put with completion waits until the record, not what it
has set in motion, is done with the one before it. Puts of one PV begin in the order in which they came.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from records.host import Signal
from records.linked import Linked

__all__ = ["Turns"]


class _Turn:
    """A put that waits. `signal` is set when it may look again whether it can begin."""

    __slots__ = ("name", "signal", "waits")

    def __init__(self, name: str, waits: bool, signal: Signal) -> None:
        self.name = name
        self.waits = waits
        self.signal = signal


class Turns(Linked):
    """A record whose puts take turns. With an instrument behind it each put is the instrument's business first."""

    _turns: list[_Turn] | None = None

    @property
    def takes_turns(self) -> bool:
        """Whether a plain put may be begun while another put is under way: it is stored at once.

        An instrument is told one after the other; but the records that follow need not be waited for.
        """
        if self.putter is not None or self.host is None:
            return False
        return not self._has_instrument() or (self._links is not None and not self._active)

    def _has_instrument(self) -> bool:
        return self.has_point("INP") or self.has_point("OUT") or self.getter is not None

    def occupied(self) -> bool:
        """Whether a put with completion has to wait."""
        return bool(self._active) or self.ppn is not None

    def client_put(
        self, name: str, begin: Callable[[], Coroutine[Any, Any, None] | None], waits: bool
    ) -> Coroutine[Any, Any, None] | None:
        """Begin a put of field `name` when it is its turn. What is to be awaited includes what it sets in motion if
        the client `waits`.
        """
        host = self.host
        if host is not None and not self._stacked and not self._has_instrument():
            turns = self._turns or ()
            if (turns or self.occupied()) if waits else any(turn.name == name for turn in turns):
                turn = _Turn(name, waits, host.signal())
                self._turns = [*turns, turn]
                return self._in_turn(turn, begin)
        return begin() if waits else self._begin_plain(begin)

    def _begin_plain(self, begin: Callable[[], Coroutine[Any, Any, None] | None]) -> Coroutine[Any, Any, None] | None:
        self._plain = True
        try:
            return begin()
        finally:
            self._plain = False

    async def _in_turn(self, turn: _Turn, begin: Callable[[], Coroutine[Any, Any, None] | None]) -> None:
        turns = self._turns or []
        try:
            while self.host is not None and (turns[0] is not turn or (turn.waits and self.occupied())):
                turn.signal = self.host.signal()
                await turn.signal.wait()
                turns = self._turns or []
        finally:
            self._turns = [one for one in self._turns or () if one is not turn] or None
            self._next_turn()
        work = begin() if turn.waits else self._begin_plain(begin)
        if work is not None:
            await work

    def _next_turn(self) -> None:
        if self._turns and not self._active:
            self._turns[0].signal.set()

    def processed(self) -> None:
        """As for a Linked; whose turn it is now may begin."""
        super().processed()
        if self._turns is not None:
            self._next_turn()
