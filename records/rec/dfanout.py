"""dfanout: writes one number to up to sixteen other records."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from records.alarm import Severity, Status
from records.common import COMMON, deadbands, display, link, menu, value_limits
from records.field import PROCESSES, Field, Table, table
from records.menus import MENU_IVOA, MENU_OMSL
from records.output import CLOSED_LOOP
from records.pv import clock
from records.rec.soft import MASK, SELECTION, SPECIFIED, Soft, link_rows
from records.rec.softanalog import SoftAnalog
from records.types import FieldType

__all__ = ["DfanoutRecord"]

DOUBLE: Final = FieldType.DOUBLE
TARGETS: Final = "ABCDEFGHIJKLMNOP"
DO_NOT_DRIVE, USE_IVOV = 1, 2  # IVOA


class DfanoutRecord(SoftAnalog):
    """Writes VAL, or what DOL says if OMSL is closed_loop, to OUTA ... OUTP: all, the SELNth, or those of a mask."""

    record_type = "dfanout"
    value_type = DOUBLE
    from_zero = True
    constant_field = "DOL"
    constants = (("SELL", "SELN"),)
    out_links = Soft.out_links | {f"OUT{name}" for name in TARGETS}
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", DOUBLE, 0.0, changes=PROCESSES),
        SELECTION,
        link_rows("OUT", TARGETS),
        link("DOL"),
        menu("OMSL", MENU_OMSL),
        display(DOUBLE),
        value_limits(DOUBLE),
        deadbands(DOUBLE),
        menu("IVOA", MENU_IVOA),
        Field("IVOV", DOUBLE, 0.0),
    )

    selm: int
    seln: int
    omsl: int
    ivoa: int
    ivov: float

    def process_record(self) -> None:
        """``process`` of dfanoutRecord.c."""
        if self.omsl == CLOSED_LOOP and self.is_linked("DOL") and self.read_into("DOL", "VAL"):
            self.udf = int(self.value != self.value)
        self.time_ns = clock.now_ns()
        self.read_into("SELL", "SELN")
        self.check_alarms(self.value)
        if self.nsev < Severity.INVALID or self.ivoa != DO_NOT_DRIVE:
            if self.nsev >= Severity.INVALID and self.ivoa == USE_IVOV:
                self.value = self.ivov
            self._push(self.value)
        self.finish()

    def _push(self, value: Any) -> None:
        chosen = self.seln if self.selm == MASK else 0xFFFF
        if self.selm == SPECIFIED:
            if self.seln > len(TARGETS):
                self.raise_alarm(Status.SOFT, Severity.INVALID, f"there is no output {self.seln}")
                return
            chosen = 1 << self.seln >> 1  # the first is 1, and 0 is none
        for index, name in enumerate(TARGETS):
            if chosen >> index & 1 and not self.drive(f"OUT{name}", value, DOUBLE):
                self.raise_alarm(Status.LINK, Severity.MAJOR)
