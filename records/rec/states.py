"""What the record types with an ENUM VAL share: labels, state and change-of-state alarms, raw values."""

from __future__ import annotations

from typing import Any, ClassVar

from records.alarm import Severity, Status
from records.convert import convert
from records.pv import LOG, VALUE
from records.record import RAW_ALWAYS, Record
from records.types import FieldType, Value

__all__ = ["States"]


class States(Record):
    """A record whose VAL is one of some states. Text from an instrument is a label, or else a number."""

    value_type: ClassVar[FieldType] = FieldType.ENUM
    has_raw: ClassVar[int] = RAW_ALWAYS
    simulation_type: ClassVar[FieldType] = FieldType.ULONG

    udf_suffices: ClassVar[bool] = True  # the state does not matter while it is undefined
    cos_lasts: ClassVar[bool] = False  # a COS alarm stays until the state is the former one again, or acts unseen

    cosv: Severity
    lalm: int
    mlst: int
    mask: int
    rval: int
    oraw: int

    def blank_state(self) -> int | None:
        """The first state without a name, though clients may not be shown it; None if there is none."""
        raise NotImplementedError

    def accept(self, value: Any) -> Value:
        """As for a PV; an empty text is the name of a state that has none (``put_enum_str``)."""
        if isinstance(value, str) and not value:
            blank = self.blank_state()
            if blank is not None:
                return blank
        return convert(value, self.field_type, self.max_count, self.metadata.states)

    def from_reading(self, reading: Any) -> int:
        """The state for a label, a bool or a number."""
        if isinstance(reading, (bytes, bytearray)):
            reading = reading.decode("utf-8", "replace")
        if isinstance(reading, str):
            label = reading.strip()
            states = self.metadata.states
            if label and label in states:
                return states.index(label)
            reading = convert(label, FieldType.DOUBLE) if label else ""
            if reading == "":
                raise ValueError(f"{self.name}: empty text is no state")
        number = int(convert(reading, FieldType.INT64))  # type: ignore[arg-type]  # one element
        raw = number & (self.mask or 0xFFFFFFFF)
        self.keep_raw(raw)
        return self.from_raw(raw)

    def keep_raw(self, raw: int) -> None:
        """Show a raw value that was read."""
        self.rval = raw

    def from_rval(self) -> int:
        """The state for RVAL."""
        return self.from_raw(self.rval)

    def mask_raw(self) -> None:
        """MASK leaves some bits of what another record said; without one it leaves all (devBiSoftRaw.c)."""
        if self.mask:
            self.rval &= self.mask

    def from_raw(self, raw: int) -> int:
        """The state for a raw value."""
        return raw

    def state_severity(self, state: int) -> Severity:
        """The severity of being in `state`."""
        raise NotImplementedError

    def check_alarms(self, value: Any) -> None:
        """STATE alarm, then COS alarm if the state is not the one of last time."""
        super().check_alarms(value)
        if self.udf and self.udf_suffices and self.lacks_value():
            return
        self.raise_alarm(Status.STATE, self.state_severity(value))
        if value != self.lalm and not (self.raise_alarm(Status.COS, self.cosv) and self.cos_lasts):
            self.lalm = value

    def monitor(self) -> int:
        """VALUE and LOG when the state has changed."""
        if self.value == self.mlst:
            return 0
        self.mlst = self.value  # type: ignore[assignment]  # a whole number in these types
        return VALUE | LOG

    def remember_value(self) -> None:
        """Begin at the present state."""
        self.mlst = self.lalm = self.value  # type: ignore[assignment]
        self.oraw = self.rval
