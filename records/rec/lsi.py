"""lsi: text input of any length (SIZV)."""

from __future__ import annotations

from contextlib import suppress
from typing import ClassVar

from records.common import COMMON, INPUT, simulation
from records.field import Table, table
from records.link import LinkError
from records.rec.longtext import LONG_TEXT, LongText
from records.rec.text import POSTING
from records.types import FieldType

__all__ = ["LsiRecord"]


class LsiRecord(LongText):
    """Long text input: reads INP."""

    record_type = "lsi"
    simulation_type: ClassVar[FieldType] = FieldType.STRING
    fields: ClassVar[Table] = table(COMMON, LONG_TEXT, POSTING, INPUT, simulation(None))

    def process_soft(self) -> None:
        """Read INP; a link that leads nowhere yet is no alarm (``dbGetLinkLS``)."""
        if self.is_linked("INP") and self.link_elements("INP") is None:
            self.evaluate()
        else:
            super().process_soft()

    def process_simulated(self) -> None:
        """Read SIOL; there is no SVAL."""
        with suppress(LinkError):
            text = self.read_link("SIOL", FieldType.STRING)
            if text is not None:
                self.value = self.accept(text)
            self.udf = 0
        self.evaluate()
