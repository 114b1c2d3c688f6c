"""ChannelAlarm: the alarm of one PV or of several, as caproto's programs handle it."""

from __future__ import annotations

from typing import Any

from bridge.compat.names import AlarmSeverity, AlarmStatus
from records import ALARM, PV, Alarm, Severity, Status

__all__ = ["ChannelAlarm", "alarm_of"]


def alarm_of(now: Alarm, status: Any, severity: Any, message: str = "") -> Alarm:
    """The alarm that `now` becomes by what is given of a new one."""
    return Alarm(
        now.status if status is None else Status(int(status)),
        now.severity if severity is None else Severity(int(severity)),
        message,
    )


class ChannelAlarm:
    """What is written here shows on all PVs that have been given this alarm."""

    def __init__(self, *, status: Any = None, severity: Any = None, alarm_string: Any = "", **_: Any) -> None:
        self._alarm = alarm_of(Alarm(), status, severity, _text(alarm_string))
        self._pvs: list[PV] = []

    def add(self, pv: PV) -> None:
        """Let a PV have this alarm."""
        if not self._pvs and self._alarm == Alarm():
            self._alarm = pv.alarm
        elif pv.alarm != self._alarm:
            pv.post_alarm(self._alarm)
        self._pvs.append(pv)
        if len(self._pvs) == 2:
            self._pvs[0].listen(self._changed)
        if len(self._pvs) > 1:
            pv.listen(self._changed)

    def _changed(self, pv: PV, changes: int) -> None:
        if changes & ALARM and pv.alarm != self._alarm:
            self._post(pv.alarm)

    def _post(self, alarm: Alarm) -> None:
        self._alarm = alarm
        for pv in self._pvs:
            pv.post_alarm(alarm)

    @property
    def _now(self) -> Alarm:
        return self._pvs[0].alarm if self._pvs else self._alarm

    @property
    def status(self) -> AlarmStatus:
        """Alarm status."""
        return AlarmStatus(self._now.status)

    @property
    def severity(self) -> AlarmSeverity:
        """Alarm severity."""
        return AlarmSeverity(self._now.severity)

    @property
    def alarm_string(self) -> str:
        """The alarm in words."""
        return self._now.message

    async def write(self, *, status: Any = None, severity: Any = None, alarm_string: Any = None, **_: Any) -> None:
        """Change what is given."""
        message = self._now.message if alarm_string is None else _text(alarm_string)
        self._post(alarm_of(self._now, status, severity, message))

    async def read(self, dbr: Any = None) -> Any:
        """Status and severity, on `dbr` if one is given."""
        if dbr is not None:
            dbr.status, dbr.severity = self.status, self.severity
        return dbr


def _text(message: Any) -> str:
    return message.decode("latin-1") if isinstance(message, bytes) else str(message)
