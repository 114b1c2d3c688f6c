from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import UsageError
from drivers.line.checksums import CHECKSUMS, Checksum

CHECK = b"123456789"
TABLE = """
    sum=DD sum8=DD sum16=01DD sum32=000001DD nsum8=23 nsum16=FE23 nsum32=FFFFFE23 notsum=22 xor=31 xor8=31
    xor8ff=CE xor7=31 crc8=F4 ccitt8=A1 crc16=FEE8 crc16r=BB3D modbus=4B37 ccitt16=29B1 ccitt16a=E5CC
    ccitt16x=31C3 crc16c=31C3 xmodem=31C3 crc32=FC891918 crc32r=CBF43926 jamcrc=340BC6D9 adler32=091E01DE
    hexsum8=2D cpi=7E leybold=22 brksCryo=4A lrc=23 hexlrc=A7 bitsum=21 bitsum8=21 bitsum16=0021
    bitsum32=00000021 hv_mps=63"""
VALUES = dict(word.split("=") for word in TABLE.split())


def test_all_have_a_check_value() -> None:
    assert VALUES.keys() == CHECKSUMS.keys()


@pytest.mark.parametrize(("name", "value"), VALUES.items(), ids=VALUES)
def test_the_check_value(name: str, value: str) -> None:
    assert Checksum(name, "hex").of(CHECK).decode() == value
    assert Checksum(name).of(CHECK) == bytes.fromhex(value)
    assert Checksum(name, order="little").of(CHECK) == bytes.fromhex(value)[::-1]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("negsum", "23"),
        ("-sum", "23"),
        ("nsum", "23"),
        ("negsum1", "FE23"),  # the first whose name begins with sum1 is sum16
        ("not sum".replace(" ", ""), "22"),
        ("~xor", "CE"),
        ("notxor8", "CE"),
        ("SUM16", "01DD"),
        ("brks", "4A"),
        ("mod", "4B37"),
    ],
)
def test_prefixes_and_shortened_names(name: str, value: str) -> None:
    assert Checksum(name, "hex").of(CHECK).decode() == value


@pytest.mark.parametrize("name", ["", "md5", "neg", "-", "sum64"])
def test_unknown_names(name: str) -> None:
    with pytest.raises(UsageError, match="there is no checksum"):
        Checksum(name)


def test_forms() -> None:
    assert Checksum("sum", "decimal").of(CHECK) == b"221"
    assert Checksum("sum16", "decimal").of(CHECK) == b"00477"
    assert Checksum("sum16", "nibbles").of(CHECK) == b"\x30\x31\x3d\x3d"
    assert [Checksum("crc32", form).size for form in ("raw", "hex", "nibbles", "decimal")] == [4, 8, 8, 10]
    with pytest.raises(UsageError):
        Checksum("sum", "octal")  # type: ignore[arg-type]
    with pytest.raises(UsageError):
        Checksum("sum", start=-1)


def test_of_a_gps_receiver() -> None:
    sentence = b"$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*"
    checksum = Checksum("xor", "hex", start=1, skip=1)
    assert checksum.of(sentence) == b"47"  # the sentence of the NMEA FAQ
    assert checksum.wrong(sentence, b"47") == ""
    assert checksum.wrong(sentence, b"48") == "has the checksum b'48', not b'47'"


def test_small_hex_digits_are_as_good() -> None:
    assert Checksum("sum", "hex").wrong(CHECK, b"dd") == ""


def test_leybold_avoids_control_characters() -> None:
    assert Checksum("leybold").of(bytes((240,))) == bytes((255 - 240 + 32,))


@given(data=st.binary(max_size=64), name=st.sampled_from(sorted(CHECKSUMS)))
def test_any_bytes_have_one(data: bytes, name: str) -> None:
    checksum = Checksum(name)
    assert len(checksum.of(data)) == checksum.size
    assert checksum.wrong(data, checksum.of(data)) == ""
