"""aai: array analog input, which is a waveform but for the buffer that its device support in C may bring."""

from __future__ import annotations

from typing import ClassVar

from records.common import COMMON, INPUT, simulation
from records.field import PROCESSES, Field, Table, table
from records.rec.arrays import ARRAY, POSTED
from records.rec.waveform import InputArray
from records.types import FieldType

__all__ = ["AaiRecord"]


class AaiRecord(InputArray):
    """Array input: reads INP, or keeps what it is given. FTVL and NELM as for a waveform."""

    record_type = "aai"
    fields: ClassVar[Table] = table(
        COMMON, Field("VAL", FieldType.DOUBLE, (), changes=PROCESSES), ARRAY, POSTED, INPUT, simulation(None)
    )
