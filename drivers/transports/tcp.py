"""TCP: an instrument with a network socket, or a serial device server."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import Any, Final

from drivers.errors import UsageError
from drivers.options import check_number
from drivers.transports.base import Lost, Receive, StreamTransport

__all__ = ["TcpTransport", "address", "check_port", "host_and_port", "keep_alive", "moved", "no_connection"]

# A peer that lost its power sends no FIN. Found after 10 + 3 x 5 s here; Linux alone would take two hours.
KEEPALIVE: Final = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))


class TcpTransport(StreamTransport):
    """A TCP connection to `host`:`port`, with keep-alive probes on."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__()
        self.host = host
        self.port = port

    @property
    def where(self) -> str:  # type: ignore[override]
        """``host:port``."""
        return address(self.host, self.port)

    def change(self, **settings: Any) -> None:
        """Another `host`, `port`, or both as `address` ("host:port"), from the next connection on."""
        self.host, self.port = moved(self.where, self.host, self.port, settings)

    async def open(self, receive: Receive, lost: Lost) -> None:
        loop = asyncio.get_running_loop()
        try:
            stream, _ = await loop.create_connection(lambda: self._link(receive, lost), self.host, self.port)
        except OSError as error:
            raise OSError(no_connection(self.host, self.port, error)) from error
        keep_alive(stream.get_extra_info("socket"))


def no_connection(host: str, port: int, error: OSError) -> str:
    """Why there is none, and what to look after."""
    if isinstance(error, socket.gaierror):
        return f"the name {host!r} is not known: {error.strerror}"
    where = address(host, port)
    if isinstance(error, ConnectionRefusedError):
        return f"{where} refuses the connection: is the instrument's server on, and is this its port?"
    # the system's words; those of asyncio are "Connect call failed"
    return f"cannot reach {where}: {os.strerror(error.errno) if error.errno else error}"


def keep_alive(sock: socket.socket) -> None:
    """Have a dead peer found out in half a minute."""
    with contextlib.suppress(OSError):  # a connection that is already gone tells us in its own way
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in KEEPALIVE:
            if hasattr(socket, option):  # names differ outside Linux
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


def address(host: str, port: int) -> str:
    """As people write it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def moved(where: str, host: str, port: int, settings: dict[str, Any]) -> tuple[str, int]:
    """Host and port after a change of `settings`. Raises UsageError for others than host, port and address."""
    unknown = settings.keys() - {"host", "port", "address"}
    if unknown:
        raise UsageError(f"{where}: {', '.join(unknown)} cannot be changed, only host, port or address")
    if "address" in settings:
        return host_and_port(str(settings["address"]), None)
    return host_and_port(str(settings.get("host", host)), settings.get("port"), port)


def host_and_port(host: str, port: int | None, default: int | None = None) -> tuple[str, int]:
    """Both parts of ``("192.168.1.20", 7777)``, ``("192.168.1.20:7777", None)`` or ``("[fe80::1]:7777", None)``.

    `default` is the port if neither names one. Raises UsageError if a part is missing, impossible, or there twice.
    """
    name, colon, digits = host.rpartition(":")
    if not colon or digits.endswith("]") or (":" in name and not name.startswith("[")):  # no port behind the host
        name = host
    elif not digits.isdecimal():
        raise UsageError(f"{host!r} has no port number behind the colon: write it as '{name or 'host'}:7777'")
    elif port is not None:
        raise UsageError(f"{host!r} names its port already, and port={port!r} another one; give one of them")
    else:
        port = int(digits)
    name = name.removeprefix("[").removesuffix("]")
    if not name:
        raise UsageError("a TCP port needs a host name or address")
    if port is None:
        port = default
    if port is None:
        raise UsageError(f"{host!r} lacks a port: write it as '{address(name, 7777)}'")
    check_port(name, port)
    return name, port


def check_port(where: str, port: Any, least: int = 1, what: str = "port") -> None:
    """Raises UsageError for what is no number of a TCP or UDP port."""
    wanted = f"a number of {least} to 65535"
    check_number(where, what, port, wanted, lambda one: isinstance(one, int) and least <= one <= 65535)
