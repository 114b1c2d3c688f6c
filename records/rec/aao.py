"""aao: array analog output."""

from __future__ import annotations

from typing import Any, ClassVar

from records.common import COMMON, INPUT, link, menu, simulation
from records.field import PROCESSES, Field, Table, table
from records.link import LinkError
from records.menus import MENU_OMSL
from records.output import CLOSED_LOOP, Output
from records.pv import clock
from records.rec.arrays import ARRAY, POSTED, PostedArray
from records.types import FieldType

__all__ = ["AaoRecord"]


class AaoRecord(PostedArray, Output):
    """Array output: writes OUT; reads INP, if there is one, for the instrument's own setting.

    FTVL and NELM as for a waveform.
    """

    record_type = "aao"
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", FieldType.DOUBLE, (), changes=PROCESSES),
        ARRAY,
        POSTED,
        INPUT,
        link("OUT"),
        link("DOL"),
        menu("OMSL", MENU_OMSL),
        simulation(None),
    )
    ivoa = 0  # base's aao has no such field

    def _check_links(self) -> Any:
        """A constant in DOL counts only in closed loop (``fetchValue`` of aaoRecord.c)."""
        constant = super()._check_links()
        return constant if self.omsl == CLOSED_LOOP else None

    def process_soft(self) -> None:
        """Fetch DOL and write OUT (``process`` of aaoRecord.c)."""
        self.udf = 0
        if self.omsl == CLOSED_LOOP:
            try:
                self.value = self.accept(self.read_link("DOL", self.field_type, self.value, self.max_count))
            except LinkError:
                self.notify(0)  # as base: the alarm shows when the record next processes to its end
                return
        self.time_ns = clock.now_ns()
        self.drive()
