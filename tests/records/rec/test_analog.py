"""Limits, hysteresis and whole numbers."""

from typing import Any

import pytest

from records import Alarm, Severity, Status
from records.rec.ai import AiRecord
from records.rec.int64in import Int64inRecord
from records.rec.int64out import Int64outRecord
from records.rec.longin import LonginRecord
from records.rec.longout import LongoutRecord
from tests.records.fakes import Instrument, R, Trouble, said

LIMITS: dict[str, Any] = {
    "hihi": 9,
    "high": 8,
    "low": 2,
    "lolo": 1,
    "hhsv": "MAJOR",
    "hsv": "MINOR",
    "lsv": "MINOR",
    "llsv": "MAJOR",
}


@pytest.mark.parametrize(
    ("value", "alarm"),
    [
        (5, ("NO_ALARM", "NO_ALARM")),
        (8, ("HIGH", "MINOR")),
        (9, ("HIHI", "MAJOR")),
        (2, ("LOW", "MINOR")),
        (1, ("LOLO", "MAJOR")),
        (-1e300, ("LOLO", "MAJOR")),
        (float("inf"), ("HIHI", "MAJOR")),
    ],
)
def test_limits_are_inclusive(value: float, alarm: tuple[str, str]) -> None:
    record = AiRecord("T:x", 5.0, **LIMITS)
    record.post(value)
    assert said(record)[:2] == alarm


def test_limit_without_severity_is_none() -> None:
    record = AiRecord("T:x", 5.0, hihi=9)
    record.post(10)
    assert said(record) == ("NO_ALARM", "NO_ALARM", "")


def test_severities_are_the_users_choice() -> None:
    record = AiRecord("T:x", 5.0, hihi=9, hhsv="MINOR", high=8, hsv="INVALID")
    record.post(10)
    assert said(record)[:2] == ("HIHI", "MINOR")  # the outer limit speaks, though it is the milder
    record.post(8.5)
    assert said(record)[:2] == ("HIGH", "INVALID")


def test_hysteresis_belongs_to_one_limit() -> None:
    """Measured on a C softIoc: with HIHI 9 and HYST .5, 8.7 stays MAJOR, but 7.9 from there is no alarm."""
    record = AiRecord("T:x", 5.0, hyst=0.5, **LIMITS)
    seen = []
    for value in (9, 8.7, 8.5, 8.4, 7.9, 8, 7.6, 7.4):
        record.post(value)
        seen.append((value, said(record)[0], record.lalm))
    assert seen == [
        (9, "HIHI", 9.0),
        (8.7, "HIHI", 9.0),
        (8.5, "HIHI", 9.0),
        (8.4, "HIGH", 8.0),
        (7.9, "HIGH", 8.0),
        (8, "HIGH", 8.0),
        (7.6, "HIGH", 8.0),
        (7.4, "NO_ALARM", 7.4),
    ]
    record.post(9)
    record.post(7.9)
    assert (said(record)[0], record.lalm) == ("NO_ALARM", 7.9)


def test_hysteresis_below() -> None:
    record = AiRecord("T:x", 5.0, hyst=0.5, **LIMITS)
    for value, status in ((1, "LOLO"), (1.5, "LOLO"), (1.6, "LOW"), (2.4, "LOW"), (2.6, "NO_ALARM")):
        record.post(value)
        assert (value, said(record)[0]) == (value, status)


def test_lalm_moves_only_when_the_limit_gave_the_alarm() -> None:
    record = AiRecord("T:x", 5.0, hyst=0.5, **LIMITS)
    record.post(9.5, alarm=Alarm(Status.HWLIMIT, Severity.INVALID))  # a worse alarm of another kind
    assert (said(record)[0], record.lalm) == ("HWLIMIT", 5.0)
    record.failed(Trouble("cable"), Status.READ)
    assert record.lalm == 5.0


@pytest.mark.parametrize("record_class", [LonginRecord, Int64inRecord, LongoutRecord, Int64outRecord])
def test_whole_numbers(record_class: Any) -> None:
    record = record_class("T:n", 5, hyst=1, mdel=2, **LIMITS)
    assert type(record.value) is int
    for value, status, mlst in ((9, "HIHI", 9), (8, "HIHI", 9), (7, "NO_ALARM", 9), (6, "NO_ALARM", 6)):
        record.post(value)
        assert (said(record)[0], record.mlst, type(record.value)) == (status, mlst, int)


@pytest.mark.parametrize(
    ("reading", "value"), [(7, 7), (7.9, 7), ("0x10", 16), (True, 1), (b"12", 12), (-(1 << 31), -(1 << 31))]
)
def test_readings_of_a_longin(reading: Any, value: int) -> None:
    record = LonginRecord("T:n", inp=Instrument())
    record.process(R(reading))
    assert (record.value, said(record)[0]) == (value, "NO_ALARM")


@pytest.mark.parametrize("reading", [1 << 31, 3e9, float("nan"), "abc", "3000000000", None, [1, 2]])
def test_readings_that_do_not_fit_are_no_other_number(reading: Any) -> None:
    record = LonginRecord("T:n", 5)
    record.process(R(reading))
    assert record.value == 5
    assert said(record)[:2] == ("READ", "INVALID")


async def test_longout() -> None:
    instrument = Instrument()
    record = LongoutRecord("T:n", out=instrument, drvl=0, drvh=10)
    await record.write("12")
    assert (record.value, instrument.written) == (10, [10])


def test_64_bits() -> None:
    record = Int64inRecord("T:n", 0)
    record.process(R((1 << 62) + 1))
    assert record.value == (1 << 62) + 1
