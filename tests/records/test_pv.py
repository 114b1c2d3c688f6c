"""Plain PVs: posting, listeners, putters and getters."""

import contextlib
import logging
from typing import Any

import pytest

from records import NO_ALARM, PV, Alarm, FieldType, Metadata, Severity, SkipWrite, Status
from records.logs import logs
from tests.records.fakes import ALARM, PROPERTY, VLOG, HandClock, Heard, Trouble, said


def test_post(now: HandClock) -> None:
    pv = PV("T:x", 1.5, metadata=Metadata(units="mm"))
    heard = Heard(pv)
    pv.post(2.5)
    pv.post("3.5", time_ns=7)
    pv.post(4, alarm=Alarm(Status.HIGH, Severity.MINOR, "warm"))
    pv.post(4, alarm=Alarm(Status.HIGH, Severity.MINOR, "warm"))
    assert heard.calls == [
        (VLOG, 2.5, "NO_ALARM"),
        (VLOG, 3.5, "NO_ALARM"),
        (VLOG | ALARM, 4.0, "MINOR"),
        (VLOG, 4.0, "MINOR"),
    ]
    assert pv.time_ns == now.ns
    assert pv.timestamp == pv.time_ns / 1e9


def test_post_refused_leaves_all_as_it_was() -> None:
    pv = PV("T:x", 1.5)
    heard = Heard(pv)
    with pytest.raises(ValueError, match="'abc' is no number"):
        pv.post("abc")
    assert (pv.value, heard.calls) == (1.5, [])


def test_alarm_and_metadata() -> None:
    pv = PV("T:x")
    heard = Heard(pv)
    pv.post_alarm(Alarm(Status.COMM, Severity.INVALID, "cable"))
    pv.post_alarm(Alarm(Status.COMM, Severity.INVALID, "cable"))
    pv.post_metadata(Metadata(units="K"))
    assert heard.changes == [ALARM, PROPERTY]


def test_listeners_come_and_go() -> None:
    pv = PV("T:x")
    heard = Heard(pv)
    pv.unlisten(heard)
    pv.unlisten(heard)
    pv.post(1)
    assert heard.calls == []


def test_count_and_text() -> None:
    wave = PV("T:w", [1, 2], FieldType.LONG, max_count=5)
    assert (wave.count, wave.text) == (2, "1, 2")
    assert (PV("T:x", 1.25, metadata=Metadata(precision=1)).text, PV("T:x").count) == ("1.3", 1)
    assert PV("T:s", "hello", FieldType.CHAR, max_count=9).text == "hello"
    assert wave.field("VAL") is wave
    assert wave.field("DESC") is None


def test_takes_attributes() -> None:
    pv: Any = PV("T:x")
    pv.ev = 1
    assert pv.ev == 1
    assert "T:x = 0.0" in repr(pv)


async def test_putter_may_answer() -> None:
    async def putter(pv: PV, value: Any) -> Any:
        return {1.0: None, 2.0: 20.0}.get(value, SkipWrite)

    pv = PV("T:x")
    pv.putter = putter
    for value, expected in ((1, 1.0), (2, 20.0), (3, 20.0)):
        await pv.write(value)
        assert pv.value == expected


async def test_putter_may_refuse() -> None:
    async def putter(pv: PV, value: Any) -> None:
        if value > 5:
            raise Trouble("too much")
        if value == 5:
            raise SkipWrite

    pv = PV("T:x", 1)
    pv.putter = putter
    heard = Heard(pv)
    with pytest.raises(Trouble, match="too much"):
        await pv.write(6)
    assert (pv.value, said(pv)) == (1.0, ("WRITE", "INVALID", "too much"))
    await pv.write(5)
    assert pv.value == 1.0
    await pv.write(2)
    assert heard.calls == [(ALARM, 1.0, "INVALID"), (VLOG | ALARM, 2.0, "NO_ALARM")]


def test_plain_putter_is_done_at_once() -> None:
    pv = PV("T:x")
    pv.putter = lambda pv, value: value * 2
    assert pv.put(4) is None
    assert pv.value == 8.0


def test_plain_putter_raises_at_once() -> None:
    def putter(pv: PV, value: Any) -> None:
        raise ZeroDivisionError

    pv = PV("T:x")
    pv.putter = putter
    with pytest.raises(ZeroDivisionError):
        pv.put(4)
    assert said(pv) == ("WRITE", "INVALID", "ZeroDivisionError")


def test_putter_gets_the_native_kind() -> None:
    got: list[Any] = []
    pv = PV("T:m", 0, FieldType.ENUM, metadata=Metadata(states=("Off", "On")))
    pv.putter = lambda pv, value: got.append(value)
    pv.put("On")
    with pytest.raises(ValueError, match="none of the states"):
        pv.put("Auto")
    assert (got, pv.value, pv.text) == ([1], 1, "On")


async def test_getter() -> None:
    answers: list[Any] = [5, None, Trouble("gone"), SkipWrite(), 6]

    async def getter(pv: PV) -> Any:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    pv = PV("T:x")
    assert pv.fetch() is None
    assert not pv.has_getter
    pv.getter = getter
    assert pv.has_getter
    seen = []
    for _ in range(5):
        work = pv.fetch()
        assert work is not None
        await work
        seen.append((pv.value, pv.alarm.severity.name))
    assert seen == [(5.0, "NO_ALARM"), (5.0, "NO_ALARM"), (5.0, "INVALID"), (5.0, "INVALID"), (6.0, "NO_ALARM")]
    assert pv.alarm is NO_ALARM


def test_a_class_may_bring_its_own_putter_or_getter() -> None:
    class Valve(PV):
        @staticmethod
        def putter(pv: PV, value: Any) -> Any:
            return min(value, 10.0)

    class Clock(PV):
        @staticmethod
        def getter(pv: PV) -> Any:
            return 5.0

    valve = Valve("T:valve")
    valve.put(99.0)
    assert (valve.value, valve.has_getter) == (10.0, False)
    assert (Clock("T:clock").has_getter, Clock("T:clock").putter) == (True, None)
    valve.putter = lambda pv, value: 3.0  # type: ignore[method-assign]
    valve.put(99.0)
    assert valve.value == 3.0


@pytest.mark.parametrize(
    ("error", "told"),
    [
        *((bug("boom"), True) for bug in (AttributeError, NameError, TypeError, KeyError, IndexError, AssertionError)),
        *((no("boom"), False) for no in (ValueError, PermissionError, OSError, TimeoutError, Trouble, SkipWrite)),
    ],
)
async def test_bugs_of_putters_and_getters_are_logged_and_refusals_are_not(
    error: Exception, told: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logs, "logger", logging.getLogger)
    monkeypatch.setattr(logging.getLogger("iocbridge"), "propagate", True)

    def fails(*_: Any) -> None:
        raise error

    async def fails_later(*_: Any) -> None:
        raise error

    for hook in (fails, fails_later):
        pv = PV(f"T:{hook.__name__}:{type(error).__name__}")
        pv.putter = pv.getter = hook
        caplog.clear()
        with contextlib.suppress(type(error)):
            await pv.write(1.0)
        await pv._ask_getter(hook)
        await pv._ask_getter(hook)  # once is enough
        why = f": {type(error).__name__}: {error} ({__file__}:"
        expected = [f"{pv.name}: the putter failed{why}", f"{pv.name}: the getter failed{why}"] if told else []
        assert [record.getMessage().rpartition(":")[0] + ":" for record in caplog.records] == expected


async def test_a_bug_is_told_again_after_some_time(
    now: HandClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "logger", logging.getLogger)
    monkeypatch.setattr(logging.getLogger("iocbridge"), "propagate", True)
    pv = PV("T:again")
    pv.getter = lambda _: 1 / 0
    for minutes in (0, 1, 9, 0, 11):
        now.ns += minutes * 60 * 10**9
        await pv._ask_getter(pv.getter)
    told = [record.getMessage().rpartition(")")[2] for record in caplog.records]
    assert told == ["", *2 * [", 2 times since it was logged last"]]
