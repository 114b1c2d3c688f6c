"""What the record types with a text VAL share: listeners are told of changes, or always (MPST, APST)."""

from __future__ import annotations

from typing import Any

from records.common import menu
from records.menus import MENU_POST
from records.pv import LOG, VALUE
from records.record import Record

__all__ = ["POSTING", "Text"]

ALWAYS = 1

POSTING = (menu("MPST", MENU_POST), menu("APST", MENU_POST))


class Text(Record):
    """A record whose VAL is text. OVAL is what listeners were last told."""

    oval: Any
    mpst: int
    apst: int

    def monitor(self) -> int:
        """VALUE and LOG when the text has changed."""
        changes = 0
        if self.value != self.oval:
            self.oval = self.value
            changes = VALUE | LOG
        if self.mpst == ALWAYS:
            changes |= VALUE
        if self.apst == ALWAYS:
            changes |= LOG
        return changes

    def remember_value(self) -> None:
        """Begin at the present text."""
        self.oval = self.value
