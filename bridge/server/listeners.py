"""The TCP sockets of a server: one port number on all of its interfaces."""

from __future__ import annotations

import errno
import logging
import socket
from collections.abc import Sequence
from typing import Final

from bridge.net import listening_socket

__all__ = ["CannotListen", "listen"]

log = logging.getLogger("iocbridge.server")

BACKLOG: Final = 4096  # 500 clients coming back at once after a restart must not meet a full queue
FREE_PORT_TRIES: Final = 20
_TAKEN: Final = (errno.EADDRINUSE, errno.EACCES)


class CannotListen(OSError):
    """An address or port cannot be used. The message says which and why."""


def listen(interfaces: Sequence[str], port: int) -> dict[str, socket.socket]:
    """Listen on `port`, or on one that is free (always, if `port` is 0), on all `interfaces`; the sockets by address.

    As in rsrv (caservertask.c, rsrv_grab_tcp), an address that this machine does not have is left out, as long as
    another one remains. Raises CannotListen.
    """
    addresses = list(interfaces)
    for _ in range(FREE_PORT_TRIES + len(addresses)):
        found = _try(addresses, port)
        if found:
            return found
        port = 0  # taken on one of the interfaces, or to be tried anew without one
    raise CannotListen(f"cannot find a TCP port that is free on {', '.join(addresses)}")


def _try(addresses: list[str], port: int) -> dict[str, socket.socket]:
    """All sockets, or none if the port is taken. Takes out of `addresses` what is no address of ours."""
    found: dict[str, socket.socket] = {}
    number = port
    for address in tuple(addresses):
        try:
            found[address] = listening_socket(address, number, BACKLOG)
        except OSError as error:
            if error.errno in _TAKEN and number:
                break
            if error.errno != errno.EADDRNOTAVAIL or len(addresses) == 1:
                for sock in found.values():
                    sock.close()
                raise CannotListen(f"cannot listen on {address}:{number}: {error.strerror}") from error
            log.warning("%s is no address of this machine: not served", address)
            addresses.remove(address)
            continue
        number = found[address].getsockname()[1]
    else:
        return found
    for sock in found.values():
        sock.close()
    return {}
