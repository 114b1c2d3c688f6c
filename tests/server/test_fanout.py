"""Searches shared among the servers of a machine, and answers brought to the client that asked."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ca.header import HEADER, NO_ADDRESS, Command, pack_message
from bridge.server.fanout import KEPT, SLOTS, Relay, Shared, is_shared, share, unshare
from bridge.server.search import answer

CLIENT = ("192.0.2.7", 45678)
ASKED = "192.0.2.1"


def version(sequence: int, minor: int = 13) -> bytes:
    return pack_message(Command.VERSION, b"", 1, minor, sequence, 0)


def search(name: bytes, cid: int) -> bytes:
    return pack_message(Command.SEARCH, name + b"\0", 5, 13, cid, cid)


def found(cid: int, port: int = 6000) -> bytes:
    return pack_message(Command.SEARCH, b"\0\x0d", port, 0, NO_ADDRESS, cid)


def messages(data: bytes) -> list[tuple[int, int, int]]:
    """Command, p1 and p2 of each."""
    out: list[tuple[int, int, int]] = []
    while data:
        command, size, _, _, p1, p2 = HEADER.unpack_from(data)
        out.append((command, p1, p2))
        data = data[16 + size :]
    return out


SEARCH = Shared(version(99) + search(b"T:a", 1) + search(b"T:b", 2), CLIENT, ASKED)


def replies(search: Shared, name: bytes = b"T:b") -> bytes:
    return answer(search.datagram, name.__eq__, 6000)[0]


@pytest.mark.parametrize("head", [version(99), version(5, minor=11), version(5, minor=8), b""])
def test_a_server_of_ours_answers_as_if_it_had_been_asked(head: bytes) -> None:
    original = Shared(head + search(b"T:a", 1) + search(b"T:b", 2), CLIENT, ASKED)
    got = unshare(share(original, 7))
    assert got is not None
    assert (got.client, got.asked) == (CLIENT, ASKED)
    assert replies(got) == replies(original)


def test_any_other_server_sees_a_plain_search() -> None:
    data = share(SEARCH, 7)
    assert is_shared(data)
    commands = [command for command, _, _ in messages(data)]
    assert commands == [Command.VERSION] * (len(commands) - 2) + [Command.SEARCH] * 2
    reply, _ = answer(data, b"T:b".__eq__, 6000)
    assert messages(reply) == [(Command.VERSION, 7, 0), (Command.SEARCH, NO_ADDRESS, 2)]


@given(st.binary(max_size=300) | st.binary(max_size=300).map(share(SEARCH, 7)[:64].__add__))
def test_anything_else_is_not_shared_or_makes_sense(data: bytes) -> None:
    got = unshare(data)
    assert got is None or 0 < got.client[1] < 65536


@given(st.integers(0, len(share(SEARCH, 7)) - 1))
def test_cut_off(end: int) -> None:
    unshare(share(SEARCH, 7)[:end])


@pytest.mark.parametrize("origin", [b"192.0.2.7 0 192.0.2.1", b"a b c", b"192.0.2.7 70000 x", b"1 2", b"\xff 1 x"])
def test_no_client(origin: bytes) -> None:
    good = share(SEARCH, 7)
    words = b"iocB" + bytes(8) + origin + b"\0" * (4 - len(origin) % 4)
    forged = b"".join(good[:12] + words[at : at + 4] for at in range(0, len(words), 4))
    assert unshare(forged + search(b"T:a", 1)) is None


# --- answers of servers that are not ours -----------------------------------------------------------------------------


def test_answer_with_the_sequence_number() -> None:
    """As rsrv: the second id, and the number of the datagram."""
    relay = Relay()
    token = relay.remember(SEARCH, 0.0)
    handed = relay.hand_back(version(token) + found(2), 0.1)
    assert handed is not None
    assert handed[0] is SEARCH
    assert messages(handed[1]) == [(Command.VERSION, 99, 0), (Command.SEARCH, NO_ADDRESS, 2)]
    assert struct.unpack_from(">H", handed[1], 20) == (6000,)


@pytest.mark.parametrize("head", [b"", version(1), version(0)])
def test_answer_with_the_first_id(head: bytes) -> None:
    """As caproto: the first id, and a number that means nothing. Two clients may use the same ids."""
    relay = Relay()
    other = Shared(version(5) + search(b"T:b", 1), ("192.0.2.8", 1234), ASKED)
    for asked, cid in ((SEARCH, 2), (other, 1)):
        shared = share(asked, relay.remember(asked, 0.0))
        number = next(p1 for _, p1, p2 in messages(shared) if p2 == cid)
        handed = relay.hand_back(head + found(number), 0.1)
        assert handed is not None
        assert handed[0] is asked
        assert messages(handed[1])[1:] == [(Command.SEARCH, NO_ADDRESS, cid)]


def test_a_client_before_4_11_gets_no_version() -> None:
    relay = Relay()
    token = relay.remember(Shared(search(b"T:b", 2), CLIENT, ASKED), 0.0)
    handed = relay.hand_back(version(token) + found(2), 0.1)
    assert handed is not None
    assert messages(handed[1]) == [(Command.SEARCH, NO_ADDRESS, 2)]


@pytest.mark.parametrize(
    "reply", [b"", found(2), version(0) + found(7), version(1) + found(2), version(0), found(0x8000_0009), bytes(40)]
)
def test_what_nobody_waits_for_is_dropped(reply: bytes) -> None:
    relay = Relay()
    assert relay.remember(SEARCH, 0.0) == 0
    assert relay.hand_back(reply, 0.1) is None


def test_late_answers_are_dropped_and_so_are_those_to_searches_long_ago() -> None:
    relay = Relay()
    token = relay.remember(SEARCH, 0.0)
    assert relay.hand_back(version(token) + found(2), KEPT + 1) is None
    for _ in range(SLOTS):
        relay.remember(SEARCH, 0.0)
    assert relay.hand_back(version(token) + found(2), 0.1) is None


@given(st.binary(max_size=200), st.booleans())
def test_any_answer_is_survived_and_what_is_handed_on_is_no_longer(data: bytes, numbered: bool) -> None:
    relay = Relay()
    token = relay.remember(SEARCH, 0.0)
    handed = relay.hand_back(version(token) + data if numbered else data, 0.1)
    assert handed is None or len(handed[1]) <= 16 + len(data)
