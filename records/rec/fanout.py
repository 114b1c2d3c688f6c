"""fanout: processes up to sixteen other records."""

from __future__ import annotations

from typing import ClassVar, Final

from records.alarm import Severity, Status
from records.common import COMMON
from records.field import PROCESSES, Field, Table, table
from records.rec.soft import SELECTION, Soft, link_rows, selected
from records.types import FieldType

__all__ = ["FanoutRecord"]

GROUPS: Final = "0123456789ABCDEF"


class FanoutRecord(Soft):
    """Processes what LNK0 ... LNKF lead to: all of them, the one that SELN + OFFS says, or those of the mask SELN."""

    record_type = "fanout"
    value_type = FieldType.LONG
    constants = (("SELL", "SELN"),)
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", FieldType.LONG, 0, changes=PROCESSES),
        SELECTION,
        Field("OFFS", FieldType.SHORT, 0),
        Field("SHFT", FieldType.SHORT, -1),
        link_rows("LNK", GROUPS),
    )

    selm: int
    seln: int
    offs: int
    shft: int

    def process_record(self) -> None:
        """``process`` of fanoutRecord.c."""
        self.read_into("SELL", "SELN")
        chosen = selected(self.seln, self.selm, self.offs, self.shft)
        if chosen is None:
            self.raise_alarm(Status.SOFT, Severity.INVALID, "SELM, SELN, OFFS and SHFT choose nothing that there is")
        elif self._links is not None:
            for index, group in enumerate(GROUPS):
                if chosen >> index & 1:
                    self.forward_link(f"LNK{group}")
        self.end()
