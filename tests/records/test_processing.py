"""What processing does besides values: time, trace, pulses, filtered alarms, simulation."""

import asyncio

from records import Severity, Status, clock
from records.rec.ai import AiRecord
from records.rec.ao import AoRecord
from records.rec.bo import BoRecord
from records.rec.longout import LongoutRecord
from tests.records.fakes import Instrument, R, said
from tests.records.hosts import Hosting
from tests.waiting import eventually


def test_tpro_writes_a_line_each_time() -> None:
    record = AiRecord("x", 1.0, tpro=1)
    host = Hosting(record)
    record.process()
    record.put_field("DISA", 1)
    record.process()
    assert host.traced == ["process x", "process x (disabled)"]


def test_the_time_of_another_record() -> None:
    source = AiRecord("src", 1.0)
    record = AiRecord("x", inp="src", tsel="src.TIME NPP NMS")
    Hosting(source, record)
    source.process(R(2.0, 123_456))
    record.process()
    assert (record.value, record.time_ns) == (2.0, 123_456)
    assert record.link_text("TSEL") == "src.TIME NPP NMS"


def test_tse_leaves_the_time_to_the_source() -> None:
    source = AiRecord("src", 1.0)
    record = AiRecord("x", inp="src", tse=-2)
    Hosting(source, record)
    source.process(R(2.0, 123_456))
    record.process()
    assert record.time_ns == 123_456


def test_tsel_gives_tse() -> None:
    event = LongoutRecord("event", 7)
    record = AiRecord("x", 1.0, tsel="event")
    Hosting(event, record)
    before = record.time_ns
    record.process()
    assert (record.tse, record.time_ns) == (7, before)  # no event hardware knows when that was


async def test_a_pulse_ends() -> None:
    record = BoRecord("x", 0, high=0.05)
    after = AiRecord("after", inp="x")
    record.put_field("FLNK", "after")
    Hosting(record, after)
    record.put(1)
    assert (record.value, after.value) == (1, 1.0)
    await eventually(lambda: record.value == 0)
    assert after.value == 0.0


async def test_a_pulse_of_an_instrument_ends() -> None:
    instrument = Instrument()
    record = BoRecord("x", 0, high=0.05, out=instrument)
    Hosting(record)
    await record.write(1)
    await eventually(lambda: instrument.written == [1, 0])


def test_aftc_keeps_short_excursions_quiet() -> None:
    record = AiRecord("x", 0.0, hihi=10, hhsv="MAJOR", aftc=10.0)
    now, second = clock.now_ns(), 1_000_000_000
    record.process(R(0.0, now))
    record.process(R(20.0, now + second))
    assert said(record)[1] == "NO_ALARM"
    record.process(R(20.0, now + 300 * second))
    assert said(record)[:2] == ("HIHI", "MAJOR")


def test_simulation_reads_and_writes_elsewhere() -> None:
    instrument = Instrument(5.0)
    simulated = AoRecord("sim", 2.0)
    record = AiRecord("x", inp=instrument, siol="sim", simm="YES", sims="MINOR")
    output = AoRecord("y", out=instrument, siol="sim", simm="YES")
    Hosting(simulated, record, output)
    assert record.process() is None
    assert (record.value, record.alarm[:2]) == (2.0, (Status.SIMM, Severity.MINOR))
    assert output.put(7.0) is None
    assert (simulated.value, instrument.written, instrument.reads) == (7.0, [], 0)


async def test_simulation_takes_its_time() -> None:
    simulated = AoRecord("sim", 2.0)
    first = AoRecord("first", flnk="x")
    record = AiRecord("x", siol="sim", simm="YES", sdly=0.05)
    Hosting(simulated, first, record)
    work = first.put(1.0)
    assert (work is not None, record.pact, record.value) == (True, 1, 0.0)
    assert work is not None
    await asyncio.wait_for(work, 5.0)
    assert (record.pact, record.value) == (0, 2.0)
