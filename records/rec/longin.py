"""longin: 32-bit integer input."""

from __future__ import annotations

from typing import ClassVar, Final

from records.common import COMMON, INPUT, deadbands, display, simulation, soft_channels, value_limits
from records.field import PROCESSES, Field, Table, table
from records.rec.analog import Whole
from records.types import FieldType

__all__ = ["LonginRecord"]

LONG: Final = FieldType.LONG


class LonginRecord(Whole):
    """Whole-number input: reads INP, checks limits."""

    record_type = "longin"
    simulation_type: ClassVar[FieldType] = FieldType.LONG
    value_type = LONG
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", LONG, 0, changes=PROCESSES),
        soft_channels("Async Soft Channel"),
        INPUT,
        display(LONG),
        value_limits(LONG),
        Field("AFTC", FieldType.DOUBLE, 0.0),
        Field("AFVL", FieldType.DOUBLE, 0.0, writable=False),
        deadbands(LONG),
        simulation(LONG),
    )
