"""Alarm status and severity, and the two of them together with their message.

Source: EPICS base ``alarm.h`` (menuAlarmStat, menuAlarmSevr): numbers and order are the protocol's.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

__all__ = ["NO_ALARM", "UNDEFINED", "Alarm", "Severity", "Status"]


class Severity(IntEnum):
    """How bad it is (SEVR)."""

    NO_ALARM = 0
    MINOR = 1
    MAJOR = 2
    INVALID = 3


class Status(IntEnum):
    """What it is (STAT)."""

    NO_ALARM = 0
    READ = 1
    WRITE = 2
    HIHI = 3
    HIGH = 4
    LOLO = 5
    LOW = 6
    STATE = 7
    COS = 8
    COMM = 9
    TIMEOUT = 10
    HWLIMIT = 11
    CALC = 12
    SCAN = 13
    LINK = 14
    SOFT = 15
    BAD_SUB = 16
    UDF = 17
    DISABLE = 18
    SIMM = 19
    READ_ACCESS = 20
    WRITE_ACCESS = 21


class Alarm(NamedTuple):
    """One alarm state. `message` says in words what happened (AMSG); it is empty for most limit alarms."""

    status: Status = Status.NO_ALARM
    severity: Severity = Severity.NO_ALARM
    message: str = ""


NO_ALARM = Alarm()
UNDEFINED = Alarm(Status.UDF, Severity.INVALID, "never read")
