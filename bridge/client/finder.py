"""Finding servers: search datagrams, name servers, beacons."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Hashable
from typing import Final

from bridge.ca import (
    CLIENT,
    Beacon,
    Broadcaster,
    LocalProtocolError,
    RemoteProtocolError,
    SearchRequest,
    SearchResponse,
    VersionRequest,
    extract_address,
)
from bridge.ca.header import DONT_REPLY, MINOR_VERSION
from bridge.client.beacons import BeaconWatch, Registration
from bridge.client.config import Address, ClientConfig
from bridge.client.search import Names, SearchSchedule
from bridge.net import broadcast_addresses, send_groups_by

__all__ = ["Finder"]

log = logging.getLogger("iocbridge.client")

LOOPBACK: Final = "127.0.0.1"
LOOPBACK_BROADCAST: Final = "127.255.255.255"  # heard by every server of this machine, the other by one of them
SEQUENCE_IS_VALID: Final = 1
LOOK_AGAIN: Final = 30.0  # seconds between looks for new network interfaces, while something is searched for


class Finder(asyncio.DatagramProtocol):
    """Asks for names until they are found. `on_found` gets the cid and the server's address."""

    def __init__(
        self,
        config: ClientConfig,
        on_found: Callable[[int, Address], None],
        ask_name_servers: Callable[[Names], None],
    ) -> None:
        self._config = config
        self._on_found = on_found
        self._ask_name_servers = ask_name_servers
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self._schedule = SearchSchedule(config.max_search_period)
        self._beacons = BeaconWatch()
        self._registration = Registration(now)
        self._broadcaster = Broadcaster(CLIENT)
        self._given: list[Address] = []
        self._everywhere: list[Address] = []
        self._look_again = now
        self._sequence = 0
        self._transport: asyncio.DatagramTransport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._is_soon = False
        self._unreachable = ""  # the last error of sending, which is told once

    async def open(self) -> None:
        """Bind a socket. Raises OSError if that cannot be, or if a host of the address list is not known."""
        config = self._config
        if not (config.addresses or config.auto_addr_list or config.name_servers):
            log.warning("there is nobody to ask for PVs: no addresses, no automatic ones, no name servers")
        self._given = await resolve(config.addresses)
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            send_groups_by(sock, ttl=config.multicast_ttl)
            sock.bind(("0.0.0.0", 0))
            self._transport, _ = await self._loop.create_datagram_endpoint(lambda: self, sock=sock)
        except BaseException:
            sock.close()
            raise
        self._tick()

    def close(self) -> None:
        """Stop."""
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    # what is looked for

    def seek(self, cid: int, name: str, *, lost: Hashable = None, lane: int = 0) -> None:
        """Look for `name` until it is found or forgotten."""
        self._schedule.add(cid, name, self._loop.time(), lost=lost, lane=lane)
        self._soon()

    def forget(self, cid: int) -> None:
        """Look for it no more."""
        self._schedule.remove(cid)

    def settled(self, cid: int) -> None:
        """An answer was good: it is found."""
        self._schedule.found(cid, self._loop.time())
        self._soon()

    def wanted(self, cid: int) -> bool:
        """Whether it is still looked for."""
        return cid in self._schedule

    def server_came_up(self) -> None:
        """Ask soon for what is missing."""
        self._schedule.boost(self._loop.time())
        self._soon()

    # when to ask

    def _soon(self) -> None:
        """All that one turn wants found goes out together."""
        if not self._is_soon:
            self._is_soon = True
            self._loop.call_soon(self._tick)

    def _tick(self) -> None:
        self._is_soon = False
        if self._timer is not None:
            self._timer.cancel()
        if self._transport is None:
            return
        now = self._loop.time()
        if self._registration.take(now):
            self._transport.sendto(self._broadcaster.send(self._broadcaster.register()), self._repeater)
        if len(self._schedule) and now >= self._look_again:
            self._look_again = now + LOOK_AGAIN
            self._everywhere = self._destinations()
        for names in self._schedule.take(now):
            self._ask(names)
        due = min(self._registration.due, self._schedule.due or self._registration.due)
        self._timer = self._loop.call_at(due, self._tick)

    @property
    def _repeater(self) -> Address:
        return LOOPBACK, self._config.repeater_port

    def _destinations(self) -> list[Address]:
        found = list(self._given)
        if self._config.auto_addr_list:
            # Base leaves loopback out where there is a network. With it, a server that listens on 127.0.0.1 only, or
            # a machine whose network is down, works as well.
            try:
                networks = broadcast_addresses(("0.0.0.0",))
            except OSError as err:
                networks = []
                log.warning("the network interfaces cannot be listed: %s", err)
            hosts = (LOOPBACK, LOOPBACK_BROADCAST, *networks)
            found += [(host, self._config.port) for host in hosts]
        return list(dict.fromkeys(found))

    def _ask(self, names: Names) -> None:
        assert self._transport is not None
        self._sequence = self._sequence + 1 & 0xFFFFFFFF
        messages = [SearchRequest(name, cid, MINOR_VERSION, DONT_REPLY) for cid, name in names]
        datagram = self._broadcaster.send(VersionRequest(SEQUENCE_IS_VALID, MINOR_VERSION, self._sequence), *messages)
        for address in self._everywhere:
            self._transport.sendto(datagram, address)
        self._ask_name_servers(names)

    # what comes back

    def datagram_received(self, data: bytes, addr: Address) -> None:
        try:
            for message in self._broadcaster.events(data, addr):
                if isinstance(message, SearchResponse):
                    if message.cid in self._schedule:
                        self._on_found(message.cid, extract_address(message))
                elif isinstance(message, Beacon):
                    self._on_beacon(message, addr)
        except (RemoteProtocolError, LocalProtocolError) as err:
            log.debug("a datagram from %s:%d makes no sense: %s", *addr, err)

    def _on_beacon(self, beacon: Beacon, sender: Address) -> None:
        host = sender[0] if beacon.address == "0.0.0.0" else beacon.address
        if self._beacons.heard((host, beacon.server_port), beacon.beacon_id, self._loop.time()):
            self.server_came_up()

    def error_received(self, exc: Exception) -> None:
        text = str(exc)
        if text != self._unreachable:
            self._unreachable = text
            log.info("searching: %s", text)


async def resolve(addresses: tuple[Address, ...]) -> list[Address]:
    """Return `addresses` with numbers in place of host names. Raises OSError that names the host."""
    loop = asyncio.get_running_loop()
    found: list[Address] = []
    for host, port in addresses:
        try:
            socket.inet_aton(host)
        except OSError:
            try:
                infos = await loop.getaddrinfo(host, port, family=socket.AF_INET, type=socket.SOCK_DGRAM)
            except OSError as err:
                raise OSError(err.errno, f"host {host!r} of the address list is not known: {err.strerror}") from err
            host = str(infos[0][4][0])
        found.append((host, port))
    return found
