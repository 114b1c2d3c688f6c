"""Door: accepts clients, as many as there is room for, and without haste when descriptors run out."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from bridge.server.hub import Hub
from bridge.server.reactor import READ, Reactor, TcpLink
from bridge.server.session import Session

__all__ = ["Door"]

log = logging.getLogger("iocbridge.server")

ACCEPTS_A_TURN: Final = 64  # clients that come in crowds must not keep those who are here waiting
_SHORT: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Door:
    """Makes a link and a session for each client that comes to one of the listening sockets."""

    def __init__(self, reactor: Reactor, hub: Hub, now: Callable[[], float]) -> None:
        self.links: set[TcpLink] = set()
        self._reactor = reactor
        self._hub = hub
        self._now = now
        self._listeners: list[socket.socket] = []
        self._full = False
        self._shut = False  # for want of descriptors

    def open(self, listeners: Iterable[socket.socket]) -> None:
        """Accept whoever comes."""
        self._listeners = list(listeners)
        for sock in self._listeners:
            self._reactor.watch(sock.fileno(), READ, lambda events, sock=sock: self._accept(sock))  # type: ignore[misc]

    def close(self) -> None:
        """Accept nobody any more, and close all links. The listening sockets stay as they are."""
        self._unwatch()
        self._listeners.clear()
        for link in tuple(self.links):
            link.close()

    def _unwatch(self) -> None:
        for sock in self._listeners:
            self._reactor.unwatch(sock.fileno())

    def _accept(self, listener: socket.socket) -> None:
        for link in tuple(self._newcomers(listener)):
            link.ready()  # most have said something by now: our VERSION leaves with the answer

    def _newcomers(self, listener: socket.socket) -> Iterator[TcpLink]:
        for _ in range(ACCEPTS_A_TURN):
            try:
                sock, (address, port, *_) = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in _SHORT:
                    self._close_for_now(error)
                    return
                continue  # that client has left already
            hub = self._hub
            limit = hub.limits.circuits
            if not hub.room(address, limit, len(self.links), lambda session: 1):
                sock.close()
                if not self._full:
                    self._full = True
                    log.warning("%s is refused: too many of %d circuits are taken", address, limit)
                continue
            self._full = False
            link = TcpLink(self._reactor, sock, self._now)
            self.links.add(link)
            link.open(Session(hub, link, f"{address}:{port}"), self._left)
            yield link

    def _left(self, link: TcpLink) -> None:
        self.links.discard(link)
        self.try_again()  # there is a descriptor

    def _close_for_now(self, error: OSError) -> None:
        # Otherwise the loop would find the listener ready again at once, for ever. Clients wait in the backlog.
        self._hub.complain("cannot accept a client, and will try again: %s", error.strerror or "")
        self._unwatch()
        self._shut = True

    def try_again(self) -> None:
        """Open again after descriptors had run out. To be called every few seconds."""
        if self._shut:
            self._shut = False
            self.open(self._listeners)
