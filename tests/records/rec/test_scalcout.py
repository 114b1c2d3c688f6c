"""scalcout, as sCalcoutRecord.c, devsCalcoutSoft.c and sCalcoutRecord.html of epics-modules/calc have it."""

from __future__ import annotations

from typing import Any

import pytest

from records import PVGroup, Severity, Status, ai, ao, mbbo, scalcout, stringin, stringout, waveform
from tests.records.hosts import Hosting
from tests.waiting import eventually


class Serial(PVGroup):
    setpoint = ai(21.5)
    unit = stringin("degC")
    command = scalcout(inpa="setpoint", inbb="unit", calc="PRINTF('SETP %5.2f ',A)+BB", out="text", flnk="after")
    text = stringout("")
    number = ao(0.0)
    mode = mbbo(0, zrst="idle", onst="SETP")
    reply = waveform("T=1\r\n", ftvl="CHAR", nelm=20)
    parsed = scalcout(inaa="reply", calc="AA", out="bytes")
    bytes = waveform("", ftvl="CHAR", nelm=8)
    after = ao(0.0)


@pytest.fixture
def serial() -> Any:
    group = Serial()
    group.host = Hosting(*group.records())
    return group


def test_a_text_for_a_text(serial: Any) -> None:
    serial.command.process()
    assert (serial.command.sval, serial.command.value) == ("SETP 21.50 degC", 0.0)
    assert (serial.text.value, serial.command.osv, serial.command.psvl) == ("SETP 21.50 degC",) * 3
    assert serial.command.alarm.severity == Severity.NO_ALARM


@pytest.mark.parametrize(("target", "shown"), [("number", 7.0), ("text", "7.000"), ("after", 7.0)])
def test_what_out_takes_decides(serial: Any, target: str, shown: Any) -> None:
    """write_scalcout: OSV for texts and choices, OVAL else. A number as text has PREC digits."""
    serial.command.put_field("OUT", target)
    serial.command.put_field("PREC", 3)
    serial.command.put_field("CALC", "7")
    assert getattr(serial, target).value == shown


def test_a_choice_by_its_label(serial: Any) -> None:
    serial.command.put_field("OUT", "mode")
    serial.command.put_field("CALC", "PRINTF('SE%s','TP')")
    assert serial.mode.value == 1


def test_arrays_of_characters(serial: Any) -> None:
    """fetch_values: epicsStrSnPrintEscaped of what is read; write_scalcout: as many bytes as the array has room for."""
    serial.parsed.process()
    assert serial.parsed.aa == r"T=1\r\n"
    assert serial.bytes.value == b"T=1\\r\\n\0"


def test_previous_values(serial: Any) -> None:
    serial.command.process()
    assert (serial.command.pa, serial.command.pbb) == (0.0, "")
    serial.command.process()
    assert (serial.command.pa, serial.command.pbb) == (21.5, "degC")


def test_what_cannot_be_calculated(serial: Any) -> None:
    """process: VAL is -1, SVAL ***ERROR***, CALC/INVALID."""
    serial.command.put_field("CALC", "1/0")
    assert (serial.command.value, serial.command.sval) == (-1.0, "***ERROR***")
    assert (serial.command.alarm.status, serial.command.alarm.severity) == (Status.CALC, Severity.INVALID)
    serial.command.put_field("CALC", "'a")
    assert (serial.command.sval, serial.command.clcv, serial.command.alarm.severity) == ("a", 0, 0)
    serial.command.put_field("CALC", "A+")
    assert (serial.command.clcv, serial.command.sval) == (-1, "***ERROR***")
    serial.command.put_field("CALC", "")
    assert (serial.command.clcv, serial.command.sval) == (0, "***ERROR***")


@pytest.mark.parametrize(("ivoa", "written"), [(0, -1.0), (1, 0.0), (2, 42.0)])
def test_ivoa(serial: Any, ivoa: int, written: float) -> None:
    for name, value in (("OUT", "number"), ("IVOA", ivoa), ("IVOV", 42.0), ("CALC", "LN(-1)")):
        serial.command.put_field(name, value)
    assert serial.number.value == written


def test_ocal_has_its_own_val(serial: Any) -> None:
    for name, value in (("OUT", "number"), ("CALC", "5"), ("DOPT", "Use OCAL"), ("OVAL", 0.0)):
        serial.command.put_field(name, value)
    serial.command.put_field("OCAL", "VAL+A")
    assert (serial.command.value, serial.command.oval, serial.number.value) == (5.0, 21.5, 21.5)
    serial.command.process()
    assert serial.number.value == 43.0


@pytest.mark.parametrize(
    ("oopt", "written"),
    [
        ("Every Time", [0, 2, 2, 0]),
        ("On Change", [2, 0]),
        ("When Zero", [0, 0]),
        ("When Non-zero", [2, 2]),
        ("Transition To Zero", [0]),
        ("Transition To Non-zero", [2]),
        ("Never", []),
    ],
)
def test_oopt(serial: Any, oopt: str, written: list[float]) -> None:
    for name, value in (("INPA", ""), ("CALC", "A"), ("OUT", "number"), ("OOPT", oopt)):
        serial.command.put_field(name, value)
    serial.command.put_field("A", 0.0)
    seen: list[Any] = []
    serial.number.take_from_link = lambda row, value, processes: seen.append(value)
    for value in (0.0, 2.0, 2.0, 0.0):
        serial.command.put_field("A", value)
    assert seen == written


async def test_odly_and_oevt(serial: Any) -> None:
    serial.command.put_field("ODLY", 0.01)
    serial.command.put_field("OEVT", 7)
    serial.command.process()
    assert (serial.command.dlya, serial.command.pact, serial.text.value) == (1, 1, "")
    await eventually(lambda: serial.command.pact == 0)
    assert (serial.command.dlya, serial.text.value, serial.host.traced) == (0, "SETP 21.50 degC", ["event 7"])


def test_links_that_cannot_be_read(serial: Any) -> None:
    """fetch_values: a number ends it, a text is replaced."""
    serial.command.put_field("INBB", "nowhere CA")
    serial.command.process()
    assert serial.command.bb == "command:fetch(BB) failed"
    assert serial.command.alarm.status == Status.LINK
    serial.command.put_field("INPA", "nowhere CA")
    serial.command.put_field("CALC", "5")
    assert (serial.command.value, serial.command.field("INAV").text) == (0.0, "Ext PV NC")
    states = [serial.command.field(name).text for name in ("IBBV", "ICCV", "OUTV")]
    assert states == ["Ext PV NC", "Constant", "Local PV"]


def test_limits(serial: Any) -> None:
    serial.command.put_field("HIHI", 20.0)
    serial.command.put_field("HHSV", "MAJOR")
    serial.command.put_field("CALC", "A")
    assert (serial.command.alarm.status, serial.command.alarm.severity) == (Status.HIHI, Severity.MAJOR)
