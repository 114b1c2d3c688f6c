"""CaServer: the sockets of a Channel Access server around one hub. Knows no event loop: see `bridge.server.aio`."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Mapping
from typing import Final

from bridge.server.announcer import Announcer
from bridge.server.config import ServerConfig
from bridge.server.door import Door
from bridge.server.hub import Hub, Runner
from bridge.server.listeners import FREE_PORT_TRIES, CannotListen, listen
from bridge.server.reactor import Reactor, Ready
from bridge.server.search import Searches
from bridge.server.searchsockets import SearchSockets
from records import PV, rights_watchers

__all__ = ["CaServer", "CannotListen"]

log = logging.getLogger("iocbridge.server")

HOUSEKEEPING: Final = 5.0  # seconds between looks for clients that stopped reading, and at this machine's addresses


class CaServer:
    """Serves `pvdb`. `open` binds and starts to listen; call `ready` when `fileno` is readable, `tick` when due."""

    def __init__(
        self,
        pvdb: Mapping[str, PV],
        config: ServerConfig,
        runner: Runner,
        now: Callable[[], float],
        reactor: Reactor | None = None,
    ) -> None:
        self.config = config
        self.hub = Hub(pvdb, runner, config.limits)
        self._now = now
        self._reactor = reactor or Reactor()
        self._listeners: dict[str, socket.socket] = {}
        self._searches = Searches(pvdb, self.hub.find)
        self._search_sockets = SearchSockets(
            self._reactor,
            self._searches,
            now,
            ignored=config.ignored,
            groups=config.groups,
            shared=config.port != 0,
        )
        self._announcer: Announcer | None = None
        self.sooner: Callable[[], None] = lambda: None  # set by the shell: `tick` is due earlier than it said
        self._door = Door(self._reactor, self.hub, now)
        self._next_look = 0.0

    @property
    def port(self) -> int:
        """The TCP port that searches are told."""
        return self.hub.port

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where clients connect, ``HOST:PORT`` for each interface that is served."""
        return tuple(f"{host}:{self.port}" for host in self._listeners)

    def fileno(self) -> int:
        """One descriptor for all sockets."""
        return self._reactor.fileno()

    # --- life ---------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Bind all interfaces. Raises CannotListen or ConfigError, and then nothing is left open."""
        try:
            self.config.check()
            self._bind()
            self._announcer = Announcer(self.config, self.port, self._now())
            rights_watchers.append(self.hub.tell_rights)
        except BaseException:
            self.close()
            raise

    def _bind(self) -> None:
        """One port number for TCP and for UDP on all interfaces; TCP takes another if it must."""
        port = self.config.port
        tries = 1 if port else FREE_PORT_TRIES
        while True:
            tries -= 1
            self._listeners = listen(self.config.listening, port)
            self.hub.port = self._searches.port = next(iter(self._listeners.values())).getsockname()[1]
            try:
                self._search_sockets.open(tuple(self._listeners), port or self.port)
                break
            except CannotListen:
                if not tries:
                    raise
                self._close_listeners()
        if port and self.port != port:
            log.info("port %d is taken by another server: clients are told to come to port %d", port, self.port)
        self._door.open(self._listeners.values())

    def close(self) -> None:
        """Close everything. Clients see the connection end."""
        if self.hub.tell_rights in rights_watchers:
            rights_watchers.remove(self.hub.tell_rights)
        self._close_listeners()
        if self._announcer is not None:
            self._announcer.close()
            self._announcer = None
        self._reactor.close()

    def _close_listeners(self) -> None:
        self._door.close()
        for sock in self._listeners.values():
            sock.close()
        self._listeners.clear()
        self._search_sockets.close()

    # --- work ---------------------------------------------------------------------------------------------------

    def ready(self) -> None:
        """Handle what has arrived, and send what came of it."""
        self.hub.hold_flush()
        try:
            self._reactor.poll(self.hub.overdue)
        finally:
            self.hub.flush()

    def handle(self, ready: Ready) -> None:
        """The same for a reactor that is told which descriptors are ready."""
        self.hub.hold_flush()
        try:
            self._reactor.handle(ready)
        finally:
            self.hub.flush()

    def tick(self) -> float:
        """Send the beacon that is due and do the housekeeping. Returns when to be called next."""
        now = self._now()
        if now >= self._next_look:
            self._next_look = now + HOUSEKEEPING
            self.hub.look_after()
            self._door.try_again()
            self._search_sockets.refresh()
            if self._announcer is not None:
                self._announcer.refresh(now)
        if self._announcer is None:
            return self._next_look
        self._announcer.tick(now)
        return min(self._announcer.due, self._next_look)

    def announce(self) -> None:
        """Send beacons as after a start, so that clients look for PVs that are new."""
        if self._announcer is not None:
            self._announcer.again(self._now())
            self.sooner()
