"""From a PV to the bytes of one DBR type: the only place where records' values meet the wire's layout.

`renderer(pv, dbr, count)` makes any of them; for the commonest there are `PLAIN` and `TIMED`. Raises ValueError at
rendering when a value has no such form (text that is no number read as DOUBLE), which a client sees as ECA_GETFAIL.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from bridge.ca.dbr import (
    ELEMENT_SIZE,
    EPICS_EPOCH,
    METADATA_SIZE,
    ChannelType,
    DbrMetadata,
    encode_elements,
    encode_metadata,
)
from bridge.server.views import View
from records import PV, FieldType, Value, convert, text_of

__all__ = [
    "BASE",
    "LAST_VALUE_TYPE",
    "MOST_TEXTS",
    "PLAIN",
    "TIMED",
    "is_costly",
    "is_native",
    "payload_size",
    "renderer",
]

#: The field type that has exactly the elements of a basic DBR type.
_ELEMENTS: Final = (
    FieldType.STRING,
    FieldType.SHORT,
    FieldType.FLOAT,
    FieldType.ENUM,
    FieldType.CHAR,
    FieldType.LONG,
    FieldType.DOUBLE,
)
#: Basic type of each DBR type 0..38.
BASE: Final = (*(dbr % 7 for dbr in range(35)), 3, 3, 0, 0)
LAST_VALUE_TYPE: Final = ChannelType.CTRL_DOUBLE

#: Of an array of numbers that is read as text, which takes 2 us each: 0.2 s during which nobody else is served.
MOST_TEXTS: Final = 100_000
_COSTLY: Final = 2000  # elements to be converted, each by itself, that take more than a few milliseconds

#: Integers by array code, lowest number, and how many there are.
_WHOLE: Final = {
    FieldType.SHORT: ("h", -(1 << 15), 1 << 16),
    FieldType.LONG: ("i", -(1 << 31), 1 << 32),
    FieldType.ENUM: ("H", 0, 1 << 16),
    FieldType.CHAR: ("b", -(1 << 7), 1 << 8),
}

Renderer = Callable[[], bytes]

_CHAR: Final = FieldType.CHAR
_UCHAR: Final = FieldType.UCHAR
_FLOATS: Final = (FieldType.FLOAT, FieldType.DOUBLE)

#: One number as DBR type, from a value of the very kind, which one call makes ...
PLAIN: Final[dict[int, Callable[..., bytes]]] = {
    dbr: struct.Struct(layout).pack
    for dbr, layout in {
        ChannelType.DOUBLE: ">d",
        ChannelType.FLOAT: ">f4x",
        ChannelType.LONG: ">i4x",
        ChannelType.ENUM: ">H6x",
    }.items()
}
#: ... from status, severity, seconds, nanoseconds and such a value, and the same without an alarm, in less time.
TIMED: Final[dict[int, tuple[Callable[..., bytes], Callable[..., bytes]]]] = {
    dbr: (struct.Struct(f">HHII{layout}").pack, struct.Struct(f">4xII{layout}").pack)
    for dbr, layout in {
        ChannelType.TIME_DOUBLE: "4xd",
        ChannelType.TIME_FLOAT: "f",
        ChannelType.TIME_LONG: "i",
    }.items()
}


def payload_size(dbr: int, count: int) -> int:
    """Bytes of a message body with `count` elements of DBR type `dbr`, padded to 8."""
    return METADATA_SIZE[dbr] + ELEMENT_SIZE[BASE[dbr]] * count + 7 & ~7


def is_costly(pv: PV, dbr: int, count: int) -> bool:
    """Whether `count` elements of `pv` take long to make as type `dbr`: if they are many and have to be converted."""
    wanted = _ELEMENTS[BASE[dbr]]
    return count > _COSTLY and wanted is not pv.field_type and not (wanted is _CHAR and pv.field_type is _UCHAR)


def is_native(pv: PV, dbr: int) -> bool:
    """Whether the elements of a DBR type are just those of a PV."""
    return _ELEMENTS[BASE[dbr]] is pv.field_type


def renderer(pv: PV, dbr: int, count: int) -> Renderer:
    """What makes the body of a reply: `count` elements, zero-filled past the last; 0 for "as many as there are"."""
    base = BASE[dbr]
    if dbr == ChannelType.CLASS_NAME:
        length = payload_size(dbr, max(count, 1))
        return lambda: (pv.record_type or "pv").encode()[:39].ljust(length, b"\0")
    size = payload_size(dbr, count)

    def render() -> bytes:
        body = b"" if dbr < ChannelType.STS_STRING else encode_metadata(dbr, _metadata(pv, dbr))
        body += _elements(pv, base, count)
        if count:
            return body[:size].ljust(size, b"\0")
        return _pad(body)

    return render


def _pad(body: bytes) -> bytes:
    return body + b"\0" * (-len(body) & 7)


def _elements(pv: PV, base: int, count: int) -> bytes:
    value: Any = pv.value
    if 0 < count < pv.max_count and len(value) > count:
        value = value[:count]  # before converting: the array may have a million
        if isinstance(pv, View) and pv.is_text:  # clients take it for a text of C
            value = value[:-1] + b"\0"
    wanted = _ELEMENTS[base]
    if wanted is FieldType.STRING:
        return b"".join(_text(one, pv) for one in _each(value, pv))
    if wanted is not pv.field_type and not (wanted is _CHAR and pv.field_type is _UCHAR):
        most = max(pv.max_count, 1)
        if isinstance(value, bytes):
            value = array("b" if pv.field_type is _CHAR else "B", value)  # numbers, where `convert` would see a text
        if wanted in _WHOLE and (pv.field_type in _FLOATS or (isinstance(value, array) and len(value) > _COSTLY)):
            value = _whole(value if isinstance(value, array) else (value,), wanted)
        else:
            value = convert(value, wanted, most, pv.metadata.states)
    return encode_elements(base, value)


def _whole(values: Iterable[Any], wanted: FieldType) -> array[Any]:
    """Integers as base makes them: cut, and wrapped around as a C cast does."""
    code, low, size = _WHOLE[wanted]
    try:
        return array(code, map(int, values))
    except (OverflowError, ValueError):
        return array(code, [(_cut(one) - low) % size + low for one in values])


def _cut(number: Any) -> int:
    """NaN, and a FLOAT or DOUBLE beyond 32 bits, is the lowest LONG: C has no rule, but clients know what CPUs do."""
    if isinstance(number, float) and not -2147483648.0 <= number < 2147483648.0:
        return -2147483648
    return int(number)


def _each(value: Value, pv: PV) -> Any:
    if pv.max_count == 1:
        return (value,)
    if isinstance(value, bytes) and pv.field_type is FieldType.CHAR:
        return array("b", value)
    return cast(Any, value)


def _text(value: Any, pv: PV) -> bytes:
    # 39 bytes and a NUL; a multi-byte character that does not fit is left out whole
    raw = text_of(value, pv.field_type, pv.metadata).encode("utf-8", "surrogateescape")
    if len(raw) > 39:
        raw = raw[:39].decode("utf-8", "ignore").encode()
    return raw.ljust(40, b"\0")


def _metadata(pv: PV, dbr: int) -> DbrMetadata:
    seconds, nanoseconds = divmod(pv.time_ns, 1_000_000_000)
    alarm = pv.alarm
    found = DbrMetadata(
        status=alarm.status,
        severity=alarm.severity,
        seconds=(seconds - EPICS_EPOCH) & 0xFFFFFFFF,
        nanoseconds=nanoseconds,
    )
    if dbr == ChannelType.STSACK_STRING:
        for name in ("ACKT", "ACKS"):
            field = pv.field(name)
            if field is not None and isinstance(field.value, int):
                setattr(found, name.lower(), field.value)
    elif dbr >= ChannelType.GR_STRING:
        about = pv.metadata
        found.units = about.units.encode("utf-8", "replace")[:7]
        found.precision = about.precision
        found.lower_disp_limit, found.upper_disp_limit = about.display
        found.lower_warning_limit, found.upper_warning_limit = about.warning
        found.lower_alarm_limit, found.upper_alarm_limit = about.alarm
        found.lower_ctrl_limit, found.upper_ctrl_limit = about.control
        found.enum_strings = tuple(state.encode("utf-8", "replace") for state in about.states)
    return found
