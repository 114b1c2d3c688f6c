"""state: text of up to 19 bytes (obsolete in base; use stringin)."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from records.common import COMMON
from records.convert import cut
from records.field import PROCESSES, Field, Table, table
from records.pv import LOG, VALUE
from records.rec.soft import Soft
from records.types import FieldType, Value

__all__ = ["StateRecord"]

STRING: Final = FieldType.STRING
SIZE: Final = 20


class StateRecord(Soft):
    """Keeps a text, and tells of its changes."""

    record_type = "state"
    value_type = STRING
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", STRING, "", size=SIZE, changes=PROCESSES),
        Field("OVAL", STRING, "", size=SIZE, writable=False),
    )

    oval: str

    def accept(self, value: Any) -> Value:
        """Text, cut at 19 bytes."""
        return cut(str(super().accept(value)), SIZE - 1)

    def process_record(self) -> None:
        """``process`` of stateRecord.c."""
        self.end()

    def monitor(self) -> int:
        """VALUE and LOG when the text has changed."""
        if self.value == self.oval:
            return 0
        self.oval = str(self.value)
        return VALUE | LOG
