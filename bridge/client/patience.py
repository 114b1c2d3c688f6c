"""How long to wait for a server: silence on a circuit, and pauses after failures. No clock: times are arguments."""

from __future__ import annotations

from collections import OrderedDict
from enum import Enum
from typing import Final

from bridge.client.config import Address

__all__ = ["HoldOff", "Probe", "Watchdog"]

ECHO_TIMEOUT: Final = 5.0  # seconds; iocinf.h CA_ECHO_TIMEOUT


class Probe(Enum):
    """What a silent circuit asks for."""

    NOTHING = "it was heard not long ago"
    ECHO = "ask whether it is still there"
    DEAD = "it was asked and did not answer"


class Watchdog:
    """Asks for an echo after `silence` seconds without a byte (tcpRecvWatchdog.cpp)."""

    def __init__(self, silence: float, now: float) -> None:
        self._silence = silence
        self._asked: float | None = None
        self._heard = now

    def heard(self, now: float) -> bool:
        """Something has come from the server. Returns True if it was asked, so that `due` is earlier now."""
        self._heard = now
        was_asked, self._asked = self._asked is not None, None
        return was_asked

    @property
    def due(self) -> float:
        """When to call `take` next."""
        return self._heard + self._silence if self._asked is None else self._asked + ECHO_TIMEOUT

    def take(self, now: float) -> Probe:
        """Return what to do now."""
        if now < self.due:
            return Probe.NOTHING
        if self._asked is not None:
            return Probe.DEAD
        self._asked = now
        return Probe.ECHO


class HoldOff:
    """Servers that are left alone for a while because a circuit to them failed; the pause doubles each time."""

    FIRST: Final = 0.25  # seconds
    ADDRESSES: Final = 1024  # anybody can answer a search with any address

    def __init__(self) -> None:
        self._failed: OrderedDict[Address, tuple[float, float]] = OrderedDict()  # pause, and its end

    def __len__(self) -> int:
        return len(self._failed)

    def failed(self, address: Address, now: float, longest: float) -> None:
        """Leave it alone, for at most `longest` seconds."""
        pause, _ = self._failed.pop(address, (0.0, 0.0))
        pause = min(pause * 2 or self.FIRST, longest)
        self._failed[address] = pause, now + pause
        if len(self._failed) > self.ADDRESSES:
            self._failed.popitem(last=False)

    def worked(self, address: Address) -> None:
        """Think well of it again."""
        self._failed.pop(address, None)

    def until(self, address: Address) -> float:
        """When it may be tried again; a time long past if it may be now."""
        return self._failed.get(address, (0.0, float("-inf")))[1]
