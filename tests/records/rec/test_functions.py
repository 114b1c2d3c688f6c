"""sub, aSub and the functions that they call."""

import asyncio
from typing import Any

import pytest

from records import FieldType, PVGroup, Severity, Status, aSub, printf, sel, sub, subroutine
from records.functions import find_function
from tests.records.hosts import Hosting


def double(record: Any) -> None:
    record.value = record.a * 2


class Calls(PVGroup):
    twice = sub(snam=double, inpa="4.5")
    many = aSub(snam="rec_reverse", ftb="LONG", nob=3, noa=4, nova=4)
    text = printf(fmt="%s is %05.1f", inp0='{const: "this"}', inp1="3.25")
    best = sel(selm="High Signal", inpa="3", inpb="7")


@subroutine("rec_reverse")
def reverse(record: Any) -> int:
    record.vala = list(reversed(record.a))
    return len(record.a)


@pytest.fixture
def calls() -> Any:
    group = Calls(prefix="C:")
    group.records = Hosting(group.twice, group.many, group.text, group.best)
    return group


async def test_a_function_given_in_python(calls: Any) -> None:
    assert calls.twice.snam == "double"
    assert find_function("double") is double
    calls.twice.process()
    assert (calls.twice.value, calls.twice.udf) == (9.0, 0)


async def test_arrays_by_a_registered_function(calls: Any) -> None:
    calls.many.put_field("A", [1, 2, 3])
    calls.many.process()
    assert list(calls.many.vala) == [3.0, 2.0, 1.0]
    assert (calls.many.value, calls.many.nea, calls.many.neva) == (3, 3, 3)
    field = calls.many.field("B")
    assert (field.field_type, field.max_count) == (FieldType.LONG, 3)


async def test_sel_and_printf(calls: Any) -> None:
    calls.best.process()
    calls.text.process()
    assert (calls.best.value, calls.best.seln) == (7.0, 1)
    assert (calls.text.value, calls.text.len) == ("this is 003.2", 14)


async def test_a_function_that_raises_is_an_alarm(calls: Any) -> None:
    @subroutine("rec_broken")
    def broken(record: Any) -> None:
        raise RuntimeError("no current")

    calls.twice.put_field("SNAM", "rec_broken")
    calls.twice.process()
    assert calls.twice.alarm == (Status.SOFT, Severity.INVALID, "rec_broken: no current")


async def test_a_function_that_takes_its_time(calls: Any) -> None:
    go = asyncio.Event()

    @subroutine("rec_slow")
    async def slow(record: Any) -> None:
        await go.wait()
        record.value = 5.0

    calls.twice.put_field("SNAM", "rec_slow")
    calls.twice.process()
    await asyncio.sleep(0)
    assert calls.twice.pact == 1
    go.set()
    await asyncio.gather(*calls.records.tasks)
    assert (calls.twice.pact, calls.twice.value) == (0, 5.0)


def test_names_are_unique() -> None:
    with pytest.raises(ValueError, match="there is another function 'rec_reverse' already"):
        subroutine("rec_reverse")(double)
    with pytest.raises(ValueError, match="has no name"):
        sub(snam=lambda record: None)
