from __future__ import annotations

import pytest

from sim.faults import KINDS, ON_WIRE, Faults, without

ALL = frozenset(KINDS)


def test_faults_come_one_a_reply_in_the_order_of_arming():
    faults = Faults(1, ALL)
    faults.add("silence")
    faults.add("garbage", times=2)
    taken = [faults.take(ON_WIRE) for _ in range(4)]
    assert [fault.kind if fault else None for fault in taken] == ["silence", "garbage", "garbage", None]


def test_match_picks_the_request():
    faults = Faults(1, ALL)
    faults.add("silence", match="KRDG? B")
    assert faults.take(ON_WIRE, b"KRDG? A\n") is None
    assert faults.take(ON_WIRE, b"KRDG? B\n") is not None


def test_without_times_it_stays_until_cleared():
    faults = Faults(1, ALL)
    faults.add("silence", times=None)
    assert all(faults.take(ON_WIRE) for _ in range(10))
    faults.clear()
    assert faults.take(ON_WIRE) is None


def test_kinds_of_other_places_are_left_alone():
    faults = Faults(1, ALL)
    faults.add("refuse")
    assert faults.take(ON_WIRE) is None


def test_chance_is_seeded():
    def run(seed: int) -> list[bool]:
        faults = Faults(seed, ALL)
        faults.add("silence", times=None, chance=0.5)
        return [faults.take(ON_WIRE) is not None for _ in range(50)]

    assert run(1) == run(1)
    assert run(1) != run(2)
    assert 10 < sum(run(1)) < 40


@pytest.mark.parametrize(
    ("kind", "details", "says"),
    [
        ("tangle", {}, "no fault 'tangle' on this wire, only checksum, delay"),
        ("delay", {"secs": 1}, "fault 'delay' takes seconds=, not secs="),
        ("silence", {"seconds": 1}, "fault 'silence' takes nothing, not seconds="),
        ("missing", {}, "fault 'missing' needs key="),
    ],
)
def test_what_does_not_exist_is_refused_with_a_sentence(kind, details, says):
    with pytest.raises(ValueError, match=says):
        Faults(1, ALL).add(kind, **details)


STATUS = {"switch:0": {"apower": 1.0, "id": 0}, "sys": [{"apower": 2.0}], "a/b": {"c": 1}}


@pytest.mark.parametrize(
    ("key", "left"),
    [
        ("apower", {"switch:0": {"id": 0}, "sys": [{}], "a/b": {"c": 1}}),
        ("/switch:0/apower", {"switch:0": {"id": 0}, "sys": [{"apower": 2.0}], "a/b": {"c": 1}}),
        ("/a~1b/c", {"switch:0": {"apower": 1.0, "id": 0}, "sys": [{"apower": 2.0}], "a/b": {}}),
        ("/nobody/home", STATUS),
    ],
)
def test_a_key_can_be_left_out_of_json(key, left):
    assert without(STATUS, key) == left
