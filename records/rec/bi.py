"""bi: binary input."""

from __future__ import annotations

from typing import Any, ClassVar

from records.common import COMMON, INPUT, raw, simulation
from records.field import Table, table
from records.menus import MENU_SIMM
from records.rec.binary import TWO_STATES, Binary
from records.types import FieldType

__all__ = ["BiRecord"]


class BiRecord(Binary):
    """Binary input: reads INP; a label, a bool, or any number but 0 is state 1."""

    record_type = "bi"
    fields: ClassVar[Table] = table(
        COMMON, TWO_STATES, INPUT, raw(FieldType.ULONG), simulation(FieldType.ULONG, MENU_SIMM)
    )

    def check_alarms(self, value: Any) -> None:
        """A number that is no state has no alarm (``checkAlarms`` of biRecord.c)."""
        if self.udf == 1 or value < 2:
            super().check_alarms(value)
