"""When beacons are due, and what is in them."""

from __future__ import annotations

import struct
from itertools import pairwise

from bridge.server.beacon import BeaconSchedule


def test_quick_at_first_then_every_period() -> None:
    schedule = BeaconSchedule(5064, 15.0, now=100.0)
    sent: list[float] = []
    now = 100.0
    while now < 200.0:
        if schedule.take(now) is not None:
            sent.append(now)
        now = schedule.due
    gaps = [later - earlier for earlier, later in pairwise(sent)]
    assert [round(gap, 3) for gap in gaps[:4]] == [0.02, 0.04, 0.08, 0.16]
    assert gaps[-1] == 15.0
    assert gaps == sorted(gaps)


def test_content_and_numbering() -> None:
    schedule = BeaconSchedule(6000, 15.0, now=0.0)
    first, second = schedule.take(0.0), schedule.take(1.0)
    assert first is not None
    assert second is not None
    assert struct.unpack(">HHHHII", first) == (13, 0, 13, 6000, 0, 0)
    assert struct.unpack(">HHHHII", second) == (13, 0, 13, 6000, 1, 0)
    assert schedule.take(1.0) is None
