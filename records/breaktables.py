"""Breakpoint tables: the curves that LINR of ai and ao names beyond NO CONVERSION, SLOPE and LINEAR.

Source: ``cvtBpt.c``, ``dbBreakBody`` and ``menuConvert.dbd`` of EPICS base; the numbers of the four thermocouple tables
that base ships are those of its bptType*.dbd files, as its makeBpt made them (EPICS Open License). The menu names more
thermocouples than there are tables: base has none for them, and a database that has defines them with ``breaktable``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple

from records.field import Field
from records.menus import LINEAR, MENU_CONVERT, Menu

__all__ = [
    "BreakPoint",
    "BreakTableError",
    "ConvertField",
    "break_points",
    "breaktable",
    "define",
    "find_table",
    "seek",
]


class BreakPoint(NamedTuple):
    """From `raw` on, the value is `eng` and grows by `slope`."""

    raw: float
    eng: float
    slope: float


class BreakTableError(ValueError):
    """Two points do not go together; `index` is that of the second, counted from 0."""

    def __init__(self, message: str, index: int) -> None:
        super().__init__(f"point {index + 1}: {message}")
        self.message = message
        self.index = index


def break_points(pairs: Sequence[tuple[float, float]]) -> list[BreakPoint]:
    """Points with their slopes from pairs of raw and engineering value; the last slope goes on beyond the last point.

    Raises BreakTableError for fewer than two points, and for slopes that are zero or change their sign.
    """
    if len(pairs) < 2:
        raise BreakTableError("a table must have at least two points", len(pairs) - 1)
    slopes: list[float] = []
    for index, ((raw, eng), (next_raw, next_eng)) in enumerate(pairwise(pairs), 1):
        if raw == next_raw:
            raise BreakTableError(f"two points have the raw value {raw:g}", index)
        slopes.append((next_eng - eng) / (next_raw - raw))
        if not slopes[-1]:
            raise BreakTableError("the slope is zero", index)
        if (slopes[-1] < 0) != (slopes[0] < 0):
            raise BreakTableError("the slope changes its sign", index)
    return [BreakPoint(raw, eng, slope) for (raw, eng), slope in zip(pairs, [*slopes, slopes[-1]], strict=True)]


_TABLES: Final[dict[str, Sequence[BreakPoint]]] = {}  # as base's database definitions, one set for the process
_NAMES: list[str] = []  # those that base's menu does not have

_STANDARD: Final = {
    "typeKdegF": (
        *((0.0, 32.0), (328.639899, 178.0), (699.550510, 343.0), (1140.614626, 541.0), (1811.190845, 831.0)),
        *((2920.350505, 1305.0), (3472.846568, 1548.0), (3985.155686, 1781.0), (4097.083767, 1833.0)),
    ),
    "typeKdegC": (
        *((0.0, 0.0), (299.268700, 74.0), (660.752744, 163.0), (1104.793671, 274.0), (1702.338802, 418.0)),
        *((2902.787322, 703.0), (3427.599045, 831.0), (3912.323051, 953.0), (4098.869854, 1001.0)),
    ),
    "typeJdegF": (
        *((0.0, 32.0), (425.209311, 161.0), (1218.865107, 390.0), (2893.652879, 869.0)),
        *((3603.245090, 1068.0), (4098.753854, 1201.0)),
    ),
    "typeJdegC": (
        *((0.0, 0.0), (365.023256, 67.0), (1000.046512, 178.0), (3007.255814, 524.0)),
        *((3543.383721, 613.0), (4042.988372, 692.0), (4101.488372, 701.0)),
    ),
}


def breaktable(name: str, pairs: Iterable[tuple[float, float]]) -> None:
    """Define a table, for LINR of any record of this process; it takes the place of one of the same name.

    `pairs` are raw and engineering values; beyond the last point the last slope goes on. A name that base's menu does
    not have becomes a further choice of LINR. Raises BreakTableError (a ValueError) as `break_points`.
    """
    define(name, break_points([(float(raw), float(eng)) for raw, eng in pairs]))


def define(name: str, points: Sequence[BreakPoint]) -> None:
    """The same for points that were checked."""
    _TABLES[name] = points
    if name not in MENU_CONVERT and name not in _NAMES:
        _NAMES.append(name)


def find_table(linr: int) -> Sequence[BreakPoint] | None:
    """The table that a choice of LINR names, or None."""
    choices = _choices()
    name = choices[linr] if LINEAR < linr < len(choices) else ""
    if name not in _TABLES and name in _STANDARD:
        _TABLES[name] = break_points(_STANDARD[name])
    return _TABLES.get(name)


def _choices() -> Menu:
    return (*MENU_CONVERT, *_NAMES) if _NAMES else MENU_CONVERT


class ConvertField(Field):
    """The row of LINR, whose menu grows with the tables."""

    __slots__ = ()

    @property
    def menu(self) -> Menu:  # pyright: ignore[reportIncompatibleVariableOverride]  # of a row without one
        """The choices now."""
        return _choices()


def seek(points: Sequence[BreakPoint], value: float, at: int, column: int) -> tuple[int, bool]:
    """The interval that `value` is in, and whether the table covers it; `column` 0 is raw, 1 engineering.

    Goes step by step from interval `at`, so that a value on a border belongs to the interval that base would say.
    """
    numbers: Any = points
    last = len(points) - 2
    at = max(0, min(at, last))
    within = True
    rising = numbers[at + 1][column] > numbers[at][column]
    while value > numbers[at + 1][column] if rising else value <= numbers[at + 1][column]:
        at += 1
        if at > last:
            within = False
            break
    while value < numbers[at][column] if rising else value > numbers[at][column]:
        if at <= 0:
            within = False
            break
        at -= 1
    return at, within
