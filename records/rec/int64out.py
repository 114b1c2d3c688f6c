"""int64out: 64-bit integer output."""

from __future__ import annotations

from typing import ClassVar, Final

from records.common import COMMON, INPUT, deadbands, display, output, simulation, soft_channels, value_limits
from records.field import PROCESSES, Field, Table, table
from records.rec.analog import AnalogOutput, Whole
from records.types import FieldType

__all__ = ["Int64outRecord"]

INT64: Final = FieldType.INT64


class Int64outRecord(AnalogOutput, Whole):
    """Whole-number output: limits, writes OUT; reads INP, if there is one, for the instrument's own setting."""

    record_type = "int64out"
    value_type = INT64
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", INT64, 0, changes=PROCESSES),
        soft_channels("Async Soft Channel"),
        INPUT,
        output(INT64),
        display(INT64),
        value_limits(INT64, drive=True),
        deadbands(INT64),
        simulation(None),
    )

    converts_ivov: ClassVar[bool] = False
