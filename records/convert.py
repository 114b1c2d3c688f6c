"""From any Python value to the native kind of a field, and from an element back to text, by EPICS base's rules.

What base does was looked up in ``dbFastLinkConv.c``, ``epicsStdlib.c`` and ``cvtFast.c`` (7.0.8) and checked against
its softIoc. We go beyond it in two places: text that is no number is refused for every type; and NaN or infinity is
refused for integers, where C leaves the cast undefined.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from enum import Enum, IntEnum
from math import isfinite, isinf
from typing import Any, Final

from records.metadata import Metadata
from records.types import ARRAY_CODE, INTEGER_RANGE, MAX_STRING, FieldType, Value

__all__ = ["FLOAT_TEXT", "as_field_type", "convert", "cut", "decimal", "reads_numbers", "text_elements", "text_of"]

_DOUBLE: Final = FieldType.DOUBLE
_FLOAT: Final = FieldType.FLOAT
_STRING: Final = FieldType.STRING
_ENUM: Final = FieldType.ENUM
_BYTES: Final = (FieldType.CHAR, FieldType.UCHAR)
_ILLEGAL: Final = (16, "Illegal Value")
_LARGEST: Final = 0xFFFF_FFFF_FFFF_FFFF
_FLOAT_MAX: Final = 3.4028234663852886e38
_FLOAT_MIN: Final = 1.1754943508222875e-38

# As strtol and strtod, a number may be followed by anything ("1.5 mm"); "010" is eight, and "08" nothing, then an 8.
_INTEGER_TEXT: Final = re.compile(r"\s*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_LEADING_ZEROS: Final = re.compile(r"\A(\s*[+-]?)0+(?=[0-9])")
FLOAT_TEXT: Final = re.compile(
    r"\s*([+-]?)(0x[0-9a-f]+(?:\.[0-9a-f]*)?(?:p[+-]?[0-9]+)?|nan|inf(?:inity)?"
    r"|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)",
    re.IGNORECASE,
)


def convert(value: Any, field_type: FieldType, max_count: int = 1, states: tuple[str, ...] = ()) -> Value:
    """Return `value` as a field of this type holds it.

    Takes numbers, text, bytes, bool, IntEnum members, numpy scalars, and for `max_count` > 1 sequences of them,
    ``array.array`` and anything with a buffer, such as an ndarray. A shorter sequence stays as short as it is (NORD),
    a longer one is cut, a scalar becomes one element; the result never shares memory with `value`. CHAR and UCHAR
    arrays take text as its UTF-8 bytes.

    Numbers out of the range of an integer of up to 32 bits wrap around as a C cast does; text out of range is refused.
    An ENUM takes the label of one of `states` or its number.

    Raises ValueError if `value` has no such form.
    """
    if max_count != 1:
        return _many(value, field_type, max_count, states)
    if field_type is _DOUBLE and type(value) is float:
        return value
    return _one(_scalar(value), field_type, states)


def decimal(reading: Any) -> Any:
    """What an instrument says, for `convert` to a whole number: zeros before it make it no octal number there."""
    if isinstance(reading, (bytes, bytearray)):
        reading = reading.decode("utf-8", "surrogateescape")
    return _LEADING_ZEROS.sub(r"\1", reading, count=1) if isinstance(reading, str) else reading


def reads_numbers(field_type: FieldType, max_count: int, states: tuple[str, ...] = ()) -> bool:
    """Whether a client's text, or a link's, has to be a number there: base takes characters only as such."""
    return max_count != 1 and field_type is not _STRING and not (states and field_type is _ENUM)


def text_elements(texts: Iterable[str], field_type: FieldType) -> list[float]:
    """The elements that a client's texts, or a link's, are for an array of numbers.

    Unlike for a single number an empty text is none, and an array of ENUM takes no text. Raises ValueError for what
    base refuses.
    """
    elements: list[float] = []
    for text in texts:
        if not text:
            raise ValueError("an empty text is no number")
        if field_type is _ENUM:
            raise ValueError(f"{text!r} is no element of an array of ENUM, which takes numbers")
        elements.append(_one(text, field_type, ()))  # type: ignore[arg-type]  # a number: it is no STRING
    return elements


def cut(text: str, limit: int = MAX_STRING) -> str:
    """`text` up to its first NUL and at most `limit` bytes of UTF-8; a character that does not fit goes whole."""
    end = text.find("\0")
    if end >= 0:
        text = text[:end]
    if len(text) * 4 <= limit or (len(text) <= limit and text.isascii()):
        return text
    raw = text.encode("utf-8", "surrogateescape")
    if len(raw) <= limit:
        return text
    while limit and raw[limit] & 0xC0 == 0x80:  # the first byte left out continues a character
        limit -= 1
    return raw[:limit].decode("utf-8", "surrogateescape")


# --- one element ----------------------------------------------------------------------------------------------------


def _scalar(value: Any) -> float | int | str:
    """Unwrap what is one value in some packaging."""
    if isinstance(value, (float, int, str)):
        return value
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "surrogateescape")
    if hasattr(value, "item"):  # numpy's scalars and arrays: item() raises ValueError unless there is just one
        try:
            return _scalar(value.item())
        except ValueError:
            raise ValueError(f"one value wanted, got {_shown(value)}") from None
    if isinstance(value, (list, tuple, array)):
        if len(value) != 1:
            raise ValueError(f"one value wanted, got {len(value)}: {_shown(value)}")
        return _scalar(value[0])
    if isinstance(value, Enum):
        return _scalar(value.value)
    for method in (int, float):  # Fraction, Decimal and their like
        if hasattr(value, f"__{method.__name__}__"):
            number = method(value)
            if number == value:
                return number
    raise ValueError(f"a {type(value).__name__} is no value for a PV: {_shown(value)}")


def _one(value: float | int | str, field_type: FieldType, states: tuple[str, ...]) -> float | int | str:
    if field_type is _DOUBLE:
        return _parse_float(value) if isinstance(value, str) else _as_float(value)
    if field_type is _STRING:
        return cut(_as_text(value))
    if field_type is _FLOAT:
        return _single(_parse_single(value) if isinstance(value, str) else float(value))
    if isinstance(value, str):
        return _parse_state(value, states) if field_type is _ENUM else _parse_integer(value, field_type)
    return _wrapped(value, field_type)


def _as_float(value: float | int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError(f"{value} is too large for DOUBLE") from None


def _as_text(value: float | int | str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, IntEnum):
        return value.name
    return repr(value)


def _wrapped(value: float | int, field_type: FieldType) -> int:
    low, high = INTEGER_RANGE[field_type]
    try:
        number = int(value)
    except (OverflowError, ValueError):
        raise ValueError(f"{value!r} has no {field_type.name} form") from None
    if low <= number <= high:
        return number
    if field_type in (FieldType.INT64, FieldType.UINT64):
        raise ValueError(f"{value!r} is out of the range of {field_type.name}, {low} to {high}")
    return (number - low) % (high - low + 1) + low  # what a C cast makes of it


def _single(value: float) -> float:
    """The nearest FLOAT; the largest one for what is beyond it, as base's epicsConvertDoubleToFloat."""
    if isfinite(value) and abs(value) > _FLOAT_MAX:
        return _FLOAT_MAX if value > 0 else -_FLOAT_MAX
    return array("f", (value,))[0]


# --- text to numbers ------------------------------------------------------------------------------------------------


def _parse_float(text: str) -> float:
    found = FLOAT_TEXT.match(text)
    if found is None:
        if not text:
            return 0.0  # base: an empty string is zero
        raise ValueError(f"{text!r} is no number")
    sign, digits = found.groups()
    lower = digits.lower()
    value = float.fromhex(lower) if lower.startswith("0x") else float(lower)
    if isinf(value) and not lower.startswith("inf"):
        raise ValueError(f"{text!r} is too large for DOUBLE")
    if value == 0.0 and re.search("[1-9a-f]", re.split("[ep]", lower)[0].removeprefix("0x")):
        raise ValueError(f"{text!r} is too small for DOUBLE")
    return -value if sign == "-" else value


def _parse_single(text: str) -> float:
    value = _parse_float(text)
    if isfinite(value) and value and not _FLOAT_MIN < abs(value) < _FLOAT_MAX:
        raise ValueError(f"{text!r} is out of the range of FLOAT")
    return value


def _parse_integer(text: str, field_type: FieldType) -> int:
    found = _INTEGER_TEXT.match(text)
    if found is None:
        if not text:
            return 0
        if field_type is FieldType.ULONG and FLOAT_TEXT.match(text):
            return _checked(_parse_float(text), text, field_type)
        raise ValueError(f"{text!r} is no whole number")
    if field_type is FieldType.ULONG and text[found.end() : found.end() + 1] in (".", "e", "E"):
        # CA knows no ULONG and calls it DOUBLE, so "1e3" means a thousand here and only here (cvt_st_ul)
        return _checked(_parse_float(text), text, field_type)
    return _checked(_number(found), text, field_type)


def _number(found: re.Match[str]) -> int:
    sign, digits = found.groups()
    number = int(digits, 16 if digits[1:2] in ("x", "X") else 8 if digits[0] == "0" else 10)
    return -number if sign == "-" else number


def _checked(number: float, text: str, field_type: FieldType) -> int:
    low, high = INTEGER_RANGE[field_type]
    if low == 0 and isinstance(number, int) and abs(number) <= _LARGEST:
        number %= _LARGEST + 1  # strtoul has 64 bits: the largest of those is -1 of fewer
        number -= _LARGEST + 1 if number > high else 0
    if number < 0 and low == 0 and -number <= high:
        return int(number) + high + 1  # strtoul: "-1" is the largest there is
    if not low <= number <= high:
        raise ValueError(f"{text!r} is out of the range of {field_type.name}, {low} to {high}")
    return int(number)


def _parse_state(text: str, states: tuple[str, ...]) -> int:
    if text in states:
        return states.index(text)
    if not states:
        if not text:
            raise ValueError("an empty text is no state")
        return _parse_integer(text, FieldType.USHORT)
    found = _INTEGER_TEXT.match(text)
    if found is not None and not text[found.end() :].strip():  # nothing may follow here
        number = int(_checked(_number(found), text, FieldType.USHORT))
        if number < len(states):
            return number
    raise ValueError(f"{text!r} is none of the states {', '.join(map(repr, states))} and no number below {len(states)}")


# --- several elements -----------------------------------------------------------------------------------------------


def _many(value: Any, field_type: FieldType, max_count: int, states: tuple[str, ...]) -> Value:
    if field_type in _BYTES:
        return _as_bytes(value, field_type, max_count)
    if field_type is _STRING:
        return [cut(_as_text(_scalar(one))) for one in _elements(value, max_count)]
    code = ARRAY_CODE[field_type]
    if isinstance(value, array) and value.typecode == code:
        return value[:max_count]
    if not isinstance(value, (list, tuple, str, bytes)):
        copied = _from_buffer(value, code, max_count)
        if copied is not None:
            return copied
    elements = _elements(value, max_count)
    try:
        result: array[Any] = array(code, elements)
        if code != "f" or not any(map(isinf, result)):
            return result
    except (TypeError, OverflowError):  # text, floats for integers, numbers out of range: one by one
        pass
    each: list[Any] = [_one(_scalar(one), field_type, states) for one in elements]
    return array(code, each)


def _elements(value: Any, max_count: int) -> list[Any]:
    if isinstance(value, (str, bytes, bytearray, float, int)):
        return [value]
    if hasattr(value, "ravel"):  # an ndarray of any shape
        flat = value.ravel()[:max_count].tolist()
        return flat if isinstance(flat, list) else [flat]
    try:
        return list(value)[:max_count]
    except TypeError:
        return [_scalar(value)]


def _as_bytes(value: Any, field_type: FieldType, max_count: int) -> bytes:
    if isinstance(value, str):
        return cut(value, max_count).encode("utf-8", "surrogateescape")
    if isinstance(value, (bytes, bytearray)):
        return bytes(value[:max_count])
    if not isinstance(value, (list, tuple)):
        copied = _from_buffer(value, "B", max_count)
        if copied is not None:
            return bytes(copied)
    numbers = [_one(_scalar(one), field_type, ()) for one in _elements(value, max_count)]
    return bytes([int(number) & 0xFF for number in numbers])


def _from_buffer(value: Any, code: str, max_count: int) -> array[Any] | None:
    """A copy of memory that already has the elements wanted; None if it has not."""
    try:
        view = memoryview(value)
    except TypeError:
        return None
    form = view.format.lstrip("@=<" if _LITTLE else "@=>")
    wanted = _SAME_SIZE.get(code, (code,))
    if form not in wanted or view.itemsize != array(code).itemsize or not view.c_contiguous:
        return None
    result = array(code)
    result.frombytes(view.cast("B")[: max_count * view.itemsize])
    return result


_LITTLE: Final = array("H", (1,)).tobytes() == b"\1\0"
_SAME_SIZE: Final = {"q": ("q", "l"), "Q": ("Q", "L"), "i": ("i", "l"), "I": ("I", "L"), "B": ("B", "b", "c", "?")}


# --- back to text ---------------------------------------------------------------------------------------------------


def text_of(value: Any, field_type: FieldType, metadata: Metadata) -> str:
    """The text of one element, as a client sees it that reads the field as DBR_STRING.

    Floating-point numbers have `metadata.precision` digits by the rules of base's cvtDoubleToString (which pads its
    exponent form), enums their label. A state without a label is empty text; what is no state has the text of
    `metadata.illegal`, or "Illegal Value" beyond the sixteenth.
    """
    if field_type is _STRING:
        return str(value)
    if field_type is _DOUBLE or field_type is _FLOAT:
        return _float_text(value, metadata.precision & 0xFFFF, field_type is _FLOAT)
    if field_type is _ENUM and (metadata.states or metadata.illegal):
        states = metadata.states
        first, called = metadata.illegal or _ILLEGAL
        return states[value] if value < len(states) else "" if value < first else called
    return str(int(value))


def _float_text(value: float, precision: int, single: bool) -> str:
    if not -1e7 <= value <= 1e7 or precision > 8:  # NaN comes here as well
        huge = abs(value) >= 1e8 if single else abs(value) > 1e16
        if precision <= 8 and not huge:
            return f"{value:.{min(precision, 3)}f}"
        precision = min(precision, 12 if single else 17)
        return f"{value:{precision + (6 if single else 7)}.{precision}e}"
    sign, size = ("-", -value) if value < 0 else ("", value)
    whole = int(size)
    place = 10**precision
    fraction = (int((size - whole) * place * 10) + 5) // 10  # base rounds the digit after the last half up
    if fraction >= place:
        whole += 1
        fraction -= place
    return f"{sign}{whole}.{fraction:0{precision}d}" if precision else f"{sign}{whole}"


# --- types ----------------------------------------------------------------------------------------------------------

_OF_TYPE: Final[tuple[tuple[type, FieldType], ...]] = (
    (bool, FieldType.ENUM),
    (IntEnum, FieldType.ENUM),
    (int, FieldType.LONG),
    (float, FieldType.DOUBLE),
    (str, FieldType.STRING),
    (bytes, FieldType.CHAR),
    (bytearray, FieldType.CHAR),
)
_OF_DTYPE: Final = {
    **{f"i{size}": kind for size, kind in ((1, "CHAR"), (2, "SHORT"), (4, "LONG"), (8, "INT64"))},
    **{f"u{size}": kind for size, kind in ((1, "UCHAR"), (2, "USHORT"), (4, "ULONG"), (8, "UINT64"))},
    "f2": "FLOAT",
    "f4": "FLOAT",
    "f8": "DOUBLE",
    "b1": "ENUM",
}
_OF_CODE: Final = {
    **{code: field_type for field_type, code in ARRAY_CODE.items() if field_type is not _ENUM},
    "b": FieldType.CHAR,
    "B": FieldType.UCHAR,
    "l": FieldType.INT64,
    "L": FieldType.UINT64,
}


def as_field_type(kind: Any) -> FieldType:
    """The field type for a Python type, or for a value that a PV begins with.

    int gives LONG (INT64 or UINT64 if the value needs it), float DOUBLE, str STRING, bool and IntEnum ENUM, bytes
    CHAR; a sequence what its elements need, an ndarray what its dtype says. Raises TypeError for anything else.
    """
    if isinstance(kind, FieldType):
        return kind
    if isinstance(kind, type):
        for python, field_type in _OF_TYPE:
            if issubclass(kind, python):
                return field_type
        raise TypeError(f"no field type stands for the Python type {kind.__name__}")
    if isinstance(kind, array):
        return _OF_CODE[kind.typecode]
    dtype = getattr(kind, "dtype", None)
    if dtype is not None:
        name = _OF_DTYPE.get(f"{dtype.kind}{dtype.itemsize}", "STRING" if dtype.kind in "SU" else None)
        if name is None:
            raise TypeError(f"no field type stands for numpy's {dtype}")
        return FieldType[name]
    if isinstance(kind, (list, tuple)):
        return max(map(as_field_type, kind), default=_DOUBLE, key=_width)
    field_type = as_field_type(type(kind))
    if field_type is FieldType.LONG and not -(1 << 31) <= kind < 1 << 31:
        return FieldType.INT64 if -(1 << 63) <= kind < 1 << 63 else FieldType.UINT64
    return field_type


def _width(field_type: FieldType) -> int:
    """Which of several types can hold the values of all: [1, 2.5] are doubles."""
    return 100 if field_type is _STRING else -1 if field_type is _ENUM else int(field_type)


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
