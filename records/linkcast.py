"""What a value becomes on its way through a link: the conversions of base's ``dbGet``, C casts and all.

Unlike a client's put (`records.convert`) a link refuses no number: what does not fit becomes what an x86-64 CPU makes
of it, which is what every IOC in use shows.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, Final

from records.convert import convert, text_of
from records.metadata import Metadata
from records.types import INTEGER_RANGE, FieldType, Value

__all__ = ["cast", "elements", "number"]

STRING: Final = FieldType.STRING
_FLOATS: Final = (FieldType.FLOAT, FieldType.DOUBLE)
_BYTES: Final = (FieldType.CHAR, FieldType.UCHAR)
_INDEFINITE_32: Final = -(1 << 31)  # what cvttsd2si gives for NaN and whatever does not fit
_INDEFINITE_64: Final = -(1 << 63)


def cast(value: Any, kind: FieldType, metadata: Metadata, wanted: FieldType, count: int = 1) -> Value:
    """`value` of a field of type `kind` as one of type `wanted`, or as up to `count` elements.

    Raises ValueError for text that is no number, and for an array without an element where one is wanted.
    """
    if count == 1:
        if isinstance(value, (array, bytes, list)):
            if not len(value):
                raise ValueError("the array is empty")
            value = elements(value[:1], kind)[0]
        return _one(value, kind, metadata, wanted)
    several = elements(value, kind) if isinstance(value, (array, bytes, list)) else [value]
    return convert([_one(one, kind, metadata, wanted) for one in several[:count]], wanted, count)


def elements(value: Any, kind: FieldType) -> Sequence[Any]:
    """The elements of an array; those of CHAR have a sign."""
    if isinstance(value, bytes) and kind is FieldType.CHAR:
        return array("b", value)
    return value  # type: ignore[no-any-return]  # array, bytes and list are sequences


def _one(value: Any, kind: FieldType, metadata: Metadata, wanted: FieldType) -> float | int | str:
    if kind is wanted:
        return value  # type: ignore[no-any-return]  # an element of that type
    if wanted is STRING:
        return text_of(value, kind, metadata)
    if kind is STRING:
        return convert(value, FieldType.USHORT if wanted is FieldType.ENUM else wanted)  # type: ignore[return-value]
    return number(value, wanted)


def number(value: float | int, wanted: FieldType) -> float | int:
    """A number as one of another type, by the casts of C."""
    if wanted in _FLOATS:
        return convert(float(value), wanted)  # type: ignore[return-value]  # one element
    if isinstance(value, float):
        value = _truncated(value, wanted)
    low, high = INTEGER_RANGE[wanted]
    if low <= value <= high:
        return int(value)
    return (int(value) - low) % (high - low + 1) + low


def _truncated(value: float, wanted: FieldType) -> int:
    if wanted is FieldType.UINT64 and 9.223372036854775807e18 <= value < 1.8446744073709551616e19:
        return int(value)
    if wanted in (FieldType.ULONG, FieldType.INT64, FieldType.UINT64):
        return int(value) if -9.223372036854775808e18 <= value < 9.223372036854775808e18 else _INDEFINITE_64
    return int(value) if -2147483649.0 < value < 2147483648.0 else _INDEFINITE_32
