"""Links between records: read, written, forward, in loops, and waited for."""

import asyncio
from typing import Any

import pytest

from records import PVGroup, Record, ai, ao
from records.rec.ai import AiRecord
from records.rec.ao import AoRecord
from records.rec.bi import BiRecord
from records.rec.bo import BoRecord
from records.rec.calcout import CalcoutRecord
from records.rec.longin import LonginRecord
from records.rec.longout import LongoutRecord
from records.rec.stringin import StringinRecord
from records.rec.waveform import WaveformRecord
from tests.records.fakes import Heard, Instrument, said
from tests.records.hosts import Hosting


def make(kind: type[Record], name: str, value: Any = None, **fields: Any) -> Any:
    return kind(name, value, **fields)


def test_an_input_reads_another_record() -> None:
    source = AoRecord("src", 4.25)
    record = AiRecord("x", inp="src")
    Hosting(source, record)
    heard = Heard(record)
    assert record.process() is None
    assert (record.value, record.udf, said(record)) == (4.25, 0, ("NO_ALARM", "NO_ALARM", ""))
    assert [call[1] for call in heard.calls] == [4.25]


def test_pp_processes_the_passive_source_first() -> None:
    first = AiRecord("first", 1.0)
    second = AiRecord("second", inp="first", scan=0)
    third = AiRecord("third", inp="second PP")
    Hosting(first, second, third)
    third.process()
    assert third.value == 1.0
    first.value = 2.0
    third.put_field("INP", "second NPP")
    third.process()
    assert third.value == 1.0
    second.scan = 6  # not Passive any more: PP reads only
    third.put_field("INP", "second PP")
    third.process()
    assert third.value == 1.0


@pytest.mark.parametrize(
    ("mode", "severity", "expected"),
    [
        ("NMS", "MAJOR", ("NO_ALARM", "NO_ALARM")),
        ("MS", "MAJOR", ("LINK", "MAJOR")),
        ("MSI", "MAJOR", ("NO_ALARM", "NO_ALARM")),
        ("MSI", "INVALID", ("LINK", "INVALID")),
        ("MSS", "MAJOR", ("HIHI", "MAJOR")),
    ],
)
def test_severities_come_along(mode: str, severity: str, expected: tuple[str, str]) -> None:
    source = AiRecord("src", 5.0, hihi=4, hhsv=severity)
    record = AiRecord("x", inp=f"src {mode}")
    Hosting(source, record)
    source.process()
    record.process()
    assert said(record)[:2] == expected


def test_severities_go_along_with_what_is_written() -> None:
    target = AoRecord("t")
    record = AoRecord("x", hihi=4, hhsv="MAJOR", out="t PP MS")
    Hosting(target, record)
    record.put(5.0)
    assert (target.value, said(target)[:2]) == (5.0, ("LINK", "MAJOR"))


def test_a_link_to_nothing_is_an_alarm() -> None:
    record = AiRecord("x", 3.0, inp="nobody")
    Hosting(record)
    record.process()
    assert (record.value, *said(record)) == (3.0, "LINK", "INVALID", "field INP: nobody is not connected")
    record.put_field("INP", "other")
    other = AiRecord("other", 7.0)
    Hosting(record, other)
    record.process()
    assert (record.value, said(record)[0]) == (7.0, "NO_ALARM")


@pytest.mark.parametrize(
    ("source", "kind", "expected"),
    [
        (AoRecord("src", 3.9), LonginRecord, 3),
        (AoRecord("src", 1e10), LonginRecord, -(1 << 31)),
        (AoRecord("src", float("nan")), LonginRecord, -(1 << 31)),
        (AoRecord("src", 3.14159, prec=2), StringinRecord, "3.14"),
        (BiRecord("src", 1, znam="Off", onam="On"), StringinRecord, "On"),
        (BiRecord("src", 1, znam="Off", onam="On"), AiRecord, 1.0),
        (StringinRecord("src", "2.5"), AiRecord, 2.5),
        (WaveformRecord("src", [1.5, 2.5]), AiRecord, 1.5),
    ],
)
def test_values_are_converted(source: Record, kind: type[Record], expected: Any) -> None:
    record = kind("x", inp="src")
    Hosting(source, record)
    record.process()
    assert record.value == expected


def test_text_that_is_no_number() -> None:
    source = StringinRecord("src", "warm")
    record = AiRecord("x", 1.0, inp="src")
    Hosting(source, record)
    record.process()
    assert (record.value, said(record)[:2]) == (1.0, ("LINK", "INVALID"))
    assert "'warm' is no number" in said(record)[2]


def test_arrays() -> None:
    source = WaveformRecord("src", [1.5, 2.5, 3.5])
    record = WaveformRecord("x", ftvl="LONG", nelm=2, inp="src")
    Hosting(source, record)
    record.process()
    assert list(record.value) == [1, 2]  # type: ignore[arg-type]


def test_an_output_writes_and_processes() -> None:
    target = LongoutRecord("t")
    last = AiRecord("last", inp="t")
    record = AoRecord("x", out="t PP")
    target.put_field("FLNK", "last")
    Hosting(target, record, last)
    assert record.put(7.6) is None
    assert (record.value, target.value, last.value) == (7.6, 7, 7.0)
    record.put_field("OUT", "t NPP")
    record.put(8)
    assert (target.value, last.value) == (8, 7.0)
    record.put_field("OUT", "last.PROC")
    record.put(9)
    assert last.value == 8.0


@pytest.mark.parametrize("mode", ["PP", "NPP"])
async def test_a_setpoint_that_is_polled_is_written_by_a_link(mode: str) -> None:
    coil = Instrument(1)
    pump = BoRecord("pump", inp=coil, out=coil, scan=6)
    trip = make(CalcoutRecord, "trip", 1.0, calc="0", out=f"pump {mode}")
    host = Hosting(pump, trip)
    trip.process()
    await asyncio.gather(*host.tasks)
    assert coil.written == [0]
    await asyncio.wait_for(pump.process() or asyncio.sleep(0), 5.0)  # a scan reads it back
    assert (pump.value, coil.written, said(pump)) == (0, [0], ("NO_ALARM", "NO_ALARM", ""))
    coil.fault = RuntimeError("no")
    trip.process()
    await asyncio.gather(*host.tasks, return_exceptions=True)
    assert said(pump) == ("WRITE", "INVALID", "no")


def test_forward_links_chain_in_order() -> None:
    order: list[str] = []
    records = [AiRecord(f"r{n}", float(n), flnk=f"r{n + 1}" if n < 3 else "r0") for n in range(4)]
    Hosting(*records)
    for record in records:
        record.listen(lambda pv, changes: order.append(pv.name))
        record.mdel = -1.0
    records[0].process()
    assert order == ["r0", "r1", "r2", "r3"]  # the loop ends at r0, which is active
    assert records[0].lcnt == 1
    assert [record.pact for record in records] == [0] * 4


def test_a_disabled_record_ends_the_chain() -> None:
    switch = LongoutRecord("switch", 1)
    record = AiRecord("x", 1.0, sdis="switch", diss="MAJOR", flnk="y")
    after = AiRecord("y", inp="switch")
    Hosting(switch, record, after)
    record.process()
    assert said(record)[:2] == ("DISABLE", "MAJOR")
    assert after.udf == 1
    switch.put(0)
    record.process()
    assert said(record)[:2] == ("NO_ALARM", "NO_ALARM")
    assert after.udf == 0


async def test_a_put_waits_for_the_whole_chain() -> None:
    instrument = Instrument(3.0)
    instrument.gate.clear()
    first = AoRecord("first", flnk="slow")
    slow = AiRecord("slow", inp=instrument, flnk="last")
    last = AiRecord("last", inp="slow")
    Hosting(first, slow, last)
    work = first.put(1.0)
    assert work is not None
    task = asyncio.create_task(work)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert (first.value, slow.pact, last.udf, task.done()) == (1.0, 1, 1, False)
    instrument.gate.set()
    await task
    assert (last.value, slow.pact, slow.ppn, first.ppn) == (3.0, 0, None, None)


async def test_a_busy_record_processes_again_for_a_put() -> None:
    instrument = Instrument(3.0)
    instrument.gate.clear()
    first = AoRecord("first", flnk="slow")
    slow = AiRecord("slow", inp=instrument)
    host = Hosting(first, slow)
    begun = [first.put(1.0)]
    await asyncio.sleep(0)
    begun.append(first.put(2.0))
    assert slow.rpro == 1
    instrument.value = 4.0
    instrument.gate.set()
    await asyncio.gather(*[one for one in begun if one is not None], *host.tasks)
    assert (slow.value, instrument.reads, slow.pact) == (4.0, 2, 0)


def test_closed_loop() -> None:
    wanted = AoRecord("want", 5.0)
    record = AoRecord("x", 1.0, dol="want", omsl="closed_loop", out="t PP", drvh=10, drvl=0)
    target = AiRecord("t")
    Hosting(wanted, record, target)
    record.process()
    assert (record.value, target.value) == (5.0, 5.0)
    wanted.put(20)
    record.process()
    assert (record.value, record.oval, target.value) == (10.0, 10.0, 10.0)
    record.put_field("OIF", "Incremental")
    wanted.put(-1)
    record.process()
    assert record.value == 9.0


def test_constants_are_what_val_begins_with() -> None:
    assert (AiRecord("x", inp="2.5").value, AiRecord("x", inp="2.5").udf) == (2.5, 0)
    assert (LongoutRecord("x", dol="0x10").value, LongoutRecord("x", dol="0x10").udf) == (16, 0)
    assert list(WaveformRecord("x", nelm=4, inp="[1, 2]").value) == [1.0, 2.0]  # type: ignore[arg-type]


def test_links_of_a_class_body() -> None:
    class Pair(PVGroup):
        sp = ao(2.0)
        rbv = ai(inp="P:sp.VAL CP MS")

    group = Pair("P:")
    shown = group.rbv.field("INP")
    assert shown is not None
    assert (shown.text, shown.writable) == ("P:sp.VAL CP MS", True)
    with pytest.raises(ValueError, match=r"P:x\.INP: column 1: '@asyn"):
        type("Bad", (PVGroup,), {"x": ai(inp="@asyn(PORT)")})("P:")


def test_a_point_of_an_instrument_stays() -> None:
    record = AiRecord("x", inp=Instrument(), links={"INP": "KRDG? A"})
    with pytest.raises(PermissionError, match=r"x\.INP is a point of an instrument"):
        record.put_field("INP", "other")


def test_a_record_without_links_carries_none() -> None:
    record = AiRecord("x", 1.0)
    Hosting(record)
    assert not {"_links", "_stacked", "ppn", "_texts", "putf", "rpro"} & record.__dict__.keys()
