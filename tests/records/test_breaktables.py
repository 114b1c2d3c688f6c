"""Breakpoint tables: which there are, and what LINR of ai and ao makes of them."""

from __future__ import annotations

import pytest

from records import Severity, Status, breaktable
from records import breaktables as module
from records.db import Builder, Definitions, Parser, Problem
from records.rec.ai import AiRecord
from records.rec.ao import AoRecord
from tests.records.fakes import Instrument, said


@pytest.fixture(autouse=True)
def _own_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_TABLES", {})
    monkeypatch.setattr(module, "_NAMES", [])


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [("typeKdegC", 299.2687, 74.0), ("typeKdegF", 328.639899, 178.0), ("typeJdegC", 0.0, 0.0), ("typeJdegF", 0, 32.0)],
)
def test_thermocouples_of_base_are_there(name: str, raw: float, value: float) -> None:
    record = AiRecord("x", linr=name, inp=Instrument())
    assert record.from_reading(raw) == pytest.approx(value)
    assert not record.nsev


async def test_a_choice_without_a_table_is_an_alarm_whatever_was_before() -> None:
    record = AiRecord("x", linr="typeKdegC", inp=Instrument(299.2687))
    await record.process()  # type: ignore[misc]  # there is something to await
    assert (record.value, said(record)[0]) == (pytest.approx(74.0), "NO_ALARM")
    await record.put_field("LINR", "typeTdegC")  # type: ignore[misc]
    for _ in range(2):
        assert (record.value, said(record)) == (299.2687, ("SOFT", "MAJOR", "BPT Error"))
        await record.process()  # type: ignore[misc]


def test_beyond_the_table_the_last_slope_goes_on_with_an_alarm() -> None:
    breaktable("mine", [(0, 0), (10, 20), (20, 60)])
    record = AiRecord("x", linr="mine", inp=Instrument())
    assert (record.from_reading(15.0), record.nsev) == (40.0, Severity.NO_ALARM)
    assert (record.from_reading(25.0), record.nsta) == (80.0, Status.SOFT)


async def test_what_is_not_in_the_table_is_not_written() -> None:
    breaktable("mine", [(0, 0), (10, 20), (20, 60)])
    sink = Instrument()
    record = AoRecord("x", linr="mine", out=sink)
    work = record.put(40.0)
    assert work is not None
    await work
    assert (sink.written, record.rval) == ([15], 15)
    work = record.put(100.0)
    assert work is not None
    with pytest.raises(ValueError, match=r"x: 100 has no raw value"):
        await work
    assert (sink.written, record.value, record.alarm.status) == ([15], 40.0, Status.WRITE)


def test_the_tables_of_a_database_are_choices_of_its_records() -> None:
    definitions, problems = Definitions(), list[Problem]()
    text = 'record(ai, "x") { field(LINR, "curve") } breaktable(curve) { 0 100, 10 80 }'
    Parser(definitions, problems, lambda name, position: (name, "")).parse("x.db", text, {})
    pvdb = Builder(definitions, problems).build()
    assert not problems
    record = pvdb["x"]
    assert isinstance(record, AiRecord)
    assert record.field("LINR").metadata.states[-1] == "curve"  # type: ignore[union-attr]  # it has one
    assert record.from_reading(5.0) == 90.0


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([(0, 0)], "at least two points"),
        ([(0, 0), (0, 1)], "point 2: two points have the raw value 0"),
        ([(0, 0), (1, 1), (2, 1)], "point 3: the slope is zero"),
        ([(0, 0), (1, 1), (2, 0)], "point 3: the slope changes its sign"),
    ],
)
def test_what_is_no_table(pairs: list[tuple[float, float]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        breaktable("bad", pairs)
