"""The rules of the CA repeater."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ca.header import HEADER, Command, pack_message
from bridge.net import Repeater
from bridge.net.repeater import CLIENTS

ONE, TWO, THREE = (("127.0.0.1", port) for port in (1001, 1002, 1003))
SERVER = ("10.0.0.7", 40000)
REGISTER = pack_message(Command.REPEATER_REGISTER, b"")
CONFIRM = pack_message(Command.REPEATER_CONFIRM, b"", p2=0x7F000001)
NOTHING = bytes(16)


def beacon(number: int, address: int = 0) -> bytes:
    return pack_message(Command.BEACON, b"", 13, 5064, number, address)


def is_local(host: str) -> bool:
    return host.startswith("127.")


@pytest.fixture
def repeater() -> Repeater:
    made = Repeater(is_local)
    for client in (ONE, TWO):
        made.received(b"", client)
    return made


@pytest.mark.parametrize("registration", [b"", REGISTER])
def test_registration_is_confirmed_and_the_others_are_looked_after(repeater: Repeater, registration: bytes) -> None:
    assert repeater.received(registration, THREE) == [(THREE, CONFIRM), (ONE, NOTHING), (TWO, NOTHING)]
    assert repeater.received(registration, THREE) == [(THREE, CONFIRM)]
    assert repeater.clients == (ONE, TWO, THREE)


def test_only_clients_of_this_machine(repeater: Repeater) -> None:
    assert repeater.received(REGISTER, ("10.0.0.7", 1004)) == []
    assert repeater.clients == (ONE, TWO)


def test_beacons_go_to_all_with_the_address_of_the_server(repeater: Repeater) -> None:
    sent = beacon(5, 0x0A000007)
    assert repeater.received(beacon(5), SERVER) == [(ONE, sent), (TWO, sent)]
    told = beacon(6, 0x0A0000FE)
    assert repeater.received(told, SERVER) == [(ONE, told), (TWO, told)]


def test_beacons_are_not_sent_back(repeater: Repeater) -> None:
    assert [client for client, _ in repeater.received(beacon(1), TWO)] == [ONE]


def test_registration_and_beacon_in_one(repeater: Repeater) -> None:
    out = repeater.received(REGISTER + beacon(1), THREE)
    assert (THREE, CONFIRM) in out
    assert (ONE, beacon(1, 0x7F000001)) in out


def test_who_has_left_gets_nothing(repeater: Repeater) -> None:
    repeater.gone(ONE)
    repeater.gone(("127.0.0.1", 9))
    assert [client for client, _ in repeater.received(beacon(1), SERVER)] == [TWO]


def test_so_many_clients_and_no_more(caplog: pytest.LogCaptureFixture) -> None:
    repeater = Repeater(is_local)
    with caplog.at_level(logging.WARNING):
        for port in range(1, CLIENTS + 10):
            repeater.received(b"", ("127.0.0.1", port))
    assert len(repeater.clients) == CLIENTS
    assert len(caplog.records) == 1
    repeater.gone(("127.0.0.1", 1))
    assert repeater.received(b"", ("127.0.0.1", 5000))[0] == (("127.0.0.1", 5000), CONFIRM)


@given(st.binary(max_size=100))
def test_anything_else_is_kept_to_ourselves(data: bytes) -> None:
    repeater = Repeater(is_local)
    repeater.received(b"", ONE)
    for _, message in repeater.received(data, SERVER):
        assert HEADER.unpack_from(message)[0] == Command.BEACON
        assert len(message) <= len(data)
