"""ao: conversion of what is written and read back."""

from itertools import count
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from records.output import Output
from records.pv import clock
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


class StepByStep(AoRecord):
    """An ao that never takes its short way."""

    process_soft = Output.process_soft


numbers = st.sampled_from((0.0, -0.0, 0.5, 1.0, -2.5, 7.0, 2147483646.5, -3e9, float("nan"), float("inf")))
puts = st.one_of(
    st.tuples(st.just("VAL"), numbers),
    st.tuples(st.sampled_from(("DRVH", "DRVL", "HIHI", "HIGH", "LOW", "LOLO", "OROC", "AOFF", "ASLO")), numbers),
    st.tuples(st.sampled_from(("MDEL", "ADEL")), st.sampled_from((-1.0, 0.0, 1.0, float("nan")))),
    st.tuples(st.sampled_from(("HHSV", "HSV", "LSV", "LLSV")), st.integers(0, 3)),
    st.tuples(st.sampled_from(("ROFF", "LINR", "UDF", "RVAL", "PROC", "TSE")), st.integers(0, 1)),
)


@given(st.lists(puts, min_size=10, max_size=40))
@example([("MDEL", -1.0), ("ROFF", 1), ("ROFF", 0)])
@example([("TSE", 1), ("VAL", 3.0)])
def test_the_short_way_ends_where_the_long_one_does(script: list[tuple[str, Any]]) -> None:
    records = [AoRecord("T:x", 0.0), StepByStep("T:x", 0.0)]
    told: list[list[int]] = [[], []]
    for record, heard in zip(records, told, strict=True):
        record.listen(lambda _, changes, heard=heard: heard.append(changes))  # type: ignore[misc]
    ticks = count()
    for name, value in [("VAL", 1.0), ("VAL", 2.0), *script]:
        now = next(ticks)
        with patch.object(clock, "now_ns", lambda now=now: now):
            for record in records:
                assert (record.put(value) if name == "VAL" else record.put_field(name, value)) is None
        short, long = ({field: repr(getattr(one, row.attr)) for field, row in one.fields.items()} for one in records)
        assert short == long
        alarm, time = ({repr(getattr(one, attr)) for one in records} for attr in ("alarm", "time_ns"))
        assert (len(alarm), len(time)) == (1, 1)
        assert told[0] == told[1]
