"""int64in: 64-bit integer input."""

from __future__ import annotations

from typing import ClassVar, Final

from records.common import COMMON, INPUT, deadbands, display, simulation, soft_channels, value_limits
from records.field import PROCESSES, Field, Table, table
from records.rec.analog import Whole
from records.types import FieldType

__all__ = ["Int64inRecord"]

INT64: Final = FieldType.INT64


class Int64inRecord(Whole):
    """Whole-number input: reads INP, checks limits."""

    record_type = "int64in"
    simulation_type: ClassVar[FieldType] = FieldType.INT64
    value_type = INT64
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", INT64, 0, changes=PROCESSES),
        soft_channels("Async Soft Channel"),
        INPUT,
        display(INT64),
        value_limits(INT64),
        Field("AFTC", FieldType.DOUBLE, 0.0),
        Field("AFVL", FieldType.DOUBLE, 0.0, writable=False),
        deadbands(INT64),
        simulation(INT64),
    )
