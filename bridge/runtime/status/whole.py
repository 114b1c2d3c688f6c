"""Status: all that iocStats shows, in one group."""

from __future__ import annotations

from bridge.runtime.status.basic import BasicStatus
from bridge.runtime.status.periodic import PeriodicStatus
from records import PVGroup, SubGroup

__all__ = ["Status"]


class Status(PVGroup):
    """The PVs of BasicStatus and of PeriodicStatus."""

    basic = SubGroup(BasicStatus, prefix="")
    periodic = SubGroup(PeriodicStatus, prefix="")
