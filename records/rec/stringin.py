"""stringin: text input of up to 39 bytes."""

from __future__ import annotations

from typing import ClassVar, Final

from records.common import COMMON, INPUT, simulation
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
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", STRING, "", changes=PROCESSES),
        Field("OVAL", STRING, "", writable=False),
        POSTING,
        INPUT,
        simulation(STRING),
    )
