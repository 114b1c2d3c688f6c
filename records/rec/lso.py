"""lso: text output of any length (SIZV)."""

from __future__ import annotations

from typing import Any, ClassVar

from records.alarm import Severity, Status
from records.common import COMMON, INPUT, output, simulation, soft_channels
from records.field import Table, table
from records.output import CLOSED_LOOP, Output
from records.rec.longtext import LONG_TEXT, LongText
from records.rec.text import POSTING
from records.types import FieldType

__all__ = ["LsoRecord"]


class LsoRecord(LongText, Output):
    """Long text output: writes OUT."""

    record_type = "lso"
    fields: ClassVar[Table] = table(
        COMMON,
        soft_channels("Async Soft Channel"),
        LONG_TEXT,
        POSTING,
        INPUT,
        output(FieldType.STRING),
        simulation(None),
    )

    def check_alarms(self, value: Any) -> None:
        """UDFS is not asked (``process`` of lsoRecord.c)."""
        if self.udf:
            self.raise_alarm(Status.UDF, Severity.INVALID, self.undefined)

    def desired(self) -> Any:
        """VAL, or that of DOL; one that is a constant or leads nowhere yet leaves VAL, defined (``dbGetLinkLS``)."""
        if self.omsl == CLOSED_LOOP and self.link_elements("DOL") is None:
            self.udf = 0
            return self.value
        return super().desired()

    def write_value(self) -> None:
        """Write OUT; a link that leads nowhere yet is no alarm (``dbPutLinkLS``)."""
        if self.link_elements("OUT") is not None:
            self.write_link("OUT", *self.for_out())
