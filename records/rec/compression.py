"""How a compress record makes one value of N (``compress_array`` and ``compress_scalar`` of compressRecord.c)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

__all__ = ["ALG", "AVERAGE", "CIRCULAR", "accumulated", "in_limits", "reduced"]

ALG: Final = ("N to 1 Low Value", "N to 1 High Value", "N to 1 Average", "Average", "Circular Buffer", "N to 1 Median")
LOW, HIGH, MEAN, AVERAGE, CIRCULAR, MEDIAN = range(6)


def in_limits(values: Sequence[float], low: float, high: float) -> Sequence[float]:
    """`values` from the first that is within the limits on; limits that are equal are none."""
    if not low < high:
        return values
    first = next((index for index, value in enumerate(values) if not (value < low or value > high)), len(values))
    return values[first:]


def reduced(values: Sequence[float], algorithm: int) -> float:
    """One value of several."""
    if algorithm == LOW:
        return min(values)
    if algorithm == HIGH:
        return max(values)
    if algorithm == MEAN:
        total = values[0]
        for value in values[1:]:  # not sum(), which is more accurate than base from Python 3.12 on
            total += value
        return total / len(values)
    return sorted(values)[len(values) // 2]


def accumulated(before: float, value: float, index: int, algorithm: int) -> float:
    """What `index` earlier values, of which `before` is what was made, and one more become. No median: the mean."""
    if algorithm == LOW:
        return value if value < before or index == 0 else before
    if algorithm == HIGH:
        return value if value > before or index == 0 else before
    return (index * before + value) / (index + 1)
