"""Announcer: sends a server's beacons to all whom the configuration names."""

from __future__ import annotations

import logging
import socket

from bridge.net import WILDCARD, Address, broadcast_addresses, datagram_socket, send_groups_by
from bridge.server.beacon import BeaconSchedule
from bridge.server.config import ServerConfig

__all__ = ["Announcer"]

log = logging.getLogger("iocbridge.server")


class Announcer:
    """The socket that beacons leave by, and where they go."""

    def __init__(self, config: ServerConfig, port: int, now: float) -> None:
        self._config = config
        self._schedule = BeaconSchedule(port, config.beacon_period, now)
        self._socket: socket.socket | None = datagram_socket(WILDCARD, 0, broadcast=True)
        send_groups_by(self._socket, ttl=config.multicast_ttl)
        self._to: list[Address] = []
        self._failing: dict[Address, int | None] = {}
        self.refresh(now)
        if not self._to:
            log.info("there is nobody to send beacons to: clients find this server only when they search")

    @property
    def due(self) -> float:
        """When to call `tick` next."""
        return self._schedule.due

    def tick(self, now: float) -> None:
        """Send the beacon that is due, if one is."""
        beacon = self._schedule.take(now)
        if beacon is not None:
            for address in self._to:
                self._send(beacon, address)

    def again(self, now: float) -> None:
        """Begin anew with quick beacons, which make clients look for what they have not found."""
        self._schedule.restart(now)

    def refresh(self, now: float) -> None:
        """Follow the networks of this machine, which come and go; a new one is told of us as if we had just started."""
        config = self._config
        to = list(config.beacon_addresses)
        if config.auto_beacon:
            to += [(address, config.beacon_port) for address in broadcast_addresses(config.listening)]
        to = list(dict.fromkeys(to))
        if set(to) - set(self._to):
            self.again(now)
        self._to = to

    def _send(self, beacon: bytes, address: Address) -> None:
        if self._socket is None:
            return
        try:
            self._socket.sendto(beacon, address)
        except OSError as error:
            if self._failing.get(address) != error.errno:  # once per reason, not per beacon
                self._failing[address] = error.errno
                log.warning("no beacons to %s:%d: %s", *address, error.strerror or error)
        else:
            if self._failing.pop(address, None) is not None:
                log.info("beacons to %s:%d again", *address)

    def close(self) -> None:
        """Send no more."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None
