"""OOPT of the calculations of synApps: when to write the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

__all__ = ["OOPT", "wants_output"]

OOPT: Final = (
    "Every Time",
    "On Change",
    "When Zero",
    "When Non-zero",
    "Transition To Zero",
    "Transition To Non-zero",
    "Never",
)

_WANTED: Final[tuple[Callable[[float, float, float], bool], ...]] = (
    lambda before, now, mdel: True,
    lambda before, now, mdel: abs(before - now) > mdel,
    lambda before, now, mdel: now == 0.0,
    lambda before, now, mdel: now != 0.0,
    lambda before, now, mdel: before != 0.0 and now == 0.0,
    lambda before, now, mdel: before == 0.0 and now != 0.0,
    lambda before, now, mdel: False,
)


def wants_output(oopt: int, before: float, now: float, mdel: float) -> bool:
    """Whether to write, knowing the value before and the value now."""
    return _WANTED[oopt](before, now, mdel)
