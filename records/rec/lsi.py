"""lsi: text input of any length (SIZV)."""

from __future__ import annotations

from typing import ClassVar

from records.common import COMMON, INPUT, simulation
from records.field import Table, table
from records.rec.longtext import LONG_TEXT, LongText
from records.rec.text import POSTING

__all__ = ["LsiRecord"]


class LsiRecord(LongText):
    """Long text input: reads INP."""

    record_type = "lsi"
    fields: ClassVar[Table] = table(COMMON, LONG_TEXT, POSTING, INPUT, simulation(None))
