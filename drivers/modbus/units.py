"""Which units of a Modbus line are silent, and when to ask them again. Pure: the time is passed in.

One dead unit must not cost the others their rate: each question to it holds the line for a whole time-out.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from drivers.backoff import Backoff

__all__ = ["Units"]

SHARE = 9  # a dead unit holds the line for one time-out in ten while others live on it
COMMON_CAUSE = 3  # units that fall silent one after the other, no other answering: it is the line


@dataclass(slots=True)
class _Unit:
    silence: int = 0  # time-outs in a row
    answered: bool = False  # since the link came up
    why: str = ""  # it is silent, with its last error; "" while it is not
    with_line: bool = False  # declared silent because the line seemed dead
    attempts: int = 0  # since it fell silent
    tried_at: float = 0.0
    next_at: float = 0.0


class Units:
    """The health of each unit on one line.

    A unit is silent after `silent_after` time-outs in a row, or when all units of the line (`COMMON_CAUSE` of them if
    there are many) missed a reply with no answer between: then the line is dead, and nobody should wait for each unit
    in turn. A silent unit is asked once in a while, see `refuse`.
    """

    def __init__(
        self, timeout: float, backoff: Backoff, silent_after: int = 2, rnd: Callable[[], float] = random.random
    ) -> None:
        self._timeout = timeout
        self._backoff = backoff
        self._silent_after = silent_after
        self._rnd = rnd
        self._units: dict[int, _Unit] = {}
        self._missed: set[int] = set()  # units that missed a reply since anybody answered last

    def reset(self) -> None:
        """The link came up: all begin anew."""
        self._units.clear()
        self._missed.clear()

    @property
    def line_is_silent(self) -> bool:
        """Whether every unit that was ever asked is silent."""
        return bool(self._units) and all(state.why for state in self._units.values())

    def why(self, unit: int) -> str:
        """Why the unit counts as silent, or ""."""
        state = self._units.get(unit)
        return state.why if state is not None else ""

    def suspect(self, unit: int, now: float) -> bool:
        """Whether the unit has just missed a reply, so that others should be asked first."""
        state = self._units.get(unit)
        return state is not None and state.silence > 0 and now < state.tried_at + self._timeout

    def refuse(self, unit: int, now: float, urgent: bool = False) -> str:
        """Why not to ask the unit now, or "" if it may be asked.

        A silent unit gets one attempt per back-off interval, which the caller has herewith taken. `urgent` (a write:
        somebody has just done it, and waits) shortens the interval to one time-out.
        """
        state = self._units.get(unit)
        if state is None or not state.why:
            return ""
        due = min(state.next_at, state.tried_at + self._timeout) if urgent else state.next_at
        if now < due:
            return state.why
        self._schedule(state, now)
        return ""

    def answered(self, unit: int) -> list[int]:
        """The unit answered. Returns the units that count as silent no more."""
        self._missed.clear()
        state = self._units.setdefault(unit, _Unit())
        back = [unit] if state.why else []
        if state.with_line:
            back += [other for other, its in self._units.items() if its.with_line and other != unit]
        for each in back:
            self._units[each] = _Unit()
        state = self._units[unit]
        state.silence = 0
        state.answered = True
        return back

    def timed_out(self, unit: int, now: float, why: str) -> list[int]:
        """The unit missed a reply. Returns the units that count as silent from now on."""
        state = self._units.setdefault(unit, _Unit())
        state.silence += 1
        state.tried_at = now
        self._missed.add(unit)
        if state.why:
            self._schedule(state, now)
            return []
        alive = {each for each, its in self._units.items() if its.answered and not its.why}
        together = len(self._missed & alive) >= max(2, min(COMMON_CAUSE, len(alive)))
        fallen = sorted(alive | {unit}) if together else [unit] if state.silence >= self._silent_after else []
        for each in fallen:
            fallen_state = self._units[each]
            fallen_state.why = why
            fallen_state.with_line = together
            fallen_state.attempts = 0
        for each in fallen:  # after all are marked: the interval depends on how many live
            self._schedule(self._units[each], now)
        return fallen

    def _schedule(self, state: _Unit, now: float) -> None:
        state.attempts += 1
        state.tried_at = now
        interval = self._backoff.after(state.attempts, self._rnd)
        silent = sum(1 for each in self._units.values() if each.why)
        if silent < len(self._units):
            interval = max(interval, SHARE * self._timeout * silent)
        state.next_at = now + interval
