"""ai: analog input. A reading passes ROFF, ASLO, AOFF, then ESLO and EOFF if LINR says so, then SMOO.

Without LINR a reading is in engineering units already; ASLO and AOFF adjust it all the same, as StreamDevice does.
Breakpoint tables, AFTC and the simulation fields are kept, not acted on.
"""

from __future__ import annotations

from math import isfinite
from typing import Any, ClassVar, Final

from records.common import COMMON, INPUT, deadbands, display, linear, raw, simulation, value_limits
from records.convert import convert
from records.field import PROCESSES, Field, Table, table
from records.menus import MENU_SIMM
from records.pv import clock
from records.rec.analog import Analog
from records.types import FieldType, Value

__all__ = ["AiRecord"]

DOUBLE: Final = FieldType.DOUBLE


class AiRecord(Analog):
    """Analog input: reads INP, converts, checks limits."""

    record_type = "ai"
    value_type = DOUBLE
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", DOUBLE, 0.0, changes=PROCESSES),
        INPUT,
        display(DOUBLE),
        linear(1.0),
        Field("SMOO", DOUBLE, 0.0),
        value_limits(DOUBLE),
        Field("AFTC", DOUBLE, 0.0),
        Field("AFVL", DOUBLE, 0.0, writable=False),
        deadbands(DOUBLE),
        raw(FieldType.LONG),
        simulation(DOUBLE, MENU_SIMM),
    )

    linr: int
    egul: float
    eslo: float
    eoff: float
    aslo: float
    aoff: float
    roff: int
    rval: int
    oraw: int
    smoo: float

    def configure(self, value: Any) -> None:
        """EGUL is the offset for whoever has not set one (``init_record``)."""
        if self.egul and self.eslo == 1.0 and self.eoff == 0.0:
            self.eoff = self.egul

    def from_reading(self, reading: Any) -> Value:
        """Convert by ``convert`` of base's aiRecord.c."""
        value: float = reading if type(reading) is float else convert(reading, DOUBLE)  # type: ignore[assignment]
        if self.linr:
            return self._smoothed(self._linear(value))
        if self.aslo:
            value *= self.aslo
        return self._smoothed(value + self.aoff) if self.smoo else value + self.aoff

    def _linear(self, value: float) -> float:
        if isfinite(value):
            self.oraw = self.rval
            self.rval = max(-(1 << 31), min((1 << 31) - 1, int(value)))
        value += self.roff
        if self.aslo:
            value *= self.aslo
        return (value + self.aoff) * self.eslo + self.eoff

    def _smoothed(self, value: float) -> float:
        before = self.value
        if not self.smoo or self.udf or not isinstance(before, float) or not isfinite(before):
            return value
        return value * (1.0 - self.smoo) + before * self.smoo

    def put_rval(self, value: int) -> None:
        """A raw value by hand, converted as a reading is."""
        self.check_enabled()
        self.rval = value
        self.store(self.from_reading(float(value)), clock.now_ns())
