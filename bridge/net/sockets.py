"""Sockets that server, client and repeater open alike: non-blocking, and set up before they are bound."""

from __future__ import annotations

import socket
import sys
from typing import Final

from bridge.net.addresses import family, membership, packed

__all__ = ["datagram_socket", "join_group", "listening_socket", "send_groups_by"]

# <linux/in.h>; Python's socket module does not name it
_IP_MULTICAST_ALL: Final = 49


def listening_socket(address: str, port: int, backlog: int) -> socket.socket:
    """A TCP socket that accepts. What it accepts sends without delay, and is found out when its end is dead.

    Accepted sockets inherit these options. Raises OSError, UnknownHost.
    """
    sock = socket.socket(family(address), socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a restart must not wait for TIME_WAIT to pass
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _keep_alive(sock)
        sock.bind((address, port))
        sock.listen(backlog)
    except OSError:
        sock.close()
        raise
    return sock


def datagram_socket(address: str, port: int, *, shared: bool = False, broadcast: bool = False) -> socket.socket:
    """A UDP socket bound to an address, which may also be a broadcast address or a multicast group.

    With `shared`, other programs may have the same port: each gets what is sent to all, one what is sent to an
    address. With `broadcast` it may itself send to all. Raises OSError, UnknownHost.
    """
    sock = socket.socket(family(address), socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if broadcast:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if shared:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if sys.platform != "linux":  # BSD and macOS share an address by this; Linux would balance the load
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if sys.platform == "linux":
            # Else a socket hears every group that anybody on this machine has joined (ip(7)).
            sock.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
        sock.bind((address, port))
    except OSError:
        sock.close()
        raise
    return sock


def join_group(sock: socket.socket, group: str, interface: str) -> None:
    """Hear what is sent to a multicast group on the network of `interface`. Raises OSError."""
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, membership(group, interface))


def send_groups_by(sock: socket.socket, *, interface: str | None = None, ttl: int | None = None) -> None:
    """How datagrams to multicast groups leave: by which interface, over how many routers. Raises OSError."""
    if interface is not None:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, packed(interface))
    if ttl is not None:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, ttl)


def _keep_alive(sock: socket.socket) -> None:
    # A client whose machine lost power must not hold its channels for hours: found dead after 30 + 3 * 15 s.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 3)):
        option = getattr(socket, name, None)
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, value)
