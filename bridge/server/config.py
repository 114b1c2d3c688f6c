"""Where a server listens and whom it tells that it is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.ca.header import REPEATER_PORT, SERVER_PORT
from bridge.server.limits import Limits

__all__ = ["ConfigError", "ServerConfig"]


class ConfigError(ValueError):
    """A setting cannot be used. The message names the setting, its text and what it should be."""


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
        port = _port(environ, ("EPICS_CAS_SERVER_PORT", "EPICS_CA_SERVER_PORT"), SERVER_PORT)
        beacon_port = _port(environ, ("EPICS_CAS_BEACON_PORT", "EPICS_CA_REPEATER_PORT"), REPEATER_PORT)
        auto_name, auto = _first(environ, ("EPICS_CAS_AUTO_BEACON_ADDR_LIST", "EPICS_CA_AUTO_ADDR_LIST"), "YES")
        if auto.upper() not in ("YES", "NO"):
            raise ConfigError(f"{auto_name}={auto!r}: YES or NO is expected")
        _, beacons = _first(environ, ("EPICS_CAS_BEACON_ADDR_LIST", "EPICS_CA_ADDR_LIST"), "")
        interfaces = environ.get("EPICS_CAS_INTF_ADDR_LIST", "").split() or ["0.0.0.0"]
        return cls(
            interfaces=tuple(interfaces),
            port=port,
            beacon_addresses=tuple(split_address(text, beacon_port) for text in beacons.split()),
            auto_beacon=auto.upper() == "YES",
            beacon_port=beacon_port,
            beacon_period=_seconds(environ, ("EPICS_CAS_BEACON_PERIOD", "EPICS_CA_BEACON_PERIOD"), 15.0),
        )


def split_address(text: str, port: int) -> tuple[str, int]:
    """``"host"`` or ``"host:port"`` to (host, port). Raises ConfigError if the port is no number."""
    host, colon, number = text.partition(":")
    if not colon:
        return host, port
    if not number.isdecimal() or not 0 < int(number) < 65536:
        raise ConfigError(f"address {text!r}: {number!r} is no port number")
    return host, int(number)


def _first(environ: Mapping[str, str], names: tuple[str, ...], otherwise: str) -> tuple[str, str]:
    for name in names:
        if environ.get(name, "").strip():
            return name, environ[name].strip()
    return names[-1], otherwise


def _port(environ: Mapping[str, str], names: tuple[str, ...], otherwise: int) -> int:
    name, text = _first(environ, names, str(otherwise))
    if not text.isdecimal() or not 0 <= int(text) < 65536:
        raise ConfigError(f"{name}={text!r}: a port number is expected")
    return int(text)


def _seconds(environ: Mapping[str, str], names: tuple[str, ...], otherwise: float) -> float:
    name, text = _first(environ, names, str(otherwise))
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not value > 0:
        raise ConfigError(f"{name}={text!r}: a positive number of seconds is expected")
    return value
