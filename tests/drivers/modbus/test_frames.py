from __future__ import annotations

import itertools
import struct

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drivers.modbus.ascii import AsciiFraming
from drivers.modbus.frames import NotModbus, RtuFraming, TcpFraming, UdpFraming
from drivers.modbus.requests import Request
from tests.drivers.modbus.servers import ascii_, mbap, rtu

READ = Request(17, 4, 8, 2)
REPLY = bytes.fromhex("04 04 0001 0002")


def tcp() -> tuple[TcpFraming, list[int]]:
    late: list[int] = []
    return TcpFraming(late.append), late


# (request, PDU sent, PDU of a good reply)
REQUESTS = [
    (Request(1, 1, 19, 19), "01 0013 0013", "01 03 000000"),
    (Request(1, 2, 196, 22), "02 00C4 0016", "02 03 000000"),
    (Request(1, 3, 107, 3), "03 006B 0003", "03 06 000000000000"),
    (Request(1, 4, 8), "04 0008 0001", "04 02 0000"),
    (Request(1, 5, 172, 1, b"\x01"), "05 00AC FF00", "05 00AC FF00"),
    (Request(1, 5, 172, 1, b"\x00"), "05 00AC 0000", "05 00AC 0000"),
    (Request(1, 6, 1, 1, b"\x00\x03"), "06 0001 0003", "06 0001 0003"),
    (Request(1, 15, 19, 10, b"\xcd\x01"), "0F 0013 000A 02 CD01", "0F 0013 000A"),
    (Request(1, 16, 1, 2, b"\x00\x0a\x01\x02"), "10 0001 0002 04 000A0102", "10 0001 0002"),
    (Request(1, 22, 4, 1, b"\x00\xf2\x00\x25"), "16 0004 00F2 0025", "16 0004 00F2 0025"),
    (Request(1, 23, 3, 2, b"\x00\xff" * 3, 14), "17 0003 0002 000E 0003 06 00FF00FF00FF", "17 04 00FE0ACD"),
]


@pytest.mark.parametrize(("request_", "sent", "reply"), REQUESTS, ids=str)
def test_requests_and_replies_of_the_specification(request_: Request, sent: str, reply: str) -> None:
    framing, _ = tcp()
    assert framing.frame(request_) == mbap(1, 1, sent)
    framing.feed(mbap(1, 1, reply))
    assert framing.take(request_) == bytes.fromhex(reply)
    line = RtuFraming()
    assert line.frame(request_) == rtu(1, sent)
    line.feed(rtu(1, reply))
    assert line.take(request_) == bytes.fromhex(reply)
    assert request_.length == len(bytes.fromhex(reply))
    assert line.reply_size(request_) == len(rtu(1, reply))
    text = AsciiFraming()
    assert text.frame(request_) == ascii_(1, sent)
    text.feed(ascii_(1, reply))
    assert text.take(request_) == bytes.fromhex(reply)
    assert text.reply_size(request_) == len(ascii_(1, reply))


def test_words_for_messages() -> None:
    assert str(READ) == "unit 17, FC04 read input registers 8 to 9"
    assert str(Request(1, 5, 172, 1, b"\1")) == "unit 1, FC05 write coil 172"


def chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[begin:end] for begin, end in itertools.pairwise(edges)]


@given(st.lists(st.integers(0, 1000)), st.integers(0, 65535), st.booleans())
def test_tcp_finds_its_reply_in_any_slices(cuts: list[int], stranger: int, refused: bool) -> None:
    framing, late = tcp()
    framing.frame(READ)
    reply = b"\x84\x02" if refused else REPLY
    strangers = mbap(stranger, 17, "04 04 FFFFFFFF") if stranger != 1 else b""
    found = []
    for chunk in chunks(strangers + mbap(1, 17, reply.hex()) + mbap(1, 18, "04 02 0000"), cuts):
        framing.feed(chunk)
        if (pdu := framing.take(READ if not found else None)) is not None:
            found.append(pdu)
    assert found == [reply]
    assert len(late) == 1 + bool(strangers)
    assert not framing.torn


@given(st.binary(max_size=600), st.lists(st.integers(0, 1000)))
def test_tcp_survives_any_bytes(data: bytes, cuts: list[int]) -> None:
    framing, _ = tcp()
    framing.frame(READ)
    try:
        for chunk in chunks(data, cuts):
            framing.feed(chunk)
            framing.take(READ)
            assert len(framing.remains()) < 300
    except NotModbus:
        pass


def test_tcp_a_frame_that_was_cut_off_takes_nothing_from_a_late_one() -> None:
    """A gateway that sends half a reply and then the late reply to an earlier question: together they fill a frame."""
    late_one, cut = mbap(1, 17, "04 04 AAAABBBB"), mbap(2, 17, REPLY.hex())
    for kept in range(1, len(cut)):
        framing, _ = tcp()
        framing.frame(READ)  # given up
        framing.frame(READ)
        framing.feed(cut[:kept])
        assert framing.take(READ) is None
        framing.feed(late_one)
        with pytest.raises(NotModbus):
            framing.take(READ)


def test_tcp_what_follows_a_frame_tells_whether_it_was_one() -> None:
    framing, _ = tcp()
    framing.frame(READ)
    framing.feed(mbap(1, 17, REPLY.hex())[:-3] + mbap(9, 17, REPLY.hex()))
    with pytest.raises(NotModbus, match="after a frame"):
        framing.take(READ)


def test_tcp_transactions_are_numbered_and_never_0() -> None:
    framing, _ = tcp()
    numbers = [struct.unpack(">H", framing.frame(READ)[:2])[0] for _ in range(65537)]
    assert numbers[:2] == [1, 2]
    assert numbers[-3:] == [65535, 1, 2]
    assert 0 not in numbers


@given(st.binary(max_size=300), st.lists(st.integers(0, 1000)), st.booleans())
def test_rtu_finds_its_reply_behind_any_noise(noise: bytes, cuts: list[int], refused: bool) -> None:
    line = RtuFraming()
    line.frame(READ)
    reply = b"\x84\x02" if refused else REPLY
    found = None
    for chunk in chunks(noise + rtu(17, reply.hex()), cuts):
        line.feed(chunk)
        found = found or line.take(READ)
    assert found == reply


@given(st.binary(max_size=3000), st.lists(st.integers(0, 3000)))
def test_rtu_survives_any_bytes_and_keeps_few(data: bytes, cuts: list[int]) -> None:
    line = RtuFraming()
    line.frame(READ)
    for chunk in chunks(data, cuts):
        line.feed(chunk)
        pdu = line.take(READ)
        assert pdu is None or pdu[0] in (4, 0x84)
        assert len(line._buffer) <= 512
        assert len(line.remains()) < 100


@given(st.integers(0, 8), st.integers(1, 255))
def test_rtu_knows_a_wrong_checksum(where: int, difference: int) -> None:
    good = rtu(17, REPLY.hex())
    where = 3 + where % (len(good) - 3)  # beyond unit, function and length: there it is another frame
    bad = bytearray(good)
    bad[where] ^= difference
    assume(bad[-1] != good[0])  # that byte may begin the reply: see the next test
    line = RtuFraming()
    line.frame(READ)
    line.feed(bytes(bad[:-1]))
    assert line.take(READ) is None
    assert not line.broken
    line.feed(bytes(bad[-1:]))
    assert line.take(READ) is None
    assert line.broken
    assert line.remains().startswith("a wrong checksum: 11 04 04")
    line.frame(READ)
    assert not line.broken


def test_rtu_waits_for_what_the_last_byte_of_a_bad_frame_may_begin() -> None:
    good = rtu(17, REPLY.hex())
    line = RtuFraming()
    line.frame(READ)
    line.feed(good[:-1] + good[:1])
    assert line.take(READ) is None
    assert not line.broken
    line.feed(good[1:])
    assert line.take(READ) == REPLY


@given(st.lists(st.integers(0, 1000)))
def test_rtu_drops_its_own_echo(cuts: list[int]) -> None:
    write = Request(1, 6, 3, 1, b"\x00\x04")
    line = RtuFraming(local_echo=True)
    sent = line.frame(write)
    for chunk in chunks(sent, cuts):
        line.feed(chunk)
        assert line.take(write) is None
    line.feed(sent)
    assert line.take(write) == sent[1:-2]


def test_rtu_does_not_need_the_echo() -> None:
    line = RtuFraming(local_echo=True)
    line.frame(READ)
    line.feed(rtu(17, REPLY.hex()))
    assert line.take(READ) == REPLY


def test_an_ascii_frame_of_the_manual() -> None:
    """Modbus over Serial Line V1.02, figure 13 and appendix B: the LRC of 01 03 00 00 00 02 is FA."""
    assert AsciiFraming().frame(Request(1, 3, 0, 2)) == b":010300000002FA\r\n"


@given(st.binary(max_size=300), st.lists(st.integers(0, 1000)), st.booleans())
def test_ascii_finds_its_reply_behind_any_noise(noise: bytes, cuts: list[int], refused: bool) -> None:
    line = AsciiFraming()
    line.frame(READ)
    reply = b"\x84\x02" if refused else REPLY
    found = None
    for chunk in chunks(noise + ascii_(17, reply.hex()), cuts):
        line.feed(chunk)
        found = found or line.take(READ)
    assert found == reply


@given(st.binary(max_size=3000), st.lists(st.integers(0, 3000)))
def test_ascii_survives_any_bytes_and_keeps_few(data: bytes, cuts: list[int]) -> None:
    line = AsciiFraming()
    line.frame(READ)
    for chunk in chunks(data, cuts):
        line.feed(chunk)
        assert line.take(READ) is None
        assert len(line._buffer) <= 1026
        assert len(line.remains()) < 300


@given(st.integers(1, 17), st.sampled_from(b"0123456789ABCDEFx"))
def test_ascii_knows_a_wrong_checksum(where: int, character: int) -> None:
    good = ascii_(17, REPLY.hex())
    bad = bytearray(good)
    bad[where] = character
    line = AsciiFraming()
    line.frame(READ)
    line.feed(bytes(bad[:-1]))
    assert line.take(READ) is None
    assert not line.broken
    line.feed(bytes(bad[-1:]))
    if bad == good:
        assert line.take(READ) == REPLY
        return
    assert line.take(READ) is None
    assert line.broken
    assert line.remains().startswith("a wrong checksum: :")
    line.feed(good[:5])
    assert line.take(READ) is None
    assert not line.broken  # another frame has begun, and may be the answer


def test_ascii_drops_its_own_echo() -> None:
    write = Request(1, 6, 3, 1, b"\x00\x04")
    line = AsciiFraming(local_echo=True)
    sent = line.frame(write)
    for byte in sent:
        line.feed(bytes((byte,)))
        assert line.take(write) is None
    line.feed(sent)
    assert line.take(write) == bytes.fromhex("06 0003 0004")


@given(st.binary(max_size=300), st.booleans())
def test_udp_forgets_a_datagram_that_is_of_no_use(noise: bytes, whole: bool) -> None:
    late: list[int] = []
    framing = UdpFraming(late.append)
    framing.frame(READ)
    reply = mbap(1, 17, REPLY.hex())
    framing.feed(noise)
    framing.take(None)
    assert not framing.torn
    framing.feed(reply if whole else reply[:-1])
    assert framing.take(READ) == (REPLY if whole else None)
    framing.feed(reply)
    assert (framing.take(READ) == REPLY) is True
    assert len(framing.remains()) < 500
