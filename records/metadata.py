"""What a client may ask about a value besides the value: units, precision, limits, names of states."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PLAIN", "Limits", "Metadata"]

Limits = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Metadata:
    """Shown to clients as DBR_GR and DBR_CTRL. All limits are (lower, upper), in `units`.

    `warning` is (LOW, HIGH), `alarm` (LOLO, HIHI), `display` (LOPR, HOPR), `control` (DRVL, DRVH or as display).
    """

    units: str = ""
    precision: int = 0
    display: Limits = (0.0, 0.0)
    warning: Limits = (0.0, 0.0)
    alarm: Limits = (0.0, 0.0)
    control: Limits = (0.0, 0.0)
    states: tuple[str, ...] = ()


PLAIN = Metadata()
