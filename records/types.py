"""What a field can hold: the database field types of EPICS, and the Python values that stand for them.

Source: EPICS Application Developer's Guide, "Database Definition", table of field types (``DBF_*``).
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from enum import IntEnum
from typing import Final, TypeAlias

__all__ = ["ARRAY_CODE", "INTEGER_RANGE", "MAX_STRING", "FieldType", "Scalar", "Value"]

Scalar: TypeAlias = float | int | str
#: A scalar; or for several elements ``array.array`` (numbers), ``bytes`` (CHAR, UCHAR) or ``list[str]`` (STRING).
Value: TypeAlias = "float | int | str | bytes | array[int] | array[float] | Sequence[str]"  # Python 3.11: in quotes

MAX_STRING: Final = 39  # bytes of a STRING element besides its closing NUL (dbDefs.h MAX_STRING_SIZE 40)


class FieldType(IntEnum):
    """Type of one element of a field. The numbers are our own; the wire's are the server's business."""

    STRING = 0
    CHAR = 1
    UCHAR = 2
    SHORT = 3
    USHORT = 4
    LONG = 5
    ULONG = 6
    INT64 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    ENUM = 11


#: Lowest and highest value of each integer type.
INTEGER_RANGE: Final[dict[FieldType, tuple[int, int]]] = {
    FieldType.CHAR: (-(1 << 7), (1 << 7) - 1),
    FieldType.UCHAR: (0, (1 << 8) - 1),
    FieldType.SHORT: (-(1 << 15), (1 << 15) - 1),
    FieldType.USHORT: (0, (1 << 16) - 1),
    FieldType.LONG: (-(1 << 31), (1 << 31) - 1),
    FieldType.ULONG: (0, (1 << 32) - 1),
    FieldType.INT64: (-(1 << 63), (1 << 63) - 1),
    FieldType.UINT64: (0, (1 << 64) - 1),
    FieldType.ENUM: (0, (1 << 16) - 1),
}

#: Type code of the ``array.array`` that holds several elements (CHAR and UCHAR are ``bytes``, STRING is a list).
ARRAY_CODE: Final[dict[FieldType, str]] = {
    FieldType.SHORT: "h",
    FieldType.USHORT: "H",
    FieldType.LONG: "i",
    FieldType.ULONG: "I",
    FieldType.INT64: "q",
    FieldType.UINT64: "Q",
    FieldType.FLOAT: "f",
    FieldType.DOUBLE: "d",
    FieldType.ENUM: "H",
}
