"""Where searches go."""

from __future__ import annotations

import socket

import pytest

from bridge.client.config import ClientConfig
from bridge.client.finder import Finder, resolve
from tests.logs import logged


def finder(config: ClientConfig) -> Finder:
    return Finder(config, lambda cid, address: None, lambda names: None)


async def test_everywhere_and_here_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.client.finder.broadcast_addresses", lambda interfaces: ["127.0.0.1", "192.0.2.255"])
    found = finder(ClientConfig(port=6064))._destinations()
    assert found == [("127.0.0.1", 6064), ("127.255.255.255", 6064), ("192.0.2.255", 6064)]


async def test_only_where_it_is_told() -> None:
    asks = finder(ClientConfig(addresses=(("127.0.0.1", 1), ("127.0.0.2", 2)), auto_addr_list=False))
    await asks.open()
    assert asks._destinations() == [("127.0.0.1", 1), ("127.0.0.2", 2)]
    asks.close()


async def test_interfaces_that_cannot_be_listed_leave_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(interfaces: object) -> list[str]:
        raise OSError("no netlink")

    monkeypatch.setattr("bridge.client.finder.broadcast_addresses", fails)
    with logged() as log:
        assert ("127.0.0.1", 5064) in finder(ClientConfig())._destinations()
    assert log.about("no netlink")


async def test_nobody_to_ask_is_said() -> None:
    with logged() as log:
        asks = finder(ClientConfig(auto_addr_list=False))
        await asks.open()
        asks.close()
    assert log.about("nobody to ask")


async def test_names_become_numbers() -> None:
    assert await resolve((("localhost", 5064), ("127.0.0.2", 1))) == [("127.0.0.1", 5064), ("127.0.0.2", 1)]
    with pytest.raises(OSError, match=r"'no-such-host\.invalid' of the address list is not known"):
        await resolve((("no-such-host.invalid", 5064),))


async def test_searches_to_multicast_groups_go_as_far_as_set() -> None:
    asks = finder(ClientConfig(addresses=(("127.0.0.1", 1),), auto_addr_list=False, multicast_ttl=7))
    await asks.open()
    try:
        assert asks._transport is not None
        sock = asks._transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL) == 7
    finally:
        asks.close()
