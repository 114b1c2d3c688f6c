"""Values in words."""

from __future__ import annotations

from array import array

import pytest

from bridge.ca import ChannelType, DbrMetadata
from bridge.ca.dbr import Elements
from bridge.cli.caformat import Style, details, elements, escaped, plain, raw, severity_name, status_name, values
from bridge.client import Result

T = ChannelType


def result(dbr: ChannelType, data: Elements, **metadata: object) -> Result:
    return Result("X", dbr, data, DbrMetadata(**metadata), len(data) == 1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"plain", "plain"),
        (b"a\ab\bf\fn\nr\rt\tv\v", r"a\ab\bf\fn\nr\rt\tv\v"),
        (b"\\ ' \"", r"\\ \' \""),
        (b"\x00\x01\x1b\x7f", r"\0\x01\x1b\x7f"),
        ("°C µm".encode(), "°C µm"),
        (b"\xb0C", r"\xb0C"),  # not UTF-8
        ("\u202e".encode(), r"\xe2\x80\xae"),  # would turn the line round
    ],
)
def test_escapes(data: bytes, text: str) -> None:
    assert escaped(data) == text


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("plain", b"plain"),
        (r"a\ab\bf\fn\nr\rt\tv\v", b"a\ab\bf\fn\nr\rt\tv\v"),
        (r"\\ \' \"", b"\\ ' \""),
        (r"\0\x01\x1b\x7f\x4", b"\0\x01\x1b\x7f\x04"),
        (r"\q", b"q"),
        ("°", "°".encode()),
        ("end\\", b"end"),
        (r"\x41B\x4z", b"AB\x04z"),
    ],
)
def test_and_back(text: str, data: bytes) -> None:
    assert raw(text) == data


def test_units_and_labels_cannot_command_the_terminal() -> None:
    assert plain(b"it's \x1b[31m") == "it's \\x1b[31m"
    assert plain("°C".encode("latin-1")) == "°C"


@pytest.mark.parametrize(
    ("style", "value", "text"),
    [
        (Style(), 3.14159265, "3.14159"),
        (Style(), 1e-20, "1e-20"),
        (Style(), float("nan"), "nan"),
        (Style(), float("-inf"), "-inf"),
        (Style(float_format="%.3f"), 3.14159265, "3.142"),
        (Style(float_base="x"), 255.4, "0xFF"),
        (Style(float_base="x"), -1.6, "0xFFFFFFFE"),
        (Style(float_base="o"), 8.0, "0o10"),
        (Style(float_base="b"), 5.0, "101"),
        (Style(float_base="b"), 0.0, "0"),
        (Style(float_base="x"), 2e10, "0x4A817C800"),
        (Style(float_base="x"), float("nan"), "nan"),
    ],
)
def test_floats(style: Style, value: float, text: str) -> None:
    assert elements(result(T.DOUBLE, array("d", [value])), style) == [text]


def test_integers_and_characters() -> None:
    numbers = result(T.LONG, array("i", [10, -1, 0]))
    assert elements(numbers, Style()) == ["10", "-1", "0"]
    assert elements(numbers, Style(int_base="x")) == ["0xA", "0xFFFFFFFF", "0x0"]
    assert elements(result(T.CHAR, b"\x01\xff"), Style()) == ["1", "-1"]
    assert elements(result(T.CHAR, b"\x01\x20"), Style(int_base="x")) == ["0x1", "0x20"]


def test_states() -> None:
    data = array("H", [0, 1, 2, 20])
    labelled = result(T.CTRL_ENUM, data, enum_strings=(b"off", b"it's on"))
    assert elements(labelled, Style()) == ["off", "it's on", "Enum Index Overflow (2)", "Illegal Value (20)"]
    assert elements(labelled, Style(enum_as_number=True)) == ["0", "1", "2", "20"]
    assert elements(result(T.TIME_ENUM, data), Style()) == ["0", "1", "2", "20"]


def test_counts_come_first() -> None:
    assert values(result(T.LONG, array("i", [1, 2])), Style(), 0) == "2 1 2"
    assert values(result(T.LONG, array("i", [1])), Style(), 0) == "1"
    assert values(result(T.LONG, array("i", [1])), Style(separator=","), 1) == "1,1"
    assert values(result(T.LONG, array("i")), Style(), 0) == ""
    assert values(result(T.CHAR, b"text\0more"), Style(long_strings=True), 0) == "text"


def test_alarms_that_base_does_not_have() -> None:
    assert (status_name(3), severity_name(2)) == ("HIHI", "MAJOR")
    assert (status_name(99), severity_name(99)) == ("??", "??")


def test_what_a_plain_type_says_besides() -> None:
    assert details(result(T.DOUBLE, array("d", [1.0])), "") == []
