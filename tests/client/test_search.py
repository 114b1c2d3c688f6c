"""When which name is asked for, with a clock that is moved by hand."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ca import CLIENT, Broadcaster, SearchRequest, VersionRequest
from bridge.client.search import FRAMES_A_TURN, PROBE_PERIOD, TURN, Names, SearchSchedule


def asked(schedule: SearchSchedule, now: float) -> list[int]:
    return [cid for names in schedule.take(now) for cid, _ in names]


def times(schedule: SearchSchedule, cid: int, start: float, end: float) -> list[float]:
    """When `cid` is asked for from `start` on, if the caller comes whenever something is due."""
    found, now = [], start
    while now < end:
        if cid in asked(schedule, now):
            found.append(now)
        due = schedule.due
        assert due is not None
        assert due > now, "the caller would spin"
        now = due
    return found


def test_a_name_is_asked_for_at_once_and_then_ever_more_rarely() -> None:
    schedule = SearchSchedule(longest=1.0)
    schedule.add(1, "X", 100.0)
    assert schedule.due == 100.0
    found = times(schedule, 1, 100.0, 105.0)
    gaps = [round(later - earlier, 3) for earlier, later in itertools.pairwise(found)]
    assert gaps[:7] == [0.032, 0.064, 0.128, 0.256, 0.512, 1.0, 1.0]


def test_five_minutes_are_the_longest_wait() -> None:
    schedule = SearchSchedule()
    schedule.add(1, "X", 0.0)
    found = times(schedule, 1, 0.0, 5000.0)
    assert found[-1] - found[-2] == pytest.approx(300.0)
    assert len(found) < 35


def test_nothing_to_do_has_no_due_time() -> None:
    schedule = SearchSchedule()
    assert schedule.due is None
    schedule.add(1, "X", 0.0)
    assert 1 in schedule
    schedule.found(1, 0.1)
    assert schedule.due is None
    assert len(schedule) == 0
    schedule.remove(1)
    schedule.found(1, 0.2)


def test_names_share_datagrams_that_base_would_send_too() -> None:
    schedule = SearchSchedule()
    for cid in range(200):
        schedule.add(cid, f"SECTOR:{cid:03}:TEMPERATURE", 0.0)
    frames = schedule.take(0.0)
    assert [cid for names in frames for cid, _ in names] == list(range(200))
    for names in frames:
        assert len(datagram(names)) <= 1024
    assert len(frames) == 8


def datagram(names: Names) -> bytes:
    searches = [SearchRequest(name, cid, 13) for cid, name in names]
    return Broadcaster(CLIENT).send(VersionRequest(1, 13, 7), *searches)


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=120), max_size=60))
def test_no_datagram_is_too_large_whatever_the_names(names: list[str]) -> None:
    schedule = SearchSchedule()
    for cid, name in enumerate(names):
        schedule.add(cid, name, 0.0)
    frames = schedule.take(0.0)
    assert sorted(cid for frame in frames for cid, _ in frame) == list(range(len(names)))
    assert all(frame and len(datagram(frame)) <= 1024 for frame in frames)


def test_many_names_do_not_leave_at_once() -> None:
    schedule = SearchSchedule()
    for cid in range(3000):
        schedule.add(cid, f"NAME:{cid:05}", 0.0)
    first = schedule.take(0.0)
    assert len(first) == FRAMES_A_TURN
    assert schedule.take(TURN / 2) == []
    assert schedule.due == TURN
    seen = {cid for names in first for cid, _ in names}
    now = TURN
    while len(seen) < 3000:
        seen |= set(asked(schedule, now))
        due = schedule.due
        assert due is not None
        now = max(due, now)
    assert now < 0.3


def test_lanes_keep_names_apart_that_came_at_different_times() -> None:
    schedule = SearchSchedule()
    schedule.add(1, "A", 0.0)
    assert asked(schedule, 0.0) == [1]
    schedule.add(2, "B", 0.01)
    assert asked(schedule, 0.01) == [2]
    assert asked(schedule, 0.033) == [1]
    assert asked(schedule, 0.043) == [2]


def test_a_later_lane_waits_first() -> None:
    schedule = SearchSchedule()
    schedule.add(1, "A", 10.0, lane=6)
    assert schedule.due == pytest.approx(11.024)
    schedule.add(2, "B", 10.0, lane=999)
    assert asked(schedule, 10.0 + 299.0) == [1]
    assert asked(schedule, 10.0 + 300.0) == [2]


def test_one_name_of_each_lost_server_is_asked_for_each_second() -> None:
    schedule = SearchSchedule()
    for cid in range(10):
        schedule.add(cid, f"A{cid}", 0.0, lost=("a", 5064))
    for cid in range(10, 15):
        schedule.add(cid, f"B{cid}", 0.0, lost=("b", 5064))
    now = 0.0
    while now < 40.0:  # the lanes' waits have grown beyond half a minute by then
        schedule.take(now)
        now += 0.05
    probes = []
    for tick in range(5):
        found = asked(schedule, 41.05 + tick * PROBE_PERIOD[0])
        probes.append((sum(cid < 10 for cid in found), sum(cid >= 10 for cid in found)))
    assert all(a >= 1 and b >= 1 for a, b in probes)


def test_when_one_of_a_lost_server_is_found_the_others_are_asked_for_at_once() -> None:
    schedule = SearchSchedule()
    for cid in range(5):
        schedule.add(cid, f"A{cid}", 0.0, lost=("a", 5064))
    schedule.add(5, "B", 0.0, lost=("b", 5064))
    now = 0.0
    while now < 50.0:
        schedule.take(now)
        now += 0.1
    schedule.found(2, now)
    assert schedule.due == now
    assert set(asked(schedule, now)) >= {0, 1, 3, 4}
    assert 2 not in schedule


def test_probes_become_rarer_with_the_outage_but_not_rarer_than_half_a_minute() -> None:
    schedule = SearchSchedule()
    schedule.add(1, "A", 0.0, lost="server")
    found = times(schedule, 1, 0.0, 7200.0)
    gaps = [later - earlier for earlier, later in itertools.pairwise(found)]
    early = [gap for at, gap in zip(found, gaps, strict=False) if at < 60.0]
    assert max(early) <= 1.0
    assert max(gaps) <= 30.001


def test_a_server_that_came_up_is_asked_for_what_was_lost_at_once_and_for_the_rest_soon() -> None:
    schedule = SearchSchedule()
    schedule.add(1, "LOST", 0.0, lost="server")
    schedule.add(2, "UNKNOWN", 0.0)
    now = 0.0
    while now < 600.0:
        schedule.take(now)
        now += 0.5
    schedule.boost(now)
    assert asked(schedule, now) == [1]
    assert 2 in asked(schedule, now + 1.1)


def test_a_flood_of_beacons_makes_no_flood_of_searches() -> None:
    schedule = SearchSchedule()
    schedule.add(1, "LOST", 0.0, lost="server")
    now, sent = 0.0, 0
    while now < 60.0:
        schedule.boost(now)
        sent += len(schedule.take(now))
        now += 0.01
    assert sent < 60 * 5


def test_adding_again_starts_afresh() -> None:
    schedule = SearchSchedule()
    schedule.add(1, "A", 0.0, lost="server")
    assert asked(schedule, 0.0) == [1]
    schedule.add(1, "A", 0.001)
    assert len(schedule) == 1
    assert asked(schedule, 0.001) == [1]
