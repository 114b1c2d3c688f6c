"""Which networks this machine is on."""

from __future__ import annotations

import ipaddress
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bridge.net.addresses import WILDCARD, from_sockaddr, is_loopback

__all__ = ["Interface", "broadcast_addresses", "broadcast_of", "is_local", "local_interfaces"]

# Linux: <linux/if.h>, <linux/sockios.h>
_IFF_UP: Final = 1
_IFF_POINTOPOINT: Final = 16
_SIOCGIFFLAGS: Final = 0x8913
_SIOCGIFDSTADDR: Final = 0x8917  # the address of the other end


@dataclass(frozen=True, slots=True)
class Interface:
    """One address of this machine, and how to reach all that are on its network."""

    name: str
    address: str
    broadcast: str  # of a link to one other machine: that machine
    loopback: bool


def local_interfaces() -> list[Interface]:
    """The addresses of the interfaces that are up."""
    import ifaddr  # asked for only when a socket is opened

    found: list[Interface] = []
    for adapter in ifaddr.get_adapters():
        flags = _flags(adapter.name)
        if not flags & _IFF_UP:
            continue
        for ip in adapter.ips:
            if not ip.is_IPv4:
                continue
            address = str(ip.ip)
            network = ipaddress.IPv4Network(f"{address}/{ip.network_prefix}", strict=False)
            broadcast = str(network.broadcast_address)
            if flags & _IFF_POINTOPOINT:
                broadcast = _other_end(adapter.name) or broadcast
            found.append(Interface(adapter.name, address, broadcast, network.is_loopback))
    return found


def broadcast_addresses(addresses: Sequence[str]) -> list[str]:
    """IPv4 broadcast addresses of the given interface addresses ("0.0.0.0": of all that are up).

    The loopback interface has none: 127.0.0.1 itself stands for it, as in base's osiSockDiscoverBroadcastAddresses.
    """
    found: dict[str, None] = {}
    for one in local_interfaces():
        if WILDCARD in addresses or one.address in addresses:
            found[one.address if one.loopback else one.broadcast] = None
    return list(found)


def broadcast_of(address: str) -> str | None:
    """Where to hear what is sent to all on the network of one of our addresses; None if it has no such thing."""
    for one in local_interfaces():
        if one.address == address or (one.loopback and is_loopback(address)):
            return one.broadcast if one.broadcast != address else None
    return None


def is_local(address: str) -> bool:
    """Whether an address is one of this machine's."""
    return is_loopback(address) or any(one.address == address for one in local_interfaces())


def _flags(name: str) -> int:
    """The flags of an interface; where they cannot be asked for, it counts as up."""
    answer = _ask(name, _SIOCGIFFLAGS)
    return int.from_bytes(answer[16:18], sys.byteorder) if answer else _IFF_UP


def _other_end(name: str) -> str | None:
    answer = _ask(name, _SIOCGIFDSTADDR)
    return from_sockaddr(answer[16:]) if answer else None


def _ask(name: str, question: int) -> bytes | None:
    """A struct ifreq filled in by the kernel (netdevice(7)): the name in 16 bytes, then the answer."""
    if sys.platform != "linux":
        return None
    import fcntl

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            return fcntl.ioctl(sock.fileno(), question, name.encode()[:15].ljust(40, b"\0"))
        except OSError:
            return None
