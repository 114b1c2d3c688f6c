"""Axis: what a motor record moves. A driver satisfies this protocol without importing this module.

Positions are raw: steps of MRES, which is as large as the instrument's own unit if MRES is 1. What a method raises is
COMM/INVALID alarm of the record, with its words in AMSG, and ends the motion. Deadlines belong to the driver.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

__all__ = ["Axis", "AxisState", "Motion"]


class Motion(NamedTuple):
    """How to move: speed and base speed in steps/s, acceleration in steps/s²."""

    speed: float
    acceleration: float
    base: float = 0.0


class AxisState(NamedTuple):
    """What an axis says of itself. The switches are those of the instrument: `plus` is where steps grow."""

    position: float
    moving: bool
    encoder: float | None = None  # in steps of ERES; None: there is none
    plus_switch: bool = False
    minus_switch: bool = False
    home_switch: bool = False
    homed: bool = False
    problem: bool = False  # the motor was stopped by its controller
    stalled: bool = False
    forward: bool = True  # the direction of the latest motion


@runtime_checkable
class Axis(Protocol):
    """One axis. Calls come one after the other, each when the one before is over.

    None of them waits for a motion to end: `state` is asked every `moving_period` seconds while something moves, and
    every `idle_period` (None: never) while nothing does.
    """

    moving_period: float
    idle_period: float | None

    async def move(self, position: float, motion: Motion, /) -> None:
        """Begin to move to a position; a motion under way is replaced."""
        ...

    async def jog(self, velocity: float, motion: Motion, /) -> None:
        """Begin to move for ever, backwards if `velocity` (steps/s) is negative."""
        ...

    async def home(self, forward: bool, motion: Motion, /) -> None:
        """Begin to look for the home switch."""
        ...

    async def stop(self) -> None:
        """Begin to stop, by the acceleration of the motion."""
        ...

    async def load(self, position: float, /) -> None:
        """Let the present position be this one, without moving."""
        ...

    async def state(self) -> AxisState:
        """Where it is."""
        ...
