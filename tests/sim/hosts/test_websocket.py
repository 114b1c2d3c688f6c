from __future__ import annotations

import pytest

from sim.hosts.websocket import BINARY, TEXT, accept, build, parse


def test_the_handshake_of_the_rfc():
    assert accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455, section 1.3


def test_the_frames_of_the_rfc():
    # RFC 6455, section 5.7: "Hello" masked and not masked
    assert parse(bytes.fromhex("81 85 37 fa 21 3d 7f 9f 4d 51 58")) == (TEXT, b"Hello", 11)
    assert build(b"Hello") == bytes.fromhex("81 05 48 65 6c 6c 6f")


@pytest.mark.parametrize("size", [0, 1, 125, 126, 65_535, 65_536])
def test_every_length_survives(size):
    payload = bytes(size)
    frame = build(payload, BINARY)
    assert parse(frame + b"tail") == (BINARY, payload, len(frame))


@pytest.mark.parametrize("size", [5, 200, 70_000])
def test_a_frame_is_not_read_before_it_is_complete(size):
    frame = build(bytes(size))
    for cut in (0, 1, 2, 3, 6, len(frame) // 2, len(frame) - 1):
        assert parse(frame[:cut]) is None
