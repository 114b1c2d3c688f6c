"""Bounds on whatever a client can make grow, each with its reason. docs/limits.md lists them for operators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

__all__ = ["MUCH", "Limits"]

MUCH: Final = 256 << 10  # bytes for one client that are sent before the turn is over


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one server. The defaults serve a beamline; a test may shrink them."""

    message: int = 64 << 20  # bytes of one put: a 16-Mpixel camera frame of 32 bit; larger is ECA_TOLARGE
    request: int = 64 << 10  # of any other message: names, event masks and echoes are no longer than that
    unfinished: int = 256 << 20  # of puts of which a part has still to come, all clients together
    unread: int = 512 << 20  # of answers and events for clients that do not read: the one with most of it is dropped
    arrays: int = 128 << 20  # of large payloads kept to be sent again; the oldest is forgotten
    circuits: int = 2000  # a control room has some hundreds; each costs about 4 KiB idle
    channels: int = 400_000  # in all: an archiver takes every PV of an IOC once
    filtered: int = 20_000  # channels with filters in all: each costs 3 KiB, and a look at every change
    subscriptions: int = 800_000  # in all; refused with ECA_ALLOCMEM, which clients report
    waiting: int = 256 << 20  # bytes of puts that wait for instruments, all PVs together; an eighth for each
    share: float = 0.5  # of each of these that one host may have, so that another one finds something left
    stall: float = 60.0  # seconds without a byte taken, or of a message half sent, before a client is dropped
    turn: float = 0.01  # seconds for all that clients have asked for, before others get their turn again
