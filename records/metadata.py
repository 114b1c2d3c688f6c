"""What a client may ask about a value besides the value: units, precision, limits, names of states."""

from __future__ import annotations

from functools import lru_cache
from math import nan
from typing import Final, NamedTuple

__all__ = ["NO_LIMITS", "PLAIN", "Limits", "Metadata", "shared_metadata"]

Limits = tuple[float, float]
NO_LIMITS: Final[Limits] = (nan, nan)


class Metadata(NamedTuple):
    """Shown to clients as DBR_GR and DBR_CTRL. All limits are (lower, upper), in `units`.

    `warning` is (LOW, HIGH), `alarm` (LOLO, HIHI), `display` (LOPR, HOPR), `control` (DRVL, DRVH or as display).
    A record's limit without a severity is NaN, as base has it. `illegal` is the first number that stands for no state,
    and what such numbers are called; those below it have their label, if any, and are never shown as numbers.
    """

    units: str = ""
    precision: int = 0
    display: Limits = (0.0, 0.0)
    warning: Limits = (0.0, 0.0)
    alarm: Limits = (0.0, 0.0)
    control: Limits = (0.0, 0.0)
    states: tuple[str, ...] = ()
    illegal: tuple[int, str] | None = None


PLAIN = Metadata()


#: As Metadata, but one for all that are alike: an IOC has a thousand records of few kinds.
shared_metadata = lru_cache(maxsize=1000)(Metadata)
