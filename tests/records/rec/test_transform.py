"""transform, as transformRecord.c and transformRecord.html of epics-modules/calc have it; base's IOC has none."""

from __future__ import annotations

from typing import Any

import pytest

from records import CalcError, PVGroup, Severity, Status, ai, ao, transform
from tests.records.hosts import Hosting


class Lens(PVGroup):
    pos = ai(2.0)
    slit = transform(inpa="pos", clcb="A*2", clcc="B+1", outc="out", clcd="D+1", inpe="7", prec=2, egu="mm")
    out = ao(0.0)
    careful = transform(inpa="nowhere CA", clcb="5", outb="out", ivla="Do Nothing")
    careless = transform(inpa="nowhere CA", clcb="A+5", outb="out", flnk="after")
    after = ao(9.0, out="out PP")


@pytest.fixture
def lens() -> Any:
    group = Lens()
    Hosting(*group.records())
    return group


def values(record: Any) -> tuple[float, ...]:
    return record.a, record.b, record.c, record.d, record.e


def test_expressions_see_the_results_before_them(lens: Any) -> None:
    lens.slit.process()
    assert values(lens.slit) == (2.0, 4.0, 5.0, 1.0, 7.0)
    assert lens.out.value == 5.0
    lens.slit.process()
    assert values(lens.slit) == (2.0, 4.0, 5.0, 2.0, 7.0)
    assert (lens.slit.la, lens.slit.alarm.severity, lens.slit.udf) == (2.0, Severity.NO_ALARM, 0)


def test_a_value_that_was_written_is_not_calculated(lens: Any) -> None:
    """process: "if value is same as last time, and bitmap is unmarked"."""
    lens.slit.process()
    lens.slit.put_field("B", 10.0)
    assert values(lens.slit)[:3] == (2.0, 10.0, 11.0)
    lens.slit.put_field("B", 4.0)  # what it will be calculated to be: still it was written
    assert (lens.slit.b, lens.slit.map) == (4.0, 0)
    lens.slit.process()
    assert values(lens.slit)[:3] == (2.0, 4.0, 5.0)


def test_copt_always_calculates(lens: Any) -> None:
    """transformRecord.html, COPT: "Always"; 5.8 of the modification log."""
    lens.slit.put_field("COPT", "Always")
    lens.slit.put_field("B", 10.0)
    assert values(lens.slit)[:3] == (2.0, 4.0, 5.0)


def test_a_value_of_a_link_cannot_be_written(lens: Any) -> None:
    """special: "Don't accept changes to a value field if its input link exists"."""
    with pytest.raises(PermissionError, match=r"slit\.A is read from INPA"):
        lens.slit.put_field("A", 1.0)
    lens.slit.put_field("INPA", "3.5")
    assert lens.slit.a == 0.0  # a constant counts when the IOC starts
    lens.slit.put_field("A", 1.0)
    assert lens.slit.c == 3.0


def test_ivla(lens: Any) -> None:
    """process: "Do Nothing" ends at an INVALID input, with its alarm; else it goes on with 0."""
    lens.careful.process()
    assert (lens.careful.b, lens.out.value, lens.careful.alarm.severity) == (0.0, 0.0, Severity.INVALID)
    lens.careless.process()
    assert (lens.careless.b, lens.careless.alarm.status) == (5.0, Status.LINK)
    assert lens.out.value == 9.0  # FLNK


def test_what_cannot_be_calculated_is_an_alarm(lens: Any) -> None:
    lens.slit.put_field("CLCD", "1/F")
    lens.slit.process()
    assert (lens.slit.alarm.status, lens.slit.alarm.severity) == (Status.CALC, Severity.INVALID)
    assert (lens.slit.udf, lens.slit.c) == (1, 5.0)


def test_cav_says_whether_an_expression_is_one(lens: Any) -> None:
    lens.slit.put_field("CLCD", "A+")
    assert lens.slit.cdv == -1
    lens.slit.put_field("CLCD", "")
    assert lens.slit.cdv == 0
    with pytest.raises(CalcError, match=r"T\.CLCA: Incomplete expression, operand missing at column 3 of 'A\+'"):
        type(lens.slit)("T", clca="A+")


def test_comments_name_values(lens: Any) -> None:
    """getMacros, convertMacros: the longest name first, in either case; read when an expression is written."""
    lens.slit.put_field("CMTE", "$xp position")
    lens.slit.put_field("CMTF", "$x")
    lens.slit.put_field("CMTG", "$p")  # $P( stays PRINTF
    lens.slit.put_field("F", 100.0)
    lens.slit.put_field("CLCD", "$XP+$x+LEN($P('%d',E))")
    lens.slit.process()
    assert lens.slit.d == 108.0


def test_link_states(lens: Any) -> None:
    seen: list[Any] = []
    lens.slit.field("IAV").listen(lambda pv, changes: seen.append(pv.value))
    states = [lens.slit.field(name).text for name in ("IAV", "IBV", "OCV")]
    assert states == ["Local PV", "Constant", "Local PV"]
    lens.slit.put_field("INPA", "nowhere CA")
    lens.slit.put_field("INPA", "")
    assert (lens.careful.field("IAV").text, seen) == ("Ext PV NC", [0, 3])
    assert lens.slit.field("A").metadata[:2] == ("mm", 2)
