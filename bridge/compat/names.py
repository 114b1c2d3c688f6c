"""caproto's names for types, alarms, times and errors."""

from __future__ import annotations

import time
from enum import IntEnum
from typing import Any

from bridge.ca import AccessRights, ChannelType, SubscriptionType
from bridge.ca.dbr import EPICS_EPOCH
from bridge.server import FIELD_TYPE, NATIVE
from records import FieldType, SkipWrite, Status

__all__ = [
    "AccessRights",
    "AlarmSeverity",
    "AlarmStatus",
    "CannotExceedLimits",
    "CaprotoConversionError",
    "CaprotoError",
    "CaprotoKeyError",
    "CaprotoRuntimeError",
    "CaprotoTimeoutError",
    "CaprotoTypeError",
    "CaprotoValueError",
    "ChannelType",
    "Forbidden",
    "SkipWrite",
    "SubscriptionType",
    "TimeStamp",
    "field_type_of",
    "type_of_field",
]


class AlarmSeverity(IntEnum):
    """Alarm severities, by caproto's names."""

    NO_ALARM = 0
    MINOR_ALARM = 1
    MAJOR_ALARM = 2
    INVALID_ALARM = 3


AlarmStatus = Status  # the same names


class CaprotoError(Exception):
    """Root of caproto's errors."""


class CaprotoValueError(ValueError, CaprotoError):
    """A value that does not fit."""


class CaprotoTypeError(TypeError, CaprotoError):
    """A value of the wrong type."""


class CaprotoKeyError(KeyError, CaprotoError):
    """Something that is not known."""


class CaprotoRuntimeError(RuntimeError, CaprotoError):
    """Something that cannot be done."""


class CaprotoTimeoutError(TimeoutError, CaprotoError):
    """No answer in time."""


class CaprotoConversionError(CaprotoTypeError):
    """A value that cannot be converted."""


class CannotExceedLimits(CaprotoValueError):
    """A value beyond the control limits."""


class Forbidden(CaprotoError):
    """Somebody may not do that."""


class TimeStamp:
    """Seconds and nanoseconds since 1990, as they go over the wire."""

    def __init__(self, secondsSinceEpoch: int = 0, nanoSeconds: int = 0) -> None:  # noqa: N803  # caproto's names
        self.secondsSinceEpoch = secondsSinceEpoch
        self.nanoSeconds = nanoSeconds

    @classmethod
    def now(cls) -> TimeStamp:
        """The time."""
        return cls.from_ns(time.time_ns())

    @classmethod
    def from_ns(cls, time_ns: int) -> TimeStamp:
        """From nanoseconds since 1970."""
        seconds, nanoseconds = divmod(time_ns, 1_000_000_000)
        return cls(seconds - EPICS_EPOCH, nanoseconds)

    @classmethod
    def from_unix_timestamp(cls, timestamp: float) -> TimeStamp:
        """From seconds since 1970."""
        return cls.from_ns(round(timestamp * 1e9))

    from_flexible_value = from_unix_timestamp

    @property
    def time_ns(self) -> int:
        """Nanoseconds since 1970."""
        return (self.secondsSinceEpoch + EPICS_EPOCH) * 1_000_000_000 + self.nanoSeconds

    @property
    def timestamp(self) -> float:
        """Seconds since 1970."""
        return self.time_ns / 1e9

    def as_datetime(self) -> Any:
        """As a datetime, in UTC."""
        from datetime import UTC, datetime

        return datetime.fromtimestamp(self.timestamp, UTC)

    def __float__(self) -> float:
        return self.timestamp

    def __repr__(self) -> str:
        return f"TimeStamp({self.secondsSinceEpoch}, {self.nanoSeconds})"


def field_type_of(channel_type: ChannelType) -> FieldType:
    """What holds elements of a channel type."""
    return FIELD_TYPE[channel_type]


def type_of_field(field_type: FieldType) -> ChannelType:
    """What a field type is on the wire."""
    return ChannelType(NATIVE[field_type])
