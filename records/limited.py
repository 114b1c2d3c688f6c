"""LimitedPV: a plain PV with limits, which is what a pvproperty with limits and without a record type makes."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from records.alarm import NO_ALARM, Alarm, Severity, Status
from records.metadata import Limits
from records.pv import PV
from records.types import Value

__all__ = ["LimitedPV"]


class LimitedPV(PV):
    """A scalar number whose alarm follows its limits, and whose puts are brought within the control limits.

    Alarm limits are MAJOR, warning limits MINOR, both inclusive as in EPICS; a pair (0, 0) is no limit.
    """

    def post(self, value: Any, *, time_ns: int | None = None, alarm: Alarm | None = None) -> None:
        """Take a new value; without an `alarm` the limits decide."""
        if alarm is None:
            value = self.accept(value)
            alarm = self.limit_alarm(value)
        super().post(value, time_ns=time_ns, alarm=alarm)

    def take_put(self, value: Value) -> Coroutine[Any, Any, None] | None:
        """Bring a put within the control limits and take it."""
        low, high = self.metadata.control
        if low < high:
            assert isinstance(value, (int, float))
            value = self.accept(min(max(value, low), high))
        self.post(value)
        return None

    def limit_alarm(self, value: float) -> Alarm:
        """The alarm of a value."""
        for limits, severity, above, below in (
            (self.metadata.alarm, Severity.MAJOR, Status.HIHI, Status.LOLO),
            (self.metadata.warning, Severity.MINOR, Status.HIGH, Status.LOW),
        ):
            if _set(limits):
                if value >= limits[1]:
                    return Alarm(above, severity)
                if value <= limits[0]:
                    return Alarm(below, severity)
        return NO_ALARM


def _set(limits: Limits) -> bool:
    return limits != (0.0, 0.0) and limits[0] == limits[0]
