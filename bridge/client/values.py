"""What a value is written as: which DBR type a Python value becomes for a PV of a given type."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from bridge.ca import ChannelType

__all__ = ["Wanted", "as_written", "dbr_type"]

#: A DBR type for reading: a number, a family ('time' ...) of the PV's own type, or a choice by the PV's own type.
Wanted: TypeAlias = ChannelType | int | str | Callable[[ChannelType], ChannelType]

_FAMILIES = {"native": 0, "status": 7, "time": 14, "graphic": 21, "control": 28}
_WRITE_ONLY = (ChannelType.PUT_ACKT, ChannelType.PUT_ACKS)


def dbr_type(wanted: Wanted, native: ChannelType) -> ChannelType:
    """The DBR type for reading a PV of type `native`. Families: native, status, time, graphic, control.

    Raises ValueError if there is no such type, or none that can be read.
    """
    if isinstance(wanted, str):
        if wanted not in _FAMILIES:
            raise ValueError(f"no family of DBR types called {wanted!r}: {', '.join(_FAMILIES)}")
        return ChannelType(native + _FAMILIES[wanted])
    chosen = ChannelType(wanted(native) if callable(wanted) else wanted)
    if chosen in _WRITE_ONLY:
        raise ValueError(f"DBR_{chosen.name} is for writing only")
    return chosen


def as_written(value: object, native: ChannelType, native_count: int) -> tuple[ChannelType, Any]:
    """Return the DBR type to write `value` as, and the value in the form that the codec takes.

    Text goes as STRING, which the server converts, but as characters with a NUL to an array of CHAR. Numbers go in the
    PV's own type, to a STRING as text; fractions for an integer PV go as DOUBLE, for the server to convert.
    """
    if isinstance(value, (bytes, bytearray, memoryview)) and native is not ChannelType.CHAR:
        value = bytes(value).decode("utf-8", "surrogateescape")
    if isinstance(value, str):
        if native is ChannelType.CHAR and native_count > 1:
            text = value.encode("utf-8", "surrogateescape")
            return ChannelType.CHAR, text if len(text) == native_count else text + b"\0"
        return ChannelType.STRING, value
    if isinstance(value, (list, tuple)) and value and all(isinstance(item, (str, bytes)) for item in value):
        return ChannelType.STRING, value
    if native is ChannelType.STRING:  # a server would make 5 "5.000000"
        texts = [str(item) for item in _items(value)]
        return ChannelType.STRING, texts
    if native not in (ChannelType.FLOAT, ChannelType.DOUBLE) and _has_fractions(value):
        return ChannelType.DOUBLE, value
    return native, value


def _items(value: object) -> Iterable[object]:
    return value if isinstance(value, Iterable) else (value,)


def _has_fractions(value: object) -> bool:
    """Whether `value` holds floats, by their type: a list is looked through, an array is asked."""
    if isinstance(value, array):
        return value.typecode in "fd"
    if isinstance(value, (list, tuple)):
        return any(isinstance(item, float) for item in value)
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    return isinstance(value, float) or kind == "f"
