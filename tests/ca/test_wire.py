from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ca import (
    CLIENT,
    ECA,
    SERVER,
    EchoRequest,
    EventAddResponse,
    Message,
    RemoteProtocolError,
    Role,
    SearchRequest,
    VersionRequest,
)
from bridge.ca.header import HEADER, pack_message
from bridge.ca.layout import decode
from bridge.ca.wire import FrameBuffer, read_datagram
from tests.ca.cases import CASES, raw

LIMIT = 4096


def frames(buffer: FrameBuffer) -> list[int]:
    found = []
    while (frame := buffer.next_frame()) is not None:
        found.append(frame[0].command)
    return found


def test_frames_come_when_they_are_whole() -> None:
    buffer = FrameBuffer(LIMIT)
    data = pack_message(20, b"root") + pack_message(23)
    assert buffer.bytes_needed == 16
    buffer.feed(data[:17])
    assert frames(buffer) == []
    assert buffer.bytes_needed == 7
    buffer.feed(data[17:30])
    assert frames(buffer) == [20]
    assert buffer.bytes_needed == 10
    buffer.feed(data[30:])
    assert frames(buffer) == [23]


def test_an_extended_header_in_two_parts() -> None:
    buffer = FrameBuffer(1 << 20)
    data = pack_message(4, bytes(70000), 4, 70000)
    buffer.feed(data[:20])
    assert buffer.next_frame() is None
    assert buffer.bytes_needed == 4
    buffer.feed(data[20:24])
    assert buffer.next_frame() is None
    assert buffer.bytes_needed == 70000
    buffer.feed(data[24:])
    found = buffer.next_frame()
    assert found is not None
    assert (found[0].payload_size, found[0].data_count, len(found[1])) == (70000, 70000, 70000)


@pytest.mark.parametrize("ahead", [16, 24, 1000, 5000])
def test_a_message_above_the_limit_is_skipped_as_it_comes(ahead: int) -> None:
    buffer = FrameBuffer(LIMIT)
    data = pack_message(4, bytes(LIMIT + 8), 4, LIMIT + 8) + pack_message(23) + pack_message(8)
    buffer.feed(data[:ahead])
    with pytest.raises(RemoteProtocolError) as caught:
        buffer.next_frame()
    assert caught.value.eca is ECA.TOLARGE
    assert not caught.value.fatal
    assert caught.value.request is not None
    assert caught.value.request.payload_size == LIMIT + 8
    found = frames(buffer)
    for at in range(ahead, len(data), 700):
        buffer.feed(data[at : at + 700])
        assert len(buffer._data) <= 700 + 40  # what is skipped is not kept
        found += frames(buffer)
    assert found == [23, 8]


def test_four_gibibytes_are_refused_by_their_header() -> None:
    buffer = FrameBuffer(LIMIT)
    buffer.feed(raw("0004 ffff 0004 0000 00000001 00000001 fffffff8 ffffffff"))
    with pytest.raises(RemoteProtocolError, match="4294967288 bytes"):
        buffer.next_frame()
    for _ in range(50):
        buffer.feed(bytes(100_000))
        assert buffer.next_frame() is None
    assert len(buffer._data) == 0


@pytest.mark.parametrize("text", ["0004 0004 00x12", "0004 ffff 00x12 00000009 00000001"])
def test_misaligned_is_fatal(text: str) -> None:
    buffer = FrameBuffer(LIMIT)
    buffer.feed(raw(text))
    with pytest.raises(RemoteProtocolError, match="multiple of 8") as caught:
        buffer.next_frame()
    assert caught.value.fatal


# Datagrams

ALLOWED = (VersionRequest, SearchRequest, EchoRequest)


def test_a_datagram_of_several() -> None:
    data = pack_message(0, b"", 0, 13) + pack_message(6, b"x:T", 5, 13, 7, 7)
    assert list(read_datagram(data, CLIENT, ALLOWED)) == [VersionRequest(0, 13), SearchRequest("x:T", 7, 13)]
    assert list(read_datagram(b"", CLIENT, ALLOWED)) == []


@pytest.mark.parametrize(
    ("tail", "match"),
    [
        (b"\0" * 15, "within a header"),
        (pack_message(6, b"x:T", 5, 13, 7, 7)[:-1], "too soon"),
        (pack_message(12), "does not come in a datagram|is not sent|Clear"),
        (pack_message(99), "command 99"),
        (raw("0006 ffff 00x12 00001000 00000001"), "too soon"),
    ],
)
def test_what_comes_before_a_fault_is_kept(tail: bytes, match: str) -> None:
    found = read_datagram(pack_message(23) + tail, CLIENT, ALLOWED)
    assert next(found) == EchoRequest()
    with pytest.raises(RemoteProtocolError, match=match):
        next(found)


# Any bytes

ROLES = st.sampled_from([CLIENT, SERVER])
VALID = st.sampled_from([raw(text) for _, text in CASES if len(raw(text)) < 500])


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A valid message with a few bytes changed."""
    data = bytearray(draw(VALID))
    for _ in range(draw(st.integers(0, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.sampled_from([0, 1, 5, 8, 0x27, 0x7F, 0x80, 0xFF]))
    return bytes(data)


STREAMS = st.lists(VALID | spoilt() | st.binary(max_size=40), max_size=8).map(b"".join)
CUTS = st.lists(st.integers(1, 40), max_size=60)


def collect(data: bytes, sender: Role, sizes: list[int]) -> list[object]:
    """What a stream means, fed in pieces of `sizes` and then the rest: messages, and the faults between them."""
    buffer = FrameBuffer(LIMIT)
    found: list[object] = []
    pieces = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    for piece in [*pieces, data]:
        buffer.feed(piece)
        while True:
            try:
                frame = buffer.next_frame()
                if frame is None:
                    break
                found.append(decode(*frame, sender))
            except RemoteProtocolError as err:
                found.append((str(err), err.eca, err.request, err.fatal))
                if err.fatal:
                    return found
    assert len(buffer._data) - buffer._at <= LIMIT + 24
    return found


@given(STREAMS, ROLES, CUTS)
def test_any_bytes_in_any_pieces_mean_the_same(data: bytes, sender: Role, sizes: list[int]) -> None:
    whole = collect(data, sender, [])
    assert collect(data, sender, sizes) == whole
    for message in whole:
        assert isinstance(message, (Message, tuple))
        repr(message)
        if isinstance(message, EventAddResponse):
            assert len(message.payload) <= LIMIT


@given(STREAMS, ROLES)
def test_any_datagram(data: bytes, sender: Role) -> None:
    try:
        for message in read_datagram(data, sender, (Message,)):
            assert isinstance(message, Message)
    except RemoteProtocolError:
        pass


@given(st.binary(min_size=HEADER.size, max_size=HEADER.size), st.binary(max_size=64), ROLES)
def test_any_header(header: bytes, payload: bytes, sender: Role) -> None:
    collect(header + payload, sender, [])
