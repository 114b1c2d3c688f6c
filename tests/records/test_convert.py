"""Conversion by base's rules. The text cases were tried on base's own softIoc 7.0.8."""

from array import array
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from math import inf, isnan, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from records import FieldType, Metadata, as_field_type, convert, text_of
from records.convert import cut, reads_numbers, text_elements
from records.rec.longin import LonginRecord
from records.rec.waveform import WaveformRecord
from records.types import INTEGER_RANGE
from tests.records.fakes import Instrument, R

F = FieldType
STATES = ("Off", "Low", "2")


class Mode(IntEnum):
    IDLE = 0
    RUN = 3


@pytest.mark.parametrize(
    ("text", "field_type", "expected"),
    [
        (" 12", F.LONG, 12),
        ("12abc", F.LONG, 12),
        ("3.7", F.LONG, 3),
        ("1e3", F.LONG, 1),
        ("0x1f", F.LONG, 31),
        ("-0x1F", F.SHORT, -31),
        ("010", F.LONG, 8),
        ("", F.LONG, 0),
        ("1e3", F.ULONG, 1000),
        ("-1", F.ULONG, 4294967295),
        ("-1", F.UCHAR, 255),
        ("-128", F.CHAR, -128),
        ("18446744073709551615", F.UINT64, 18446744073709551615),
        ("1.5 mm", F.DOUBLE, 1.5),
        (".5e1", F.DOUBLE, 5.0),
        ("0x1f", F.DOUBLE, 31.0),
        ("-INF", F.DOUBLE, -inf),
        ("", F.DOUBLE, 0.0),
        ("1e-50", F.DOUBLE, 1e-50),
        ("0.0e-999", F.DOUBLE, 0.0),
        ("3.7", F.FLOAT, 3.700000047683716),
        ("Low", F.ENUM, 1),
        ("0", F.ENUM, 0),
        ("2", F.ENUM, 2),  # a label before a number
    ],
)
def test_text(text: str, field_type: FieldType, expected: Any) -> None:
    got = convert(text, field_type, 1, STATES)
    assert got == expected
    assert type(got) is type(expected)


def test_text_nan() -> None:
    got = convert("NaN", F.DOUBLE)
    assert isinstance(got, float)
    assert isnan(got)


@pytest.mark.parametrize(
    ("text", "field_type"),
    [
        ("abc", F.LONG),
        ("@#$%", F.DOUBLE),
        ("nan", F.LONG),
        (" ", F.DOUBLE),
        ("99999999999", F.LONG),
        ("255", F.CHAR),
        ("-129", F.CHAR),
        ("300", F.UCHAR),
        ("1e400", F.DOUBLE),
        ("1e-400", F.DOUBLE),
        ("1e39", F.FLOAT),
        ("1e-50", F.FLOAT),
        ("3", F.ENUM),
        ("low", F.ENUM),
        ("1.5", F.ENUM),
        ("", F.ENUM),
    ],
)
def test_text_refused(text: str, field_type: FieldType) -> None:
    with pytest.raises(ValueError, match=r"no number|no whole number|range|too large|too small|none of the states"):
        convert(text, field_type, 1, STATES)


def test_enum_without_states_is_a_number() -> None:
    assert convert("12", F.ENUM) == 12


@pytest.mark.parametrize(
    ("value", "field_type", "expected"),
    [
        (True, F.DOUBLE, 1.0),
        (True, F.LONG, 1),
        (7, F.DOUBLE, 7.0),
        (3.9, F.LONG, 3),
        (-3.9, F.LONG, -3),
        (300, F.UCHAR, 44),
        (200, F.CHAR, -56),
        (70000, F.SHORT, 4464),
        (-1, F.ULONG, 4294967295),
        (3e9, F.LONG, -1294967296),
        (-1, F.ENUM, 65535),
        (9, F.ENUM, 9),  # a state that there is not is kept, as base does
        (1e300, F.FLOAT, 3.4028234663852886e38),
        (inf, F.FLOAT, inf),
        (Mode.RUN, F.ENUM, 3),
        (Mode.RUN, F.STRING, "RUN"),
        (2.5, F.STRING, "2.5"),
        (b"1.5", F.DOUBLE, 1.5),
        (b"caf\xc3\xa9\0junk", F.STRING, "café"),
        (Decimal("2.5"), F.DOUBLE, 2.5),
        (Fraction(1, 2), F.DOUBLE, 0.5),
        ([5], F.LONG, 5),
        (np.float32(1.5), F.DOUBLE, 1.5),
        (np.int64(5), F.LONG, 5),
        (np.array([5]), F.LONG, 5),
        (np.bool_(True), F.ENUM, 1),
    ],
)
def test_scalars(value: Any, field_type: FieldType, expected: Any) -> None:
    got = convert(value, field_type)
    assert got == expected
    assert type(got) is type(expected)


@pytest.mark.parametrize(
    ("value", "field_type"),
    [
        (None, F.DOUBLE),
        (object(), F.LONG),
        ([1, 2], F.DOUBLE),
        ([], F.DOUBLE),
        (np.array([1, 2]), F.LONG),
        (nan, F.LONG),
        (inf, F.SHORT),
        (1 << 70, F.INT64),
        (-1, F.UINT64),
        (10**400, F.DOUBLE),
    ],
)
def test_refused(value: Any, field_type: FieldType) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        convert(value, field_type)


@pytest.mark.parametrize(
    ("value", "field_type", "expected"),
    [
        ([1, 2.5, "3"], F.LONG, array("i", [1, 2, 3])),
        ((1, 2), F.DOUBLE, array("d", [1, 2])),
        (5, F.DOUBLE, array("d", [5])),
        ("5", F.LONG, array("i", [5])),
        ([70000], F.USHORT, array("H", [4464])),
        ([1e300], F.FLOAT, array("f", [3.4028234663852886e38])),
        ([], F.DOUBLE, array("d")),
        (array("d", [1, 2]), F.DOUBLE, array("d", [1, 2])),
        (array("h", [1, 2]), F.DOUBLE, array("d", [1, 2])),
        (range(3), F.INT64, array("q", [0, 1, 2])),
        (["Low", 0, "2"], F.ENUM, array("H", [1, 0, 2])),
        (np.arange(4.0), F.DOUBLE, array("d", [0, 1, 2, 3])),
        (np.arange(8.0)[::2], F.DOUBLE, array("d", [0, 2, 4, 6])),
        (np.arange(4, dtype=">f8"), F.DOUBLE, array("d", [0, 1, 2, 3])),
        (np.arange(4).reshape(2, 2), F.LONG, array("i", [0, 1, 2, 3])),
        ("hello", F.CHAR, b"hello"),
        (b"\0\xff", F.UCHAR, b"\0\xff"),
        ([104, -1, 255], F.CHAR, b"h\xff\xff"),
        (np.array([1, 255], dtype="u1"), F.UCHAR, b"\x01\xff"),
        (array("b", [-1]), F.CHAR, b"\xff"),
        (["a", 1, b"x"], F.STRING, ["a", "1", "x"]),
        ("one", F.STRING, ["one"]),
        (np.array(["a", "bc"]), F.STRING, ["a", "bc"]),
    ],
)
def test_arrays(value: Any, field_type: FieldType, expected: Any) -> None:
    got = convert(value, field_type, 5, STATES)
    assert got == expected
    assert type(got) is type(expected)


def test_arrays_are_cut() -> None:
    assert convert(range(9), F.LONG, 3) == array("i", [0, 1, 2])
    assert convert(np.arange(9.0), F.DOUBLE, 3) == array("d", [0, 1, 2])
    assert convert("héllo", F.CHAR, 2) == b"h"  # not half a character


def test_arrays_are_copies() -> None:
    mine = array("d", [1.0, 2.0])
    image = np.zeros(2)
    kept, picture = convert(mine, F.DOUBLE, 2), convert(image, F.DOUBLE, 2)
    mine[0] = image[0] = 9.0
    assert kept == array("d", [1.0, 2.0])
    assert picture == array("d", [0.0, 0.0])


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("a" * 61, 39, "a" * 39),
        ("é" * 20, 39, "é" * 19),
        ("ab\0cd", 39, "ab"),
        ("é", 1, ""),
        ("\udcff" * 2, 1, "\udcff"),
    ],
)
def test_cut(text: str, limit: int, expected: str) -> None:
    assert cut(text, limit) == expected


@given(st.text(max_size=60), st.integers(0, 50))
def test_cut_never_exceeds(text: str, limit: int) -> None:
    got = cut(text.replace("\0", ""), limit)
    assert len(got.encode("utf-8", "surrogatepass")) <= limit
    assert text.replace("\0", "").startswith(got)


@given(st.one_of(st.floats(), st.integers(), st.text(), st.booleans()), st.sampled_from(list(FieldType)))
def test_any_value_converts_or_is_refused(value: Any, field_type: FieldType) -> None:
    try:
        got = convert(value, field_type, 1, STATES)
    except ValueError:
        return
    if field_type in INTEGER_RANGE:
        low, high = INTEGER_RANGE[field_type]
        assert isinstance(got, int)
        assert low <= got <= high
    else:
        assert isinstance(got, str if field_type is F.STRING else float)


@pytest.mark.parametrize(
    ("value", "precision", "double", "single"),
    [
        (3.14159, 2, "3.14", "3.14"),
        (0.125, 2, "0.13", "0.13"),
        (-0.001, 2, "-0.00", "-0.00"),
        (0.99999, 3, "1.000", "1.000"),
        (5.0, 0, "5", "5"),
        (12345678.9, 5, "12345678.900", "12345678.900"),
        (1e8, 5, "100000000.000", "1.00000e+08"),
        (1e17, 3, " 1.000e+17", "1.000e+17"),
        (nan, 3, "nan", "nan"),
        (1.5, 9, " 1.500000000e+00", "1.500000000e+00"),
        (1.5, 18, " 1.50000000000000000e+00", "1.500000000000e+00"),
        (1.5, -1, " 1.50000000000000000e+00", "1.500000000000e+00"),
    ],
)
def test_text_of_numbers(value: float, precision: int, double: str, single: str) -> None:
    """As ``cvtDoubleToString`` and ``cvtFloatToString``."""
    metadata = Metadata(precision=precision)
    assert text_of(value, F.DOUBLE, metadata) == double
    assert text_of(value, F.FLOAT, metadata) == single


@given(st.floats(-1e7, 1e7), st.integers(0, 8))
def test_text_of_reads_back(value: float, precision: int) -> None:
    assert float(text_of(value, F.DOUBLE, Metadata(precision=precision))) == pytest.approx(value, abs=10.0**-precision)


def test_text_of_the_rest() -> None:
    states = Metadata(states=STATES)
    assert [text_of(state, F.ENUM, states) for state in (1, 9, 16)] == ["Low", "", "Illegal Value"]
    assert text_of(7, F.ENUM, Metadata()) == "7"
    assert text_of(-5, F.CHAR, Metadata()) == "-5"
    assert text_of("x", F.STRING, Metadata()) == "x"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, F.LONG),
        (1 << 31, F.INT64),
        (1 << 63, F.UINT64),
        (1.0, F.DOUBLE),
        ("x", F.STRING),
        (True, F.ENUM),
        (Mode.RUN, F.ENUM),
        (Mode, F.ENUM),
        (b"x", F.CHAR),
        (int, F.LONG),
        (bool, F.ENUM),
        (F.SHORT, F.SHORT),
        ([1, 2.5], F.DOUBLE),
        ([1, 1 << 40], F.INT64),
        ([1, "a"], F.STRING),
        ([], F.DOUBLE),
        (array("h"), F.SHORT),
        (np.zeros(2, "u2"), F.USHORT),
        (np.float32(1), F.FLOAT),
        (np.array(["a"]), F.STRING),
    ],
)
def test_as_field_type(value: Any, expected: FieldType) -> None:
    assert as_field_type(value) is expected


@pytest.mark.parametrize("value", [None, object, np.zeros(1, complex)])
def test_no_field_type(value: Any) -> None:
    with pytest.raises(TypeError, match="no field type"):
        as_field_type(value)


def test_an_instrument_says_decimal_numbers() -> None:
    record = LonginRecord("T:l", inp=Instrument())
    seen = []
    for reading in ("0010", "-08", b"+012", "0x10", "0", "100"):
        record.process(R(reading))
        seen.append(record.value)
    assert seen == [10, -8, 12, 16, 0, 100]
    array_record = WaveformRecord("T:w", inp=Instrument(), ftvl="LONG", nelm=3)
    array_record.process(R(["010", "08"]))
    assert array_record.value == array("i", [10, 8])


@pytest.mark.parametrize(
    ("texts", "kind", "elements"),
    [
        (["65", "010"], F.CHAR, [65, 8]),
        (["-1", "0xff"], F.UCHAR, [255, 255]),
        (["-1"], F.CHAR, [-1]),
        (["1.5", "08"], F.DOUBLE, [1.5, 8.0]),
    ],
)
def test_elements_from_texts(texts: list[str], kind: F, elements: list[int]) -> None:
    assert text_elements(texts, kind) == elements


@pytest.mark.parametrize("text", ["xyz", "", " ", "256", "-129", "nan"])
def test_texts_that_are_no_elements(text: str) -> None:
    with pytest.raises(ValueError, match=r"no (whole )?number|range"):
        text_elements(["1", text], F.CHAR)


def test_an_array_of_enum_takes_no_text_unless_it_has_states() -> None:
    with pytest.raises(ValueError, match="takes numbers"):
        text_elements(["1"], F.ENUM)
    assert reads_numbers(F.ENUM, 2)
    assert not reads_numbers(F.ENUM, 2, ("off", "on"))
