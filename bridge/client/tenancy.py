"""What a circuit and those who use it know of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from bridge.ca import ClientChannel, ErrorResponse, EventAddResponse
from bridge.client.config import Address

if TYPE_CHECKING:
    from bridge.client.circuit import Circuit

__all__ = ["CircuitLost", "Listener", "Owner", "Tenant"]

Listener = Callable[[EventAddResponse | ErrorResponse], None]
"""Takes the updates of one monitor, or the error that there are none."""


class CircuitLost(Exception):
    """The connection has ended; the text says why."""


class Tenant(Protocol):
    """What wants one channel of a circuit."""

    cid: int
    name: str

    def opened(self, circuit: Circuit, channel: ClientChannel) -> None:
        """The server has made the channel."""

    def lost(self, reason: str, *, refused: bool) -> None:
        """There is no channel any more; `refused` if it was the server's wish."""


class Owner(Protocol):
    """What a circuit tells about itself."""

    def circuit_up(self, circuit: Circuit) -> None:
        """It is connected."""

    def circuit_ended(self, circuit: Circuit, *, useless: bool) -> None:
        """It is gone; `useless` if there was no connection at all, or none of Channel Access."""

    def found(self, cid: int, address: Address) -> None:
        """A name server knows where a name is."""
