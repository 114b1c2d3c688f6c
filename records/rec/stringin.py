"""stringin: text input of up to 39 bytes."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from records.common import COMMON, INPUT, simulation, soft_channels
from records.field import PROCESSES, Field, Table, table
from records.rec.text import POSTING, Text
from records.types import FieldType

__all__ = ["StringinRecord"]

STRING: Final = FieldType.STRING


class StringinRecord(Text):
    """Text input: reads INP."""

    record_type = "stringin"
    simulation_type: ClassVar[FieldType] = FieldType.STRING
    value_type = STRING
    defines: ClassVar[bool] = False  # a constant INP leaves UDF as it is
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", STRING, "", changes=PROCESSES),
        Field("OVAL", STRING, "", writable=False),
        POSTING,
        soft_channels("Async Soft Channel"),
        INPUT,
        simulation(STRING),
    )

    def check_alarms(self, value: Any) -> None:
        """It has no alarm of its own, UDF neither (stringinRecord.c), but is undefined before it processes."""
        if self.host is None:
            super().check_alarms(value)
