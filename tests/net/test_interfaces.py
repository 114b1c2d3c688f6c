"""Which networks this machine is on."""

from __future__ import annotations

import ipaddress

from bridge.net import broadcast_addresses


def test_loopback_stands_for_itself() -> None:
    assert broadcast_addresses(("127.0.0.1",)) == ["127.0.0.1"]


def test_all_interfaces_include_loopback_once() -> None:
    found = broadcast_addresses(("0.0.0.0",))
    assert found.count("127.0.0.1") == 1
    assert len(set(found)) == len(found)
    assert all(ipaddress.IPv4Address(address) for address in found)


def test_an_address_of_nobody_has_none() -> None:
    assert broadcast_addresses(("203.0.113.77",)) == []
