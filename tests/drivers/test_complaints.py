"""Of many answers that make no sense few are told."""

from itertools import pairwise

from drivers.complaints import Complaints


def test_an_hour_of_nonsense_is_a_handful_of_lines() -> None:
    complaints = Complaints()
    told = {now: untold for now in range(3600) if (untold := complaints.due(float(now))) is not None}
    assert told == {0: 0, 60: 59, 180: 119, 420: 239, 900: 479, 1860: 959}


def test_a_day_of_it_is_told_once_an_hour_at_last() -> None:
    complaints = Complaints()
    told = [now for now in range(86400) if complaints.due(float(now)) is not None]
    assert len(told) == 29
    assert {b - a for a, b in pairwise(told[7:])} == {3600}


def test_what_begins_again_is_told_at_once() -> None:
    complaints = Complaints()
    assert [complaints.due(now) for now in (0.0, 1.0, 2.0, 62.0, 63.0, 200.0)] == [0, None, None, 0, None, 0]
