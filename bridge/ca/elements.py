"""Elements of a DBR payload: Python values to big-endian bytes and back.

numpy is never imported here: an ndarray is known by its buffer.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable
from typing import Any, Final, TypeAlias

__all__ = ["ELEMENT_SIZE", "MAX_STRING", "Elements", "decode_elements", "encode_elements"]

#: Bytes of one element of STRING, INT, FLOAT, ENUM, CHAR, LONG, DOUBLE.
ELEMENT_SIZE: Final[tuple[int, ...]] = (40, 2, 4, 2, 1, 4, 8)
MAX_STRING: Final = 40  # bytes of a STRING element, closing NUL included (dbDefs.h)

#: What :func:`decode_elements` returns: STRING, CHAR, and numbers in native byte order.
Elements: TypeAlias = "list[bytes] | bytes | array[int] | array[float]"  # a string: Python 3.11 cannot index array

_STRING, _FLOAT, _CHAR = 0, 2, 4
_NAME = ("STRING", "INT", "FLOAT", "ENUM", "CHAR", "LONG", "DOUBLE")
_CODE: Final = ("", "h", "f", "H", "B", "i", "d")  # of array.array, and of struct after ">"
_PACK: Final = tuple(struct.Struct(">" + code).pack for code in _CODE)
_SWAP: Final = sys.byteorder == "little"
_FLOAT_MAX: Final = 3.4028234663852886e38
_INFINITY: Final = float("inf")


def encode_elements(base_type: int, values: Any) -> bytes:
    """Return the big-endian bytes of `values` as elements of `base_type` (0..6).

    `values` is a number or text, a list or tuple of them, an ``array.array`` in native byte order, or an object with
    a buffer such as an ndarray (its own byte order is honoured). A bytes-like object holds the characters of one
    STRING or of a CHAR array; for the other types it is taken as elements that are big-endian already. Text is UTF-8.

    Raises ValueError for what the type cannot hold. FLOAT alone clamps, to its largest number, as base does
    (``epicsConvertDoubleToFloat``); CHAR takes both -128..127 and 0..255.
    """
    if base_type == _STRING:
        return _encode_strings(values)
    if isinstance(values, (int, float)):
        return _encode_number(base_type, values)
    if isinstance(values, (bytes, bytearray)):
        return _check_whole(base_type, bytes(values))
    if isinstance(values, str):
        raise ValueError(f"DBF_{_NAME[base_type]} wants numbers, got the text {values[:40]!r}")
    if isinstance(values, array):
        return _encode_array(base_type, values)
    if isinstance(values, (list, tuple)):
        return _encode_sequence(base_type, values)
    return _encode_buffer(base_type, values)


def _encode_number(base_type: int, value: float) -> bytes:
    if base_type == _CHAR and isinstance(value, int) and -128 <= value < 0:
        value &= 0xFF
    pack = _PACK[base_type]
    try:
        return pack(value)
    except OverflowError as err:
        if base_type == _FLOAT:
            return pack(_FLOAT_MAX if value > 0 else -_FLOAT_MAX)
        raise ValueError(f"{value!r} does not fit DBF_{_NAME[base_type]}") from err
    except struct.error as err:
        raise ValueError(f"{value!r} does not fit DBF_{_NAME[base_type]}") from err


def _check_whole(base_type: int, data: bytes) -> bytes:
    if len(data) % ELEMENT_SIZE[base_type]:
        raise ValueError(f"{len(data)} bytes are no whole number of DBF_{_NAME[base_type]} elements")
    return data


def _encode_array(base_type: int, values: array[Any]) -> bytes:
    code = _CODE[base_type]
    if values.typecode != code and not (base_type == _CHAR and values.typecode == "b"):
        return _encode_sequence(base_type, values)
    return _big_endian(values)


def _big_endian(values: array[Any]) -> bytes:
    if _SWAP and values.itemsize > 1:
        values = values[:]  # the caller's own array stays as it is
        values.byteswap()
    return values.tobytes()


def _encode_sequence(base_type: int, values: Iterable[Any]) -> bytes:
    """Go through Python objects: any mix of numbers, each checked against the range of the type."""
    try:
        if base_type == _CHAR:
            return bytes(v & 0xFF if -128 <= v < 0 else v for v in values)
        result = array(_CODE[base_type], values)
    except (TypeError, ValueError, OverflowError) as err:
        raise ValueError(f"not all of the values fit DBF_{_NAME[base_type]}: {err}") from err
    if base_type == _FLOAT and (_INFINITY in result or -_INFINITY in result):
        # array("f") turns what is too large into infinity without a word
        pairs = zip(result, values, strict=True)
        result = array("f", (_clamp_float(v) if abs(f) == _INFINITY else f for f, v in pairs))
    return _big_endian(result)


def _clamp_float(value: float) -> float:
    return value if abs(value) == _INFINITY else (_FLOAT_MAX if value > 0 else -_FLOAT_MAX)


def _encode_buffer(base_type: int, values: Any) -> bytes:
    """Take an object with a buffer (ndarray, memoryview, numpy scalar) whatever its shape, strides and byte order."""
    try:
        view = memoryview(values)
    except TypeError as err:
        try:
            return _encode_sequence(base_type, list(values))
        except TypeError:
            raise ValueError(f"cannot make DBF_{_NAME[base_type]} of {type(values).__name__}") from err
    order, code = (view.format[0], view.format[1:]) if view.format[:1] in "<>=@!" else ("@", view.format)
    code = {"l": "i", "L": "I"}.get(code, code) if view.itemsize == 4 else code
    if code == _CODE[base_type] or (base_type == _CHAR and code in ("b", "c")):
        raw = view.tobytes()  # C order, even from a strided view
        if order in ">!" or view.itemsize == 1 or (not _SWAP and order != "<"):
            return raw
        result = array(_CODE[base_type], raw)
        result.byteswap()
        return result.tobytes()
    return _encode_other_buffer(base_type, values, view)


def _encode_other_buffer(base_type: int, values: Any, view: memoryview) -> bytes:
    if hasattr(values, "astype") and base_type == 6 and values.dtype.kind in "iufb":
        return _encode_buffer(base_type, values.astype("d"))  # any number fits a double: no check needed
    flat = values.ravel().tolist() if hasattr(values, "ravel") else view.tolist()
    return _encode_sequence(base_type, flat if isinstance(flat, list) else [flat])


def _encode_strings(values: Any) -> bytes:
    if isinstance(values, (str, bytes, bytearray, memoryview)):
        return _encode_text(values).ljust(MAX_STRING, b"\0")
    if hasattr(values, "ravel"):
        values = values.ravel().tolist()
    try:
        return b"".join([_encode_text(text).ljust(MAX_STRING, b"\0") for text in values])
    except TypeError as err:
        raise ValueError(f"DBF_STRING wants text, got {type(values).__name__}") from err


def _encode_text(text: Any) -> bytes:
    if isinstance(text, str):
        text = text.encode("utf-8", "surrogateescape")
    elif not isinstance(text, (bytes, bytearray, memoryview)):
        raise ValueError(f"DBF_STRING wants text, got {text!r}")
    data = bytes(text)
    if len(data) >= MAX_STRING and (len(data) > MAX_STRING or data[-1]):
        raise ValueError(f"DBF_STRING holds {MAX_STRING - 1} bytes, got {len(data)}: {data!r}")
    return data


def decode_elements(base_type: int, payload: bytes | bytearray | memoryview, count: int) -> Elements:
    """Return `count` elements from the start of `payload`, which stands after any metadata.

    STRING gives a list of bytes, each up to its NUL; CHAR gives bytes; the rest ``array.array`` in native order.
    A last STRING may be cut short, as libca sends it: no more than its text and one NUL.
    Raises ValueError if the payload holds fewer elements; nothing is allocated by `count` before that check.
    """
    if base_type == _STRING:
        return _decode_strings(payload, count)
    size = count * ELEMENT_SIZE[base_type]
    if len(payload) < size:
        raise ValueError(f"{count} elements of DBF_{_NAME[base_type]} are {size} bytes, got {len(payload)}")
    data = bytes(memoryview(payload)[:size])
    if base_type == _CHAR:
        return data
    result: array[Any] = array(_CODE[base_type], data)
    if _SWAP:
        result.byteswap()
    return result


def _decode_strings(payload: bytes | bytearray | memoryview, count: int) -> list[bytes]:
    if len(payload) <= (count - 1) * MAX_STRING:
        raise ValueError(f"{count} elements of DBF_STRING need more than {len(payload)} bytes")
    data = bytes(payload)
    return [data[at : at + MAX_STRING].partition(b"\0")[0] for at in range(0, count * MAX_STRING, MAX_STRING)]
