"""One class a type of Channel Access: ChannelDouble, ChannelEnum, ... and which one a field of a record is."""

from __future__ import annotations

from typing import Any

from bridge.compat.channeldata import ChannelData
from bridge.compat.names import ChannelType
from records import PV, FieldType

__all__ = [
    "ChannelByte",
    "ChannelChar",
    "ChannelDouble",
    "ChannelEnum",
    "ChannelFloat",
    "ChannelInteger",
    "ChannelNumeric",
    "ChannelShort",
    "ChannelString",
    "over",
]


class ChannelNumeric(ChannelData):
    """A number, or several."""

    _number = True


class ChannelInteger(ChannelNumeric):
    """LONG."""

    data_type = ChannelType.LONG


class ChannelShort(ChannelNumeric):
    """SHORT, which Channel Access calls INT."""

    data_type = ChannelType.INT


class ChannelFloat(ChannelNumeric):
    """FLOAT."""

    data_type = ChannelType.FLOAT


class ChannelDouble(ChannelNumeric):
    """DOUBLE."""

    data_type = ChannelType.DOUBLE


class ChannelByte(ChannelData):
    """CHAR, as bytes."""

    data_type = ChannelType.CHAR


class ChannelChar(ChannelData):
    """CHAR, as text."""

    data_type = ChannelType.CHAR
    _text = True


class ChannelString(ChannelData):
    """STRING."""

    data_type = ChannelType.STRING


class ChannelEnum(ChannelData):
    """ENUM."""

    data_type = ChannelType.ENUM


_VIEWS: dict[FieldType, type[ChannelData]] = {
    FieldType.STRING: ChannelString,
    FieldType.ENUM: ChannelEnum,
    FieldType.DOUBLE: ChannelDouble,
    FieldType.FLOAT: ChannelFloat,
    FieldType.SHORT: ChannelShort,
}


def over(pv: PV, group: Any, attr: str) -> ChannelData:
    """A field of a record as its caproto program sees it."""
    return _VIEWS.get(pv.field_type, ChannelInteger)._over(pv, group, attr)
