"""Which type of CA stands for which type of field, and back."""

from __future__ import annotations

from typing import Final

from bridge.ca import ChannelType
from records import FieldType

__all__ = ["FIELD_TYPE", "NATIVE"]

#: How each field type looks on the wire. CA has no unsigned or 64-bit integers: rsrv widens them, and so do we.
NATIVE: Final[dict[FieldType, int]] = {
    FieldType.STRING: int(ChannelType.STRING),
    FieldType.CHAR: int(ChannelType.CHAR),
    FieldType.UCHAR: int(ChannelType.CHAR),
    FieldType.SHORT: int(ChannelType.INT),
    FieldType.USHORT: int(ChannelType.LONG),
    FieldType.LONG: int(ChannelType.LONG),
    FieldType.ULONG: int(ChannelType.DOUBLE),
    FieldType.INT64: int(ChannelType.DOUBLE),
    FieldType.UINT64: int(ChannelType.DOUBLE),
    FieldType.FLOAT: int(ChannelType.FLOAT),
    FieldType.DOUBLE: int(ChannelType.DOUBLE),
    FieldType.ENUM: int(ChannelType.ENUM),
}
#: What holds the elements of each native type of CA.
FIELD_TYPE: Final = {
    ChannelType.STRING: FieldType.STRING,
    ChannelType.INT: FieldType.SHORT,
    ChannelType.FLOAT: FieldType.FLOAT,
    ChannelType.ENUM: FieldType.ENUM,
    ChannelType.CHAR: FieldType.UCHAR,
    ChannelType.LONG: FieldType.LONG,
    ChannelType.DOUBLE: FieldType.DOUBLE,
}
