"""Status PVs by the names of iocStats: groups to put into an IOC, as ``status = SubGroup(Status, prefix="IOC:")``."""

from bridge.runtime.status.autosave import AutosaveStatus
from bridge.runtime.status.basic import BasicStatus
from bridge.runtime.status.memory import MemoryTracing
from bridge.runtime.status.periodic import PeriodicStatus
from bridge.runtime.status.port import PortStatus
from bridge.runtime.status.ports import port_status
from bridge.runtime.status.whole import Status

__all__ = [
    "AutosaveStatus",  # whether settings are safe
    "BasicStatus",  # what does not change: process, host, version
    "MemoryTracing",  # where memory goes
    "PeriodicStatus",  # clients, load, memory, descriptors, time
    "PortStatus",  # how an instrument's wire is doing
    "Status",  # BasicStatus and PeriodicStatus
    "port_status",  # a PortStatus for each port that has none
]
