"""CaServer: the sockets of a Channel Access server around one hub. Knows no event loop: see `bridge.server.aio`."""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
from collections.abc import Callable, Mapping

from bridge.net import broadcast_addresses
from bridge.server.beacon import BeaconSchedule
from bridge.server.config import ConfigError, ServerConfig
from bridge.server.hub import Hub, Runner
from bridge.server.reactor import READ, Reactor, TcpLink
from bridge.server.search import answer
from bridge.server.session import Session
from records import PV

__all__ = ["CaServer", "CannotListen"]

log = logging.getLogger("iocbridge.server")

BACKLOG = 4096  # 500 clients coming back at once after a restart must not meet a full queue
DATAGRAM = 65536
DATAGRAMS_A_TURN = 64  # a search storm must not keep the circuits waiting
FREE_PORT_TRIES = 20
HOUSEKEEPING = 5.0  # seconds between looks for clients that stopped reading


class CannotListen(OSError):
    """An address or port cannot be used. The message says which and why."""


class CaServer:
    """Serves `pvdb`. `open` binds and starts to listen; call `ready` when `fileno` is readable, `tick` when due."""

    def __init__(self, pvdb: Mapping[str, PV], config: ServerConfig, runner: Runner, now: Callable[[], float]) -> None:
        self.config = config
        self.hub = Hub(pvdb, runner, config.limits)
        self._now = now
        self._reactor = Reactor()
        self._listeners: list[socket.socket] = []
        self._udp: list[socket.socket] = []
        self._links: set[TcpLink] = set()
        self._beacons: BeaconSchedule | None = None
        self._beacon_socket: socket.socket | None = None
        self._beacon_to: list[tuple[str, int]] = []
        self._beacon_errors: set[tuple[str, int]] = set()
        self._next_look = 0.0
        self._full = False

    @property
    def port(self) -> int:
        """The TCP port that searches are told."""
        return self.hub.port

    def fileno(self) -> int:
        """One descriptor for all sockets."""
        return self._reactor.fileno()

    # --- life ---------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Bind all interfaces. Raises CannotListen or ConfigError, and then nothing is left open."""
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        for interface in self.config.interfaces:
            try:
                socket.inet_aton(interface)
            except OSError as error:
                raise ConfigError(f"interface {interface!r} is no IPv4 address") from error
        if self.config.port:
            self._bind_tcp()
            for interface in self.config.interfaces:
                self._bind_udp(interface, self.config.port, shared=True)
        else:
            self._bind_free_port()
        for sock in self._listeners:
            self._reactor.watch(sock.fileno(), READ, lambda events, sock=sock: self._accept(sock))  # type: ignore[misc]
        for sock in self._udp:
            self._reactor.watch(sock.fileno(), READ, lambda events, sock=sock: self._datagrams(sock))  # type: ignore[misc]
        self._open_beacons()

    def _bind_tcp(self) -> None:
        port = self.config.port
        for interface in self.config.interfaces:
            try:
                sock = _listen(interface, port)
            except OSError as error:
                if error.errno != errno.EADDRINUSE or self._listeners:
                    raise CannotListen(f"cannot listen on {interface}:{port}: {error.strerror}") from error
                sock = _listen(interface, 0)
                log.info(
                    "port %d is taken by another server: %s serves on port %d", port, interface, sock.getsockname()[1]
                )
            port = sock.getsockname()[1]
            self._listeners.append(sock)
        self.hub.port = port

    def _bind_free_port(self) -> None:
        """One number that is free for TCP and for UDP on all interfaces."""
        for attempt in range(FREE_PORT_TRIES):
            try:
                self._bind_tcp()
                for interface in self.config.interfaces:
                    self._bind_udp(interface, self.hub.port, shared=False)
                return
            except CannotListen:
                if attempt == FREE_PORT_TRIES - 1:
                    raise
                self._close_listeners()

    def _bind_udp(self, interface: str, port: int, *, shared: bool) -> None:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._udp.append(sock)
        sock.setblocking(False)
        if shared:  # several IOCs of one host have the same search port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((interface, port))
        except OSError as error:
            raise CannotListen(f"cannot listen for searches on {interface}:{port}/udp: {error.strerror}") from error

    def _open_beacons(self) -> None:
        config = self.config
        self._beacon_to = list(config.beacon_addresses)
        if config.auto_beacon:
            self._beacon_to += [(address, config.beacon_port) for address in broadcast_addresses(config.interfaces)]
        self._beacon_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._beacon_socket.setblocking(False)
        self._beacon_socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        self._beacons = BeaconSchedule(self.port, config.beacon_period, self._now())

    def close(self) -> None:
        """Close everything. Clients see the connection end."""
        for link in tuple(self._links):
            link.close()
        self._close_listeners()
        if self._beacon_socket is not None:
            self._beacon_socket.close()
            self._beacon_socket = None
        self._reactor.close()

    def _close_listeners(self) -> None:
        for sock in (*self._listeners, *self._udp):
            self._reactor.unwatch(sock.fileno())
            sock.close()
        self._listeners.clear()
        self._udp.clear()

    # --- work ---------------------------------------------------------------------------------------------------

    def ready(self) -> None:
        """Handle what has arrived, and send what came of it."""
        self.hub.hold_flush()
        try:
            self._reactor.poll()
        finally:
            self.hub.flush()

    def tick(self) -> float:
        """Send the beacons that are due and look after clients that do not read. Returns when to be called next."""
        now = self._now()
        if self._beacons is None:
            return now + HOUSEKEEPING
        beacon = self._beacons.take(now)
        if beacon is not None:
            self._send_beacon(beacon)
        if now >= self._next_look:
            self._next_look = now + HOUSEKEEPING
            for link in tuple(self._links):
                if link.stuck_since is not None and now - link.stuck_since > self.config.limits.stall:
                    log.warning("a client took nothing for %g s and is dropped", self.config.limits.stall)
                    link.close()
        return min(self._beacons.due, self._next_look)

    def _send_beacon(self, beacon: bytes) -> None:
        if self._beacon_socket is None:
            return
        for address in self._beacon_to:
            try:
                self._beacon_socket.sendto(beacon, address)
            except OSError as error:
                if address not in self._beacon_errors:  # once per address, not per beacon
                    self._beacon_errors.add(address)
                    log.warning("no beacons to %s:%d: %s", *address, error.strerror or error)
            else:
                self._beacon_errors.discard(address)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                sock, address = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:  # out of descriptors, or the client left already
                log.warning("cannot accept a client: %s", error.strerror)
                return
            if len(self._links) >= self.config.limits.circuits:
                sock.close()
                if not self._full:
                    self._full = True
                    log.warning("%s is refused: all %d circuits are taken", address[0], self.config.limits.circuits)
                continue
            self._full = False
            link = TcpLink(self._reactor, sock, self._now)
            self._links.add(link)
            link.open(Session(self.hub, link, f"{address[0]}:{address[1]}"), self._links.discard)

    def _datagrams(self, sock: socket.socket) -> None:
        find, port = self.hub.find, self.hub.port
        for _ in range(DATAGRAMS_A_TURN):
            try:
                data, address = sock.recvfrom(DATAGRAM)
            except BlockingIOError:
                return
            except OSError:
                continue  # an ICMP error for an earlier answer
            reply = answer(data, find, port)
            if reply:
                with contextlib.suppress(OSError):  # a search is repeated, an answer need not be
                    sock.sendto(reply, address)


def _listen(interface: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((interface, port))
        sock.listen(BACKLOG)
    except OSError:
        sock.close()
        raise
    return sock
