"""Networks that exist only for a test: network namespaces of Linux, which need root and iproute2."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

import pytest

__all__ = ["Network", "lonely", "needs_namespaces", "pair"]

_numbers = count(1)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def _why_not() -> str:
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("ip") is None:
        return "network namespaces need root and iproute2"
    try:
        with _namespace("probe"):
            return ""
    except subprocess.CalledProcessError as error:
        return f"no network namespaces here: {error.stderr.strip()}"


@contextlib.contextmanager
def _namespace(label: str) -> Iterator[str]:
    name = f"iocbridge-{os.getpid()}-{next(_numbers)}-{label}"
    _ip("netns", "add", name)
    try:
        _ip("-n", name, "link", "set", "lo", "up")
        yield name
    finally:
        _ip("netns", "del", name)


_reason = _why_not()
needs_namespaces = pytest.mark.skipif(bool(_reason), reason=_reason)


@contextlib.contextmanager
def lonely() -> Iterator[str]:
    """A machine without a network but loopback."""
    with _namespace("lonely") as name:
        yield name


@dataclass(frozen=True)
class Network:
    """Two machines on one wire: 10.99.0.1/24 and 10.99.0.2/24."""

    server: str
    client: str
    server_address: str = "10.99.0.1"
    client_address: str = "10.99.0.2"
    broadcast: str = "10.99.0.255"

    def add_address(self, address: str) -> None:
        """Give the server another address, and the client a way there."""
        _ip("-n", self.server, "addr", "add", f"{address}/32", "dev", "wire")
        _ip("-n", self.client, "route", "add", address, "dev", "wire")


@contextlib.contextmanager
def pair() -> Iterator[Network]:
    """Two machines on one wire."""
    with _namespace("server") as server, _namespace("client") as client:
        network = Network(server, client)
        _ip("-n", server, "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", client)
        for namespace, address in ((server, network.server_address), (client, network.client_address)):
            _ip("-n", namespace, "addr", "add", f"{address}/24", "broadcast", network.broadcast, "dev", "wire")
            _ip("-n", namespace, "link", "set", "wire", "up")
            _ip("-n", namespace, "route", "add", "224.0.0.0/4", "dev", "wire")
        yield network
