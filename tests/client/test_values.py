"""What a Python value is written as."""

from __future__ import annotations

from array import array

import numpy as np
import pytest

from bridge.ca import ChannelType as T
from bridge.client.values import as_written, dbr_type


@pytest.mark.parametrize(
    ("value", "native", "count", "expected"),
    [
        (1.5, T.DOUBLE, 1, (T.DOUBLE, 1.5)),
        (3, T.DOUBLE, 1, (T.DOUBLE, 3)),
        (3, T.LONG, 1, (T.LONG, 3)),
        (True, T.LONG, 1, (T.LONG, True)),
        (3.7, T.LONG, 1, (T.DOUBLE, 3.7)),
        (2, T.ENUM, 1, (T.ENUM, 2)),
        (2.0, T.ENUM, 1, (T.DOUBLE, 2.0)),
        ("on", T.ENUM, 1, (T.STRING, "on")),
        ("1.5", T.DOUBLE, 1, (T.STRING, "1.5")),
        (7, T.STRING, 1, (T.STRING, ["7"])),
        ([1, 2.5], T.STRING, 3, (T.STRING, ["1", "2.5"])),
        (b"text", T.STRING, 1, (T.STRING, "text")),
        (b"\x01\x02", T.CHAR, 9, (T.CHAR, b"\x01\x02")),
        ("abc", T.CHAR, 9, (T.CHAR, b"abc\0")),
        ("abc", T.CHAR, 3, (T.CHAR, b"abc")),
        ("65", T.CHAR, 1, (T.STRING, "65")),
        (["a", "b"], T.STRING, 2, (T.STRING, ["a", "b"])),
        (["1", "2"], T.DOUBLE, 2, (T.STRING, ["1", "2"])),
        ([1, 2], T.LONG, 2, (T.LONG, [1, 2])),
        ([1, 2.5], T.LONG, 2, (T.DOUBLE, [1, 2.5])),
        ((1, 2), T.FLOAT, 2, (T.FLOAT, (1, 2))),
        ([], T.DOUBLE, 2, (T.DOUBLE, [])),
    ],
)
def test_choice(value: object, native: T, count: int, expected: tuple[T, object]) -> None:
    assert as_written(value, native, count) == expected


@pytest.mark.parametrize(
    ("value", "native", "expected"),
    [
        (array("d", [1.5]), T.LONG, T.DOUBLE),
        (array("i", [1]), T.LONG, T.LONG),
        (array("i", [1]), T.DOUBLE, T.DOUBLE),
        (np.array([1.5]), T.INT, T.DOUBLE),
        (np.array([1]), T.INT, T.INT),
        (np.float64(1.5), T.LONG, T.DOUBLE),
        (np.int16(3), T.DOUBLE, T.DOUBLE),
    ],
)
def test_arrays_are_asked_for_their_type(value: object, native: T, expected: T) -> None:
    chosen, data = as_written(value, native, 5)
    assert chosen is expected
    assert data is value


@pytest.mark.parametrize(
    ("wanted", "native", "expected"),
    [
        ("native", T.LONG, T.LONG),
        ("status", T.LONG, T.STS_LONG),
        ("time", T.ENUM, T.TIME_ENUM),
        ("graphic", T.CHAR, T.GR_CHAR),
        ("control", T.DOUBLE, T.CTRL_DOUBLE),
        (T.TIME_STRING, T.DOUBLE, T.TIME_STRING),
        (0, T.DOUBLE, T.STRING),
        (38, T.DOUBLE, T.CLASS_NAME),
        (lambda native: T(native + 7), T.FLOAT, T.STS_FLOAT),
    ],
)
def test_types_for_reading(wanted: T | int | str, native: T, expected: T) -> None:
    assert dbr_type(wanted, native) is expected


@pytest.mark.parametrize("wanted", ["times", 39, -1, T.PUT_ACKT, 36])
def test_types_that_cannot_be_read(wanted: T | int | str) -> None:
    with pytest.raises(ValueError, match=r"DBR|ChannelType"):
        dbr_type(wanted, T.DOUBLE)
