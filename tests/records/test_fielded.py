"""``NAME.FIELD``: reading and writing fields, and what a put to one sets in motion."""

from math import isnan
from typing import Any

import pytest

from records import PV, FieldType, Severity, Status, resolve
from records.fieldpv import FieldPV
from records.rec.ai import AiRecord
from records.rec.ao import AoRecord
from records.rec.longin import LonginRecord
from records.rec.mbbi import MbbiRecord
from records.rec.stringin import StringinRecord
from records.record import Record
from tests.records.fakes import ALARM, ALL, LOG, PROPERTY, VALUE, VLOG, Heard, Instrument, R, Trouble
from tests.records.hosts import Hosting


def field(record: Record, name: str) -> FieldPV:
    found = record.field(name)
    assert isinstance(found, FieldPV)
    return found


def test_made_on_demand_and_remembered() -> None:
    record = AiRecord("T:x", 1.0)
    assert record.field("HIHI") is record.field("HIHI")
    assert record.field("VAL") is record
    assert record.field("NONSENSE") is None
    assert record.field("hihi") is None
    assert field(record, "HIHI").field("VAL") is None


def test_is_a_view_of_its_record() -> None:
    record = AiRecord("T:x", 1.0, hihi=8)
    hihi = field(record, "HIHI")
    assert (hihi.name, hihi.value, hihi.field_type, hihi.writable) == ("T:x.HIHI", 8.0, FieldType.DOUBLE, True)
    record.hihi = 9.0
    record.post(1, time_ns=77)
    assert (hihi.value, hihi.time_ns) == (9.0, 77)
    assert hihi.alarm is record.alarm


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("RTYP", "ai", "ai"),
        ("NAME", "T:x", "T:x"),
        ("DESC", "A thing", "A thing"),
        ("STAT", Status.HIHI, "HIHI"),
        ("SEVR", Severity.MAJOR, "MAJOR"),
        ("AMSG", "", ""),
        ("SCAN", 6, "1 second"),
        ("PINI", 1, "YES"),
        ("UDF", 0, "0"),
        ("PACT", 0, "0"),
        ("EGU", "K", "K"),
        ("PREC", 3, "3"),
        ("HIHI", 8.0, "8.000"),
        ("HHSV", Severity.MAJOR, "MAJOR"),
        ("INP", "KRDG? A", "KRDG? A"),
        ("FLNK", "", ""),
        ("DTYP", 0, "Soft Channel"),
        ("MDEL", 0.0, "0.000"),
        ("LINR", 0, "NO CONVERSION"),
        ("DISV", 1, "1"),
        ("ACKT", 1, "YES"),
        ("UDFS", Severity.INVALID, "INVALID"),
    ],
)
def test_fields_of_an_ai(name: str, value: Any, text: str) -> None:
    record = AiRecord(
        "T:x",
        desc="A thing",
        scan="1 second",
        pini=True,
        egu="K",
        prec=3,
        hihi=8,
        hhsv="MAJOR",
        inp=Instrument(),
        links={"INP": "KRDG? A"},
    )
    record.post(9)
    assert (field(record, name).value, field(record, name).text) == (value, text)


def test_every_field_of_every_type_can_be_read() -> None:
    for record in (AiRecord("T:a", 1.0), AoRecord("T:o", 1.0), MbbiRecord("T:m", 1), StringinRecord("T:s", "x")):
        for name in record.fields:
            shown = record.field(name)
            assert shown is not None
            assert isinstance(shown.text, str)
            assert isinstance(shown.metadata.units, str)


@pytest.mark.parametrize("name", ["NAME", "STAT", "SEVR", "AMSG", "LALM", "PACT", "NSTA", "RTYP"])
def test_read_only_fields(name: str) -> None:
    record = AiRecord("T:x", 1.0)
    shown = field(record, name)
    assert not shown.writable
    with pytest.raises(PermissionError, match=f"T:x.{name} cannot be written"):
        shown.put(1)


def test_bad_puts() -> None:
    record = AiRecord("T:x", 1.0)
    with pytest.raises(ValueError, match="'abc' is no number"):
        record.put_field("HIHI", "abc")
    with pytest.raises(ValueError, match="SCAN has no choice 'often'"):
        record.put_field("SCAN", "often")
    with pytest.raises(ValueError, match="type ai has no field DRVH"):
        record.put_field("DRVH", 1)


def test_put_of_a_limit_checks_the_value_and_tells_of_the_property() -> None:
    record = AiRecord("T:x", 9.0, hhsv="MAJOR", hihi=10)
    record.process()
    hihi = field(record, "HIHI")
    heard, heard_field = Heard(record), Heard(hihi)
    hihi.put("8")
    assert record.metadata.alarm[1] == 8.0
    assert heard.changes == [PROPERTY, ALARM]
    assert heard_field.changes[:2] == [VLOG, PROPERTY]
    assert record.alarm.status is Status.HIHI


async def test_put_of_a_limit_to_a_record_with_a_link_reads_it() -> None:
    instrument = Instrument(9.0)
    record = AiRecord("T:x", inp=instrument)
    await field(record, "HHSV").write("MAJOR")
    assert (record.value, instrument.reads) == (9.0, 1)


def test_put_of_a_limit_to_a_scanned_record_waits_for_its_turn() -> None:
    record = AiRecord("T:x", 9.0, scan="1 second")
    record.put_field("HHSV", "MAJOR")
    record.put_field("HIHI", 8)
    assert record.alarm.severity is Severity.NO_ALARM
    record.process()
    assert record.alarm.severity is Severity.MAJOR


def test_units_are_told() -> None:
    record = AiRecord("T:x", 9.0)
    heard = Heard(record)
    record.put_field("EGU", "K")
    record.put_field("PREC", 2)
    record.put_field("DESC", "no property")
    assert heard.changes == [PROPERTY, PROPERTY]
    assert (record.metadata.units, record.metadata.precision) == ("K", 2)


def test_scan_changed() -> None:
    record = AiRecord("T:x", 9.0)
    record.put_field("SCAN", "2 second")
    host = Hosting(record)
    record.put_field("SCAN", ".1 second")
    record.put_field("SCAN", "I/O Intr")
    record.put_field("PHAS", 3)
    assert host.scans == [(9, 0.1), (2, None), (2, None)]


def test_proc_processes() -> None:
    record = AiRecord("T:x", 9.0, high=5, hsv="NO_ALARM")
    record.hsv = Severity.MINOR
    record.put_field("PROC", 0)
    assert record.alarm.status is Status.HIGH


async def test_proc_reads_the_link_and_can_be_awaited() -> None:
    instrument = Instrument(9.0)
    record = AiRecord("T:x", inp=instrument, scan="1 second")
    await field(record, "PROC").write(1)
    assert record.value == 9.0


def test_fields_tell_when_processing_changes_them() -> None:
    record = AiRecord("T:x", 1.0, high=5, hsv="MINOR")
    shown = {name: Heard(field(record, name)) for name in ("SEVR", "STAT", "LALM", "EGU", "UDF")}
    record.post(6)
    assert {name: heard.changes for name, heard in shown.items()} == {
        "SEVR": [VLOG | ALARM],
        "STAT": [VLOG | ALARM],
        "LALM": [VLOG | ALARM],
        "EGU": [0],  # its time has moved
        "UDF": [0],
    }
    record.post(float("nan"))
    record.post(float("nan"))
    assert shown["UDF"].changes == [VLOG | ALARM, 0]


def test_amsg() -> None:
    record = AiRecord("T:x", 1.0)
    heard = Heard(field(record, "AMSG"))
    record.failed(Trouble("cable pulled"), Status.READ)
    assert (field(record, "AMSG").value, heard.changes) == ("cable pulled", [VLOG | ALARM])


def test_post_to_a_field() -> None:
    record = AiRecord("T:x", 1.0)
    field(record, "EGU").post("mm")
    assert record.metadata.units == "mm"
    with pytest.raises(ValueError, match="has to be awaited"):
        field(AiRecord("T:y", inp=Instrument()), "PROC").post(1)


def test_limits_of_an_ai() -> None:
    record = AiRecord("T:x", 1.0, egu="K", prec=2, hopr=10, lopr=-10, hihi=8, hhsv="MAJOR", low=-5, lsv="MINOR")
    about = record.metadata
    assert (about.units, about.precision, about.display, about.control) == ("K", 2, (-10.0, 10.0), (-10.0, 10.0))
    assert about.alarm[1] == 8.0
    assert about.warning[0] == -5.0
    assert isnan(about.alarm[0])
    assert isnan(about.warning[1])


def test_limits_of_an_ao() -> None:
    assert AoRecord("T:x", hopr=10, drvl=1, drvh=5).metadata.control == (1.0, 5.0)
    assert AoRecord("T:x", hopr=10).metadata.control == (0.0, 10.0)


def test_looks_of_fields() -> None:
    record = AiRecord("T:x", 1.0, egu="K", prec=2, hopr=10)
    hihi, smoo, scan = (field(record, name).metadata for name in ("HIHI", "SMOO", "SCAN"))
    assert (hihi.units, hihi.precision, hihi.display) == ("K", 2, (0.0, 10.0))
    assert (smoo.units, smoo.display) == ("", (-1e300, 1e300))
    assert scan.states[0] == "Passive"
    assert isnan(hihi.alarm[0])
    phase = field(record, "PHAS").metadata
    assert (phase.units, phase.precision, phase.display) == ("", 0, (-32768.0, 32767.0))
    assert field(LonginRecord("T:l", 1, egu="n"), "HIHI").metadata.units == "n"


def test_resolve() -> None:
    record, dotted, other = AiRecord("T:x", 1.0), PV("T:y.RBV"), PV("T:z.VAL")
    pvdb: dict[str, PV] = {pv.name: pv for pv in (record, dotted, other)}
    assert resolve(pvdb, "T:x") is record
    assert resolve(pvdb, "T:x.VAL") is record
    assert resolve(pvdb, "T:x.") is record
    assert resolve(pvdb, "T:x.EGU") is record.field("EGU")
    assert resolve(pvdb, "T:y.RBV") is dotted
    assert resolve(pvdb, "T:y.RBV.VAL") is dotted
    assert resolve(pvdb, "T:z") is other
    assert resolve(pvdb, "T:z.VAL") is other
    for name in ("T:y", "T:x.NONSENSE", "T:y.RBV.EGU", "T:q", "", ".", ".VAL"):
        assert resolve(pvdb, name) is None


def test_resolve_takes_any_mapping() -> None:
    class OnDemand(dict[str, PV]):
        def __missing__(self, name: str) -> PV:
            if "." in name:
                raise KeyError(name)
            return self.setdefault(name, PV(name))

    pvdb = OnDemand()
    found = resolve(pvdb, "new")
    assert found is pvdb["new"]
    assert resolve(pvdb, "new.VAL") is found


def test_an_event_with_the_same_value_tells_the_fields_of_their_time() -> None:
    record = AiRecord("T:x", 1.0)
    heard = Heard(field(record, "EGU"))
    record.process(R(1.0))
    assert heard.changes == [0]


def test_only_fields_with_listeners_are_told_of_a_processing() -> None:
    """A client may ask for all there are; that must not make each processing dearer."""
    record = AiRecord("T:x", 1.0)
    fields = [field(record, name) for name in AiRecord.fields if name != "VAL"]
    assert record._watched == ()
    heard = Heard(fields[0])
    assert record._watched == (fields[0],)
    record.process(R(2.0))
    assert heard.changes
    fields[0].unlisten(heard)
    assert record._watched == ()


def test_what_a_field_was_before_anybody_listened_is_no_news() -> None:
    record = AiRecord("T:x", 1.0)
    udf = field(record, "UDF")
    record.process(R(5.0))
    heard = Heard(udf)
    record.process(R(5.0))
    assert heard.changes == [0]


def test_masks_are_those_of_the_protocol() -> None:
    assert (VALUE, LOG, ALARM, PROPERTY, ALL) == (1, 2, 4, 8, 7)


def test_a_text_that_is_too_long_is_refused_as_in_a_group() -> None:
    with pytest.raises(ValueError, match="has 41 bytes; DESC holds 40"):
        AiRecord("T:x", desc="x" * 41)
    with pytest.raises(ValueError, match="has 16 bytes; EGU holds 15"):
        AiRecord("T:x", egu="°" * 8)
