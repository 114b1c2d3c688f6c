"""Where a client looks for PVs, and how patient it is."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.ca.header import MAX_NAME, MAX_PRIORITY, REPEATER_PORT, SERVER_PORT
from bridge.net import ConfigError, first_set, port_number, seconds, split_address, whole_number, yes_no

__all__ = ["Address", "ClientConfig", "ConfigError"]

Address = tuple[str, int]

ARRAY_BYTES = 64 << 20  # a 4096 x 4096 image of 32 bits; what a server can make us hold is this much per circuit
SMALLEST_ARRAY_BYTES = 16_384  # caProto.h MAX_TCP: base's clients do not go below either


def _user() -> str:
    """The login name of this process, which is what servers' access rules know clients by."""
    try:
        import os
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError, AttributeError):  # no such thing here, or a user without an entry
        return "nobody"


@dataclass(frozen=True, slots=True)
class ClientConfig:
    """Settings of one client; addresses are (host, port).

    Searches go out as datagrams to `addresses` and, with `auto_addr_list`, to the broadcast address of each interface
    and to this machine, port `port`; and over TCP to `name_servers`.
    """

    addresses: tuple[Address, ...] = ()
    auto_addr_list: bool = True
    port: int = SERVER_PORT
    repeater_port: int = REPEATER_PORT  # where a caRepeater of this machine passes beacons on
    name_servers: tuple[Address, ...] = ()
    multicast_ttl: int = 1  # how many networks a search to a multicast group may pass through
    conn_tmo: float = 30.0  # seconds of silence after which a circuit is asked for an echo
    max_search_period: float = 300.0  # seconds, for a name that nobody knows
    max_array_bytes: int = ARRAY_BYTES  # largest value that is taken from a server
    priority: int = 0  # 0..99, of all circuits
    user: str = field(default_factory=_user)
    host: str = field(default_factory=socket.gethostname)

    def __post_init__(self) -> None:
        if not 0 <= self.priority <= MAX_PRIORITY:
            raise ConfigError(f"priority {self.priority}: 0..{MAX_PRIORITY} is expected")
        for word, text in (("user", self.user), ("host", self.host)):
            if not text or "\0" in text or len(text.encode("utf-8", "surrogateescape")) > MAX_NAME:
                raise ConfigError(f"{word} {text[:40]!r}: a name of 1..{MAX_NAME} bytes is expected")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> ClientConfig:
        """Settings from EPICS_CA_*, with base's defaults (CA Reference Manual, "Configuring"). Raises ConfigError."""
        port = port_number(environ, ("EPICS_CA_SERVER_PORT",), SERVER_PORT)
        return cls(
            addresses=_addresses(environ, "EPICS_CA_ADDR_LIST", port),
            auto_addr_list=yes_no(environ, ("EPICS_CA_AUTO_ADDR_LIST",), True),
            port=port,
            repeater_port=port_number(environ, ("EPICS_CA_REPEATER_PORT",), REPEATER_PORT),
            name_servers=_addresses(environ, "EPICS_CA_NAME_SERVERS", port),
            multicast_ttl=whole_number(environ, ("EPICS_CA_MCAST_TTL",), 1, 255, "a number of networks, 0 to 255,"),
            conn_tmo=seconds(environ, ("EPICS_CA_CONN_TMO",), 30.0),
            max_search_period=seconds(environ, ("EPICS_CA_MAX_SEARCH_PERIOD",), 300.0),
            max_array_bytes=_array_bytes(environ),
        )


def _addresses(environ: Mapping[str, str], name: str, port: int) -> tuple[Address, ...]:
    return tuple(split_address(text, port) for text in environ.get(name, "").split())


def _array_bytes(environ: Mapping[str, str]) -> int:
    name, text = first_set(environ, ("EPICS_CA_MAX_ARRAY_BYTES",), str(SMALLEST_ARRAY_BYTES))
    if not text.isdecimal():
        raise ConfigError(f"{name}={text!r}: a number of bytes is expected")
    # EPICS 7: with EPICS_CA_AUTO_ARRAY_BYTES=YES, its default, the other setting is no limit but a hint.
    automatic = yes_no(environ, ("EPICS_CA_AUTO_ARRAY_BYTES",), True)
    return max(int(text), ARRAY_BYTES if automatic else SMALLEST_ARRAY_BYTES)
