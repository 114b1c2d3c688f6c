"""To whom beacons go, and what is said when they do not."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator

import pytest

from bridge.ca.header import HEADER
from bridge.net import Interface, broadcast_addresses
from bridge.server import ServerConfig, serving
from bridge.server.announcer import Announcer

HERE = "127.0.0.1"


@contextlib.contextmanager
def announcing(config: ServerConfig) -> Iterator[Announcer]:
    announcer = Announcer(config, 5064, 0.0)
    try:
        yield announcer
    finally:
        announcer.close()


@pytest.mark.parametrize("interfaces", [("0.0.0.0",), (HERE,), ("224.0.2.9",)])
def test_automatic_addresses_are_those_of_the_interfaces(interfaces: tuple[str, ...]) -> None:
    chosen = (HERE,) if interfaces == (HERE,) else ("0.0.0.0",)  # a group is no interface (rsrv_build_addr_lists)
    with announcing(ServerConfig(interfaces=interfaces, beacon_port=6065)) as announcer:
        assert announcer._to == [(address, 6065) for address in broadcast_addresses(chosen)]


def test_each_address_once() -> None:
    config = ServerConfig(interfaces=(HERE,), beacon_addresses=((HERE, 5065), ("10.0.0.9", 1)), beacon_port=5065)
    with announcing(config) as announcer:
        assert announcer._to == [(HERE, 5065), ("10.0.0.9", 1)]


def test_ttl_of_groups() -> None:
    with announcing(ServerConfig(auto_beacon=False, multicast_ttl=5)) as announcer:
        assert announcer._socket is not None
        assert announcer._socket.getsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL) == 5


def test_nobody_to_tell_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), announcing(ServerConfig(auto_beacon=False)) as announcer:
        announcer.refresh(1.0)
    assert caplog.text.count("nobody to send beacons to") == 1


def test_a_failing_address_is_said_once_and_again_when_it_works(caplog: pytest.LogCaptureFixture) -> None:
    config = ServerConfig(auto_beacon=False, beacon_addresses=((HERE, 0),))  # port 0: cannot be sent to
    with caplog.at_level(logging.INFO), announcing(config) as announcer:
        for now in (0.0, 1.0, 2.0):
            announcer.tick(now)
        assert [record.levelname for record in caplog.records] == ["WARNING"]
        assert f"no beacons to {HERE}:0: " in caplog.text
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
            ear.bind((HERE, 0))
            announcer._failing[ear.getsockname()] = 1
            announcer._to = [ear.getsockname()]
            announcer.tick(3.0)
            assert len(ear.recv(100)) == 16
        assert "again" in caplog.text


def test_a_network_that_comes_up_later_is_told_as_if_the_server_had_just_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with announcing(ServerConfig(interfaces=(HERE,), beacon_period=15.0)) as announcer:
        now = 0.0
        while now < 100.0:
            announcer._schedule.take(now)
            now = announcer.due
        announcer.refresh(100.0)
        assert announcer.due > 100.0
        monkeypatch.setattr(
            "bridge.net.interfaces.local_interfaces", lambda: [Interface("new", HERE, "10.9.9.255", loopback=False)]
        )
        announcer.refresh(100.0)
        assert announcer.due == 100.0
        assert announcer._to == [("10.9.9.255", 5065)]


async def test_announce_begins_with_quick_beacons_again() -> None:
    """Clients take that for a server that came up, and look for what they have not found."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind((HERE, 0))
        ear.setblocking(False)
        config = ServerConfig(interfaces=(HERE,), port=0, auto_beacon=False, beacon_addresses=(ear.getsockname(),))
        async with serving({}, config) as server, asyncio.timeout(10):
            for _ in range(4):
                await loop.sock_recv(ear, 100)
            server.announce()
            began = loop.time()
            numbers = [HEADER.unpack(await loop.sock_recv(ear, 100))[4] for _ in range(4)]
            assert numbers == [4, 5, 6, 7]
            assert loop.time() - began < 0.3  # 0 + 20 + 40 + 80 ms; without it the fifth would take 160 ms alone
