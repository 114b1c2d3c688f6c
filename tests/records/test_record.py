"""Processing that all record types share: links, alarms, UDF, PACT, and one call to each listener."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from records import Alarm, Severity, Status
from records.rec.ai import AiRecord
from records.rec.stringin import StringinRecord
from records.record import MAX_LOCK
from tests.records.fakes import ALARM, ALL, LOG, VALUE, VLOG, HandClock, Heard, Instrument, R, Trouble, said


async def process(record: Any) -> None:
    work = record.process()
    if work is not None:
        await work


async def test_reads_its_link() -> None:
    instrument = Instrument(4.0)
    record = AiRecord("T:x", inp=instrument)
    heard = Heard(record)
    assert said(record) == ("UDF", "INVALID", "never read")
    await process(record)
    assert heard.calls == [(ALL, 4.0, "NO_ALARM")]
    assert record.udf == 0


async def test_time_is_the_readings_or_now(now: HandClock) -> None:
    instrument = Instrument(R(4.0, 77))
    record = AiRecord("T:x", inp=instrument)
    await process(record)
    assert record.time_ns == 77
    instrument.value = 5.0
    await process(record)
    assert record.time_ns == now.ns


def test_a_record_without_a_value_has_no_time(now: HandClock) -> None:
    """Base's clients show the beginning of EPICS's time as <undefined>."""
    assert AiRecord("T:x", inp=Instrument(4.0)).timestamp == datetime(1990, 1, 1, tzinfo=UTC).timestamp()
    assert AiRecord("T:x", 3.0).time_ns == now.ns


def test_soft_record_needs_no_coroutine() -> None:
    record = AiRecord("T:x", 3.0)
    assert said(record) == ("NO_ALARM", "NO_ALARM", "")
    assert record.process() is None
    assert record.put(4) is None
    assert record.value == 4.0


def test_soft_record_without_a_value_is_undefined_until_it_processes() -> None:
    record = AiRecord("T:x", udfs="MINOR")
    assert said(record) == ("UDF", "MINOR", "never read")
    record.process()  # a constant INP is as good as a value
    assert said(record) == ("NO_ALARM", "NO_ALARM", "")


def test_first_value_is_checked() -> None:
    assert said(AiRecord("T:x", 9.0, hihi=8, hhsv="MAJOR")) == ("HIHI", "MAJOR", "")


def test_nan_is_undefined() -> None:
    record = AiRecord("T:x", 3.0)
    record.post(float("nan"))
    assert said(record) == ("UDF", "INVALID", "not a number")
    record.post(1)
    assert said(record) == ("NO_ALARM", "NO_ALARM", "")


async def test_link_error_keeps_the_value() -> None:
    instrument = Instrument(4.0)
    record = AiRecord("T:x", inp=instrument)
    await process(record)
    heard = Heard(record)
    for error, status in (
        (Trouble("cable", "COMM"), "COMM"),
        (TimeoutError("slow"), "TIMEOUT"),
        (KeyError("x"), "READ"),
    ):
        instrument.fault = error
        await process(record)
        assert said(record) == (status, "INVALID", str(error))
    await process(record)
    assert heard.calls == [(ALARM, 4.0, "INVALID")] * 3 + [(0, 4.0, "INVALID")]
    instrument.fault = None
    await process(record)
    assert heard.calls[-1] == (ALARM, 4.0, "NO_ALARM")


async def test_bad_reading() -> None:
    record = AiRecord("T:x", inp=Instrument("garbage"))
    await process(record)
    assert said(record) == ("READ", "INVALID", "'garbage' is no number")


async def test_never_read_stays_comm() -> None:
    instrument = Instrument()
    instrument.fault = Trouble("cable")
    record = AiRecord("T:x", inp=instrument)
    await process(record)
    assert said(record) == ("COMM", "INVALID", "cable")
    assert record.udf == 1


def test_value_and_alarm_are_told_together() -> None:
    record = AiRecord("T:x", 0.0, high=5, hsv="MINOR", mdel=2, adel=3)
    heard = Heard(record)
    for value in (1.0, 2.5, 5.0, 5.5):
        record.post(value)
    assert heard.calls == [
        (0, 1.0, "NO_ALARM"),
        (VALUE, 2.5, "NO_ALARM"),
        (ALL, 5.0, "MINOR"),
        (0, 5.5, "MINOR"),
    ]


def test_worst_alarm_wins() -> None:
    record = AiRecord("T:x", 0.0, high=5, hsv="MINOR")
    record.post(9.0, alarm=Alarm(Status.HWLIMIT, Severity.MAJOR, "end switch"))
    assert said(record) == ("HWLIMIT", "MAJOR", "end switch")
    record.post(9.0, alarm=Alarm(Status.HWLIMIT, Severity.MINOR, "end switch"))  # the first of equals
    assert said(record) == ("HWLIMIT", "MINOR", "end switch")
    assert (record.nsta, record.nsev, record.namsg) == (Status.NO_ALARM, Severity.NO_ALARM, "")


def test_post_alarm_lasts_until_the_next_processing() -> None:
    record = AiRecord("T:x", 0.0)
    heard = Heard(record)
    alarm = Alarm(Status.SOFT, Severity.MINOR, "by hand")
    record.post_alarm(alarm)
    record.post_alarm(alarm)
    record.process()
    assert heard.changes == [ALARM, ALARM]
    assert said(record) == ("NO_ALARM", "NO_ALARM", "")


def test_event_is_taken_without_asking() -> None:
    instrument = Instrument()
    record = AiRecord("T:x", inp=instrument)
    assert record.process(R(7.0, 5)) is None
    assert (record.value, record.time_ns, instrument.reads) == (7.0, 5, 0)


async def test_busy_record_is_not_processed_again() -> None:
    instrument = Instrument(4.0)
    instrument.gate.clear()
    record = AiRecord("T:x", inp=instrument)
    first = asyncio.create_task(process(record))
    await asyncio.sleep(0)
    assert record.pact == 1
    assert record.process() is None
    record.process(R(1.0))  # but nothing that the instrument says is lost
    assert record.value == 1.0
    instrument.gate.set()
    await first
    assert (record.pact, record.value, instrument.reads) == (0, 4.0, 1)


async def test_two_processings_begun_at_once_read_once() -> None:
    instrument = Instrument(4.0)
    instrument.gate.clear()
    record = AiRecord("T:x", inp=instrument)
    both = asyncio.gather(process(record), process(record))
    await asyncio.sleep(0)
    instrument.gate.set()
    await both
    assert instrument.reads == 1


async def test_put_to_a_busy_record_processes_it_again() -> None:
    instrument = Instrument(4.0)
    instrument.gate.clear()
    record = AiRecord("T:x", inp=instrument)
    first = asyncio.create_task(process(record))
    await asyncio.sleep(0)
    assert record.put_field("PROC", 1) is None
    assert record.rpro == 1
    instrument.gate.set()
    await first
    assert (instrument.reads, record.rpro) == (2, 0)


async def test_cancelled_record_is_free_again() -> None:
    instrument = Instrument(4.0)
    instrument.gate.clear()
    record = AiRecord("T:x", inp=instrument)
    task = asyncio.create_task(process(record))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert record.pact == 0


async def test_scan_alarm_when_an_instrument_never_answers() -> None:
    instrument = Instrument(4.0)
    record = AiRecord("T:x", inp=instrument)
    await process(record)
    instrument.gate.clear()
    task = asyncio.create_task(process(record))
    await asyncio.sleep(0)
    for _ in range(MAX_LOCK):
        record.process()
    assert record.alarm.severity is Severity.NO_ALARM
    record.process()
    assert said(record) == ("SCAN", "INVALID", "Async in progress")
    instrument.gate.set()
    await task
    await process(record)
    assert said(record) == ("NO_ALARM", "NO_ALARM", "")
    assert record.lcnt == 0


async def test_put_to_a_record_with_a_link_reads_it() -> None:
    instrument = Instrument(4.0)
    record = AiRecord("T:x", inp=instrument)
    await record.write(9)
    assert (record.value, instrument.reads) == (4.0, 1)


async def test_link_down_and_up() -> None:
    instrument = Instrument(4.0)
    record = AiRecord("T:x", inp=instrument)
    await process(record)
    await record.link_changed(Trouble("cable pulled"))
    assert said(record) == ("COMM", "INVALID", "cable pulled")
    assert (record.value, instrument.reads) == (4.0, 1)
    instrument.value = 5.0
    await record.link_changed(None)
    assert (record.value, record.alarm.severity) == (5.0, Severity.NO_ALARM)


async def test_link_up_while_busy_reads_again() -> None:
    gate = asyncio.Event()

    class Reconnecting(Instrument):
        async def read(self) -> R:
            self.reads += 1
            if self.reads == 1:
                await gate.wait()
                raise Trouble("cable")
            return R(4.0)

    instrument = Reconnecting()
    record = AiRecord("T:x", inp=instrument)
    task = asyncio.create_task(process(record))
    await asyncio.sleep(0)
    await record.link_changed(None)
    gate.set()
    await task
    assert (record.value, instrument.reads) == (4.0, 2)


def test_disabled_record() -> None:
    record = AiRecord("T:x", 1.0, disa=1, diss="MINOR")
    heard = Heard(record)
    record.process()
    record.process(R(5.0))
    assert said(record) == ("DISABLE", "MINOR", "DISA = DISV")
    assert heard.calls == [(VALUE | ALARM, 1.0, "MINOR")]
    record.put(2.0)  # is kept, and shown when it processes again
    assert (record.value, heard.calls[1:]) == (2.0, [(0, 2.0, "MINOR")])
    record.put_field("DISA", 0)
    record.process()
    assert said(record) == ("NO_ALARM", "NO_ALARM", "")


def test_disp_keeps_clients_out() -> None:
    record = AiRecord("T:x", 1.0, disp=1)
    field = record.field("EGU")
    switch = record.field("DISP")
    assert field is not None
    assert switch is not None
    for put in (record.put, field.put):
        with pytest.raises(PermissionError, match="puts are disabled"):
            put(2)
    switch.put(0)
    record.put(2)
    assert record.value == 2.0


async def test_disp_does_not_bind_the_ioc_itself() -> None:
    record = AiRecord("T:x", 1.0, disp=1)
    await record.write(2)
    assert record.value == 2.0


async def test_getter_instead_of_a_link() -> None:
    record = AiRecord("T:x", high=5, hsv="MINOR")
    record.getter = lambda pv: 7.0
    await process(record)
    assert (record.value, said(record)) == (7.0, ("HIGH", "MINOR", ""))


def test_unknown_field() -> None:
    with pytest.raises(TypeError, match="type stringin has no field HIHI"):
        StringinRecord("T:s", hihi=4)


def test_same_value_is_no_news() -> None:
    record = AiRecord("T:x", 1.0)
    record.process()  # base's ai has told nobody of its first value
    heard = Heard(record)
    record.put(1)
    record.put(2)
    assert heard.changes == [0, VALUE | LOG]
    assert heard.changes == []
    record.notify(VLOG)
    assert heard.changes == [VLOG]


def test_acknowledge() -> None:
    """ACKS latches the highest severity until it is acknowledged with at least that (weakness of others: B3)."""
    record = AiRecord("T:x", 0.0, high=5, hsv="MINOR", hihi=8, hhsv="MAJOR")
    assert record.acks == Severity.NO_ALARM
    for value in (6, 9, 0):
        record.post(value)
    assert (record.acks, record.sevr) == (Severity.MAJOR, Severity.NO_ALARM)
    record.put_field("ACKS", "MINOR")
    assert record.acks == Severity.MAJOR
    heard = Heard(record)
    record.put_field("ACKS", 2)
    assert (record.acks, heard.changes) == (Severity.NO_ALARM, [ALARM])


def test_transient_alarms_need_no_acknowledgement() -> None:
    record = AiRecord("T:x", 0.0, high=5, hsv="MINOR")
    record.post(6)
    record.post(0)
    record.put_field("ACKT", "NO")
    assert record.acks == Severity.NO_ALARM
    record.post(6)
    record.post(0)
    assert record.acks == Severity.NO_ALARM
