"""What beacons tell: that a server came up, or came back. No clock: the caller says what time it is."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from bridge.client.config import Address

__all__ = ["BeaconWatch", "Registration"]

SERVERS: Final = 4096  # anybody can send beacons in any name; those heard of last are kept
YOUNG: Final = 10  # a server counts its beacons from 0, and the first ten come within 20 s (rsrv online_notify.c)
STRAY: Final = 3  # beacons can overtake each other, or come twice on two routes
MISSED: Final = 3.25  # periods of silence before a server counts as having been away (bhe.cpp)
USUAL_PERIOD: Final = 15.0  # seconds
REGISTER_EVERY: Final = (1.0, 60.0)  # seconds, at first and in the end


@dataclass(slots=True)
class _Server:
    number: int
    heard: float
    period: float = USUAL_PERIOD


class BeaconWatch:
    """Remembers the last beacon of each server."""

    def __init__(self) -> None:
        self._servers: OrderedDict[Address, _Server] = OrderedDict()

    def __len__(self) -> int:
        return len(self._servers)

    def heard(self, server: Address, number: int, now: float) -> bool:
        """Take note of a beacon. Returns True if it says that the server has come up or has become reachable."""
        known = self._servers.get(server)
        if known is None:
            self._servers[server] = _Server(number, now)
            if len(self._servers) > SERVERS:
                self._servers.popitem(last=False)
            return number <= YOUNG
        self._servers.move_to_end(server)
        behind = known.number - number
        if behind == 0 or (0 < behind <= STRAY and number != 0):
            return False
        silence = now - known.heard
        missed = silence > known.period * MISSED
        known.number, known.heard, known.period = number, now, max(silence, USUAL_PERIOD)
        return behind > 0 or missed


class Registration:
    """When to ask the caRepeater of this machine for beacons. It may start, or start anew, later than we do."""

    def __init__(self, now: float) -> None:
        self.due = now
        self._period = REGISTER_EVERY[0]

    def take(self, now: float) -> bool:
        """Return whether it is time to ask."""
        if now < self.due:
            return False
        self.due = now + self._period
        self._period = min(self._period * 2, REGISTER_EVERY[1])
        return True
