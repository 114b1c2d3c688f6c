"""sel: one of twelve numbers: a certain one, the highest, the lowest, or the median."""

from __future__ import annotations

from math import isnan, nan
from typing import ClassVar, Final

from records.alarm import Severity, Status
from records.common import COMMON, deadbands, display, link, menu, value_limits
from records.field import PROCESSES, Field, Table, numbered, table
from records.pv import clock
from records.rec.soft import ALPHABET, link_rows
from records.rec.softanalog import SoftAnalog
from records.types import FieldType

__all__ = ["SelRecord"]

DOUBLE: Final = FieldType.DOUBLE
INPUTS: Final = ALPHABET[:12]
SPECIFIED, HIGH, LOW, MEDIAN = range(4)  # SELM


class SelRecord(SoftAnalog):
    """Reads INPA ... INPL into A ... L, and selects. NaN is no candidate; arguments without a link begin as NaN."""

    record_type = "sel"
    value_type = DOUBLE
    from_zero = True
    constants = (("NVL", "SELN"), *((f"INP{name}", name) for name in INPUTS))
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", DOUBLE, 0.0, writable=False),
        menu("SELM", ("Specified", "High Signal", "Low Signal", "Median Signal")),
        Field("SELN", FieldType.USHORT, 0),
        link("NVL"),
        link_rows("INP", INPUTS),
        display(DOUBLE),
        value_limits(DOUBLE),
        deadbands(DOUBLE),
        numbered(DOUBLE, 0.0, *INPUTS, changes=PROCESSES),
        numbered(DOUBLE, 0.0, *(f"L{name}" for name in INPUTS), writable=False),
        Field("NLST", FieldType.USHORT, 0, writable=False),
    )

    selm: int
    seln: int
    nlst: int

    def init_soft(self) -> None:
        """Values given to A ... L do not count, as in base: only those of links do."""
        for name in INPUTS:
            setattr(self, name.lower(), nan)
        super().init_soft()

    def process_record(self) -> None:
        """``process`` of selRecord.c."""
        if self._fetched():
            self._select([getattr(self, name.lower()) for name in INPUTS])
        self.time_ns = clock.now_ns()
        self.check_alarms(self.value)
        self.finish()

    def _fetched(self) -> bool:
        if self.selm != SPECIFIED:
            good = True
            for name in INPUTS:
                good = self.read_into(f"INP{name}", name)
            return good  # only the last one counts (``fetch_values``)
        if not self.read_into("NVL", "SELN"):
            return False
        if self.seln >= len(INPUTS):
            return True
        name = INPUTS[self.seln]
        return self.read_into(f"INP{name}", name)

    def _select(self, values: list[float]) -> None:
        if self.selm == SPECIFIED:
            if self.seln >= len(INPUTS):
                self.raise_alarm(Status.SOFT, Severity.INVALID, f"there is no input {self.seln}")
                return
            value = values[self.seln]
        elif self.selm == MEDIAN:
            ordered = sorted(value for value in values if not isnan(value))
            self.seln = len(ordered)
            value = ordered[len(ordered) // 2] if ordered else nan
        else:
            value = self._extreme(values)
        self.value = value
        self.udf = int(isnan(value))

    def _extreme(self, values: list[float]) -> float:
        """The highest or lowest; an infinity without any candidate, and SELN as it was."""
        sign = 1.0 if self.selm == HIGH else -1.0
        best = float("-inf")
        for index, value in enumerate(values):
            if value * sign > best:
                best = value * sign
                self.seln = index
        return best * sign

    def monitor(self) -> int:
        """As for any number; what was told of SELN and the arguments is remembered."""
        changes = super().monitor()
        self.nlst = self.seln
        for name in INPUTS:
            now = getattr(self, name.lower())
            if now != getattr(self, f"l{name.lower()}"):
                setattr(self, f"l{name.lower()}", now)
        return changes
