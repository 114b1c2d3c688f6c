"""The names of `caproto` itself."""

from __future__ import annotations

import logging
from typing import Any

from bridge.ca import ECA
from bridge.compat.alarm import ChannelAlarm
from bridge.compat.channeltypes import (
    ChannelByte,
    ChannelChar,
    ChannelDouble,
    ChannelEnum,
    ChannelFloat,
    ChannelInteger,
    ChannelNumeric,
    ChannelShort,
    ChannelString,
)
from bridge.compat.names import (
    AccessRights,
    AlarmSeverity,
    AlarmStatus,
    CannotExceedLimits,
    CaprotoConversionError,
    CaprotoError,
    CaprotoKeyError,
    CaprotoRuntimeError,
    CaprotoTimeoutError,
    CaprotoTypeError,
    CaprotoValueError,
    ChannelType,
    Forbidden,
    SkipWrite,
    SubscriptionType,
    TimeStamp,
)
from bridge.compat.names_log import config_caproto_logging, set_handler
from bridge.compat.pvclasses import channeldata

__all__ = [
    "MAX_STRING_SIZE",
    "AccessRights",
    "AlarmSeverity",
    "AlarmStatus",
    "CAStatus",
    "CannotExceedLimits",
    "CaprotoConversionError",
    "CaprotoError",
    "CaprotoKeyError",
    "CaprotoRuntimeError",
    "CaprotoTimeoutError",
    "CaprotoTypeError",
    "CaprotoValueError",
    "ChannelAlarm",
    "ChannelByte",
    "ChannelChar",
    "ChannelData",
    "ChannelDouble",
    "ChannelEnum",
    "ChannelFloat",
    "ChannelInteger",
    "ChannelNumeric",
    "ChannelShort",
    "ChannelString",
    "ChannelType",
    "Forbidden",
    "SkipWrite",
    "SubscriptionType",
    "TimeStamp",
    "__version__",
    "config_caproto_logging",
    "logger",
    "select_backend",
    "set_handler",
]

__version__ = "1.3.0"  # the release whose behaviour programs are given
MAX_STRING_SIZE = 40
CAStatus = ECA
ChannelData = channeldata
logger = logging.getLogger("caproto")


def select_backend(name: str) -> Any:
    """Nothing to select: arrays are numpy's."""
