"""The alarm filter of AFTC: a low-pass over the alarm level, which keeps short excursions from raising alarms.

Source: ``checkAlarms`` of aiRecord.c and mbbiRecord.c of EPICS base.
"""

from __future__ import annotations

from math import floor
from typing import Final

__all__ = ["filtered"]

THRESHOLD: Final = 0.6321  # 1 - 1/e: a step has come through after one time constant


def filtered(afvl: float, level: int, seconds: float, aftc: float) -> tuple[float, int]:
    """The new AFVL and the level that counts, `seconds` after the last time; AFTC is in seconds."""
    if afvl == 0.0:
        return float(level), level
    alpha = aftc / (seconds + aftc)
    # the sign of AFVL says which way to round: that gives the filter its hysteresis
    afvl = alpha * afvl + ((1.0 - alpha) if afvl > 0.0 else (alpha - 1.0)) * level
    if afvl - floor(afvl) > THRESHOLD:
        afvl = -afvl
    return afvl, abs(floor(afvl))
