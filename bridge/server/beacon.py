"""Beacons: how clients learn that a server came up. No clock: the caller says what time it is."""

from __future__ import annotations

from typing import Final

from bridge.ca.header import HEADER, MINOR_VERSION, Command

__all__ = ["BeaconSchedule"]

FIRST_PERIOD: Final = 0.02  # seconds; rsrv online_notify.c: doubling up to the configured period


class BeaconSchedule:
    """When the next beacon is due, and its bytes. The quick first ones are what tells clients "a new server"."""

    def __init__(self, port: int, longest: float, now: float) -> None:
        self._port = port
        self._longest = longest
        self._period = min(FIRST_PERIOD, longest)
        self._number = 0
        self.due = now

    def restart(self, now: float) -> None:
        """Begin with quick beacons again, as rsrv does after a pause. They go on counting."""
        self._period = min(FIRST_PERIOD, self._longest)
        self.due = now

    def take(self, now: float) -> bytes | None:
        """The beacon to send now, or None if it is not time yet."""
        if now < self.due:
            return None
        beacon = HEADER.pack(Command.BEACON, 0, MINOR_VERSION, self._port, self._number & 0xFFFFFFFF, 0)
        self._number += 1
        self.due = now + self._period
        self._period = min(self._period * 2, self._longest)
        return beacon
