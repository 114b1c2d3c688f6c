from __future__ import annotations

import pytest

from drivers.backoff import Backoff
from drivers.units import Units

BACKOFF = Backoff(first=1.0, longest=4.0, jitter=0.0)


@pytest.fixture
def units() -> Units:
    return Units(timeout=1.0, backoff=BACKOFF)


def test_a_unit_is_silent_after_two_time_outs_in_a_row(units: Units) -> None:
    assert units.timed_out(5, 0.0, "no reply") == []
    assert units.answered(5) == []
    assert units.timed_out(5, 1.0, "no reply") == []
    assert units.why(5) == ""
    assert units.timed_out(5, 2.0, "no reply") == [5]
    assert units.why(5) == "no reply"
    assert units.line_is_silent


def test_a_silent_unit_gets_one_attempt_per_interval(units: Units) -> None:
    units.timed_out(5, 0.0, "no reply")
    units.timed_out(5, 1.0, "no reply")
    assert units.refuse(5, 1.5) == "no reply"
    assert units.refuse(5, 2.0) == ""
    assert units.refuse(5, 2.1) == "no reply"  # that attempt was it
    units.timed_out(5, 3.0, "still no reply")
    asked = [now / 10 for now in range(30, 300) if not units.refuse(5, now / 10)]
    assert asked == [7.0, 11.0, 15.0, 19.0, 23.0, 27.0]  # the back-off's longest
    assert units.answered(5) == [5]
    assert units.refuse(5, 30.0) == ""
    assert units.refuse(5, 30.0) == ""


def test_a_write_may_try_after_one_time_out(units: Units) -> None:
    units.answered(1)
    units.timed_out(5, 0.0, "no reply")
    units.timed_out(5, 1.0, "no reply")
    assert units.refuse(5, 1.9, urgent=True)
    assert not units.refuse(5, 2.0, urgent=True)
    assert units.refuse(5, 2.1, urgent=True)


def test_the_dead_take_a_tenth_of_the_line_from_the_living(units: Units) -> None:
    units.answered(1)
    for unit in (5, 6):
        for _ in range(2):
            units.timed_out(unit, 0.0, "no reply")
            units.answered(1)
    held = 0.0
    now = 0.0
    while now < 200.0:
        for unit in (5, 6):
            if not units.refuse(unit, now):
                units.timed_out(unit, now + 1.0, "no reply")
                held += 1.0
        now += 0.25
    assert held <= 0.1 * 200 + 2


def test_a_dead_line_is_noticed_at_the_third_unit(units: Units) -> None:
    for unit in range(1, 9):
        units.answered(unit)
    assert units.timed_out(3, 0.0, "no reply") == []
    assert units.timed_out(4, 1.0, "no reply") == []
    assert units.timed_out(5, 2.0, "no reply") == list(range(1, 9))
    assert units.line_is_silent
    assert sorted(units.answered(7)) == list(range(1, 9))
    assert not units.line_is_silent


def test_two_dead_units_are_no_dead_line(units: Units) -> None:
    for unit in range(1, 9):
        units.answered(unit)
    units.timed_out(3, 0.0, "no reply")
    units.timed_out(4, 1.0, "no reply")
    assert units.timed_out(4, 2.0, "no reply") == [4]
    assert units.answered(1) == []
    assert units.timed_out(3, 3.0, "no reply") == [3]
    assert units.answered(1) == []  # one that answers says nothing of those that fell by themselves
    assert units.why(3)


def test_two_units_make_a_line_too(units: Units) -> None:
    units.answered(1)
    units.answered(2)
    assert units.timed_out(1, 0.0, "no reply") == []
    assert units.timed_out(2, 0.0, "no reply") == [1, 2]


def test_units_that_never_answered_prove_nothing(units: Units) -> None:
    units.answered(1)
    for unit in (5, 6, 7, 8):
        assert units.timed_out(unit, 0.0, "no reply") == []
    assert units.why(1) == ""


def test_a_unit_that_missed_a_reply_is_suspect_for_one_time_out(units: Units) -> None:
    assert not units.suspect(5, 0.0)
    units.timed_out(5, 0.0, "no reply")
    assert units.suspect(5, 0.9)
    assert not units.suspect(5, 1.0)  # not for ever: a busy line would never come to it
    units.timed_out(5, 2.0, "no reply")
    units.answered(5)
    assert not units.suspect(5, 2.1)


def test_a_unit_that_missed_a_reply_gets_little_time_and_now_and_then_all_of_it(units: Units) -> None:
    for _ in range(3):
        units.answered(1, 0.02)
    assert units.patience(5, 0.0) == 1.0
    units.timed_out(5, 1.0, "no reply", held=1.0)
    assert units.patience(5, 1.0) == pytest.approx(0.1)
    units.timed_out(5, 1.1, "no reply", held=0.1)
    assert units.refuse(5, 2.0)
    assert not units.refuse(5, 2.2)  # nine times what it costs, or the back-off
    assert units.patience(5, 99.9) == pytest.approx(0.1, rel=0.1)
    assert units.patience(5, 100.0) == 1.0
    units.timed_out(5, 101.0, "no reply", held=1.0)
    assert units.patience(5, 101.0) == pytest.approx(0.1, rel=0.1)
    units.answered(1, 0.02)
    assert units.answered(5, 0.3) == [5]
    assert units.patience(5, 102.0) == 1.0
    units.timed_out(5, 103.0, "no reply", held=1.0)
    assert units.patience(5, 103.0) == 1.0  # five times what its own answers take is more than the time-out


def test_a_dead_unit_costs_what_its_gateway_makes_others_wait(units: Units) -> None:
    """It goes on waiting behind our back, and keeps the next question meanwhile."""
    for unit in (1, 2):
        units.answered(unit, 0.02)
    units.timed_out(5, 1.0, "no reply", held=1.0)
    units.timed_out(5, 1.1, "no reply", held=0.1)
    units.answered(1, 0.9)
    units.answered(2, 0.02)
    assert units.patience(5, 2.0) == pytest.approx(0.1, rel=0.1)  # that answer says nothing of the others' pace
    assert units.refuse(5, 10.0)
    assert not units.refuse(5, 10.2)


def test_a_slow_line_shortens_no_time_out(units: Units) -> None:
    units.answered(1, 0.9)
    units.timed_out(5, 1.0, "no reply", held=1.0)
    assert units.patience(5, 1.0) == 1.0
    for _ in range(400):
        units.answered(1, 0.001)
    assert units.patience(5, 1.0) == 0.05


def test_a_late_answer_earns_the_whole_time_out_at_once(units: Units) -> None:
    units.answered(1, 0.02)
    units.timed_out(5, 1.0, "no reply", held=1.0)
    units.timed_out(5, 2.0, "no reply", held=0.1)
    assert units.refuse(5, 2.5)
    units.late(5)
    units.late(77)  # one that was never asked
    assert not units.refuse(5, 2.5)
    assert units.patience(5, 2.5) == 1.0


def test_units_that_miss_again_are_no_dead_line(units: Units) -> None:
    """Whoever missed a reply is asked after the others, so several that are dead come one after the other."""
    for unit in range(1, 9):
        units.answered(unit)
    for unit in (3, 5, 7):
        assert units.timed_out(unit, 0.0, "no reply") == []
        units.answered(1)
    assert [units.timed_out(unit, 1.0, "no reply") for unit in (3, 5, 7)] == [[3], [5], [7]]
    assert not units.why(1)


def test_a_new_link_begins_anew(units: Units) -> None:
    units.timed_out(5, 0.0, "no reply")
    units.timed_out(5, 1.0, "no reply")
    units.reset()
    assert units.refuse(5, 1.1) == ""
    assert not units.line_is_silent
