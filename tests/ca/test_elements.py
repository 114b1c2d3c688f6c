from __future__ import annotations

import struct
from array import array
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ca.elements import ELEMENT_SIZE, decode_elements, encode_elements

STRING, INT, FLOAT, ENUM, CHAR, LONG, DOUBLE = range(7)
CODE = {INT: "h", FLOAT: "f", ENUM: "H", CHAR: "B", LONG: "i", DOUBLE: "d"}
RANGE = {INT: (-(1 << 15), (1 << 15) - 1), ENUM: (0, 65535), CHAR: (0, 255), LONG: (-(1 << 31), (1 << 31) - 1)}


@pytest.mark.parametrize("base", [INT, FLOAT, ENUM, CHAR, LONG, DOUBLE])
@pytest.mark.parametrize(
    "make",
    [
        tuple,
        list,
        lambda v: np.array(v),
        lambda v: np.array(v, "i8"),
        lambda v: np.array(v, ">i2"),
        lambda v: np.array([v, v])[0],
        lambda v: np.array([[x, 0] for x in v])[:, 0],
        lambda v: np.array([v[:2], v[2:]]),
        lambda v: np.asfortranarray([v[:2], v[2:]]),
        lambda v: array("H", v),
        lambda v: array("q", v),
        lambda v: memoryview(array("i", v)),
        lambda v: iter(v),
    ],
)
def test_any_shape_of_numbers(base: int, make: Any) -> None:
    values = [1, 2, 30, 127]
    assert encode_elements(base, make(values)) == struct.pack(f">4{CODE[base]}", *values)


@pytest.mark.parametrize("base", [FLOAT, DOUBLE])
@pytest.mark.parametrize("dtype", ["f4", "f8", ">f4", ">f8", "f2"])
def test_ndarrays_of_floats(base: int, dtype: str) -> None:
    values = [1.5, -2.25, float("inf"), 0.0]
    assert encode_elements(base, np.array(values, dtype)) == struct.pack(f">4{CODE[base]}", *values)


@pytest.mark.parametrize("base", [INT, FLOAT, ENUM, CHAR, LONG, DOUBLE])
@pytest.mark.parametrize("value", [1, True, np.int16(1), np.uint8(1), np.int64(1), np.array(1), np.bool_(True)])
def test_scalars(base: int, value: Any) -> None:
    assert encode_elements(base, value) == struct.pack(">" + CODE[base], 1)


@pytest.mark.parametrize("value", [1.5, np.float32(1.5), np.float64(1.5), np.array(1.5)])
def test_scalar_floats(value: Any) -> None:
    assert encode_elements(DOUBLE, value) == struct.pack(">d", 1.5)
    assert encode_elements(FLOAT, value) == struct.pack(">f", 1.5)


def test_an_array_is_not_changed() -> None:
    values = array("d", [1.0])
    encode_elements(DOUBLE, values)
    assert values[0] == 1.0


def test_bytes_are_elements_already() -> None:
    data = struct.pack(">2d", 1, 2)
    assert encode_elements(DOUBLE, data) == data
    assert encode_elements(CHAR, bytearray(b"abc")) == b"abc"
    with pytest.raises(ValueError, match="whole number"):
        encode_elements(DOUBLE, b"abc")


def test_char_takes_signed_and_unsigned() -> None:
    assert encode_elements(CHAR, [-128, -1, 0, 255]) == b"\x80\xff\x00\xff"
    assert encode_elements(CHAR, array("b", [-1])) == b"\xff"
    assert encode_elements(CHAR, np.array([-1], "i1")) == b"\xff"
    assert encode_elements(CHAR, np.array([-1], "i4")) == b"\xff"
    assert encode_elements(CHAR, -1) == b"\xff"


@pytest.mark.parametrize("base", [INT, ENUM, CHAR, LONG])
@pytest.mark.parametrize("make", [lambda v: v, lambda v: [v], lambda v: np.array([v]), lambda v: array("q", [v])])
def test_out_of_range_is_refused(base: int, make: Any) -> None:
    for value in (RANGE[base][0] - 200, RANGE[base][1] + 1):
        with pytest.raises(ValueError, match="DBF_"):
            encode_elements(base, make(value))


@pytest.mark.parametrize("value", [1.5, [1.5], "1", ["1"], None, object(), [None], {"a": 1}, float("nan")])
def test_what_is_no_integer_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="DBF_LONG"):
        encode_elements(LONG, value)


@pytest.mark.parametrize("make", [lambda v: v[0], tuple, np.array, lambda v: array("d", v)])
def test_float_is_clamped_as_base_does(make: Any) -> None:
    (found,) = struct.unpack_from(">f", encode_elements(FLOAT, make([1e300])))
    assert found == 3.4028234663852886e38
    (found,) = struct.unpack_from(">f", encode_elements(FLOAT, make([-1e300])))
    assert found == -3.4028234663852886e38
    (found,) = struct.unpack_from(">f", encode_elements(FLOAT, make([float("inf")])))
    assert found == float("inf")


def test_integers_beyond_any_double() -> None:
    for value in (10**400, [10**400]):
        with pytest.raises(ValueError, match="DBF_DOUBLE"):
            encode_elements(DOUBLE, value)


def test_strings() -> None:
    assert encode_elements(STRING, "ab") == b"ab" + bytes(38)
    assert encode_elements(STRING, b"ab") == b"ab" + bytes(38)
    assert encode_elements(STRING, ["a", b"b"]) == b"a" + bytes(39) + b"b" + bytes(39)
    assert encode_elements(STRING, np.array(["a", "\u00b5"])) == b"a" + bytes(39) + b"\xc2\xb5" + bytes(38)
    assert encode_elements(STRING, np.array([b"a"])) == b"a" + bytes(39)
    assert encode_elements(STRING, "x" * 39) == b"x" * 39 + b"\0"
    assert encode_elements(STRING, bytes(40)) == bytes(40)
    for wrong in ("x" * 40, b"x" * 41, 5, [5], None):
        with pytest.raises(ValueError, match="DBF_STRING"):
            encode_elements(STRING, wrong)


def test_decode_numbers_in_native_order() -> None:
    assert decode_elements(DOUBLE, struct.pack(">2d", 1, 2) + b"tail", 2) == array("d", [1, 2])
    assert decode_elements(CHAR, b"abc\0", 3) == b"abc"
    assert decode_elements(LONG, memoryview(struct.pack(">i", -5)), 1) == array("i", [-5])


def test_decode_strings() -> None:
    assert decode_elements(STRING, b"a\0rubbish".ljust(40, b"\0") + b"b\0", 2) == [b"a", b"b"]
    assert decode_elements(STRING, b"x" * 40, 1) == [b"x" * 40]
    assert decode_elements(STRING, b"", 0) == []


@pytest.mark.parametrize("base", range(7))
@pytest.mark.parametrize("count", [3, 1 << 31, 1 << 60])
def test_decode_never_believes_a_count(base: int, count: int) -> None:
    with pytest.raises(ValueError, match="DBF_"):
        decode_elements(base, bytes(2), count)


@given(st.lists(st.floats(width=64)))
def test_doubles_come_back(values: list[float]) -> None:
    data = encode_elements(DOUBLE, values)
    assert struct.pack(f">{len(values)}d", *values) == data
    assert encode_elements(DOUBLE, decode_elements(DOUBLE, data, len(values))) == data


@given(st.integers(0, 6), st.binary(max_size=200))
def test_any_payload_comes_back(base: int, data: bytes) -> None:
    count = len(data) // ELEMENT_SIZE[base]
    found = decode_elements(base, data, count)
    if base != STRING:
        assert encode_elements(base, found) == data[: count * ELEMENT_SIZE[base]]
