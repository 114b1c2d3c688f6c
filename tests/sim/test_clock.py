from __future__ import annotations

import time

import pytest

from sim.clock import HandClock, RealClock


def test_hand_clock_stands_still_until_moved():
    clock = HandClock(start=10.0)
    assert clock.now() == clock.now() == 10.0
    clock.advance(2.5)
    assert clock.now() == 12.5


def test_time_cannot_go_back():
    with pytest.raises(ValueError, match="forward only"):
        HandClock().advance(-1.0)


def test_real_clock_counts_seconds_since_1970():
    assert abs(RealClock().now() - time.time()) < 1.0
