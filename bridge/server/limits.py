"""Bounds on whatever a client can make grow, each with its reason. docs/limits.md lists them for operators."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one server. The defaults serve a beamline; a test may shrink them."""

    message: int = 64 << 20  # bytes of one message: a 16-Mpixel camera frame of 32 bit; larger is ECA_TOLARGE
    first_message: int = 1 << 20  # before the client said VERSION nothing large is due
    circuits: int = 1000  # a control room has some hundreds; each costs about 4 KiB idle
    channels: int = 200_000  # in all: an archiver takes every PV of an IOC once
    subscriptions: int = 400_000  # in all; refused with ECA_ALLOCMEM, which clients report
    stall: float = 60.0  # seconds without a byte taken before a client that has something to read is dropped
