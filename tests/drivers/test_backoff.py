from __future__ import annotations

from drivers.backoff import Backoff


def test_it_doubles_up_to_the_longest() -> None:
    backoff = Backoff(0.25, 2.0, jitter=0.0)
    assert [backoff.after(failures) for failures in (1, 2, 3, 4, 5, 1000)] == [0.25, 0.5, 1.0, 2.0, 2.0, 2.0]


def test_jitter_only_shortens() -> None:
    backoff = Backoff(1.0, 8.0, jitter=0.25)
    assert backoff.after(1, rnd=lambda: 0.0) == 1.0
    assert backoff.after(1, rnd=lambda: 1.0) == 0.75
