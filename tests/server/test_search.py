"""Search datagrams."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from bridge.ca.header import Command, pack_message
from bridge.server.search import answer

NAMES = {b"T:a", b"T:b"}


def search(name: bytes, cid: int) -> bytes:
    return pack_message(Command.SEARCH, name + b"\0", 5, 13, cid, cid)


VERSION = pack_message(Command.VERSION, b"", 1, 13, 4711, 0)


def found(reply: bytes) -> list[tuple[int, int]]:
    """(cid, port) of each answer."""
    assert reply[:2] == b"\0\0"
    return [
        (struct.unpack_from(">I", reply, offset + 12)[0], struct.unpack_from(">H", reply, offset + 4)[0])
        for offset in range(16, len(reply), 24)
    ]


def test_answers_the_names_that_are_here() -> None:
    reply = answer(VERSION + search(b"T:a", 1) + search(b"T:no", 2) + search(b"T:b", 3), NAMES.__contains__, 6000)
    assert found(reply) == [(1, 6000), (3, 6000)]


def test_echoes_the_sequence_number() -> None:
    reply = answer(VERSION + search(b"T:a", 1), NAMES.__contains__, 6000)
    assert struct.unpack_from(">HHHHII", reply) == (0, 0, 1, 13, 4711, 0)


def test_silent_when_nothing_is_here() -> None:
    assert answer(VERSION + search(b"T:no", 1), NAMES.__contains__, 6000) == b""


def test_a_broken_message_ends_the_datagram_but_not_what_came_before() -> None:
    reply = answer(search(b"T:a", 1) + b"\0\6\0\3" + bytes(20), NAMES.__contains__, 6000)
    assert found(reply) == [(1, 6000)]


@given(st.binary(max_size=200))
def test_any_bytes_get_at_most_twice_their_size(data: bytes) -> None:
    assert len(answer(data, lambda name: True, 1)) <= 2 * len(data)


@given(st.lists(st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name), max_size=20))
def test_no_amplification(names: list[bytes]) -> None:
    datagram = b"".join(search(name, number) for number, name in enumerate(names))
    assert len(answer(datagram, lambda name: True, 1)) <= 2 * len(datagram)
