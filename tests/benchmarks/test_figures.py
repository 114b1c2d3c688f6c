from __future__ import annotations

import pytest

from benchmarks.figures import best, human, middle, percentile, ratio, spread, table


def test_percentiles_are_values_that_occurred() -> None:
    values = [5.0, 1.0, 4.0, 2.0, 3.0]
    assert [percentile(values, percent) for percent in (0, 20, 50, 99, 100)] == [1.0, 1.0, 3.0, 5.0, 5.0]
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_what_was_not_measured_is_left_out() -> None:
    assert middle([None, 1.0, 3.0, 2.0]) == 2.0
    assert middle([None]) is None
    assert best([None, 3.0, 2.0]) == 2.0
    assert best([]) is None


def test_ratios_are_taken_round_by_round() -> None:
    assert ratio([10.0, 30.0, None], [5.0, 10.0, 1.0]) == [2.0, 3.0]
    assert ratio([10.0], [5.0], more_is_better=False) == [0.5]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0.01234, "0.0123"), (789.4, "789"), (1234.0, "1234"), (45_600, "45.6k"), (1.234e6, "1.23M")],
)
def test_three_digits(value: float | None, text: str) -> None:
    assert human(value) == text


def test_spread() -> None:
    assert spread([3.0, 1.0, 2.0]) == "2 (1 - 3)"
    assert spread([3.0]) == "3"
    assert spread([None]) == "-"


def test_a_table_is_markdown_with_even_columns() -> None:
    assert table(("a", "long"), [("xyz", "b")]).splitlines() == ["| a   | long |", "|-----|------|", "| xyz | b    |"]
