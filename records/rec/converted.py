"""What ai and ao share: LINR, which says how raw values become engineering units."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from records.alarm import Severity, Status
from records.breaktables import BreakPoint, find_table, seek
from records.field import Field
from records.menus import LINEAR, SLOPE
from records.rec.analog import Analog

__all__ = ["Converted"]

LINCONV: Final = frozenset(("LINR", "EGUF", "EGUL"))  # what a new conversion depends on (SPC_LINCONV)


class Converted(Analog):
    """A numeric record with a conversion: by ESLO and EOFF, or by a breakpoint table."""

    linr: int
    init: int
    lbrk: int
    egul: float
    eslo: float
    eoff: float

    _points: Sequence[BreakPoint] | None = None  # the table in use, until LINR is written

    def init_record(self) -> None:
        """EGUL is the offset for whoever has not set one."""
        if self.egul and self.eslo == 1.0 and self.eoff == 0.0 and self.linr != SLOPE:
            self.eoff = self.egul

    def field_stored(self, row: Field) -> None:
        """A new conversion begins anew (``SPC_LINCONV``); soft device support makes nothing else of EGUF and EGUL."""
        if row.name in LINCONV:
            self.init = 1
            self.notify(0)
        super().field_stored(row)

    def to_engineering(self, value: float) -> float:
        """By LINR, which is not NO CONVERSION, from raw units; what no table covers is SOFT/MAJOR (``convert``)."""
        if self.linr <= LINEAR:
            return value * self.eslo + self.eoff
        points = self._table()
        if points is not None:
            self.lbrk, within = seek(points, value, self.lbrk, 0)
            point = points[self.lbrk]
            value = point.eng + (value - point.raw) * point.slope
            if within:
                return value
        self.raise_alarm(Status.SOFT, Severity.MAJOR, "BPT Error")
        return value

    def from_engineering(self, value: float) -> float | None:
        """By LINR, which is not NO CONVERSION, to raw units; None for what no table covers, which is SOFT/MAJOR."""
        if self.linr <= LINEAR:
            return (value - self.eoff) / self.eslo if self.eslo else 0.0
        points = self._table()
        if points is not None:
            self.lbrk, within = seek(points, value, self.lbrk, 1)
            if within:
                point = points[self.lbrk]
                return point.raw + (value - point.eng) / point.slope
        self.raise_alarm(Status.SOFT, Severity.MAJOR)
        return None

    def _table(self) -> Sequence[BreakPoint] | None:
        if self.init or self._points is None:
            self._points = find_table(self.linr)
            if self._points is not None:
                self.lbrk = 0
        return self._points
