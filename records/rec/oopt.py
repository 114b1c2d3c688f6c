"""OOPT: when a record writes its value. What a change is each type says: they take NaN and deadbands differently."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

__all__ = ["OOPT", "wants_output"]

#: Of synApps; the types of base have no "Never".
OOPT: Final = (
    "Every Time",
    "On Change",
    "When Zero",
    "When Non-zero",
    "Transition To Zero",
    "Transition To Non-zero",
    "Never",
)

_WANTED: Final[tuple[Callable[[float, float, bool], bool], ...]] = (
    lambda before, now, changed: True,
    lambda before, now, changed: changed,
    lambda before, now, changed: now == 0.0,
    lambda before, now, changed: now != 0.0,
    lambda before, now, changed: before != 0.0 and now == 0.0,
    lambda before, now, changed: before == 0.0 and now != 0.0,
    lambda before, now, changed: False,
)


def wants_output(oopt: int, before: float, now: float, changed: bool) -> bool:
    """Whether to write, knowing the value before, the value now, and whether that counts as a change."""
    return _WANTED[oopt](before, now, changed)
