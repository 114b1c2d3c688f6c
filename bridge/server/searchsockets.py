"""The UDP sockets of a server: where searches come in, from clients and from the other servers of this machine.

A socket that is bound to 0.0.0.0 hears what is sent to all, and one bound to an address hears what is sent to that
address, before any other. So a server on all interfaces has both: 0.0.0.0 for broadcasts, and each address of this
machine, so that what was sent to one of them is known as such and can be shared (see `bridge.server.fanout`).
On chosen interfaces it has for each the address, its network's broadcast address, and the multicast groups, all of
them needed because a socket bound to an address does not hear what is sent to all (caservertask.c, rsrv_init).
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Callable, Sequence
from typing import Final

from bridge.net import (
    LOOPBACK,
    WILDCARD,
    Address,
    Neighbours,
    broadcast_of,
    datagram_socket,
    is_loopback,
    join_group,
    local_interfaces,
    send_groups_by,
)
from bridge.server.fanout import Relay, Shared, is_shared, share, unshare
from bridge.server.listeners import CannotListen
from bridge.server.reactor import READ, Reactor
from bridge.server.search import Searches

__all__ = ["SearchSockets"]

log = logging.getLogger("iocbridge.server")

DATAGRAM: Final = 65536
DATAGRAMS_A_TURN: Final = 64  # a search storm must not keep the circuits waiting
# What reaches all sockets of this machine with one port, and nobody else. Linux has it; it is heard by servers that are
# bound to 0.0.0.0, ours or not.
MACHINE: Final = "127.255.255.255"
# Elsewhere a multicast group, which only servers of ours have joined, on the loopback interface.
GROUP: Final = "239.255.50.64"  # of those for local use (RFC 2365)
# Answers to one client go into one datagram, as in rsrv: on a network up to what an Ethernet frame takes, ...
FRAME: Final = 1472
# ... within this machine up to what a quick sequence of searches comes to. Clients have 64 KiB for a datagram.
LOCAL_FRAME: Final = 16_384


class SearchSockets:
    """Hears searches on `port` of `addresses` and answers them.

    `shared`: other servers of this machine may have the same port, and all are to be found.
    """

    def __init__(
        self,
        reactor: Reactor,
        searches: Searches,
        now: Callable[[], float],
        *,
        ignored: Sequence[str] = (),
        groups: Sequence[str] = (),
        shared: bool = False,
    ) -> None:
        self._reactor = reactor
        self._searches = searches
        self._now = now
        self._ignored = frozenset(ignored)
        self._groups = tuple(groups)
        self._shared = shared
        self._port = 0
        self._sockets: set[socket.socket] = set()
        self._wildcard: socket.socket | None = None
        self._own: dict[str, socket.socket] = {}  # by the address that they are bound to
        self._inodes: frozenset[int] = frozenset()
        self._neighbours = Neighbours(0)
        self._relay = Relay()
        self._ear: socket.socket | None = None  # hears what other servers share
        self._mouth: socket.socket | None = None  # shares, and hears what servers that are not ours answer
        self._everyone: Address = ("", 0)

    # --- life ---------------------------------------------------------------------------------------------------

    def open(self, addresses: Sequence[str], port: int) -> None:
        """Bind everything. Raises CannotListen; what is open by then is closed by `close`."""
        self._port = port
        self._neighbours = Neighbours(port)
        if self._shared:
            self._open_sharing()
        for address in addresses:
            sock = self._bind(address)
            if address == WILDCARD:
                self._wildcard = sock
                self._hear(sock, sock, None)
            else:
                self._own[address] = sock
                self._hear(sock, sock, address if self._shared else None)
                self._hear_all_of(address, sock)
        self.refresh()

    def _bind(self, address: str) -> socket.socket:
        try:
            sock = datagram_socket(address, self._port, shared=self._shared)
        except OSError as error:
            raise CannotListen(f"cannot listen for searches on {address}:{self._port}/udp: {error.strerror}") from error
        self._sockets.add(sock)
        return sock

    def _hear_all_of(self, address: str, own: socket.socket) -> None:
        """Also hear what is sent to all on the network of `address`; answers come from the address itself."""
        broadcast = broadcast_of(address)
        for target in (*self._groups, *([broadcast] if broadcast and not self._is_ear(broadcast) else [])):
            try:
                sock = self._bind(target)
                if target in self._groups:
                    join_group(sock, target, address)
            except OSError as error:
                log.warning("searches sent to %s are not heard on %s: %s", target, address, error.strerror or error)
            else:
                self._hear(sock, own, None)

    def _is_ear(self, address: str) -> bool:
        return self._ear is not None and self._ear.getsockname()[0] == address

    def _open_sharing(self) -> None:
        """Open the two sockets by which the servers of this machine share searches."""
        try:
            mouth = datagram_socket(LOOPBACK, 0, broadcast=True)
            self._sockets.add(mouth)
            try:
                self._ear = self._bind(MACHINE)
            except OSError:  # no Linux
                self._ear = self._bind(GROUP)
                join_group(self._ear, GROUP, LOOPBACK)
                send_groups_by(mouth, interface=LOOPBACK, ttl=0)
        except OSError as error:
            log.warning("searches are not shared with other servers of this machine: %s", error.strerror or error)
            return
        ear = self._ear
        self._everyone = ear.getsockname()
        self._mouth = mouth
        self._reactor.watch(ear.fileno(), READ, lambda events: self._from_servers(ear, mouth.getsockname()))
        self._reactor.watch(mouth.fileno(), READ, lambda events: self._from_others(mouth))

    def _hear(self, sock: socket.socket, answer_by: socket.socket, asked: str | None) -> None:
        self._reactor.watch(sock.fileno(), READ, lambda events: self._from_clients(sock, answer_by, asked))

    def refresh(self) -> None:
        """Follow the addresses of this machine, which come and go. To be called every now and then."""
        if self._wildcard is not None and (self._shared or self._groups):
            present = [one.address for one in local_interfaces()]
            if self._shared:
                self._follow(present)
            self._join(self._wildcard, present)
        self._inodes = frozenset(os.fstat(sock.fileno()).st_ino for sock in self._sockets)

    def _follow(self, present: Sequence[str]) -> None:
        for address in self._own.keys() - set(present):
            self._drop(self._own.pop(address))
        for address in present:
            if address not in self._own:
                with contextlib.suppress(CannotListen):  # the other socket hears it, too
                    sock = self._own[address] = self._bind(address)
                    self._hear(sock, sock, address)

    def _join(self, sock: socket.socket, present: Sequence[str]) -> None:
        for group in self._groups:
            for address in present:
                with contextlib.suppress(OSError):  # joined already, or no network for groups
                    join_group(sock, group, address)

    def _drop(self, sock: socket.socket) -> None:
        self._reactor.unwatch(sock.fileno())
        self._sockets.discard(sock)
        sock.close()

    def close(self) -> None:
        """Close everything."""
        for sock in tuple(self._sockets):
            self._drop(sock)
        self._own.clear()
        self._wildcard = self._ear = self._mouth = None

    # --- searches -----------------------------------------------------------------------------------------------

    def _from_clients(self, sock: socket.socket, answer_by: socket.socket, asked: str | None) -> None:
        receive, answer, ignored = sock.recvfrom, self._searches.answer, self._ignored
        now = self._now()
        self._searches.look(now)
        company: bool | None = None if asked is not None else False  # whether there is anybody to share searches with
        last: Address | None = None
        replies: list[bytes] = []
        room = 0
        for _ in range(DATAGRAMS_A_TURN):
            try:
                data, client = receive(DATAGRAM)
            except BlockingIOError:
                break
            except OSError:
                continue  # an ICMP error for an earlier answer
            if asked is None and is_shared(data):
                continue  # heard by the ear as well
            reply, missing = (b"", True) if client[0] in ignored else answer(data)
            if reply:
                if client != last or len(reply) > room:
                    _send(answer_by, replies, last)
                    replies = []
                    last = client
                    room = LOCAL_FRAME if is_loopback(client[0]) else FRAME
                replies.append(reply)
                room -= len(reply)
            if missing and company is not False:
                company = self._has_company(now)
                if company and asked is not None:
                    self._share(Shared(data, client, asked), now)
        _send(answer_by, replies, last)

    # --- the other servers of this machine ----------------------------------------------------------------------

    def _has_company(self, now: float) -> bool:
        return self._mouth is not None and self._neighbours.present(self._inodes, now)

    def _share(self, search: Shared, now: float) -> None:
        if self._mouth is not None:
            _send(self._mouth, [share(search, self._relay.remember(search, now))], self._everyone)

    def _from_servers(self, ear: socket.socket, ourselves: Address) -> None:
        self._searches.look(self._now())
        for data, sender in _received(ear):
            if sender == ourselves or not is_loopback(sender[0]):
                continue
            search = unshare(data)
            if search is None and self._wildcard is None and LOOPBACK in self._own:
                search = Shared(data, sender, LOOPBACK)  # a client's own, sent to all of this machine
            if search is None or search.client[0] in self._ignored:
                continue
            answer_by = self._own.get(search.asked, self._wildcard)
            if answer_by is not None:
                reply, _ = self._searches.answer(search.datagram)
                _send(answer_by, [reply], search.client)

    def _from_others(self, sock: socket.socket) -> None:
        now = self._now()
        for data, _ in _received(sock):
            found = self._relay.hand_back(data, now)
            if found is not None:
                search, reply = found
                answer_by = self._own.get(search.asked, self._wildcard)
                if answer_by is not None:
                    _send(answer_by, [reply], search.client)


def _received(sock: socket.socket) -> list[tuple[bytes, Address]]:
    found: list[tuple[bytes, Address]] = []
    for _ in range(DATAGRAMS_A_TURN):
        try:
            found.append(sock.recvfrom(DATAGRAM))
        except BlockingIOError:
            break
        except OSError:
            continue
    return found


def _send(sock: socket.socket, pieces: list[bytes], address: Address | None) -> None:
    data = b"".join(pieces)
    if data and address is not None:
        with contextlib.suppress(OSError):  # a search is repeated, an answer need not be
            sock.sendto(data, address)
