"""Whether a value has moved far enough to be told."""

from __future__ import annotations

from math import inf, isinf, isnan

__all__ = ["beyond"]


def beyond(old: float, new: float, deadband: float) -> bool:
    """Whether `new` is farther than `deadband` from `old`, as base's ``recGblCheckDeadband``.

    A change between a finite value, NaN and an infinity is infinite, staying at the same one is none; a negative
    deadband lets everything through, an infinite one nothing.
    """
    delta = old - new
    if delta < 0.0:
        delta = -delta
    if delta == delta:
        return delta > deadband
    # NaN: one of the two is NaN, or both are the same infinity
    moved = isnan(old) != isnan(new) or isinf(old) != isinf(new)
    return (inf if moved else 0.0) > deadband
