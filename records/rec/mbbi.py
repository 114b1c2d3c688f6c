"""mbbi: multi-bit binary input. AFTC filters the severities of its states."""

from __future__ import annotations

from typing import Any, ClassVar

from records.alarm import Severity
from records.alarmfilter import filtered
from records.common import COMMON, INPUT, raw, simulation
from records.field import Field, Table, table
from records.menus import MENU_SIMM
from records.rec.multibit import SIXTEEN_STATES, MultiBit
from records.types import FieldType

__all__ = ["MbbiRecord"]


class MbbiRecord(MultiBit):
    """Multi-bit input: reads INP; a label, a raw value, or the number of a state."""

    record_type = "mbbi"
    fields: ClassVar[Table] = table(
        COMMON,
        SIXTEEN_STATES,
        INPUT,
        raw(FieldType.ULONG),
        Field("AFTC", FieldType.DOUBLE, 0.0),
        Field("AFVL", FieldType.DOUBLE, 0.0, writable=False),
        simulation(FieldType.ULONG, MENU_SIMM),
    )

    aftc: float
    afvl: float

    _checked_ns = 0  # when the filter was asked last

    def check_alarms(self, value: Any) -> None:
        """An undefined state makes the filter begin anew."""
        if self.udf:
            self.afvl = 0.0
        super().check_alarms(value)

    def state_severity(self, state: int) -> Severity:
        """The severity that the filter lets through (``checkAlarms`` of mbbiRecord.c)."""
        severity = super().state_severity(state)
        if self.aftc <= 0.0:
            self.afvl = 0.0
            return severity
        seconds, self._checked_ns = (self.time_ns - self._checked_ns) / 1e9, self.time_ns
        self.afvl, level = filtered(self.afvl, severity, seconds, self.aftc)
        return Severity(level)
