"""SharedAlarm: one alarm for several PVs, for those who ask for it with ``alarm_group=``."""

from __future__ import annotations

from typing import Any

from records.alarm import NO_ALARM, Alarm, Severity, Status
from records.pv import ALARM, PV

__all__ = ["SharedAlarm"]


class SharedAlarm:
    """What is posted to one of the PVs is shown by all. The latest alarm is the one that counts."""

    def __init__(self) -> None:
        self.current = NO_ALARM
        self.pvs: list[PV] = []

    def add(self, pv: PV) -> None:
        """Let `pv` share the alarm; one that it begins with becomes everybody's."""
        self.pvs.append(pv)
        if pv.alarm.severity > self.current.severity:
            self.post(pv.alarm)
        elif self.current is not NO_ALARM:
            pv.post_alarm(self.current)
        pv.listen(self._changed)

    def _changed(self, pv: PV, changes: int) -> None:
        if changes & ALARM and pv.alarm != self.current:
            self.post(pv.alarm)

    def post(self, alarm: Alarm) -> None:
        """Change the alarm of all."""
        self.current = alarm
        for pv in self.pvs:
            pv.post_alarm(alarm)

    async def write(
        self, *, status: Status | None = None, severity: Severity | None = None, message: str = "", **_: Any
    ) -> None:
        """The same, part by part."""
        self.post(
            Alarm(
                self.current.status if status is None else Status(status),
                self.current.severity if severity is None else Severity(severity),
                message,
            )
        )

    @property
    def status(self) -> Status:
        """Status of all."""
        return self.current.status

    @property
    def severity(self) -> Severity:
        """Severity of all."""
        return self.current.severity
