from __future__ import annotations

import pytest

from benchmarks.scan import Regularity


def stamps(*seconds: float) -> list[int]:
    return [round((1000 + each) * 1e9) for each in seconds]


def test_an_even_scan() -> None:
    found = Regularity.of(stamps(*(number * 0.1 for number in range(11))))
    assert found.error == pytest.approx(0.0, abs=1e-6)
    assert found.missing == 0
    assert max(found.late) == pytest.approx(0.0, abs=1e-3)


def test_a_period_without_a_value() -> None:
    found = Regularity.of(stamps(0.0, 0.1, 0.3, 0.4))
    assert (found.missing, found.values) == (1, 4)
    assert found.error == pytest.approx(0.0, abs=1e-6)


def test_a_late_value_is_that_late_and_makes_no_others_late() -> None:
    found = Regularity.of(stamps(0.0, 0.1, 0.22, 0.3, 0.4))
    assert sorted(found.late) == pytest.approx([0.0, 0.0, 0.0, 0.0, 20.0], abs=1e-3)
