"""When beacons are due, and what is in them."""

from __future__ import annotations

import struct
from itertools import pairwise

import pytest

from bridge.server.beacon import BeaconSchedule


def gaps(schedule: BeaconSchedule, start: float, end: float) -> list[float]:
    sent: list[float] = []
    now = start
    while now < end:
        if schedule.take(now) is not None:
            sent.append(now)
        now = schedule.due
    return [round(later - earlier, 3) for earlier, later in pairwise(sent)]


def test_quick_at_first_then_every_period() -> None:
    """20 ms, doubling up to the period (online_notify.c)."""
    found = gaps(BeaconSchedule(5064, 15.0, now=100.0), 100.0, 200.0)
    assert found == [0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, *[15.0] * 5]


def test_a_period_shorter_than_the_quick_one() -> None:
    assert set(gaps(BeaconSchedule(5064, 0.01, now=0.0), 0.0, 0.1)) == {0.01}


def test_quick_again_on_demand_and_counting_on() -> None:
    schedule = BeaconSchedule(5064, 15.0, now=0.0)
    gaps(schedule, 0.0, 100.0)
    schedule.restart(100.0)
    assert schedule.due == 100.0
    beacon = schedule.take(100.0)
    assert beacon is not None
    assert struct.unpack_from(">I", beacon, 8)[0] > 10
    assert schedule.due == pytest.approx(100.02)


def test_content_and_numbering() -> None:
    schedule = BeaconSchedule(6000, 15.0, now=0.0)
    first, second = schedule.take(0.0), schedule.take(1.0)
    assert first is not None
    assert second is not None
    assert struct.unpack(">HHHHII", first) == (13, 0, 13, 6000, 0, 0)
    assert struct.unpack(">HHHHII", second) == (13, 0, 13, 6000, 1, 0)
    assert schedule.take(1.0) is None
