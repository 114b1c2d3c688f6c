"""mbbi: multi-bit binary input. AFTC is kept, not acted on."""

from __future__ import annotations

from typing import ClassVar

from records.common import COMMON, INPUT, raw, simulation
from records.field import Field, Table, table
from records.menus import MENU_SIMM
from records.rec.multibit import SIXTEEN_STATES, MultiBit
from records.types import FieldType

__all__ = ["MbbiRecord"]


class MbbiRecord(MultiBit):
    """Multi-bit input: reads INP; a label, a raw value, or the number of a state."""

    record_type = "mbbi"
    fields: ClassVar[Table] = table(
        COMMON,
        SIXTEEN_STATES,
        INPUT,
        raw(FieldType.ULONG),
        Field("AFTC", FieldType.DOUBLE, 0.0),
        Field("AFVL", FieldType.DOUBLE, 0.0, writable=False),
        simulation(FieldType.ULONG, MENU_SIMM),
    )
