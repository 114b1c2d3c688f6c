"""LinkedAxis: a motor without a motor of its own: OUT gets where to, and other records say how it goes.

Source: devSoft.cc of epics-modules/motor (DTYP "Soft Channel").
"""

from __future__ import annotations

from typing import Any

from records.motion.axis import AxisState, Motion
from records.types import FieldType

__all__ = ["LinkedAxis"]


class LinkedAxis:
    """The axis behind OUT (DVAL), STOO (1 is stop), DINP (0 while it moves), RINP (raw) and RDBL (EGU, with URIP).

    Without DINP a move is done at once; without RINP and RDBL it is where it was told to be. There are no jogs and no
    homes, as with base.
    """

    moving_period = 0.1
    idle_period: float | None = 0.5

    def __init__(self, record: Any, position: float) -> None:
        self._record = record
        self._position = position
        self._forward = True

    async def move(self, position: float, motion: Motion, /) -> None:
        """Write DVAL, whatever the backlash."""
        record = self._record
        self._forward = position >= self._position
        self._position = record.dval / record.mres
        record.write_link("OUT", record.dval, FieldType.DOUBLE)

    async def jog(self, velocity: float, motion: Motion, /) -> None:
        """Not possible."""
        raise RuntimeError("a motor that writes OUT cannot jog")

    async def home(self, forward: bool, motion: Motion, /) -> None:
        """Not possible."""
        raise RuntimeError("a motor that writes OUT has no home")

    async def stop(self) -> None:
        """Write 1 to STOO."""
        self._record.write_link("STOO", 1, FieldType.SHORT)

    async def load(self, position: float, /) -> None:
        """Believe it."""
        self._position = position

    async def state(self) -> AxisState:
        """Ask the links. Raises LinkError if one of them leads nowhere."""
        record = self._record
        if record.is_linked("RINP"):
            self._position = float(record.read_link("RINP", FieldType.LONG))
        elif record.urip and record.is_linked("RDBL"):
            self._position = record.read_link("RDBL", FieldType.DOUBLE) / record.mres
        done = record.read_link("DINP", FieldType.SHORT, 1)
        return AxisState(self._position, moving=not done, forward=self._forward)
