"""Breakpoint tables: checked as base checks them (``dbBreakBody``)."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from records.convert import convert
from records.db.definitions import BreakPoints
from records.db.problem import DbSyntaxError
from records.types import FieldType

__all__ = ["BreakPoint", "break_table"]


class BreakPoint(NamedTuple):
    """From `raw` on, the value is `eng` and grows by `slope`."""

    raw: float
    eng: float
    slope: float


def break_table(points: BreakPoints) -> list[BreakPoint]:
    """The points with their slopes; the last slope goes on beyond the last point. Raises DbSyntaxError."""
    numbers: list[float] = []
    for text in points.numbers:
        try:
            numbers.append(float(convert(text.text, FieldType.DOUBLE)))  # type: ignore[arg-type]  # one element
        except ValueError as error:
            raise DbSyntaxError(text.position, str(error)) from None
    name = points.name
    if len(numbers) % 2:
        raise DbSyntaxError(points.numbers[-1].position, "a raw value without its engineering value")
    if len(numbers) < 4:
        raise DbSyntaxError(name.position, "a table must have at least two points")
    pairs = list(zip(numbers[::2], numbers[1::2], strict=True))
    slopes: list[float] = []
    for index, ((raw, eng), (next_raw, next_eng)) in enumerate(pairwise(pairs)):
        here = points.numbers[2 * index + 2].position
        if raw == next_raw:
            raise DbSyntaxError(here, f"two points have the raw value {raw:g}")
        slopes.append((next_eng - eng) / (next_raw - raw))
        if not slopes[-1]:
            raise DbSyntaxError(here, "the slope is zero")
        if (slopes[-1] < 0) != (slopes[0] < 0):
            raise DbSyntaxError(here, "the slope changes its sign")
    return [BreakPoint(raw, eng, slope) for (raw, eng), slope in zip(pairs, [*slopes, slopes[-1]], strict=True)]
