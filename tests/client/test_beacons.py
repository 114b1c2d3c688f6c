"""What beacons tell, with a clock that is moved by hand."""

from __future__ import annotations

import itertools

from bridge.client.beacons import SERVERS, BeaconWatch, Registration

HERE = ("10.0.0.1", 5064)


def test_a_young_server_has_just_come_up() -> None:
    watch = BeaconWatch()
    assert watch.heard(HERE, 0, 100.0)
    assert not watch.heard(HERE, 1, 100.02)
    assert not watch.heard(HERE, 2, 100.06)


def test_a_server_that_has_been_there_all_along_is_no_news() -> None:
    watch = BeaconWatch()
    now = 0.0
    for number in range(1000, 1020):
        assert not watch.heard(HERE, number, now)
        now += 15.0


def test_a_restart_counts_from_zero_again() -> None:
    watch = BeaconWatch()
    watch.heard(HERE, 5000, 0.0)
    assert watch.heard(HERE, 0, 7.0)
    assert not watch.heard(HERE, 1, 7.02)


def test_a_restart_whose_first_beacons_were_lost() -> None:
    watch = BeaconWatch()
    watch.heard(HERE, 60, 0.0)
    assert watch.heard(HERE, 4, 7.0)


def test_a_restart_soon_after_the_start() -> None:
    watch = BeaconWatch()
    watch.heard(HERE, 0, 0.0)
    watch.heard(HERE, 1, 0.02)
    assert watch.heard(HERE, 0, 3.0)


def test_beacons_that_come_twice_or_overtake_each_other_are_no_news() -> None:
    watch = BeaconWatch()
    watch.heard(HERE, 500, 0.0)
    assert not watch.heard(HERE, 500, 0.001)
    assert not watch.heard(HERE, 502, 15.0)
    assert not watch.heard(HERE, 501, 15.001)
    assert not watch.heard(HERE, 503, 30.0)


def test_a_network_that_was_away_for_long() -> None:
    watch = BeaconWatch()
    watch.heard(HERE, 500, 0.0)
    watch.heard(HERE, 501, 15.0)
    assert watch.heard(HERE, 510, 150.0)


def test_a_slow_server_is_not_away() -> None:
    watch = BeaconWatch()
    watch.heard(HERE, 500, 0.0)
    watch.heard(HERE, 501, 60.0)
    assert not watch.heard(HERE, 502, 120.0)


def test_servers_are_told_apart() -> None:
    watch = BeaconWatch()
    watch.heard(HERE, 500, 0.0)
    assert not watch.heard(("10.0.0.2", 5064), 600, 0.0)
    assert watch.heard(("10.0.0.1", 5066), 0, 0.0)


def test_made_up_servers_take_no_more_than_so_much_room() -> None:
    watch = BeaconWatch()
    for number in range(SERVERS + 500):
        watch.heard((f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 5064), 77, 0.0)
    assert len(watch) == SERVERS


def test_the_repeater_is_asked_at_once_then_less_often() -> None:
    registration = Registration(10.0)
    taken = []
    now = 10.0
    while now < 400.0:
        if registration.take(now):
            taken.append(now)
        now = registration.due
    gaps = [later - earlier for earlier, later in itertools.pairwise(taken)]
    assert gaps[:7] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0]
    assert not registration.take(registration.due - 0.1)
