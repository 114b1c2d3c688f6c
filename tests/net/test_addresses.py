"""Addresses as texts."""

from __future__ import annotations

import pytest

from bridge.net import ConfigError, UnknownHost, address_list, is_loopback, is_multicast, parse, resolve
from bridge.net.addresses import family, from_sockaddr, membership


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("10.0.0.255", "10.0.0.255"),
        ("255.255.255.255", "255.255.255.255"),
        ("2130706433", "127.0.0.1"),  # base takes an address as one number, too (aToIPAddr.c)
        ("localhost", "127.0.0.1"),
    ],
)
def test_resolve(host: str, address: str) -> None:
    assert resolve(host) == address


@pytest.mark.parametrize("host", ["300.1.1.1", "1.2.3", "", "99999999999", "two..dots", "x" * 70])
def test_nobody_is_called_that(host: str) -> None:
    with pytest.raises(UnknownHost, match=repr(host)[:20]):
        resolve(host)


def test_kinds() -> None:
    assert [is_multicast(one) for one in ("224.0.2.9", "239.255.50.64", "240.0.0.1", "10.0.0.1", "host")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert [is_loopback(one) for one in ("127.0.0.1", "127.255.255.255", "10.0.0.1", "host")] == [
        True,
        True,
        False,
        False,
    ]
    assert parse("host") is None
    with pytest.raises(UnknownHost):
        family("host")


def test_bytes() -> None:
    assert membership("224.0.2.9", "127.0.0.1") == bytes([224, 0, 2, 9, 127, 0, 0, 1])
    assert from_sockaddr(bytes([2, 0, 0, 0, 10, 1, 2, 3, 0, 0])) == "10.1.2.3"


def test_list() -> None:
    environ = {"LIST": " 10.0.0.1  localhost:77\t10.0.0.1:5064 "}
    assert address_list(environ, "LIST", 5064) == (("10.0.0.1", 5064), ("127.0.0.1", 77))
    assert address_list({}, "LIST", 5064) == ()


def test_list_with_a_host_that_is_not_found() -> None:
    with pytest.raises(ConfigError, match=r"LIST='10.0.0.1 no\.\.host': 'no\.\.host' is no address"):
        address_list({"LIST": "10.0.0.1 no..host"}, "LIST", 5064)
    told: list[str] = []
    assert address_list({"LIST": "10.0.0.1 no..host"}, "LIST", 1, unknown=told.append) == (("10.0.0.1", 1),)
    assert len(told) == 1


def test_list_with_a_bad_port() -> None:
    with pytest.raises(ConfigError, match=r"LIST='host:x': .*no port number"):
        address_list({"LIST": "host:x"}, "LIST", 1, unknown=lambda message: None)
