"""The CA repeater: passes beacons on to all clients of a machine, since only one program can have their port.

Rules only, no sockets: see `bridge.cli.repeater`. The protocol is that of base's caRepeater (repeater.cpp), with which
this one is interchangeable.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from bridge.ca.header import HEADER, HEADER_SIZE, Command
from bridge.net.addresses import Address, packed

__all__ = ["Repeater"]

log = logging.getLogger("iocbridge.repeater")

CLIENTS: Final = 1024  # each holds a socket of the repeater; a machine with so many CA clients is unheard of
NO_ADDRESS: Final = bytes(4)  # in a beacon: "the server is where this comes from"
_REGISTER: Final = Command.REPEATER_REGISTER.to_bytes(2, "big")
# To see who is still there: clients ignore it, and the system says if nobody has the port any more.
_NOTHING: Final = HEADER.pack(Command.VERSION, 0, 0, 0, 0, 0)


class Repeater:
    """Knows the clients of this machine. `is_local(host)` says which senders are on it."""

    def __init__(self, is_local: Callable[[str], bool]) -> None:
        self._is_local = is_local
        self._clients: dict[Address, None] = {}
        self._full = False

    @property
    def clients(self) -> tuple[Address, ...]:
        """Who gets beacons."""
        return tuple(self._clients)

    def gone(self, client: Address) -> None:
        """Nobody is there any more."""
        if client in self._clients:
            del self._clients[client]
            self._full = False
            log.debug("%s:%d has left", *client)

    def received(self, data: bytes, sender: Address) -> list[tuple[Address, bytes]]:
        """What to send to whom for a datagram: a registration, or beacons."""
        out: list[tuple[Address, bytes]] = []
        if not data or data[:2] == Command.REPEATER_REGISTER.to_bytes(
            2, "big"
        ):  # clients of today send no bytes at all
            out += self._register(sender)
            data = data[HEADER_SIZE:]
        beacons = _beacons(data, sender[0])
        if beacons:
            out += [(client, beacons) for client in self._clients if client != sender]
        return out

    def _register(self, client: Address) -> list[tuple[Address, bytes]]:
        if not self._is_local(client[0]):
            return []
        out: list[tuple[Address, bytes]] = []
        if client not in self._clients:
            if len(self._clients) >= CLIENTS:
                if not self._full:
                    self._full = True
                    log.warning("%s:%d gets no beacons: %d clients are enough", *client, CLIENTS)
                return []
            out = [(other, _NOTHING) for other in self._clients]
            self._clients[client] = None
            log.debug("%s:%d has come", *client)
        confirmation = HEADER.pack(Command.REPEATER_CONFIRM, 0, 0, 0, 0, 0)[:12] + packed(client[0])
        return [(client, confirmation), *out]


def _beacons(data: bytes, sender: str) -> bytes:
    """The beacons of a datagram, with the address of their server put in where it is left out."""
    found: list[bytes] = []
    while len(data) >= HEADER_SIZE:
        command, size, *_ = HEADER.unpack_from(data)
        if command == Command.BEACON:
            address = data[12:16]
            found.append(data[:12] + (packed(sender) if address == NO_ADDRESS else address))
        data = data[HEADER_SIZE + size :]
    return b"".join(found)
