"""Numbers as people read them: medians, percentiles, short forms, tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import median

__all__ = ["best", "human", "middle", "percentile", "ratio", "spread", "table", "times"]


def percentile(values: Iterable[float], percent: float) -> float:
    """The value below which `percent` per cent lie (nearest rank). Raises ValueError without values."""
    ranked = sorted(values)
    if not ranked:
        raise ValueError("no values")
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]


def middle(values: Iterable[float | None]) -> float | None:
    """The median of what there is."""
    present = [value for value in values if value is not None]
    return median(present) if present else None


def best(values: Iterable[float | None]) -> float | None:
    """The least of what there is: other work on the machine can only add to CPU time."""
    return min((value for value in values if value is not None), default=None)


def ratio(ours: Sequence[float | None], theirs: Sequence[float | None], more_is_better: bool = True) -> list[float]:
    """How many times better we were, round by round, so that a slow minute of the machine hits both sides."""
    pairs = [(one, other) for one, other in zip(ours, theirs, strict=True) if one and other]
    return [one / other if more_is_better else other / one for one, other in pairs]


def human(value: float | None) -> str:
    """Three digits: ``1.23M``, ``45.6k``, ``789``, ``0.0123``; ``-`` for nothing."""
    if value is None:
        return "-"
    for limit, unit, letter in ((1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if abs(value) >= limit:
            return f"{value / unit:.3g}{letter}" if abs(value) < 1e3 * unit else f"{value / unit:.0f}{letter}"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def times(value: float | None) -> str:
    """A ratio: ``1.3x``."""
    return "-" if value is None else f"{human(value)}x"


def spread(values: Iterable[float | None]) -> str:
    """Median and range: ``1.3 (1.1 - 1.4)``."""
    present = [value for value in values if value is not None]
    if not present:
        return "-"
    if len(present) == 1:
        return human(present[0])
    return f"{human(median(present))} ({human(min(present))} - {human(max(present))})"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, aligned so that it reads in a terminal too."""
    lines = [list(head), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)
