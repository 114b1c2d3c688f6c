"""lso: text output of any length (SIZV)."""

from __future__ import annotations

from typing import ClassVar

from records.common import COMMON, INPUT, output, simulation
from records.field import Table, table
from records.output import Output
from records.rec.longtext import LONG_TEXT, LongText
from records.rec.text import POSTING
from records.types import FieldType

__all__ = ["LsoRecord"]


class LsoRecord(LongText, Output):
    """Long text output: writes OUT."""

    record_type = "lso"
    fields: ClassVar[Table] = table(COMMON, LONG_TEXT, POSTING, INPUT, output(FieldType.STRING), simulation(None))

    def write_value(self) -> None:
        """Write OUT; a link that leads nowhere yet is no alarm (``dbPutLinkLS``)."""
        if self.link_elements("OUT") is not None:
            super().write_value()
