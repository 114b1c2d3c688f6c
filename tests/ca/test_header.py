from __future__ import annotations

import struct

import pytest

from bridge.ca.header import Command, pack_header, pack_message


def test_short_message_is_padded() -> None:
    assert pack_message(Command.CLIENT_NAME, b"root\0") == bytes.fromhex("0014 0008") + bytes(12) + b"root\0\0\0\0"
    assert pack_message(Command.ECHO) == bytes.fromhex("0017") + bytes(14)


@pytest.mark.parametrize(
    ("size", "count", "extended"),
    [(0, 65534, False), (0, 65535, True), (65528, 1, False), (65536, 1, True), (0, 1 << 31, True)],
)
def test_extended_header_from_where_base_uses_it(size: int, count: int, extended: bool) -> None:
    head = pack_header(15, size, 4, count, 1, 2)
    assert len(head) == (24 if extended else 16)
    if extended:
        assert struct.unpack(">HHHHIIII", head) == (15, 0xFFFF, 4, 0, 1, 2, size, count)
    else:
        assert struct.unpack(">HHHHII", head) == (15, size, 4, count, 1, 2)


def test_a_large_payload() -> None:
    message = pack_message(15, bytes(70001), 4, 70001, 1, 2)
    assert len(message) == 24 + 70008
    assert struct.unpack_from(">II", message, 16) == (70008, 70001)


def test_a_word_that_does_not_fit() -> None:
    with pytest.raises(struct.error):
        pack_message(15, p1=1 << 32)
