"""Simulated instruments, written from the instruments' manuals: independent witnesses for drivers and devices."""

import iocbridge_layout

iocbridge_layout.check("sim")

from sim.clock import HandClock
from sim.serving import Running, names, serve

__all__ = [
    "HandClock",  # time that a test moves
    "Running",  # a simulator at its address: unplug, plug, fault, device
    "names",  # which instruments there are
    "serve",  # run one: async with serve("sdm630") as running
]
