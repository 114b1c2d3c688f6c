"""Which networks this machine is on."""

from __future__ import annotations

import ipaddress
import sys

import pytest

from bridge.net import broadcast_addresses, broadcast_of, is_local, local_interfaces


def test_loopback_stands_for_itself() -> None:
    assert broadcast_addresses(("127.0.0.1",)) == ["127.0.0.1"]


def test_all_interfaces_include_loopback_once() -> None:
    found = broadcast_addresses(("0.0.0.0",))
    assert found.count("127.0.0.1") == 1
    assert len(set(found)) == len(found)
    assert all(ipaddress.IPv4Address(address) for address in found)


def test_an_address_of_nobody_has_none() -> None:
    assert broadcast_addresses(("203.0.113.77",)) == []
    assert broadcast_of("203.0.113.77") is None
    assert not is_local("203.0.113.77")


def test_loopback_among_all() -> None:
    (loopback,) = (one for one in local_interfaces() if one.address == "127.0.0.1")
    assert loopback.loopback
    assert is_local("127.0.0.1")
    assert is_local("127.1.2.3")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no broadcast address for the machine itself")
@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2"])
def test_broadcast_on_loopback(address: str) -> None:
    assert broadcast_of(address) == "127.255.255.255"
