"""The bits of MIP, what a motor record is about, and of MSTA, what its axis says (motorRecord.cc, motor.h)."""

from __future__ import annotations

from typing import Final

from records.motion.axis import AxisState

__all__ = [
    "COMM_ERROR",
    "DELAY",
    "DELAY_ACK",
    "DELAY_REQ",
    "DONE",
    "ENCODER",
    "EXTERNAL",
    "GAINS",
    "HOME",
    "HOMF",
    "HOMR",
    "JOG",
    "JOGF",
    "JOGR",
    "JOG_BL1",
    "JOG_BL2",
    "JOG_REQ",
    "JOG_STOP",
    "LOAD_P",
    "MOVE",
    "MOVE_BL",
    "PROBLEM",
    "RETRY",
    "STALLED",
    "STOP",
    "status_bits",
]

# MIP
DONE: Final = 0x0000
JOGF: Final = 0x0001
JOGR: Final = 0x0002
JOG_BL1: Final = 0x0004  # done jogging: first part of taking out backlash
HOMF: Final = 0x0008
HOMR: Final = 0x0010
HOME: Final = HOMF | HOMR
MOVE: Final = 0x0020
RETRY: Final = 0x0040
LOAD_P: Final = 0x0080  # a position is being loaded
MOVE_BL: Final = 0x0100  # done moving: taking out backlash
STOP: Final = 0x0200
DELAY_REQ: Final = 0x0400  # waiting for DLY
DELAY_ACK: Final = 0x0800  # DLY is over
DELAY: Final = DELAY_REQ | DELAY_ACK
JOG_REQ: Final = 0x1000
JOG_STOP: Final = 0x2000
JOG_BL2: Final = 0x4000
EXTERNAL: Final = 0x8000  # somebody else moves the axis
JOG: Final = JOGF | JOGR | JOG_BL1 | JOG_BL2

# MSTA
DIRECTION: Final = 0x0001
AT_REST: Final = 0x0002
PLUS_SWITCH: Final = 0x0004
AT_HOME: Final = 0x0008
STALLED: Final = 0x0040
ENCODER_HOME: Final = 0x0080
ENCODER: Final = 0x0100
PROBLEM: Final = 0x0200
MOVING: Final = 0x0400
GAINS: Final = 0x0800  # it can be enabled and disabled
COMM_ERROR: Final = 0x1000
MINUS_SWITCH: Final = 0x2000
HOMED: Final = 0x4000


def status_bits(state: AxisState, gains: bool) -> int:
    """MSTA for what an axis says."""
    bits = (
        (DIRECTION, state.forward),
        (AT_REST, not state.moving),
        (MOVING, state.moving),
        (PLUS_SWITCH, state.plus_switch),
        (MINUS_SWITCH, state.minus_switch),
        (AT_HOME | ENCODER_HOME, state.home_switch),
        (STALLED, state.stalled),
        (ENCODER, state.encoder is not None),
        (PROBLEM, state.problem),
        (GAINS, gains),
        (HOMED, state.homed),
    )
    return sum(bit for bit, on in bits if on)
