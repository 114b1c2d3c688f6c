"""ai: conversion of readings."""

from math import nan
from typing import Any

import pytest

from records.rec.ai import AiRecord
from tests.records.fakes import Instrument, R, said


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({}, 9.0),
        ({"aslo": 2, "aoff": 1}, 19.0),
        ({"aslo": 0}, 9.0),  # 0 means "not set" in base too
        ({"eslo": 5}, 9.0),  # without LINR it does nothing
        ({"linr": "SLOPE", "eslo": 2, "eoff": 3}, 21.0),
        ({"linr": "SLOPE", "roff": 1, "aslo": 2, "aoff": 4, "eslo": 5, "eoff": 6}, 126.0),
        ({"linr": "LINEAR", "egul": 100}, 109.0),  # EGUL is the offset where none is given
    ],
)
def test_conversion(fields: dict[str, Any], value: float) -> None:
    record = AiRecord("T:x", inp=Instrument(), **fields)
    record.process(R(9))
    assert record.value == value


@pytest.mark.parametrize("reading", [4, 4.0, "4.0 K", b"4", True * 4])
def test_readings(reading: Any) -> None:
    record = AiRecord("T:x", inp=Instrument())
    record.process(R(reading))
    assert (record.value, type(record.value)) == (4.0, float)


def test_smoothing() -> None:
    record = AiRecord("T:x", smoo=0.75, inp=Instrument())
    seen = []
    for reading in (8.0, 4.0, nan, 4.0):
        record.process(R(reading))
        seen.append(record.value)
    assert seen[:2] == [8.0, 7.0]  # the first is taken as it is
    assert seen[2] != seen[2]
    assert seen[3] == 4.0


def test_a_value_by_hand_is_not_converted() -> None:
    record = AiRecord("T:x", linr="SLOPE", eslo=2)
    record.put(4)
    assert record.value == 4.0


def test_rval() -> None:
    record = AiRecord("T:x", linr="SLOPE", eslo=2)
    record.process(R(4))
    assert (record.rval, record.value) == (4, 8.0)
    raw = AiRecord("T:r", linr="SLOPE", eslo=2, dtyp="Raw Soft Channel")
    raw.put_field("RVAL", 5)
    assert (raw.rval, raw.oraw, raw.value) == (5, 5, 10.0)
    record.process(R(1e300))
    assert record.rval == (1 << 31) - 1


def test_nan_reading() -> None:
    record = AiRecord("T:x", linr="SLOPE", inp=Instrument())
    record.process(R(nan))
    assert said(record) == ("UDF", "INVALID", "not a number")
