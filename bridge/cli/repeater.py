"""`iocbridge repeater`: pass beacons on to all CA clients of this machine, in place of base's caRepeater."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final

from bridge.ca.header import REPEATER_PORT, Command
from bridge.cli.logs import configure
from bridge.net import (
    LOOPBACK,
    WILDCARD,
    Address,
    ConfigError,
    Repeater,
    address_list,
    datagram_socket,
    is_local,
    is_multicast,
    join_group,
    port_number,
)

__all__ = ["main", "repeat"]

log = logging.getLogger("iocbridge.repeater")

DATAGRAM: Final = 65536
DATAGRAMS_A_TURN: Final = 64
ANSWER_WITHIN: Final = 1.0  # seconds, of another repeater that has the port


def main(argv: Sequence[str]) -> int:
    """Repeat until Ctrl-C or SIGTERM. Exit code 0 also if a repeater is running already: that is all one needs."""
    parser = argparse.ArgumentParser(
        prog="iocbridge repeater",
        description="Pass beacons on to all CA clients of this machine. One is enough; clients of EPICS base start"
        " their own (caRepeater) if they find none.",
    )
    parser.add_argument("--port", type=int, help=f"where beacons arrive (EPICS_CA_REPEATER_PORT, or {REPEATER_PORT})")
    parser.add_argument("-v", "--verbose", action="store_true", help="log clients that come and go")
    args = parser.parse_args(argv)
    configure(logging.DEBUG if args.verbose else logging.INFO)
    try:
        port = args.port or port_number(os.environ, ("EPICS_CA_REPEATER_PORT",), REPEATER_PORT)
        groups = _groups(os.environ, port)
    except ConfigError as error:
        return _complain(str(error), 2)
    try:
        sock = _open(port, groups)
    except (OSError, OverflowError) as error:
        if getattr(error, "errno", None) != errno.EADDRINUSE:
            return _complain(f"cannot hear beacons on port {port}: {getattr(error, 'strerror', None) or error}", 1)
        if not _is_repeater(port):
            return _complain(f"port {port} is taken by a program that is no CA repeater", 1)
        print(f"iocbridge: a CA repeater is running on port {port} already")
        return 0
    with sock:
        asyncio.run(_until_stopped(sock))
    return 0


def _groups(environ: Mapping[str, str], port: int) -> list[str]:
    """The multicast groups that beacons are sent to, from where base's repeater takes them."""
    for name in ("EPICS_CAS_BEACON_ADDR_LIST", "EPICS_CA_ADDR_LIST"):
        found = address_list(environ, name, port, unknown=log.warning)
        if found:
            return [host for host, _ in found if is_multicast(host)]
    return []


def _open(port: int, groups: Sequence[str]) -> socket.socket:
    """Have the port to ourselves: that is what tells all others that a repeater is running. Raises OSError."""
    sock = datagram_socket(WILDCARD, port)
    for group in groups:
        try:
            join_group(sock, group, WILDCARD)
        except OSError as error:
            log.warning("beacons to %s are not heard: %s", group, error.strerror)
    return sock


def _is_repeater(port: int) -> bool:
    """Whether who has the port answers as a repeater does."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(ANSWER_WITHIN)
        try:
            sock.sendto(b"", (LOOPBACK, port))  # not connected: the answer comes from another port
            return sock.recv(DATAGRAM)[:2] == Command.REPEATER_CONFIRM.to_bytes(2, "big")
        except OSError:
            return False


async def _until_stopped(sock: socket.socket) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with repeat(sock):
        log.info("passing on beacons from port %d", sock.getsockname()[1])
        await stop.wait()


@contextlib.asynccontextmanager
async def repeat(sock: socket.socket) -> AsyncIterator[None]:
    """Pass on what arrives at `sock` while the block runs."""
    shell = _Shell(sock)
    try:
        yield
    finally:
        shell.close()


class _Shell:
    """The repeater's sockets: one that hears, and one for each client, so that the system tells when it has left."""

    def __init__(self, sock: socket.socket) -> None:
        self._loop = asyncio.get_running_loop()
        self._ear = sock
        self._sockets: dict[Address, socket.socket] = {}
        self._repeater = Repeater(is_local)
        self._loop.add_reader(sock.fileno(), self._heard)

    def _heard(self) -> None:
        for _ in range(DATAGRAMS_A_TURN):
            try:
                data, sender = self._ear.recvfrom(DATAGRAM)
            except BlockingIOError:
                return
            except OSError:
                continue
            for client, message in self._repeater.received(data, sender):
                self._send(client, message)

    def _send(self, client: Address, message: bytes) -> None:
        try:
            if client not in self._sockets:
                self._connect(client)
            self._sockets[client].send(message)
        except BlockingIOError:
            pass  # it does not read: beacons are repeated
        except OSError:
            self._drop(client)

    def _connect(self, client: Address) -> None:
        sock = datagram_socket(WILDCARD, 0)
        self._sockets[client] = sock
        sock.connect(client)
        self._loop.add_reader(sock.fileno(), self._told, client)

    def _told(self, client: Address) -> None:
        """Clients say nothing; but this is also how the system says that one is gone."""
        try:
            self._sockets[client].recv(DATAGRAM)
        except BlockingIOError:
            pass
        except OSError:
            self._drop(client)

    def _drop(self, client: Address) -> None:
        sock = self._sockets.pop(client, None)
        if sock is not None:
            self._loop.remove_reader(sock.fileno())
            sock.close()
        self._repeater.gone(client)

    def close(self) -> None:
        self._loop.remove_reader(self._ear.fileno())
        for client in tuple(self._sockets):
            self._drop(client)


def _complain(message: str, code: int) -> int:
    print(f"iocbridge: {message}", file=sys.stderr)
    return code
