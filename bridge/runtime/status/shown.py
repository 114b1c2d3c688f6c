"""What all groups of status PVs need."""

from __future__ import annotations

from typing import Any

from records import PV

__all__ = ["show"]


def show(pv: PV, value: Any) -> None:
    """Post `value` if it is news."""
    if pv.value != value or getattr(pv, "udf", 0):
        pv.post(value)
