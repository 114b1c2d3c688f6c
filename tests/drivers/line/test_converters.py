from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import Ask, BadReply, LinePort, MemoryTransport, Refused, Tell, UsageError
from drivers.line.template import Command, Scan, filled
from tests.drivers.wires import Wire, memory

NOON = datetime(2026, 3, 1, 12, 30, 15).timestamp()
#: template, value, text on the wire: the same both ways
CASES: list[tuple[str, Any, str]] = [
    ("{:u8}", 200, "\xc8"),
    ("{:i8}", -2, "\xfe"),
    ("{:u16be}", 0x1234, "\x12\x34"),
    ("{:u16le}", 0x1234, "\x34\x12"),
    ("\xe1{:i16le}", -2, "\xe1\xfe\xff"),
    ("{:u24be}", 0x010203, "\x01\x02\x03"),
    ("{:i32le}", -1, "\xff\xff\xff\xff"),
    ("{:u64be}", 32, "\0\0\0\0\0\0\0\x20"),
    ("{:f32be}", 1.5, "\x3f\xc0\0\0"),
    ("{:f32le}", 1.5, "\0\0\xc0\x3f"),
    ("{:f64be}", -2.0, "\xc0\0\0\0\0\0\0\0"),
    ("{:f64le}", -2.0, "\0\0\0\0\0\0\0\xc0"),
    ("{:bcd2}", 1234, "\x12\x34"),
    ("P{:bits8}", 5, "P00000101"),
    ("P{:hex4};", 0xBEEF, "PBEEF;"),
    ("P{:oct3}", 8, "P010"),
    ("M {:enum(OFF|ON|ONLINE)}", 2, "M ONLINE"),
    ("M {:enum(STOP=5|GO|ALARM=0x10)}!", 6, "M GO!"),
    ("{:time(%Y-%m-%d %H:%M:%S)}", NOON, "2026-03-01 12:30:15"),
    ("\x02{:hex2}\x03{chk(xor start=1)}", 0x1F, "\x021F\x03" + chr(ord("1") ^ ord("F") ^ 3)),
    ("#01{:bcd1}{chk(sum hex)}", 42, "#01BC6"),
    ("{:u16be}{chk(modbus little)}", 1, "\x00\x01\xc0\x70"),
]


@pytest.mark.parametrize(("template", "value", "text"), CASES, ids=[case[0] for case in CASES])
def test_both_ways(template: str, value: Any, text: str) -> None:
    assert Command(template)(value) == text
    assert Scan(template)(text) == (value,)


@given(value=st.integers(-(2**31), 2**31 - 1))
def test_any_integer_comes_back(value: int) -> None:
    for order in ("be", "le"):
        assert Scan(f"{{i32{order}}}")(Command(f"{{:i32{order}}}")(value)) == (value,)


@pytest.mark.parametrize(
    ("template", "value", "why"),
    [
        ("{:u8}", 256, "256 does not fit into u8"),
        ("{:u8}", -1, "does not fit"),
        ("{:i16be}", 40000, "does not fit into i16be"),
        ("{:f32be}", 1e300, "does not fit into f32"),
        ("{:u8}", float("nan"), "no number to send"),
        ("{:bcd1}", 100, "does not fit into bcd1"),
        ("{:hex2}", 256, "does not fit into hex2"),
        ("{:enum(OFF|ON)}", 2, r"2 is none of OFF\|ON"),
        ("{:enum(OFF|ON)}", "MAYBE", "is none of"),
        ("{:u8}", "x", "could not convert"),
        ("{:u8}", None, "does not fit"),
    ],
)
def test_values_that_cannot_be_written(template: str, value: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Command(template)(value)


@pytest.mark.parametrize(
    ("template", "text", "why"),
    [
        ("{bcd1}", "\x1f", "wants decimal digits"),
        ("{f}{chk(sum hex)}", "1.5FF", "has the checksum b'FF', not"),
        ("{u16be}", "\x01", "wants '{u16be}'"),
        ("{enum(OFF|ON)}", "STANDBY", "wants"),
        ("{hex2}", "xy", "wants"),
        ("{time(%H:%M)}", "99:99", "does not match format"),
    ],
)
def test_replies_that_cannot_be_read(template: str, text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Scan(template)(text)


@pytest.mark.parametrize(
    "template",
    [
        "{u16}",
        "{bcd0}",
        "{enum(A|A)}",
        "{enum(A=x)}",
        "{re([)}",
        "{re((a)b)}",
        "{time(%Q)}",
        "{chk(md5)}",
        "{chk(sum up)}",
    ],
)
def test_words_that_are_written_wrongly(template: str) -> None:
    with pytest.raises(UsageError):
        Scan(template)


def test_what_cannot_be_in_a_command() -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        Command("{re(a+)}")
    with pytest.raises(UsageError, match="words are for a plain field"):
        Command("{:u8}", ("OFF", "ON"))


def test_plain_fields_beside_converters() -> None:
    assert Command("SETP {:.2f}*{chk(xor hex)}")(1.0) == "SETP 1.00*07"
    assert Command("NAME {}{chk(sum hex)}")("X") == "NAME X99"
    assert Scan("T={f};{re([A-Z]+)};{i16be}")("T=1.5;OK;\xff\xff") == (1.5, "OK", -1)


def test_raw_bytes_that_look_like_spaces_are_kept() -> None:
    assert Scan("{u16be}")("\x20\x0a") == (0x200A,)


def test_named_fields() -> None:
    assert filled("SETP {ch},{:.3f} {ch:02d}", {"ch": 1}) == "SETP 1,{:.3f} 01"
    assert Tell("SETP {ch},{:.3f}").at(ch=2).text == "SETP 2,{:.3f}"
    ask = Ask("KRDG? {input}", "{input}={f}").at(input="A")
    assert (ask.text, ask.as_) == ("KRDG? A", "A={f}")
    with pytest.raises(UsageError, match=r"has no field \{output\}"):
        Tell("SETP {ch},{:.3f}").at(output=1)


async def test_over_a_wire(tmp_path: Any) -> None:
    """A chiller of raw bytes without a terminator (ThermoCube), and a checksum on the way back."""
    async with memory(tmp_path) as wire:
        assert isinstance(wire, Wire)
        transport = wire.transport
        assert isinstance(transport, MemoryTransport)
        port = LinePort("chiller", transport, terminator="", encoding="latin-1", timeout=5.0)
        wire.ports.append(port)
        await port.start()
        await port.wait_up(5.0)
        await port.point(Tell("\xe1{:i16le}")).write(-2)
        point = port.point(Ask("\xc9", "{i16le}", length=2))
        task = asyncio.create_task(point.read())
        while not wire.far._tail.endswith(b"\xc9"):
            await asyncio.sleep(0.001)
        assert wire.far._tail == b"\xe1\xfe\xff\xc9"
        transport.far.send(b"\x0d\x0a")
        assert (await task).value == 0x0A0D
        with pytest.raises(Refused, match="was not sent: 99999 does not fit"):
            await port.point(Tell("\xe1{:i16le}")).write(99999)
        checked = port.point(Ask("Q", "{i}{chk(sum)}", length=3))
        task = asyncio.create_task(checked.read())
        while not wire.far._tail.endswith(b"Q"):
            await asyncio.sleep(0.001)
        transport.far.send(b"12\x00")
        with pytest.raises(BadReply, match=r"has the checksum b'\\x00', not b'c'"):
            await task
