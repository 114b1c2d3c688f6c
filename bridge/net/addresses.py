"""Internet addresses as texts. That an address has four bytes is known here and nowhere else.

IPv4 for now: base's CA servers and clients know no other. For IPv6, `parse` and the functions after it learn of it.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from bridge.net.settings import ConfigError, first_set, split_address

__all__ = [
    "LOOPBACK",
    "WILDCARD",
    "Address",
    "UnknownHost",
    "address_list",
    "family",
    "from_sockaddr",
    "is_loopback",
    "is_multicast",
    "membership",
    "packed",
    "parse",
    "resolve",
]

Address: TypeAlias = tuple[str, int]
"""Host and port."""

WILDCARD: Final = "0.0.0.0"  # all interfaces
LOOPBACK: Final = "127.0.0.1"

_ONLY_DIGITS = re.compile(r"[\d.]*")


class UnknownHost(ValueError):
    """A text is neither an address nor the name of a host that can be found. The message says why."""


def parse(text: str) -> ipaddress.IPv4Address | None:
    """The address that `text` spells, or None."""
    try:
        return ipaddress.IPv4Address(text)
    except ValueError:
        return None


def family(address: str) -> socket.AddressFamily:
    """What kind of socket goes with an address. Raises UnknownHost."""
    if parse(address) is None:
        raise UnknownHost(f"{address!r} is no IPv4 address")
    return socket.AF_INET


def packed(address: str) -> bytes:
    """The bytes of an address as messages and socket options carry them."""
    return ipaddress.IPv4Address(address).packed


def membership(group: str, interface: str) -> bytes:
    """What IP_ADD_MEMBERSHIP takes (struct ip_mreq)."""
    return packed(group) + packed(interface)


def from_sockaddr(raw: bytes) -> str:
    """The address in a struct sockaddr_in."""
    return str(ipaddress.IPv4Address(raw[4:8]))


def is_multicast(address: str) -> bool:
    """Whether it stands for a group of hosts."""
    found = parse(address)
    return found is not None and found.is_multicast


@lru_cache(1024)  # asked for each datagram
def is_loopback(address: str) -> bool:
    """Whether only this machine can use it."""
    found = parse(address)
    return found is not None and found.is_loopback


def resolve(host: str) -> str:
    """The address of a host: itself, a number as base takes it (aToIPAddr), or looked up, which may take seconds.

    Raises UnknownHost.
    """
    try:
        if host.isdecimal():
            return str(ipaddress.IPv4Address(int(host)))
        if _ONLY_DIGITS.fullmatch(host):  # not for the name service, whose answer would come late
            return str(ipaddress.IPv4Address(host))
    except ValueError:
        raise UnknownHost(f"{host!r} is no IPv4 address") from None
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no name of a host looks like this"
        raise UnknownHost(f"{host!r} is no address, and no host is known by that name: {reason}") from None
    return str(found[0][4][0])


def address_list(
    environ: Mapping[str, str], name: str, port: int, unknown: Callable[[str], None] | None = None
) -> tuple[Address, ...]:
    """The addresses listed in a setting, each once: ``"10.0.0.255 otherhost:5066"``; `port` goes with those without.

    `unknown(message)` is told of hosts that cannot be found, which are then left out; without it they are errors.
    Raises ConfigError.
    """
    _, text = first_set(environ, (name,), "")
    found: dict[Address, None] = {}
    for word in text.split():
        try:
            host, number = split_address(word, port)
            found[resolve(host), number] = None
        except UnknownHost as error:
            message = f"{name}={text!r}: {error}"
            if unknown is None:
                raise ConfigError(message) from None
            unknown(message)
        except ConfigError as error:
            raise ConfigError(f"{name}={text!r}: {error}") from None
    return tuple(found)
