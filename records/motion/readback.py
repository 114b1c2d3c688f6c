"""Readback: RBV of a motor, which is told by the deadbands MDEL and ADEL (``monitor`` of motorRecord.cc)."""

from __future__ import annotations

from typing import Any

from records.deadband import beyond
from records.fieldpv import FieldPV
from records.pv import ALARM, LOG, PROPERTY, VALUE

__all__ = ["Readback"]


class Readback(FieldPV):
    """A field with deadbands. One that is 0 lets every change through."""

    def refresh(self, changes: int) -> None:
        """Tell the listeners of what is worth it."""
        motor: Any = self.record
        now: Any = self.value
        told = changes & (PROPERTY | ALARM)
        if now != self._seen:
            self._seen = now
            if not motor.mdel or beyond(motor.mlst, now, motor.mdel):
                motor.mlst = now
                told |= VALUE
            if not motor.adel or beyond(motor.alst, now, motor.adel):
                motor.alst = now
                told |= LOG
        self.notify(told)
