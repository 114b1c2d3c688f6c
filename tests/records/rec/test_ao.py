"""ao: conversion of what is written and read back."""

from typing import Any

import pytest

from records.rec.ao import AoRecord
from tests.records.fakes import Instrument, R, Trouble


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, 9.0),
        ({"aslo": 2, "aoff": 1}, 4.0),
        ({"linr": "SLOPE", "eslo": 2, "eoff": 3}, 3),
        ({"linr": "SLOPE", "eslo": 4}, 2),  # 2.25: RVAL is a whole number
        ({"linr": "SLOPE", "eslo": 0.5, "roff": 8}, 10),
        ({"linr": "SLOPE", "eslo": 0}, 0),
        ({"linr": "SLOPE", "eslo": 1e-12}, (1 << 31) - 1),
    ],
)
async def test_conversion(fields: dict[str, Any], told: float) -> None:
    instrument = Instrument()
    record = AoRecord("T:x", out=instrument, **fields)
    await record.write(9)
    assert (instrument.written, record.value) == ([told], 9.0)
    assert type(instrument.written[0]) is type(told)


@pytest.mark.parametrize(
    "fields",
    [{}, {"aslo": 2, "aoff": 1}, {"linr": "SLOPE", "eslo": 0.5, "eoff": 3}, {"linr": "SLOPE", "eslo": 0.25, "roff": 7}],
)
async def test_reads_back_what_was_written(fields: dict[str, Any]) -> None:
    instrument = Instrument()
    record = AoRecord("T:x", out=instrument, inp=instrument, **fields)
    await record.write(9)
    record.process(R(instrument.written[0]))
    assert record.value == 9.0


async def test_rate_of_change() -> None:
    """OROC: VAL is the goal, OVAL what is written, one step for each processing."""
    instrument = Instrument()
    record = AoRecord("T:x", 0.0, out=instrument, oroc=4)
    await record.write(9)
    for _ in range(3):
        work = record.process()
        assert work is not None
        await work
    assert instrument.written == [4.0, 8.0, 9.0, 9.0]
    assert (record.value, record.oval) == (9.0, 9.0)


async def test_oval_waits_for_the_instrument() -> None:
    instrument = Instrument()
    record = AoRecord("T:x", 1.0, out=instrument)
    instrument.fault = Trouble("no")
    with pytest.raises(Trouble):
        await record.write(5)
    assert (record.oval, record.pval, record.value) == (1.0, 1.0, 1.0)


async def test_nan_has_no_raw_value() -> None:
    instrument = Instrument()
    record = AoRecord("T:x", out=instrument, linr="SLOPE")
    with pytest.raises(ValueError, match="nan has no raw value"):
        await record.write("nan")
    assert instrument.written == []


def test_rval_is_not_for_writing() -> None:
    with pytest.raises(PermissionError, match="RVAL follows from VAL"):
        AoRecord("T:x", out=Instrument()).put_field("RVAL", 3)
