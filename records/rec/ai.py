"""ai: analog input. A reading passes ROFF, ASLO, AOFF, then ESLO and EOFF or a table if LINR says so, then SMOO.

Without LINR a reading is in engineering units already; ASLO and AOFF adjust it all the same, as StreamDevice does.
"""

from __future__ import annotations

from math import isfinite
from typing import Any, ClassVar, Final

from records.common import COMMON, INPUT, deadbands, display, linear, raw, simulation, value_limits
from records.convert import convert
from records.field import PROCESSES, Field, Table, table
from records.menus import MENU_SIMM
from records.rec.converted import Converted
from records.record import RAW_TOLD
from records.types import FieldType, Value

__all__ = ["AiRecord"]

DOUBLE: Final = FieldType.DOUBLE


class AiRecord(Converted):
    """Analog input: reads INP, converts, checks limits."""

    record_type = "ai"
    value_type = DOUBLE
    from_zero = True
    has_raw: ClassVar[int] = RAW_TOLD
    raw_type: ClassVar[FieldType] = FieldType.LONG
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

    aslo: float
    aoff: float
    roff: int
    rval: int
    oraw: int
    smoo: float

    _read_soft = False  # whether the last reading from another record was good

    def field_stored(self, row: Field) -> None:
        """After a new INP smoothing begins anew."""
        if row.name == "INP":
            self._read_soft = False
        super().field_stored(row)

    def take_soft(self, value: Any) -> None:
        """Smooth what another record says (devAiSoft.c), unless the last reading failed."""
        before: Any = self.value
        smooth = self._read_soft and self.smoo and isfinite(before)
        self.value = value * (1.0 - self.smoo) + before * self.smoo if smooth else value
        self.udf = 0
        self._read_soft = True

    def from_rval(self) -> float:
        """VAL for RVAL, by ``convert`` of aiRecord.c."""
        value = float(self.rval) + self.roff
        if self.aslo:
            value *= self.aslo
        value += self.aoff
        if self.linr:
            value = self.to_engineering(value)
        before: Any = self.value
        if self.smoo and isfinite(before):
            before = value if self.init else before  # which rounds, as base does
            value = value * (1.0 - self.smoo) + before * self.smoo
        return value

    def not_read(self) -> None:
        """Smoothing begins anew."""
        self._read_soft = False

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
            self.rval = max(-(1 << 31), min((1 << 31) - 1, int(value)))
        value += self.roff
        if self.aslo:
            value *= self.aslo
        return self.to_engineering(value + self.aoff)

    def _smoothed(self, value: float) -> float:
        before = self.value
        if not self.smoo or self.udf or not isinstance(before, float) or not isfinite(before):
            return value
        return value * (1.0 - self.smoo) + before * self.smoo
