"""Where a server listens and whom it tells that it is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.ca.header import REPEATER_PORT, SERVER_PORT
from bridge.net import ConfigError, first_set, port_number, seconds, split_address, yes_no
from bridge.server.limits import Limits

__all__ = ["ConfigError", "ServerConfig"]


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Settings of one Channel Access server.

    `port` serves TCP and UDP; if another server has the TCP port, a free one is taken and searches answer with it, as
    rsrv does. Port 0 takes a free number for both, for tests. `beacon_addresses` are (host, port).
    """

    interfaces: tuple[str, ...] = ("0.0.0.0",)
    port: int = SERVER_PORT
    beacon_addresses: tuple[tuple[str, int], ...] = ()
    auto_beacon: bool = True  # also to the broadcast address of each interface
    beacon_port: int = REPEATER_PORT
    beacon_period: float = 15.0  # seconds, once the IOC has been up for a while
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> ServerConfig:
        """Settings from EPICS_CAS_* and, where those are not set, EPICS_CA_*, as base's rsrv reads them.

        Source: CA Reference Manual, "Configuring a CA server". Raises ConfigError.
        """
        beacon_port = port_number(environ, ("EPICS_CAS_BEACON_PORT", "EPICS_CA_REPEATER_PORT"), REPEATER_PORT)
        _, beacons = first_set(environ, ("EPICS_CAS_BEACON_ADDR_LIST", "EPICS_CA_ADDR_LIST"), "")
        interfaces = environ.get("EPICS_CAS_INTF_ADDR_LIST", "").split() or ["0.0.0.0"]
        return cls(
            interfaces=tuple(interfaces),
            port=port_number(environ, ("EPICS_CAS_SERVER_PORT", "EPICS_CA_SERVER_PORT"), SERVER_PORT),
            beacon_addresses=tuple(split_address(text, beacon_port) for text in beacons.split()),
            auto_beacon=yes_no(environ, ("EPICS_CAS_AUTO_BEACON_ADDR_LIST", "EPICS_CA_AUTO_ADDR_LIST"), True),
            beacon_port=beacon_port,
            beacon_period=seconds(environ, ("EPICS_CAS_BEACON_PERIOD", "EPICS_CA_BEACON_PERIOD"), 15.0),
        )
