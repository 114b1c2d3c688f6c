"""stringout: text output of up to 39 bytes."""

from __future__ import annotations

from typing import ClassVar, Final

from records.common import COMMON, INPUT, output, simulation, soft_channels
from records.field import PROCESSES, Field, Table, table
from records.output import Output
from records.rec.text import POSTING, Text
from records.types import FieldType

__all__ = ["StringoutRecord"]

STRING: Final = FieldType.STRING


class StringoutRecord(Text, Output):
    """Text output: writes OUT; reads INP, if there is one, for the instrument's own setting."""

    record_type = "stringout"
    value_type = STRING
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", STRING, "", changes=PROCESSES),
        Field("OVAL", STRING, "", writable=False),
        POSTING,
        soft_channels("Async Soft Channel"),
        INPUT,
        output(STRING),
        simulation(None),
    )

    def lacks_value(self) -> bool:
        """Only 1 counts (``udf == TRUE`` in stringoutRecord.c)."""
        return self.udf == 1
