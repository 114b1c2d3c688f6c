"""What the record types with a numeric VAL share: four alarm limits with hysteresis, deadbands, units."""

from __future__ import annotations

from math import nan
from typing import Any, ClassVar, Final

from records.alarm import Severity, Status
from records.alarmfilter import filtered
from records.convert import convert, decimal
from records.deadband import beyond
from records.metadata import Limits, Metadata, shared_metadata
from records.output import Output
from records.pv import LOG, VALUE
from records.record import Record
from records.types import INTEGER_RANGE, Value

#: The levels of the alarm filter; it knows no level 0.
LEVELS: Final = (Status.SOFT, Status.LOLO, Status.LOW, Status.NO_ALARM, Status.HIGH, Status.HIHI)
SEVERITY_OF: Final = {Status.LOLO: "llsv", Status.LOW: "lsv", Status.HIGH: "hsv", Status.HIHI: "hhsv"}

__all__ = ["Analog", "AnalogOutput", "Whole"]


class Analog(Record):
    """A numeric record. VAL, limits and deadbands are all of `value_type`."""

    egu: str
    prec: int = 0  # the integer types have no such field
    hopr: Any
    lopr: Any
    hihi: Any
    high: Any
    low: Any
    lolo: Any
    hhsv: Severity
    hsv: Severity
    lsv: Severity
    llsv: Severity
    hyst: Any
    lalm: Any
    mdel: Any
    adel: Any
    mlst: Any
    alst: Any
    aftc: float = 0.0  # the outputs have no such fields
    afvl: float = 0.0

    _checked_ns = 0  # when the alarm filter was asked last

    def check_alarms(self, value: Any) -> None:
        """HIHI, LOLO, HIGH, LOW in this order, as base; LALM remembers which limit the hysteresis belongs to."""
        if value != value and not self.udf and not self._unread:  # base: udf = isnan(val)
            self.udf = 1
            self.raise_alarm(Status.UDF, self.udfs, "not a number")
            return
        if self.udf:
            self.raise_alarm(Status.UDF, self.udfs, self.undefined)
            self.afvl = 0.0
            return
        if not (self.hhsv or self.llsv or self.hsv or self.lsv) and self.aftc <= 0.0:
            self.lalm = value
            return
        lalm, hyst = self.lalm, self.hyst
        if self.hhsv and (value >= self.hihi or (lalm == self.hihi and value >= lalm - hyst)):
            status, severity, limit = Status.HIHI, self.hhsv, self.hihi
        elif self.llsv and (value <= self.lolo or (lalm == self.lolo and value <= lalm + hyst)):
            status, severity, limit = Status.LOLO, self.llsv, self.lolo
        elif self.hsv and (value >= self.high or (lalm == self.high and value >= lalm - hyst)):
            status, severity, limit = Status.HIGH, self.hsv, self.high
        elif self.lsv and (value <= self.low or (lalm == self.low and value <= lalm + hyst)):
            status, severity, limit = Status.LOW, self.lsv, self.low
        elif self.aftc > 0.0:
            status, severity, limit = Status.NO_ALARM, Severity.NO_ALARM, value
        else:
            self.lalm = value
            self.afvl = 0.0
            return
        if self.aftc > 0.0:
            status, severity, limit = self._filtered(status, limit)
        elif self.afvl:
            self.afvl = 0.0
        if not severity:
            self.lalm = value
        elif self.raise_alarm(status, severity):
            self.lalm = limit

    def _filtered(self, status: Status, limit: Any) -> tuple[Status, Severity, Any]:
        """The alarm that AFTC lets through."""
        seconds, self._checked_ns = (self.time_ns - self._checked_ns) / 1e9, self.time_ns
        self.afvl, level = filtered(self.afvl, LEVELS.index(status), seconds, self.aftc)
        status = LEVELS[level]
        if status is Status.NO_ALARM:
            return status, Severity.NO_ALARM, limit
        name = status.name.lower()
        severity: Severity = getattr(self, SEVERITY_OF[status])
        return status, severity, getattr(self, name)

    def monitor(self) -> int:
        """VALUE beyond MDEL, LOG beyond ADEL."""
        value = self.value
        changes = 0
        moved = abs(self.mlst - value)  # what `beyond` does where there is no NaN or infinity, without a call
        if moved > self.mdel or (moved != moved and beyond(self.mlst, value, self.mdel)):  # type: ignore[arg-type]
            self.mlst = value
            changes = VALUE
        moved = abs(self.alst - value)
        if moved > self.adel or (moved != moved and beyond(self.alst, value, self.adel)):  # type: ignore[arg-type]
            self.alst = value
            changes |= LOG
        return changes

    from_zero: ClassVar[bool] = False  # hysteresis and deadbands begin at zero, whatever VAL is: so do some of base's

    def remember_value(self) -> None:
        """Begin hysteresis and deadbands at the present value."""
        self.mlst = self.alst = self.lalm = 0.0 if self.from_zero else self.value

    def describe(self) -> Metadata:
        """Limits without a severity are NaN (``get_alarm_double`` of the record types)."""
        warning = (float(self.low) if self.lsv else nan, float(self.high) if self.hsv else nan)
        alarm = (float(self.lolo) if self.llsv else nan, float(self.hihi) if self.hhsv else nan)
        display = (float(self.lopr), float(self.hopr))
        return shared_metadata(self.egu, self.prec, display, warning, alarm, self.control(display))

    def control(self, display: Limits) -> Limits:
        """The control limits: those of the display for an input."""
        return display


class AnalogOutput(Analog, Output):
    """A numeric output: DRVH and DRVL keep what is written within them."""

    drvh: Any
    drvl: Any

    def limit(self, value: Any) -> Any:
        """Clamp to DRVL .. DRVH, if DRVH is the greater of the two."""
        if self.drvh > self.drvl:
            if value > self.drvh:
                return self.drvh
            if value < self.drvl:
                return self.drvl
        return value

    def control(self, display: Limits) -> Limits:
        """DRVL .. DRVH if they are in force, else as the display (base's ao would show 0 .. 0)."""
        return (float(self.drvl), float(self.drvh)) if self.drvh > self.drvl else display


class Whole(Analog):
    """A numeric record of an integer type."""

    def from_reading(self, reading: Any) -> Value:
        """A whole number in range: what does not fit is a bad reading, and not some other number."""
        low, high = INTEGER_RANGE[self.field_type]
        if type(reading) is not int:
            if isinstance(reading, float) and not low <= reading <= high:
                raise ValueError(f"{reading!r} is out of the range of {self.record_type}")
            return convert(decimal(reading), self.field_type)
        if not low <= reading <= high:
            raise ValueError(f"{reading!r} is out of the range of {self.record_type}")
        return reading
