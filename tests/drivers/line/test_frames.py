from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import Damaged, Framing, UsageError
from drivers.line.checksums import Checksum
from drivers.line.frames import Checked, Enclosed, Fixed, LengthPrefixed
from drivers.line.framing import Lines

BISYNCH = Checksum("xor", start=1)
#: make it, a message, its bytes on the wire
CASES: list[tuple[Callable[[], Framing], bytes, bytes]] = [
    (lambda: Fixed(6), b"\x01\x3c\x00\x00\x00\x00", b"\x01\x3c\x00\x00\x00\x00"),
    (lambda: LengthPrefixed(2), b"abc", b"\x00\x03abc"),
    (lambda: LengthPrefixed(1, extra=1, header=b"\xaa"), b"abc", b"\xaa\x04abc"),
    (lambda: LengthPrefixed(4, "little"), b"", b"\x00\x00\x00\x00"),
    (
        lambda: LengthPrefixed(1, header="\xaa", checksum=Checksum("sum16")),  # over all, and not counted
        b"abc",
        b"\xaa\x03abc" + (0xAA + 3 + sum(b"abc")).to_bytes(2, "big"),
    ),
    (lambda: LengthPrefixed(1, checksum=Checksum("xor"), extra=1), b"ab", b"\x03ab\x00"),
    (lambda: Enclosed("\x02", "\x83"), b"PV 12.5", b"\x02PV 12.5\x83"),
    (lambda: Enclosed(b"\x02", b"\x03"), b"PV 12.5", b"\x02PV 12.5\x03"),
    (lambda: Enclosed(b"\x02", b"\x03", BISYNCH), b"PV 16.4", b"\x02PV 16.4\x03\x3e"),
    (lambda: Checked(Lines(b"\r", b"\r", 100), Checksum("sum", "hex")), b"A?", b"A?80\r"),
    (
        lambda: Checked(Fixed(4), Checksum("crc16", order="little")),
        b"ab",
        b"ab" + Checksum("crc16", order="little").of(b"ab"),
    ),
]


@pytest.mark.parametrize(("make", "message", "wire"), CASES)
def test_both_ways_whole_and_byte_by_byte(make: Callable[[], Framing], message: bytes, wire: bytes) -> None:
    framing = make()
    if isinstance(framing, Enclosed) and framing._checksum:
        wire = wire[:-1] + BISYNCH.of(wire[:-1])
    assert framing.encode(message) == wire
    assert framing.feed(wire + wire) == [message, message]
    assert framing.pending == b""
    assert [each for byte in wire for each in framing.feed(bytes((byte,)))] == [message]
    framing.feed(wire[:1])
    assert framing.clear() == wire[:1]
    assert framing.feed(wire) == [message]


@pytest.mark.parametrize(("make", "message", "wire"), CASES)
@given(chunks=st.lists(st.binary(max_size=20), max_size=10))
def test_any_bytes_give_messages_or_damage(
    make: Callable[[], Framing], message: bytes, wire: bytes, chunks: list[bytes]
) -> None:
    framing = make()
    for chunk in chunks:
        assert all(isinstance(each, bytes | Damaged) for each in framing.feed(chunk))
    framing.clear()
    assert framing.feed(framing.encode(message)) == [message]


def test_what_cannot_be_sent() -> None:
    with pytest.raises(ValueError, match="has 5 bytes, not 6"):
        Fixed(6).encode(b"12345")
    with pytest.raises(ValueError, match="300 bytes, and can have 255"):
        LengthPrefixed(1).encode(b"x" * 300)
    with pytest.raises(ValueError, match="contains the end"):
        Enclosed(b"\x02", b"\x03").encode(b"a\x03b")
    with pytest.raises(UsageError, match="does not stand for bytes"):
        LengthPrefixed(1, header="\N{EURO SIGN}")


def test_what_makes_no_sense() -> None:
    for make in (lambda: Fixed(0), lambda: LengthPrefixed(5), lambda: Enclosed(b"", b"\x03")):
        with pytest.raises(UsageError):
            make()


def test_damage_is_told_and_what_follows_is_whole() -> None:
    framing = LengthPrefixed(1, header=b"\xaa")
    assert [type(each) for each in framing.feed(b"xy\xaa\x01a")] == [Damaged, bytes]
    assert [type(each) for each in LengthPrefixed(2, longest=10).feed(b"\xff\xffabc")] == [Damaged]
    checked = LengthPrefixed(1, checksum=Checksum("sum"))
    assert [type(each) for each in checked.feed(b"\x02ab\x00" + checked.encode(b"ab"))] == [Damaged, bytes]
    enclosed = Enclosed(b"\x02", b"\x03", Checksum("sum"))
    good = enclosed.encode(b"ok")
    bad = good[:-1] + b"\x00"
    damaged, message = enclosed.feed(b"noise" + bad + good)
    assert isinstance(damaged, Damaged)
    assert damaged.why.startswith("has the checksum b'\\x00'")
    assert message == b"ok"
    assert Checked(Lines(b"\r", b"\r", 100), Checksum("sum16", "hex")).feed(b"abc\r") == [
        Damaged("is too short for its checksum", b"abc")
    ]
    assert [type(each) for each in Enclosed(b"\x02", b"\x03", longest=10).feed(b"\x02" + b"x" * 20)] == [Damaged]


def test_characters_that_stand_alone() -> None:
    framing = Enclosed(b"\x02", b"\x03", alone=b"\x06\x15", dressed=False)
    assert framing.encode(b"PV\x05") == b"PV\x05"
    assert framing.feed(b"\x06x\x02data\x03\x15") == [b"\x06", b"data", b"\x15"]
