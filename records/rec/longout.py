"""longout: 32-bit integer output."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from records.common import COMMON, INPUT, deadbands, display, menu, output, simulation, soft_channels, value_limits
from records.field import PROCESSES, Field, Table, table
from records.menus import MENU_YES_NO
from records.rec.analog import AnalogOutput, Whole
from records.rec.oopt import OOPT, wants_output
from records.types import FieldType

__all__ = ["LongoutRecord"]

LONG: Final = FieldType.LONG


class LongoutRecord(AnalogOutput, Whole):
    """Whole-number output: limits, writes OUT; reads INP, if there is one, for the instrument's own setting."""

    record_type = "longout"
    value_type = LONG
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", LONG, 0, changes=PROCESSES),
        soft_channels("Async Soft Channel"),
        INPUT,
        output(LONG),
        display(LONG),
        value_limits(LONG, drive=True),
        deadbands(LONG),
        Field("PVAL", LONG, 0),
        menu("OOCH", MENU_YES_NO, 1),
        menu("OOPT", OOPT[:-1]),
        simulation(None),
    )

    converts_ivov: ClassVar[bool] = False

    pval: Any
    oopt: int
    ooch: int

    _out_changed = True  # OUT was written, or the record has not written yet: On Change writes once

    def field_stored(self, row: Field) -> None:
        """A new OUT is written to, if OOCH says so."""
        super().field_stored(row)
        if row.name == "OUT" and self.ooch:
            self._out_changed = True

    def write_value(self) -> None:
        """Write OUT if OOPT lets it (``conditional_write`` of longoutRecord.c)."""
        value: Any = self.value
        before, self.pval = self.pval, value
        out_changed, self._out_changed = self._out_changed, False
        if wants_output(self.oopt, before, value, value != before or out_changed):
            super().write_value()

    def store(self, value: Any, time_ns: int) -> None:
        """Keep PVAL beside VAL."""
        self.pval = value
        super().store(value, time_ns)

    def remember_value(self) -> None:
        """Begin PVAL at the first value too."""
        super().remember_value()
        self.pval = self.mlst
