"""Outputs: the instrument first, then the value; what fails fails visibly."""

import asyncio
from typing import Any

import pytest

from records import Severity, ao
from records.rec.ao import AoRecord
from records.rec.bo import BoRecord
from tests.records.fakes import ALARM, ALL, VLOG, Heard, Instrument, R, Trouble, said
from tests.records.test_record import process


async def test_put_writes_then_posts() -> None:
    instrument = Instrument()
    instrument.gate.clear()
    record = AoRecord("T:sp", out=instrument)
    heard = Heard(record)
    assert said(record) == ("UDF", "INVALID", "never written")
    work = record.put(4)
    assert work is not None
    task = asyncio.create_task(work)
    await asyncio.sleep(0)
    assert (record.value, record.pact, heard.calls) == (0.0, 1, [])
    instrument.gate.set()
    await task
    assert instrument.written == [4.0]
    assert heard.calls == [(ALL, 4.0, "NO_ALARM")]
    assert record.pact == 0


async def test_failed_put_keeps_the_value_and_raises() -> None:
    instrument = Instrument()
    record = AoRecord("T:sp", out=instrument)
    await record.write(4)
    heard = Heard(record)
    for error in (Trouble("T100: link is down", "COMM"), TimeoutError("no answer"), ValueError("refused")):
        instrument.fault = error
        with pytest.raises(type(error), match=str(error)):
            await record.write(5)
        assert (record.value, said(record)) == (4.0, ("WRITE", "INVALID", str(error)))
    assert heard.changes == [ALARM] * 3
    instrument.fault = None
    await record.write(5)
    assert heard.calls == [(ALL, 5.0, "NO_ALARM")]


async def test_first_put_fails_and_the_record_stays_undefined() -> None:
    instrument = Instrument()
    instrument.fault = Trouble("down")
    record = AoRecord("T:sp", out=instrument)
    with pytest.raises(Trouble):
        await record.write(4)
    assert (record.udf, record.value) == (1, 0.0)


@pytest.mark.parametrize(("value", "written"), [(1000, 325.0), (0, 1.5), (20, 20.0), (float("inf"), 325.0)])
async def test_puts_are_clamped(value: float, written: float) -> None:
    instrument = Instrument()
    record = AoRecord("T:sp", out=instrument, drvl=1.5, drvh=325)
    await record.write(value)
    assert (instrument.written, record.value) == ([written], written)


async def test_no_clamping_unless_drvh_is_above_drvl() -> None:
    record = AoRecord("T:sp", 1.0, drvl=5, drvh=5)
    await record.write(1000)
    assert record.value == 1000.0


async def test_puts_keep_their_order() -> None:
    instrument = Instrument()
    instrument.gate.clear()
    record = AoRecord("T:sp", out=instrument)
    heard = Heard(record)
    tasks = [asyncio.create_task(record.write(value)) for value in (1, 2, 3)]
    await asyncio.sleep(0)
    instrument.gate.set()
    await asyncio.gather(*tasks)
    assert instrument.written == [1.0, 2.0, 3.0]
    assert [call[1] for call in heard.calls] == [1.0, 2.0, 3.0]
    assert record.pact == 0


async def test_reading_asked_for_before_a_put_is_dropped() -> None:
    instrument = Instrument(1.0)
    record = AoRecord("T:sp", out=instrument, inp=instrument)
    await process(record)
    slow = asyncio.Event()

    async def read_slowly() -> R:
        answer = R(instrument.value)
        await slow.wait()
        return answer

    instrument.read = read_slowly  # type: ignore[method-assign]
    reading = asyncio.create_task(process(record))
    await asyncio.sleep(0)
    await record.write(9)
    slow.set()
    await reading
    assert record.value == 9.0


async def test_reads_its_setting_when_not_put() -> None:
    instrument = Instrument(7.0)
    record = AoRecord("T:sp", out=instrument, inp=instrument, drvl=0, drvh=5)
    await process(record)
    assert (record.value, instrument.written) == (7.0, [])  # what is so is so, whatever the limits
    await record.write(9)
    assert (record.value, instrument.written) == (5.0, [5.0])


async def test_scan_writes_again_without_inp() -> None:
    instrument = Instrument()
    record = AoRecord("T:sp", out=instrument)
    await process(record)
    assert instrument.written == []  # there is nothing to write yet
    assert said(record) == ("UDF", "INVALID", "never written")
    await record.write(4)
    await process(record)
    assert instrument.written == [4.0, 4.0]


async def test_scan_that_cannot_write_shows_the_cause() -> None:
    instrument = Instrument()
    record = AoRecord("T:sp", 4.0, out=instrument)
    instrument.fault = Trouble("cable", "COMM")
    await process(record)
    assert said(record) == ("COMM", "INVALID", "cable")
    instrument.fault = ValueError("refused")
    await process(record)
    assert said(record) == ("WRITE", "INVALID", "refused")


async def test_scan_while_a_put_is_under_way() -> None:
    instrument = Instrument()
    instrument.gate.clear()
    record = AoRecord("T:sp", 1.0, out=instrument)
    put = asyncio.create_task(record.write(4))
    await asyncio.sleep(0)
    assert record.process() is None
    instrument.gate.set()
    await put
    assert instrument.written == [4.0]


async def test_proc_during_a_put_processes_after_it() -> None:
    instrument = Instrument()
    instrument.gate.clear()
    record = AoRecord("T:sp", 1.0, out=instrument)
    put = asyncio.create_task(record.write(4))
    await asyncio.sleep(0)
    assert record.put_field("PROC", 1) is None
    instrument.gate.set()
    await put
    assert instrument.written == [4.0, 4.0]


async def test_link_down_and_up_of_a_write_only_record() -> None:
    instrument = Instrument()
    record = AoRecord("T:sp", out=instrument)
    await record.link_changed(Trouble("cable pulled"))
    assert said(record) == ("COMM", "INVALID", "cable pulled")
    await record.link_changed(None)
    assert said(record) == ("UDF", "INVALID", "never written")
    await record.write(4)
    await record.link_changed(Trouble("cable pulled"))
    await record.link_changed(None)
    assert said(record) == ("NO_ALARM", "NO_ALARM", "")
    assert instrument.written == [4.0]  # the knob may have been turned by hand meanwhile


async def test_link_down_and_up_of_a_record_with_inp() -> None:
    instrument = Instrument(2.0)
    record = AoRecord("T:sp", out=instrument, inp=instrument)
    await record.link_changed(Trouble("cable pulled"))
    assert said(record) == ("COMM", "INVALID", "cable pulled")
    await record.link_changed(None)
    assert (record.value, record.alarm.severity) == (2.0, Severity.NO_ALARM)


@pytest.mark.parametrize(
    ("on_connect", "written", "value"), [("device", [4.0], 2.0), ("push", [4.0, 4.0], 4.0), ("leave", [4.0], 4.0)]
)
async def test_what_happens_when_the_link_comes_back_is_up_to_the_record(
    on_connect: str, written: list[float], value: float
) -> None:
    instrument = Instrument(2.0)
    spec = ao(out=instrument, inp=instrument, on_connect=on_connect)
    record = spec.create()
    if on_connect == "push":
        await record.link_changed(None)
        assert instrument.written == []  # it has never had a value
    await record.write(4)
    await record.link_changed(Trouble("cable pulled"))
    instrument.value = 2.0  # turned by hand
    await record.link_changed(None)
    assert instrument.written == written
    assert (record.value, record.alarm.severity) == (value, Severity.NO_ALARM)


@pytest.mark.parametrize("down", ["before", "after"])
@pytest.mark.parametrize("options", [{}, {"inp": Instrument(2.0), "on_connect": "leave"}])
async def test_a_put_that_failed_is_not_forgotten_when_the_link_comes_back(down: str, options: dict[str, Any]) -> None:
    instrument = Instrument()
    record = ao(1.0, out=instrument, **options).create()
    if down == "before":
        await record.link_changed(Trouble("cable pulled"))
    instrument.fault = Trouble("no")
    with pytest.raises(Trouble):
        await record.write(4)
    if down == "after":
        await record.link_changed(Trouble("cable pulled"))
    instrument.fault = None
    await record.link_changed(None)
    assert (record.value, said(record)) == (1.0, ("WRITE", "INVALID", "no"))
    await record.write(4)
    for fault in (Trouble("cable pulled"), None):
        await record.link_changed(fault)
    assert (record.value, record.alarm.severity) == (4.0, Severity.NO_ALARM)


async def test_a_put_that_failed_is_forgotten_over_a_value_from_elsewhere() -> None:
    instrument = Instrument()
    record = ao(1.0, out=instrument).create()
    instrument.fault = Trouble("no")
    with pytest.raises(Trouble):
        await record.write(4)
    record.post(2.0)
    for fault in (Trouble("cable pulled"), None):
        await record.link_changed(fault)
    assert (record.value, record.alarm.severity) == (2.0, Severity.NO_ALARM)


async def test_a_push_ends_the_alarm_of_a_put_that_failed() -> None:
    instrument = Instrument()
    record = ao(1.0, out=instrument, on_connect="push").create()
    instrument.fault = Trouble("no")
    with pytest.raises(Trouble):
        await record.write(4)
    instrument.fault = None
    await record.link_changed(None)
    assert (instrument.written, record.alarm.severity) == ([1.0], Severity.NO_ALARM)


async def test_a_push_that_fails_is_in_alarm() -> None:
    instrument = Instrument()
    record = ao(4.0, out=instrument, on_connect="push").create()
    instrument.fault = Trouble("no")
    await record.link_changed(None)
    assert said(record) == ("COMM", "INVALID", "no")


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"out": Instrument(), "on_connect": "ignore"}, ValueError, "choose one of 'device', 'push', 'leave'"),
        ({"inp": Instrument(), "on_connect": "push"}, TypeError, "there is no OUT"),
        ({"out": Instrument(), "on_connect": "device"}, TypeError, "reads INP, and there is none"),
    ],
)
def test_policies_that_cannot_be(options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ao(**options)


async def test_limit_alarms_of_an_output() -> None:
    record = AoRecord("T:sp", 0.0, out=Instrument(), hihi=8, hhsv="MAJOR")
    heard = Heard(record)
    await record.write(9)
    assert heard.calls == [(ALL, 9.0, "MAJOR")]
    assert said(record) == ("HIHI", "MAJOR", "")


@pytest.mark.parametrize(
    ("ivoa", "written"), [("Continue normally", [9.0]), ("Don't drive outputs", []), ("Set output to IVOV", [1.0])]
)
async def test_ivoa(ivoa: str, written: list[float]) -> None:
    instrument = Instrument()
    record = AoRecord("T:sp", 0.0, out=instrument, hihi=8, hhsv="INVALID", ivoa=ivoa, ivov=1)
    await record.write(9)
    assert instrument.written == written


async def test_moving_a_limit_writes_nothing() -> None:
    instrument = Instrument()
    record = AoRecord("T:sp", 9.0, out=instrument)
    record.put_field("HHSV", "MAJOR")
    record.put_field("HIHI", 8)
    assert said(record) == ("HIHI", "MAJOR", "")
    assert instrument.written == []
    instrument.fault = Trouble("down")
    with pytest.raises(Trouble):
        await record.write(1)
    record.put_field("HIHI", 7)
    assert said(record) == ("WRITE", "INVALID", "down")  # a failure is not forgotten over a limit


def test_moving_drvh_moves_a_soft_output() -> None:
    record = AoRecord("T:sp", 9.0, drvh=10)
    record.put_field("DRVH", 5)
    assert record.value == 5.0


async def test_refused_values_never_reach_the_instrument() -> None:
    instrument = Instrument()
    record = BoRecord("T:sw", out=instrument, znam="Off", onam="On")
    heard = Heard(record)
    with pytest.raises(ValueError, match="'Auto' is none of the states 'Off', 'On'"):
        record.put("Auto")
    assert (instrument.written, heard.calls) == ([], [])
    await record.write("On")
    assert (instrument.written, heard.changes) == ([1], [VLOG | ALARM])


async def test_event_moves_an_output() -> None:
    instrument = Instrument()
    record = AoRecord("T:sp", 1.0, out=instrument, inp=instrument)
    record.process(R(3.0))
    assert (record.value, instrument.written) == (3.0, [])


async def test_disabled_output_refuses() -> None:
    instrument = Instrument()
    record = AoRecord("T:sp", 1.0, out=instrument, disa=1)
    with pytest.raises(PermissionError, match="disabled"):
        await record.write(4)
    assert record.process() is None
    assert instrument.written == []


async def test_putter_before_the_link() -> None:
    instrument = Instrument()
    record = AoRecord("T:sp", out=instrument)

    async def putter(pv: Any, value: float) -> float:
        return value * 2

    record.putter = putter
    await record.write(4)
    assert (instrument.written, record.value) == ([8.0], 8.0)
