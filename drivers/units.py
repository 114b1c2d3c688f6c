"""Which units of one line are silent, and when to ask them again. Pure: the time is passed in.

One dead unit must not cost the others their rate: each question to it holds the line for a whole time-out.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from drivers.backoff import Backoff

__all__ = ["Unit", "Units"]

Unit = int | str  # what a line calls it: a number in Modbus, some letters on a multidrop line of text

SHARE = 9  # dead units hold the line for a tenth of the time while others live on it
FULL = 99  # and for a hundredth with attempts that last the whole time-out: each costs all others a reading
PACES = 5.0  # a unit that missed a reply gets so many times what answers take on its line: one that is dead costs less
LEAST = 0.05  # seconds that it gets at least
FADING = 0.98  # what answers take is forgotten by so much with each further one
COMMON_CAUSE = 3  # units that fall silent one after the other, no other answering: it is the line


@dataclass(slots=True)
class _State:
    silence: int = 0  # time-outs in a row
    answered: bool = False  # since the link came up
    why: str = ""  # it is silent, with its last error; "" while it is not
    with_line: bool = False  # declared silent because the line seemed dead
    attempts: int = 0  # since it fell silent
    tried_at: float = 0.0
    cost: float = 0.0  # seconds that a short attempt kept the line from others
    rest: float = 0.0  # seconds of back-off after the last attempt
    full_at: float = 0.0  # when it gets the whole time-out again
    pace: float = 0.0  # seconds that its answers take


class Units:
    """The health of each unit on one line.

    A unit is silent after `silent_after` time-outs in a row, or when all units of the line (`COMMON_CAUSE` of them if
    there are many) missed a reply with no answer between: then the line is dead, and nobody should wait for each unit
    in turn. A silent unit is asked once in a while, see `refuse`, and mostly for a short time, see `patience`.
    """

    def __init__(
        self, timeout: float, backoff: Backoff, silent_after: int = 2, rnd: Callable[[], float] = random.random
    ) -> None:
        self._timeout = timeout
        self._backoff = backoff
        self._silent_after = silent_after
        self._rnd = rnd
        self._units: dict[Unit, _State] = {}
        self._missed: set[Unit] = set()  # units that began to miss replies since anybody answered last
        self._pace = 0.0  # seconds that answers take on this line
        self._before: _State | None = None  # who missed a reply just before: what comes next may have had to wait

    def reset(self) -> None:
        """The link came up: all begin anew."""
        self._units.clear()
        self._missed.clear()

    @property
    def line_is_silent(self) -> bool:
        """Whether every unit that was ever asked is silent."""
        return bool(self._units) and all(state.why for state in self._units.values())

    def why(self, unit: Unit) -> str:
        """Why the unit counts as silent, or ""."""
        state = self._units.get(unit)
        return state.why if state is not None else ""

    def suspect(self, unit: Unit, now: float) -> bool:
        """Whether the unit has just missed a reply, so that others should be asked first."""
        state = self._units.get(unit)
        return state is not None and state.silence > 0 and now < state.tried_at + self._timeout

    def patience(self, unit: Unit, now: float) -> float:
        """Seconds to wait for the unit's answer to a read: the time-out, or less if it has just missed a reply."""
        state = self._units.get(unit)
        if state is None or not state.silence or now >= state.full_at:
            return self._timeout
        return self._short(state)

    def _short(self, state: _State) -> float:
        pace = max(self._pace, state.pace)
        return min(self._timeout, max(LEAST, PACES * pace)) if pace else self._timeout

    def late(self, unit: Unit) -> None:
        """An answer came after it was given up: the unit lives, and is slow."""
        state = self._units.get(unit)
        if state is not None:
            state.tried_at = state.full_at = -math.inf

    def refuse(self, unit: Unit, now: float, urgent: bool = False) -> str:
        """Why not to ask the unit now, or "" if it may be asked.

        A silent unit gets one attempt per back-off interval, which the caller has herewith taken. `urgent` (a write:
        somebody has just done it, and waits) shortens the interval to one time-out.
        """
        state = self._units.get(unit)
        if state is None or not state.why:
            return ""
        rest = self._rest(state)
        if now < state.tried_at + (min(rest, self._timeout) if urgent else rest):
            return state.why
        self._schedule(state, now)
        return ""

    def answered(self, unit: Unit, took: float = 0.0) -> list[Unit]:
        """The unit answered within `took` seconds. Returns the units that count as silent no more."""
        self._missed.clear()
        before, self._before = self._before, None
        if before is not None:
            before.cost += took  # a gateway may go on waiting for a unit that we have given up
            took = 0.0
        self._pace = max(took, FADING * self._pace)
        state = self._units.setdefault(unit, _State())
        back = [unit] if state.why else []
        if state.with_line:
            back += [other for other, its in self._units.items() if its.with_line and other != unit]
        for each in back:
            self._units[each] = _State(pace=self._units[each].pace)
        state = self._units[unit]
        state.pace = max(took, FADING * state.pace)
        state.silence = 0
        state.answered = True
        return back

    def timed_out(self, unit: Unit, now: float, why: str, held: float | None = None) -> list[Unit]:
        """The unit missed a reply, which `held` the line for so many seconds. Returns the units that count as silent
        from now on.
        """
        state = self._units.setdefault(unit, _State())
        state.silence += 1
        state.tried_at = now
        if held is None or held >= self._timeout:
            state.full_at = now + FULL * self._timeout * max(1, self._silent())
        else:
            state.cost = held
            self._before = state
        if state.silence == 1:  # a second miss says more of the unit than of the line
            self._missed.add(unit)
        if state.why:
            self._schedule(state, now)
            return []
        alive = {each for each, its in self._units.items() if its.answered and not its.why}
        together = len(self._missed & alive) >= max(2, min(COMMON_CAUSE, len(alive)))
        fallen = sorted(alive | {unit}, key=str) if together else [unit] if state.silence >= self._silent_after else []
        for each in fallen:
            fallen_state = self._units[each]
            fallen_state.why = why
            fallen_state.with_line = together
            fallen_state.attempts = 0
        for each in fallen:
            self._schedule(self._units[each], now)
        return fallen

    def _schedule(self, state: _State, now: float) -> None:
        state.attempts += 1
        state.tried_at = now
        state.rest = self._backoff.after(state.attempts, self._rnd)

    def _rest(self, state: _State) -> float:
        """Seconds from one attempt to the next: the back-off, or more while others live on the line."""
        silent = self._silent()
        if silent == len(self._units):
            return state.rest
        return max(state.rest, SHARE * max(state.cost, self._short(state)) * silent)

    def _silent(self) -> int:
        return sum(1 for each in self._units.values() if each.why)
