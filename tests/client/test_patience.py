"""Silence and failures, with a clock that is moved by hand."""

from __future__ import annotations

from bridge.client.patience import HoldOff, Probe, Watchdog

HERE = ("10.0.0.1", 5064)


def test_silence_is_followed_by_a_question_and_by_the_end() -> None:
    watchdog = Watchdog(30.0, 100.0)
    assert watchdog.due == 130.0
    assert watchdog.take(129.0) is Probe.NOTHING
    assert watchdog.take(130.0) is Probe.ECHO
    assert watchdog.due == 135.0
    assert watchdog.take(134.0) is Probe.NOTHING
    assert watchdog.take(135.0) is Probe.DEAD


def test_any_byte_is_an_answer() -> None:
    watchdog = Watchdog(30.0, 100.0)
    assert watchdog.take(131.0) is Probe.ECHO
    watchdog.heard(132.0)
    assert watchdog.due == 162.0
    assert watchdog.take(140.0) is Probe.NOTHING
    assert watchdog.take(162.0) is Probe.ECHO


def test_pauses_double_up_to_the_longest() -> None:
    hold_off = HoldOff()
    ends = []
    for _ in range(6):
        hold_off.failed(HERE, 0.0, 2.0)
        ends.append(hold_off.until(HERE))
    assert ends == [0.25, 0.5, 1.0, 2.0, 2.0, 2.0]
    hold_off.worked(HERE)
    assert hold_off.until(HERE) < 0.0
    hold_off.failed(HERE, 10.0, 2.0)
    assert hold_off.until(HERE) == 10.25


def test_made_up_addresses_take_no_more_than_so_much_room() -> None:
    hold_off = HoldOff()
    for number in range(HoldOff.ADDRESSES + 100):
        hold_off.failed(("10.0.0.1", number), 0.0, 30.0)
    assert len(hold_off) == HoldOff.ADDRESSES
