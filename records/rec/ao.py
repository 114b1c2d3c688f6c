"""ao: analog output. A put passes DRVL and DRVH, OROC, then the way of ai backwards (LINR, ESLO, EOFF, ASLO, AOFF).

With LINR the instrument is told RVAL, a whole number; without, OVAL.
"""

from __future__ import annotations

from math import isfinite
from typing import Any, ClassVar, Final

from records.alarm import NO_ALARM
from records.common import (
    COMMON,
    INPUT,
    deadbands,
    display,
    linear,
    menu,
    output,
    raw,
    simulation,
    value_limits,
)
from records.convert import convert
from records.field import PROCESSES, Field, Table, table
from records.menus import MENU_SIMM
from records.output import CLOSED_LOOP
from records.pv import LOG, VALUE, clock
from records.rec.analog import AnalogOutput
from records.rec.converted import Converted
from records.record import RAW_TOLD
from records.types import FieldType, Value

__all__ = ["AoRecord"]

DOUBLE: Final = FieldType.DOUBLE
RAW_MAX: Final = (1 << 31) - 1
RAW_MIN: Final = -RAW_MAX - 1
_TOO_MUCH: Final = RAW_MAX - 0.5
_TOO_LITTLE: Final = -RAW_MAX - 0.5


class AoRecord(Converted, AnalogOutput):
    """Analog output: limits, converts, writes OUT; reads INP, if there is one, for the instrument's own setting."""

    record_type = "ao"
    value_type = DOUBLE
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", DOUBLE, 0.0, changes=PROCESSES),
        INPUT,
        output(DOUBLE),
        Field("OVAL", DOUBLE, 0.0),
        Field("PVAL", DOUBLE, 0.0, writable=False),
        Field("OROC", DOUBLE, 0.0),
        menu("OIF", ("Full", "Incremental")),
        Field("OMOD", FieldType.UCHAR, 0, writable=False),
        display(DOUBLE),
        linear(0.0),
        value_limits(DOUBLE, drive=True),
        deadbands(DOUBLE),
        raw(FieldType.LONG, readback=True),
        simulation(None, MENU_SIMM),
    )

    aslo: float
    aoff: float
    roff: int
    rval: int
    oraw: int
    rbv: int
    oval: float
    pval: float
    oroc: float
    oif: int

    _sent: float | None = None  # the OVAL that the instrument was told, until it has accepted

    def to_raw(self, value: Any) -> Any:
        """OVAL, or RVAL if LINR says so, for a VAL (``convert`` of base's aoRecord.c)."""
        if self.oroc:
            value = max(self.oval - self.oroc, min(self.oval + self.oroc, value))
        self._sent = value
        if self.linr:
            value = self._checked_raw(value)
        value -= self.aoff
        if self.aslo:
            value /= self.aslo
        raw_value = value - self.roff
        if isfinite(raw_value):
            whole = int(raw_value + (0.5 if raw_value >= 0.0 else -0.5))
            self.rval = whole if RAW_MIN <= whole <= RAW_MAX else RAW_MAX if whole > 0 else RAW_MIN
        elif self.linr:
            raise ValueError(f"{self.name}: {value!r} has no raw value")
        return self.rval if self.linr else value

    def _checked_raw(self, value: float) -> float:
        """What an instrument is told is in the table, or it is told nothing."""
        converted = self.from_engineering(value)
        if converted is None:
            raise ValueError(f"{self.name}: {value:g} has no raw value: it is not in the table that LINR names")
        return converted

    defines: ClassVar[bool] = True
    has_raw: ClassVar[int] = RAW_TOLD
    raw_type: ClassVar[FieldType] = FieldType.LONG

    def process_soft(self) -> None:
        """As any Output; a record that has nothing special about it takes all the steps at once, in half the time."""
        value: float = self.value  # type: ignore[assignment]  # a number in this type
        if self.drvh > self.drvl:
            value = self.limit(value)
        if (
            self._links is not None
            or self.alarm is not NO_ALARM
            or self.nsev
            or self.udf
            or (self.hhsv or self.hsv or self.lsv or self.llsv)
            or (self.omsl or self.oroc or self.simm or self.tse)
            or (self.linr or self.aslo or self.aoff or self.roff or self.init)
            or not _TOO_LITTLE < value < _TOO_MUCH  # NaN among them
        ):
            AnalogOutput.process_soft(self)
            return
        self.value = self.pval = self.lalm = value
        self.rval = raw_value = int(value + 0.5) if value >= 0.0 else int(value - 0.5)
        if value != self.oval:
            self.oval = value
            self.oraw = raw_value
        now_ns = clock.now_ns
        self.time_ns = now_ns()
        changes = 0
        if abs(self.mlst - value) > self.mdel:
            self.mlst = value
            changes = VALUE
        if abs(self.alst - value) > self.adel:
            self.alst = value
            changes |= LOG
        for listen in self.listeners:
            listen(self, changes)
        if changes:
            self.oraw = raw_value
        for field in self._watched:
            field.refresh(changes)

    def desired(self) -> float:
        """VAL or that of DOL, added to VAL if OIF is Incremental (``fetch_value`` of aoRecord.c)."""
        if self.omsl != CLOSED_LOOP or not self.is_linked("DOL"):
            return self.value  # type: ignore[return-value]  # a number in this type
        self.value = self.pval  # what was put to VAL does not count
        value: float = self.read_link("DOL", DOUBLE)
        return value + self.pval if self.oif else value

    def not_desired(self) -> None:
        """VAL is that of last time all the same."""

    def convert_output(self, value: float) -> None:
        """VAL within its limits, OVAL by OROC, RVAL (``convert`` of aoRecord.c).

        With a new OVAL the raw value is shown, whatever VAL does. Base notes in OMOD that it will do so; at rest that
        is 0.
        """
        wanted: float = self.limit(value) if self.drvh > self.drvl else value
        self.value = self.pval = wanted
        before, step = self.oval, self.oroc
        if step:
            difference = wanted - before
            if difference < 0.0:
                if step < -difference:
                    wanted = before - step
            elif step < difference:
                wanted = before + step
        self.rval = raw_value = self._raw(wanted)
        if before != wanted:
            self.oval = wanted
            self.oraw = raw_value

    def _raw(self, value: float) -> int:
        """RVAL for an OVAL; what is beyond it, and NaN, is as large as can be."""
        if self.linr:
            converted = self.from_engineering(value)
            if converted is None:
                return self.rval
            value = converted
        value -= self.aoff
        slope = self.aslo
        if slope:
            value /= slope
        value -= self.roff
        if value >= 0.0:
            return int(value + 0.5) if value < _TOO_MUCH else RAW_MAX
        return int(value - 0.5) if value > _TOO_LITTLE else RAW_MIN

    def link_value(self) -> tuple[Value, FieldType]:
        """OVAL."""
        return self.oval, DOUBLE

    def from_reading(self, reading: Any) -> Value:
        """VAL from the instrument's own setting: the way of `to_raw` backwards."""
        value: float = reading if type(reading) is float else convert(reading, DOUBLE)  # type: ignore[assignment]
        if self.linr:
            if isfinite(value):
                self.rbv = max(RAW_MIN, min(RAW_MAX, int(value)))
            value += self.roff
        if self.aslo:
            value *= self.aslo
        value += self.aoff
        return self.to_engineering(value) if self.linr else value

    def remember_value(self) -> None:
        """Begin OVAL and PVAL at the first value too."""
        super().remember_value()
        self.oval = self.pval = self.mlst

    def store(self, value: Any, time_ns: int) -> None:
        """Keep OVAL and PVAL beside VAL."""
        if self.out is None:
            self.rval = self._raw(value)
        self.oval = value if self._sent is None else self._sent
        self._sent = None
        self.pval = value
        AnalogOutput.store(self, value, time_ns)  # super() takes longer than the rest of this

    def put_raw(self, value: int) -> None:
        """Base's ao overwrites a raw value by the one it makes from VAL as soon as it processes; so it is refused."""
        raise PermissionError(f"{self.name}.RVAL follows from VAL; write that")
