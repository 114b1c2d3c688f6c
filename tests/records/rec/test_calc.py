"""calc and calcout by themselves; the C IOC is their judge in tests/records/differential."""

from __future__ import annotations

from typing import Any

import pytest

from records import PVGroup, Severity, Status, ai, ao, calc, calcout
from tests.records.fakes import Instrument
from tests.records.hosts import Hosting


class Sums(PVGroup):
    a = ai(1.5)
    total = calc(calc="A*B+VAL", inpa="a MS", inpb="3", flnk="drive")
    drive = calcout(calc="A+1", inpa="total", out="target PP", oopt="On Change")
    target = ao(0.0)


@pytest.fixture
def sums() -> Sums:
    group = Sums()
    Hosting(*group.records())
    return group


def test_inputs_links_and_val(sums: Sums) -> None:
    sums.total.process()
    assert (sums.total.value, sums.drive.value, sums.target.value) == (4.5, 5.5, 5.5)
    sums.total.process()
    assert (sums.total.value, sums.target.value) == (9.0, 10.0)
    assert (sums.total.udf, sums.total.alarm.severity) == (0, Severity.NO_ALARM)


def test_a_put_of_an_argument_processes(sums: Sums) -> None:
    sums.total.put_field("B", 2.0)
    assert (sums.total.value, sums.total.field("LB").value) == (3.0, 2.0)  # type: ignore[union-attr]


def test_a_severity_comes_with_its_link(sums: Sums) -> None:
    sums.a.put_field("HHSV", "MAJOR")
    sums.total.process()
    assert (sums.total.alarm.status, sums.total.alarm.severity) == (Status.LINK, Severity.MAJOR)


def test_a_put_of_val_does_not_process(sums: Sums) -> None:
    sums.total.put(7.0)
    assert (sums.total.value, sums.drive.value) == (7.0, 0.0)
    sums.total.process()
    assert sums.total.value == 11.5


def test_a_bad_expression_is_refused_and_alarms(sums: Sums) -> None:
    with pytest.raises(ValueError, match="Incomplete expression, operand missing at column 3 of 'A\\+'"):
        sums.total.put_field("CALC", "A+")
    assert (sums.total.calc, sums.total.alarm.status) == ("A+", Status.CALC)
    sums.total.put_field("CALC", "A")
    assert (sums.total.value, sums.total.alarm.severity) == (1.5, Severity.NO_ALARM)
    with pytest.raises(ValueError, match="Syntax error"):
        calc(calc="A B").create()


def test_a_link_that_leads_nowhere(sums: Sums) -> None:
    sums.total.put_field("INPC", "nowhere")
    sums.total.process()
    assert (sums.total.alarm.status, sums.total.alarm.severity) == (Status.LINK, Severity.INVALID)
    assert sums.total.value == 0.0  # nothing is calculated from half of the inputs


@pytest.mark.parametrize(
    ("oopt", "written"),
    [
        ("Every Time", [0.0, 2.0, 2.0, 0.0, 0.0, 3.0]),
        ("On Change", [2.0, 0.0, 3.0]),
        ("When Zero", [0.0, 0.0, 0.0]),
        ("When Non-zero", [2.0, 2.0, 3.0]),
        ("Transition To Zero", [0.0]),
        ("Transition To Non-zero", [2.0, 3.0]),
    ],
)
async def test_when_it_is_written(oopt: str, written: list[float]) -> None:
    instrument = Instrument()
    record: Any = calcout(calc="A", oopt=oopt, out=instrument).create()
    Hosting(record)
    for value in (0.0, 2.0, 2.0, 0.0, 0.0, 3.0):
        work = record.put_field("A", value)
        if work is not None:
            await work
    assert instrument.written == written


async def test_output_calculation_delay_and_ivoa() -> None:
    instrument = Instrument()
    record: Any = calcout(calc="A", ocal="VAL+A*10", dopt="Use OCAL", odly=0.01, out=instrument).create()
    Hosting(record)
    work = record.put_field("A", 2.0)
    assert (record.value, instrument.written) == (2.0, [])
    await work
    assert (record.dlya, record.oval, instrument.written) == (0, 20.0, [20.0])
    record.put_field("IVOA", "Set output to IVOV")
    record.put_field("IVOV", -1.0)
    await record.put_field("CALC", "NaN")
    assert (record.alarm.severity, record.alarm.status) == (Severity.INVALID, Status.UDF)
    assert instrument.written == [20.0, -1.0]
    record.put_field("IVOA", "Don't drive outputs")
    await record.process()
    assert instrument.written == [20.0, -1.0]


async def test_an_instrument_that_refuses() -> None:
    instrument = Instrument()
    instrument.fault = ConnectionError("unplugged")
    record: Any = calcout(calc="5", out=instrument).create()
    Hosting(record)
    work = record.process()
    assert work is not None
    await work
    assert record.alarm == (Status.WRITE, Severity.INVALID, "unplugged")


def test_calcout_says_what_its_expressions_and_links_are(sums: Sums) -> None:
    drive = sums.drive
    drive.put_field("CALC", "A+")
    drive.put_field("OCAL", "(")
    assert (drive.clcv, drive.oclv) == (-1, -1)
    drive.put_field("CALC", "A")
    assert drive.clcv == 0
    drive.put_field("INPC", "nowhere")
    states = [drive.field(name).text for name in ("INAV", "INBV", "INCV", "OUTV")]  # type: ignore[union-attr]
    assert states == ["Local PV", "Constant", "Ext PV NC", "Local PV"]
