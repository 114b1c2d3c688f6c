"""What a read gives."""

from __future__ import annotations

from array import array

import pytest

from bridge.ca import ECA, ChannelType, DbrMetadata, ReadNotifyResponse
from bridge.ca.dbr import Elements
from bridge.client import Result, Update
from bridge.client.result import result_of, text_of
from records import Severity, Status

T = ChannelType


def result(dbr: ChannelType, data: Elements, scalar: bool = True, **metadata: object) -> Result:
    return Result("X", dbr, data, DbrMetadata(**metadata), scalar)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "value", "text"),
    [
        (result(T.DOUBLE, array("d", [1.5])), 1.5, "1.5"),
        (result(T.LONG, array("i", [-3])), -3, "-3"),
        (result(T.STRING, [b"abc"]), "abc", "abc"),
        (result(T.STRING, [b"a", b"b"], scalar=False), ["a", "b"], "['a', 'b']"),
        (result(T.DOUBLE, array("d", [1.5]), scalar=False), array("d", [1.5]), "[1.5]"),
        (result(T.DOUBLE, array("d")), array("d"), "[]"),
        (result(T.CHAR, b"\xff"), 255, "255"),
        (result(T.CHAR, b"long text\0rest", scalar=False), b"long text\0rest", "long text"),
        (result(T.ENUM, array("H", [1])), 1, "1"),
        (result(T.GR_ENUM, array("H", [1]), enum_strings=(b"off", b"on")), 1, "on"),
        (result(T.GR_ENUM, array("H", [7]), enum_strings=(b"off", b"on")), 7, "7"),
    ],
)
def test_value_and_text(made: Result, value: object, text: str) -> None:
    assert made.value == value
    assert made.text == text


def test_alarm_and_time() -> None:
    made = result(T.TIME_DOUBLE, array("d", [1.0]), status=3, severity=2, seconds=1, nanoseconds=500_000_000)
    assert made.status is Status.HIHI
    assert made.severity is Severity.MAJOR
    assert made.timestamp == 631152001.5
    assert result(T.TIME_DOUBLE, array("d", [1.0])).timestamp is None


def test_an_alarm_that_base_does_not_have_stays_a_number() -> None:
    made = result(T.STS_DOUBLE, array("d", [1.0]), status=99, severity=77)
    assert (made.status, made.severity) == (99, 77)


def test_units_in_either_encoding() -> None:
    assert result(T.GR_DOUBLE, array("d", [1.0]), units="°C".encode(), precision=2).units == "°C"
    assert text_of("°C".encode("latin-1")) == "°C"


def test_too_few_elements_are_an_error() -> None:
    message = ReadNotifyResponse(None, T.DOUBLE, 3, ECA.NORMAL, 1)
    with pytest.raises(ValueError, match="3 elements"):
        result_of("X", message, scalar=True)


def test_an_update_without_result_has_no_value() -> None:
    assert Update("X", connected=False).value is None
    assert Update("X", result=result(T.DOUBLE, array("d", [1.5]))).value == 1.5
