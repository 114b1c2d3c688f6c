"""SimulatedAxis: an axis that moves in time as a motor does: it speeds up, goes on, slows down, stops at switches."""

from __future__ import annotations

from math import copysign, inf, sqrt
from typing import Final, NamedTuple

from records.motion.axis import AxisState, Motion
from records.pv import clock

__all__ = ["SimulatedAxis"]

AT_ONCE: Final = 1e12  # steps/s², of who gives none


class _Piece(NamedTuple):
    """Part of a motion: from `velocity` on, for `seconds`."""

    seconds: float
    velocity: float
    acceleration: float


class SimulatedAxis:
    """An axis without a motor. `low` and `high` are where its switches are, in steps; its home is 0.

    The time is that of records (`records.clock`).
    """

    moving_period = 0.1
    idle_period: float | None = None  # nobody else moves it

    def __init__(self, position: float = 0.0, *, low: float = -inf, high: float = inf) -> None:
        self.low = low
        self.high = high
        self.homed = False
        self._from = position
        self._since_ns = 0
        self._pieces: list[_Piece] = []
        self._target: float | None = position  # where the pieces end, exactly; None: wherever
        self._acceleration = AT_ONCE
        self._forward = True

    async def move(self, position: float, motion: Motion, /) -> None:
        """Begin to move."""
        start, velocity = self._begin(motion)
        pieces, start, velocity = _brake(start, velocity, position, self._acceleration)
        self._pieces = pieces + _trapezoid(position - start, velocity, motion.speed, self._acceleration)
        self._target = position
        self._forward = position >= start

    async def jog(self, velocity: float, motion: Motion, /) -> None:
        """Begin to move for ever."""
        _, before = self._begin(motion)
        self._pieces = [_change(before, velocity, self._acceleration), _Piece(inf, velocity, 0.0)]
        self._target = None
        self._forward = velocity >= 0.0

    async def home(self, forward: bool, motion: Motion, /) -> None:
        """Go home, from whatever side."""
        await self.move(0.0, motion)
        self.homed = True

    async def stop(self) -> None:
        """Slow down."""
        _, velocity = self._begin(None)
        self._pieces = [_change(velocity, 0.0, self._acceleration)] if velocity else []
        self._target = None

    async def load(self, position: float, /) -> None:
        """Be somewhere else."""
        self._pieces, self._from, self._target = [], position, position

    async def state(self) -> AxisState:
        """Where it is now."""
        position, velocity = self._now()
        plus, minus = position >= self.high, position <= self.low
        moving = bool(self._pieces)
        if moving and ((plus and self._forward) or (minus and not self._forward)):
            moving = False
            await self.load(position)
        return AxisState(
            position,
            moving,
            plus_switch=plus,
            minus_switch=minus,
            home_switch=position == 0.0,
            homed=self.homed,
            forward=velocity > 0.0 if velocity else self._forward,
        )

    def _begin(self, motion: Motion | None) -> tuple[float, float]:
        """Let a new motion begin where the old one is; returns position and velocity."""
        position, velocity = self._now()
        self._from, self._since_ns, self._pieces = position, clock.now_ns(), []
        if motion is not None:
            self._acceleration = motion.acceleration if motion.acceleration > 0.0 else AT_ONCE
        return position, velocity

    def _now(self) -> tuple[float, float]:
        if not self._pieces:
            return self._from, 0.0
        left = (clock.now_ns() - self._since_ns) / 1e9
        position = self._from
        for seconds, velocity, acceleration in self._pieces:
            part = min(left, seconds)
            position += velocity * part + acceleration * part * part / 2.0
            if left < seconds:
                return max(self.low, min(self.high, position)), velocity + acceleration * part
            left -= seconds
        self._pieces = []
        self._from = max(self.low, min(self.high, position if self._target is None else self._target))
        return self._from, 0.0


def _change(before: float, after: float, acceleration: float) -> _Piece:
    """From one velocity to another."""
    return _Piece(abs(after - before) / acceleration, before, copysign(acceleration, after - before))


def _brake(start: float, velocity: float, target: float, acceleration: float) -> tuple[list[_Piece], float, float]:
    """If it goes the wrong way, or too fast to stop at `target`, stop first: pieces, and where and how fast after."""
    way = velocity * abs(velocity) / (2.0 * acceleration)
    ahead = target - start
    if not velocity or (way * ahead > 0.0 and abs(way) <= abs(ahead)):
        return [], start, velocity
    return [_change(velocity, 0.0, acceleration)], start + way, 0.0


def _trapezoid(distance: float, velocity: float, speed: float, acceleration: float) -> list[_Piece]:
    """Speed up (or slow down) to `speed`, go on, stop after `distance`; a short way knows no cruise."""
    if not distance:
        return []
    sign = copysign(1.0, distance)
    length, now = abs(distance), abs(velocity)
    top = min(speed if speed > 0.0 else AT_ONCE, sqrt(acceleration * length + now * now / 2.0))
    ramps = abs(top * top - now * now) / (2.0 * acceleration) + top * top / (2.0 * acceleration)
    return [
        _change(sign * now, sign * top, acceleration),
        _Piece(max(length - ramps, 0.0) / top, sign * top, 0.0),
        _change(sign * top, 0.0, acceleration),
    ]
