"""DBR types: what the payload of a read, write or monitor message looks like.

A payload is a block of metadata (alarm, time, units, limits, state names; its size depends on the DBR type alone)
followed by the elements. Sources: EPICS base ``db_access.h`` (structures ``dbr_sts_string`` ... ``dbr_ctrl_double``,
RISC pads included), ``db_access.c`` and the CA protocol specification, "Payload Data Types".
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from math import isfinite
from typing import Final

from bridge.ca.elements import ELEMENT_SIZE, MAX_STRING, Elements, decode_elements, encode_elements

__all__ = [
    "BASE_TYPE",
    "ELEMENT_SIZE",
    "EPICS_EPOCH",
    "LAST_TYPE",
    "MAX_ENUM_STATES",
    "MAX_ENUM_STRING",
    "MAX_STRING",
    "MAX_UNITS",
    "METADATA_SIZE",
    "ChannelType",
    "DbrMetadata",
    "Elements",
    "decode_elements",
    "decode_metadata",
    "encode_elements",
    "encode_metadata",
]

EPICS_EPOCH: Final = 631152000  # 1990-01-01 00:00 UTC in seconds since 1970

MAX_UNITS: Final = 8  # bytes, closing NUL included, as in the next one
MAX_ENUM_STRING: Final = 26
MAX_ENUM_STATES: Final = 16


class ChannelType(IntEnum):
    """DBR type numbers. The first seven are the types of an element (DBF), the rest add metadata to them."""

    STRING = 0
    INT = 1
    FLOAT = 2
    ENUM = 3
    CHAR = 4
    LONG = 5
    DOUBLE = 6
    STS_STRING = 7
    STS_INT = 8
    STS_FLOAT = 9
    STS_ENUM = 10
    STS_CHAR = 11
    STS_LONG = 12
    STS_DOUBLE = 13
    TIME_STRING = 14
    TIME_INT = 15
    TIME_FLOAT = 16
    TIME_ENUM = 17
    TIME_CHAR = 18
    TIME_LONG = 19
    TIME_DOUBLE = 20
    GR_STRING = 21
    GR_INT = 22
    GR_FLOAT = 23
    GR_ENUM = 24
    GR_CHAR = 25
    GR_LONG = 26
    GR_DOUBLE = 27
    CTRL_STRING = 28
    CTRL_INT = 29
    CTRL_FLOAT = 30
    CTRL_ENUM = 31
    CTRL_CHAR = 32
    CTRL_LONG = 33
    CTRL_DOUBLE = 34
    PUT_ACKT = 35
    PUT_ACKS = 36
    STSACK_STRING = 37
    CLASS_NAME = 38


LAST_TYPE: Final = 38

#: Element type of each DBR type. PUT_ACKT and PUT_ACKS are unsigned 16-bit words, as ENUM is.
BASE_TYPE: Final[tuple[int, ...]] = (*(t % 7 for t in range(35)), 3, 3, 0, 0)


@dataclass(slots=True)
class DbrMetadata:
    """Everything that any DBR type can say about a value, all in protocol units.

    `seconds` count from :data:`EPICS_EPOCH`; `units` and `enum_strings` are bytes as on the wire, without NUL.
    """

    status: int = 0
    severity: int = 0
    seconds: int = 0
    nanoseconds: int = 0
    units: bytes = b""
    precision: int = 0
    upper_disp_limit: float = 0
    lower_disp_limit: float = 0
    upper_alarm_limit: float = 0
    upper_warning_limit: float = 0
    lower_warning_limit: float = 0
    lower_alarm_limit: float = 0
    upper_ctrl_limit: float = 0
    lower_ctrl_limit: float = 0
    enum_strings: tuple[bytes, ...] = ()
    ackt: int = 0
    acks: int = 0


# What follows status and severity, for each element type in the order of ELEMENT_SIZE. `x` is a RISC pad.
_STS = ("", "", "", "", "x", "", "4x")
_TIME = ("", "2x", "", "2x", "3x", "", "4x")
_LIMIT = {1: "h", 2: "f", 4: "B", 5: "i", 6: "d"}
_LIMIT_RANGE = {1: (-(1 << 15), (1 << 15) - 1), 4: (-(1 << 7), (1 << 8) - 1), 5: (-(1 << 31), (1 << 31) - 1)}
_FLOAT_MAX: Final = 3.4028234663852886e38  # FLT_MAX

_GR_LIMITS = (
    "upper_disp_limit",
    "lower_disp_limit",
    "upper_alarm_limit",
    "upper_warning_limit",
    "lower_warning_limit",
    "lower_alarm_limit",
)
_CTRL_LIMITS = (*_GR_LIMITS, "upper_ctrl_limit", "lower_ctrl_limit")
_GR, _CTRL, _STSACK_STRING = 21, 28, 37


def _layout(dbr_type: int) -> struct.Struct:
    """Return the metadata block of one DBR type."""
    family, base = divmod(dbr_type, 7)
    if dbr_type == _STSACK_STRING:
        return struct.Struct(">HHHH")
    if family == 0 or dbr_type > _CTRL + 6:
        return struct.Struct("")
    if family == 1 or (base == 0 and family > 2):  # GR_STRING and CTRL_STRING are dbr_sts_string
        return struct.Struct(">HH" + _STS[base])
    if family == 2:
        return struct.Struct(">HHII" + _TIME[base])
    if base == 3:
        return struct.Struct(">HHH" + f"{MAX_ENUM_STRING}s" * MAX_ENUM_STATES)
    precision = "h2x" if base in (2, 6) else ""
    limits = _LIMIT[base] * len(_GR_LIMITS if family == 3 else _CTRL_LIMITS)
    return struct.Struct(f">HH{precision}{MAX_UNITS}s{limits}" + "x" * (base == 4))


_LAYOUTS: Final = tuple(_layout(dbr_type) for dbr_type in range(LAST_TYPE + 1))

#: Bytes before the first element, for each DBR type.
METADATA_SIZE: Final[tuple[int, ...]] = tuple(layout.size for layout in _LAYOUTS)


def _limit(base: int, value: float) -> float:
    """Convert one limit to the range of its element type.

    Integers: what is not finite becomes 0 as in base's ``get_alarm`` (dbAccess.c), the rest is clamped where base
    lets a C cast wrap around. FLOAT: clamped to FLT_MAX as ``epicsConvertDoubleToFloat`` does.
    """
    if base == 6:
        return float(value)
    if base == 2:
        return min(max(value, -_FLOAT_MAX), _FLOAT_MAX) if isfinite(value) else float(value)
    if not isfinite(value):
        return 0
    low, high = _LIMIT_RANGE[base]
    number = min(max(int(value), low), high)
    return number & 0xFF if base == 4 else number


def _encode_sts(dbr_type: int, m: DbrMetadata) -> bytes:
    return _LAYOUTS[dbr_type].pack(m.status & 0xFFFF, m.severity & 0xFFFF)


def _encode_time(dbr_type: int, m: DbrMetadata) -> bytes:
    return _LAYOUTS[dbr_type].pack(
        m.status & 0xFFFF, m.severity & 0xFFFF, m.seconds & 0xFFFFFFFF, m.nanoseconds & 0xFFFFFFFF
    )


def _encode_limits(dbr_type: int, m: DbrMetadata) -> bytes:
    base = dbr_type % 7
    words: list[int | float | bytes] = [m.status & 0xFFFF, m.severity & 0xFFFF]
    if base in (2, 6):
        words.append(min(max(m.precision, -0x8000), 0x7FFF))
    words.append(m.units[: MAX_UNITS - 1])
    for name in _GR_LIMITS if dbr_type < _CTRL else _CTRL_LIMITS:
        words.append(_limit(base, getattr(m, name)))  # noqa: PERF401 - words are of several kinds
    return _LAYOUTS[dbr_type].pack(*words)


def _encode_states(dbr_type: int, m: DbrMetadata) -> bytes:
    states = [state[: MAX_ENUM_STRING - 1] for state in m.enum_strings[:MAX_ENUM_STATES]]
    blanks = [b""] * (MAX_ENUM_STATES - len(states))
    return _LAYOUTS[dbr_type].pack(m.status & 0xFFFF, m.severity & 0xFFFF, len(states), *states, *blanks)


def _encode_ack(dbr_type: int, m: DbrMetadata) -> bytes:
    return _LAYOUTS[dbr_type].pack(m.status & 0xFFFF, m.severity & 0xFFFF, m.ackt & 0xFFFF, m.acks & 0xFFFF)


def _encode_nothing(dbr_type: int, m: DbrMetadata) -> bytes:
    return b""


def _encoder(dbr_type: int) -> Callable[[int, DbrMetadata], bytes]:
    if dbr_type == _STSACK_STRING:
        return _encode_ack
    if not METADATA_SIZE[dbr_type]:
        return _encode_nothing
    if dbr_type < 14 or dbr_type in (_GR, _CTRL):
        return _encode_sts
    if dbr_type < _GR:
        return _encode_time
    return _encode_states if dbr_type % 7 == 3 else _encode_limits


_ENCODERS: Final = tuple(_encoder(dbr_type) for dbr_type in range(LAST_TYPE + 1))


def encode_metadata(dbr_type: int, m: DbrMetadata) -> bytes:
    """Return the block that stands before the elements; ``b""`` for types without metadata.

    Limits that the element type cannot hold are clamped (integers: NaN and infinities become 0), texts are cut to
    their field. Raises IndexError for a `dbr_type` outside 0..38.
    """
    return _ENCODERS[dbr_type](dbr_type, m)


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def decode_metadata(dbr_type: int, payload: bytes | bytearray | memoryview) -> DbrMetadata:
    """Return what stands before the elements of `payload`, a whole DBR payload.

    Raises ValueError if the payload is shorter than the metadata of its type.
    """
    layout = _LAYOUTS[dbr_type]
    if len(payload) < layout.size:
        raise ValueError(f"DBR_{ChannelType(dbr_type).name} has {layout.size} bytes of metadata, got {len(payload)}")
    encoder = _ENCODERS[dbr_type]
    words = layout.unpack_from(payload)
    if encoder is _encode_nothing:
        return DbrMetadata()
    m = DbrMetadata(words[0], words[1])
    if encoder is _encode_time:
        m.seconds, m.nanoseconds = words[2:]
    elif encoder is _encode_ack:
        m.ackt, m.acks = words[2:]
    elif encoder is _encode_states:
        # The peer's number of states is believed up to what the block holds.
        m.enum_strings = tuple(_text(state) for state in words[3 : 3 + min(words[2], MAX_ENUM_STATES)])
    elif encoder is _encode_limits:
        rest = list(words[2:])
        if dbr_type % 7 in (2, 6):
            m.precision = rest.pop(0)
        m.units = _text(rest.pop(0))
        for name, value in zip(_CTRL_LIMITS, rest, strict=False):
            setattr(m, name, value)
    return m
