"""Breakpoint tables of database files: checked as base checks them (``dbBreakBody``)."""

from __future__ import annotations

from records.breaktables import BreakPoint, BreakTableError, break_points
from records.convert import convert
from records.db.definitions import BreakPoints
from records.db.problem import DbSyntaxError
from records.types import FieldType

__all__ = ["BreakPoint", "break_table"]


def break_table(points: BreakPoints) -> list[BreakPoint]:
    """The points with their slopes. Raises DbSyntaxError."""
    numbers: list[float] = []
    for text in points.numbers:
        try:
            numbers.append(float(convert(text.text, FieldType.DOUBLE)))  # type: ignore[arg-type]  # one element
        except ValueError as error:
            raise DbSyntaxError(text.position, str(error)) from None
    if len(numbers) % 2:
        raise DbSyntaxError(points.numbers[-1].position, "a raw value without its engineering value")
    try:
        return break_points(list(zip(numbers[::2], numbers[1::2], strict=True)))
    except BreakTableError as error:
        place = points.numbers[2 * error.index] if len(numbers) >= 4 else points.name
        raise DbSyntaxError(place.position, error.message) from None
