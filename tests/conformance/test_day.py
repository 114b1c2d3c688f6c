"""Part of a day in virtual time; ``python -m tests.conformance.day`` is a whole one."""

from __future__ import annotations

from tests.conformance.day.course import live


def test_an_hour_without_drift_leak_or_missed_scan() -> None:
    assert live(1.0).complaints() == []
