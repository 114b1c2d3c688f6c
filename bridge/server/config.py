"""Where a server listens, whom it tells that it is there, and how much it takes."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bridge.ca.header import REPEATER_PORT, SERVER_PORT
from bridge.net import (
    WILDCARD,
    Address,
    ConfigError,
    address_list,
    is_multicast,
    parse,
    port_number,
    seconds,
    whole_number,
    yes_no,
)
from bridge.server.limits import Limits

__all__ = ["ConfigError", "ServerConfig"]

log = logging.getLogger("iocbridge.server")

SMALLEST_MESSAGE: Final = 16_384  # caProto.h MAX_TCP: base goes no lower, whatever is set
HEADERS: Final = 24  # bytes that come with an array; rsrv adds them, so that the array itself may have the size set
LONGEST_MESSAGE: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Settings of one Channel Access server.

    `port` serves TCP and UDP; if another server has the TCP port, a free one is taken and searches answer with it, as
    rsrv does. Port 0 takes a free number for both, for tests. `interfaces` are addresses of this machine and multicast
    groups; `beacon_addresses` are (host, port).
    """

    interfaces: tuple[str, ...] = (WILDCARD,)
    port: int = SERVER_PORT
    beacon_addresses: tuple[Address, ...] = ()
    auto_beacon: bool = True  # also to the broadcast address of each interface
    beacon_port: int = REPEATER_PORT
    beacon_period: float = 15.0  # seconds, once the IOC has been up for a while
    limits: Limits = field(default_factory=Limits)
    ignored: tuple[str, ...] = ()  # addresses whose searches are not answered
    multicast_ttl: int = 1  # how many networks a beacon to a multicast group may pass through
    use_host_names: bool = False  # believe the host names that clients send, for access rules

    @property
    def listening(self) -> tuple[str, ...]:
        """The addresses to listen on: all, if none is chosen."""
        return tuple(one for one in self.interfaces if not is_multicast(one)) or (WILDCARD,)

    @property
    def groups(self) -> tuple[str, ...]:
        """The multicast groups to join."""
        return tuple(one for one in self.interfaces if is_multicast(one))

    def check(self) -> None:
        """Raise ConfigError if an interface is no address, or if they do not go together."""
        for interface in self.interfaces:
            if parse(interface) is None:
                raise ConfigError(f"interface {interface!r} is no IPv4 address")
        if WILDCARD in self.listening and len(self.listening) > 1:
            raise ConfigError(f"interfaces {' '.join(self.listening)}: {WILDCARD} means all and goes with no other")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> ServerConfig:
        """Settings from EPICS_CAS_*, and from EPICS_CA_* where base's rsrv falls back to those (caservertask.c).

        The lists of beacons have no such fallback since base 3.15.4, whatever the reference manual's table says.
        Raises ConfigError.
        """
        port = port_number(environ, ("EPICS_CAS_SERVER_PORT", "EPICS_CA_SERVER_PORT"), SERVER_PORT)
        beacon_port = port_number(environ, ("EPICS_CAS_BEACON_PORT", "EPICS_CA_REPEATER_PORT"), REPEATER_PORT)
        # an IOC must not stay down because a name server is
        beacons = address_list(environ, "EPICS_CAS_BEACON_ADDR_LIST", beacon_port, unknown=log.warning)
        interfaces = tuple(host for host, _ in address_list(environ, "EPICS_CAS_INTF_ADDR_LIST", port))
        ignored = tuple(host for host, _ in address_list(environ, "EPICS_CAS_IGNORE_ADDR_LIST", port))
        config = cls(
            interfaces=tuple(dict.fromkeys(interfaces)) or (WILDCARD,),
            port=port,
            beacon_addresses=beacons,
            auto_beacon=yes_no(environ, ("EPICS_CAS_AUTO_BEACON_ADDR_LIST",), True),
            beacon_port=beacon_port,
            beacon_period=seconds(environ, ("EPICS_CAS_BEACON_PERIOD", "EPICS_CA_BEACON_PERIOD"), 15.0),
            limits=_limits(environ),
            ignored=tuple(dict.fromkeys(ignored)),
            multicast_ttl=whole_number(environ, ("EPICS_CA_MCAST_TTL",), 1, 255, "a number of networks, 0 to 255,"),
            use_host_names=yes_no(environ, ("EPICS_CAS_USE_HOST_NAMES",), False),
        )
        try:
            config.check()
        except ConfigError as error:
            text = environ.get("EPICS_CAS_INTF_ADDR_LIST", "").strip()
            raise ConfigError(f"EPICS_CAS_INTF_ADDR_LIST={text!r}: {error}") from None
        return config


def _limits(environ: Mapping[str, str]) -> Limits:
    """The largest message: as set, or with EPICS_CA_AUTO_ARRAY_BYTES (the default) at least our own limit."""
    limits = Limits()
    size = whole_number(environ, ("EPICS_CA_MAX_ARRAY_BYTES",), 0, LONGEST_MESSAGE - HEADERS, "a number of bytes")
    message = max(size + HEADERS, SMALLEST_MESSAGE)
    if yes_no(environ, ("EPICS_CA_AUTO_ARRAY_BYTES",), True):
        message = max(message, limits.message)
    return replace(limits, message=message, request=min(limits.request, message))
