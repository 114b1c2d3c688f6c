"""permissive: a flag that asks, and a flag that permits (obsolete in base; kept for old databases)."""

from __future__ import annotations

from typing import ClassVar, Final

from records.common import COMMON
from records.field import PROCESSES, Field, Table, table
from records.pv import LOG, VALUE
from records.rec.soft import Soft
from records.types import FieldType

__all__ = ["PermissiveRecord"]

USHORT: Final = FieldType.USHORT


class PermissiveRecord(Soft):
    """Tells of changes of VAL and WFLG; does nothing else."""

    record_type = "permissive"
    value_type = USHORT
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", USHORT, 0, changes=PROCESSES),
        Field("WFLG", USHORT, 0, changes=PROCESSES),
        Field("LABL", FieldType.STRING, "", size=20, changes=PROCESSES),
        Field("OVAL", USHORT, 0, writable=False),
        Field("OFLG", USHORT, 0, writable=False),
    )

    oval: int
    wflg: int
    oflg: int

    def process_record(self) -> None:
        """``process`` of permissiveRecord.c."""
        self.end()

    def monitor(self) -> int:
        """VALUE and LOG when VAL has changed."""
        changes = VALUE | LOG if self.oval != self.value else 0
        self.oval = self.value  # type: ignore[assignment]  # a whole number in this type
        self.oflg = self.wflg
        return changes
