"""motor of synApps in pure Python: a record that moves an axis, which is an instrument's or simulated.

Source: motorRecord.cc, motorRecord.dbd and motorRecord.html of epics-modules/motor (7.4).
"""

from records.motion.axis import Axis, AxisState, Motion
from records.motion.record import MotorRecord
from records.motion.simulated import SimulatedAxis

__all__ = [
    "Axis",  # what moves
    "AxisState",  # where it is, and how
    "Motion",  # speed and acceleration
    "MotorRecord",
    "SimulatedAxis",  # an axis that is none
]
