"""Alarmed: how a record gathers alarms while it processes, and makes the worst of them its own.

Source: ``recGblSetSevr``, ``recGblInheritSevr`` and ``recGblResetAlarms`` of EPICS base's recGbl.c.
"""

from __future__ import annotations

from records.alarm import NO_ALARM, Alarm, Severity, Status
from records.fielded import Fielded
from records.pv import ALARM

__all__ = ["Alarmed"]


class Alarmed(Fielded):
    """A record with an alarm: the present one, and the worst so far of this processing (NSTA, NSEV, NAMSG)."""

    nsta: Status
    nsev: Severity
    namsg: str

    def raise_alarm(self, status: Status, severity: Severity, message: str = "") -> bool:
        """Raise the alarm that is being gathered, if this one is worse (``recGblSetSevr``); returns whether it was."""
        if severity <= self.nsev:
            return False
        self.nsta = status
        self.nsev = severity
        self.namsg = message
        return True

    def inherit(self, mode: str, alarm: Alarm) -> None:
        """Take over the severity of another record by MS, MSI or MSS (``recGblInheritSevr``)."""
        if mode == "MSS":
            self.raise_alarm(alarm.status, alarm.severity, alarm.message)
        elif mode == "MS" or alarm.severity >= Severity.INVALID:
            self.raise_alarm(Status.LINK, alarm.severity)

    def reset_alarms(self) -> int:
        """Make the gathered alarm the current one (``recGblResetAlarms``). Returns ALARM if it is a different one."""
        severity = self.nsev
        now = self.alarm
        if not severity:
            if now is NO_ALARM:
                return 0
            new = NO_ALARM
        else:
            new = Alarm(self.nsta, severity, self.namsg)
            self.nsta, self.nsev, self.namsg = Status.NO_ALARM, Severity.NO_ALARM, ""
            if new == now:
                return 0
        self._set_alarm(new)
        return ALARM

    def _set_alarm(self, alarm: Alarm) -> None:
        now, self.alarm = self.alarm, alarm
        if now.severity is alarm.severity and now.status is alarm.status:
            return  # other words for the same thing need no acknowledging
        if not self.ackt or alarm.severity >= self.acks:
            self.acks = alarm.severity
