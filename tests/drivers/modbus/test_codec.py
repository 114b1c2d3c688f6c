from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import UsageError
from drivers.modbus.codec import FieldCodec, codec_for
from drivers.modbus.registers import (
    BCD16,
    BCD32,
    FLOAT32,
    FLOAT64,
    INT16,
    INT16SM,
    INT32,
    INT64,
    SBCD16,
    SBCD32,
    STRING,
    UINT16,
    UINT32,
    UINT64,
    Coil,
    Discrete,
    Holding,
    Input,
    Question,
    Type,
)

# (question, bytes as they stand in the frame, value)
CASES: list[tuple[Question, str, object]] = [
    # Eastron SDM630 Modbus protocol: phase 1 voltage, 43 66 33 34 is 230.2 V
    (Input(0, FLOAT32), "43 66 33 34", struct.unpack(">f", bytes.fromhex("43663334"))[0]),
    # Modbus Application Protocol V1.1b3, 6.3: registers 108 to 110 hold 555, 0 and 100
    (Holding(107, UINT16, count=3), "02 2B 00 00 00 64", [555, 0, 100]),
    # 6.4: register 9 holds 10
    (Input(8), "00 0A", 10),
    # 6.1: coils 20 to 38, the last one in the lowest bits of the last byte
    (Coil(19, count=19), "CD 6B 05", [bit == "1" for bit in "1011001111010110101"]),
    # 6.2: discrete inputs 197 to 218
    (Discrete(196, count=22), "AC DB 35", [bit == "1" for bit in "0011010111011011101011"]),
    # 6.11: ten coils from 20: CD 01
    (Coil(19, count=10), "CD 01", [bit == "1" for bit in "1011001110"]),
    # PZEM-004T V3.0 manual: 0.1 V; current in two registers, low word first
    (Input(0, scale=0.1), "08 98", 220.0),
    (Input(1, UINT32, scale=0.001, word_order="little"), "03 E8 00 00", 1.0),
    # Eurotherm 2000: decimals by the display, negative temperatures
    (Holding(1, INT16, scale=0.1), "FF 38", -20.0),
    (Holding(2, INT16, scale=0.5, offset=-10), "00 64", 40.0),
    # the four layouts of 0x12345678
    (Holding(0, UINT32), "12 34 56 78", 0x12345678),
    (Holding(0, UINT32, word_order="little"), "56 78 12 34", 0x12345678),
    (Holding(0, UINT32, byte_swap=True), "34 12 78 56", 0x12345678),
    (Holding(0, UINT32, word_order="little", byte_swap=True), "78 56 34 12", 0x12345678),
    (Holding(0, UINT16, byte_swap=True), "34 12", 0x1234),
    (Holding(0, UINT16, word_order="little"), "12 34", 0x1234),
    (Holding(0, INT32), "FF FF FF FE", -2),
    (Holding(0, INT64, word_order="little"), "FF FE FF FF FF FF FF FF", -2),
    (Holding(0, UINT64), "FF FF FF FF FF FF FF FF", 2**64 - 1),
    (Holding(0, FLOAT64), "40 09 21 FB 54 44 2D 18", math.pi),
    (Holding(0, BCD16), "98 76", 9876),
    (Holding(0, BCD32, word_order="little"), "56 78 12 34", 12345678),
    (Holding(0, BCD16, scale=0.1), "12 34", 123.4),
    (Holding(0, SBCD16), "92 34", -1234),
    (Holding(0, SBCD32), "80 00 00 07", -7),
    (Holding(0, INT16SM), "80 05", -5),
    (Holding(0, INT16SM), "00 05", 5),
    (Holding(0, STRING(2, each="high")), "61 00 62 00", "ab"),
    (Holding(0, STRING(2, each="low")), "00 61 00 62", "ab"),
    (Holding(0, STRING(2, each="high"), byte_swap=True), "00 61 00 62", "ab"),
    (Holding(0, STRING(2, pad=" ")), "61 62 20 20", "ab"),
    (Holding(0, FLOAT32, count=2, word_order="little"), "00 00 3F 80 00 00 40 00", [1.0, 2.0]),
    (Holding(0, STRING(4)), "53 44 4D 36 33 30 00 00", "SDM630"),
    (Holding(0, STRING(2), byte_swap=True), "44 53 36 4D", "SDM6"),
    (Input(0, bit=0), "00 01", True),
    (Input(0, bit=15), "7F FF", False),
    (Input(0, mask=0x0F00), "0A 55", 10),
    (Input(0, bit=15, byte_swap=True), "00 80", True),
    (Input(0, UINT32, bit=16), "00 01 00 00", True),
    (Input(0, UINT32, bit=16, word_order="little"), "00 00 00 01", True),
    (Input(0, UINT32, mask=0x0FF0_0000), "12 34 56 78", 0x23),
    (Input(0, UINT32, mask=0x0FF0_0000, word_order="little", byte_swap=True), "78 56 34 12", 0x23),
    (Input(0, UINT64, mask=0xFFFF << 40), "00 AB CD 00 00 00 00 00", 0xABCD),
]


@pytest.mark.parametrize(("question", "image", "value"), CASES, ids=str)
def test_check_values(question: Question, image: str, value: object) -> None:
    data = bytes.fromhex(image)
    codec = codec_for(question)
    assert codec.decode(data) == value
    assert codec.decode(b"\xaa\xaa\xaa\xaa" + data, 32 if isinstance(question, Coil | Discrete) else 2) == value
    if not isinstance(codec, FieldCodec):
        assert codec.encode(value) == data


def test_what_the_question_leaves_open_is_the_ports() -> None:
    image = bytes.fromhex("34127856")
    assert codec_for(Holding(0, UINT32), "", "big", True).decode(image) == 0x12345678
    assert codec_for(Holding(0, UINT32), "", "little").decode(bytes.fromhex("56781234")) == 0x12345678
    assert codec_for(Holding(0, UINT32, word_order="big", byte_swap=False), "", "little", True).decode(
        bytes.fromhex("12345678")
    )


def test_bits_are_merged_into_what_the_register_holds() -> None:
    bit = codec_for(Holding(0, bit=3))
    field = codec_for(Holding(0, mask=0x0F00))
    assert isinstance(bit, FieldCodec)
    assert isinstance(field, FieldCodec)
    assert bit.merge(b"\xff\x00", bit.encode(1)) == b"\xff\x08"
    assert bit.merge(b"\xff\xff", bit.encode(False)) == b"\xff\xf7"
    assert field.merge(b"\xff\xff", field.encode(5)) == b"\xf5\xff"
    wide = codec_for(Holding(0, UINT32, mask=0x000F_F000, word_order="little"))
    assert isinstance(wide, FieldCodec)
    assert wide.merge(b"\xff\xff\xff\xff", wide.encode(0xA5)) == b"\x5f\xff\xff\xfa"  # 0xFFFA5FFF
    assert wide.masks(wide.encode(0)) == b"\x0f\xff\xff\xf0" + bytes(4)


def test_scaled_values_have_no_tail() -> None:
    codec = codec_for(Input(0, scale=0.1))
    assert [codec.decode(n.to_bytes(2, "big")) for n in (3, 7, 253, 6553)] == [0.3, 0.7, 25.3, 655.3]
    assert codec.encode(25.3) == (253).to_bytes(2, "big")
    assert codec.encode(25.26) == (253).to_bytes(2, "big")


WRONG = [
    (Holding(0), 65536, "0 to 65535"),
    (Holding(0), -1, "0 to 65535"),
    (Holding(0, INT16), 32768, "-32768 to 32767"),
    (Holding(0, INT16, scale=0.1), 3276.8, "-3276.8 to 3276.7"),
    (Holding(0, INT32), 2**31, "INT32"),
    (Holding(0), math.nan, "nan"),
    (Holding(0), math.inf, "inf"),
    (Holding(0, FLOAT32), 1e39, "FLOAT32"),
    (Holding(0), "7", "number"),
    (Holding(0), None, "number"),
    (Holding(0, count=2), [1], "2 values"),
    (Holding(0, count=2), 1, "2 values"),
    (Holding(0, count=2), [1, 70000], "70000"),
    (Holding(0, STRING(2)), "longer", "longer than 4"),
    (Holding(0, STRING(2)), "\u20ac", "Latin-1"),
    (Holding(0, STRING(2)), 3, "text"),
    (Holding(0, bit=3), 2, "0 to 1"),
    (Holding(0, bit=3), 0.5, "0 to 1"),
    (Holding(0, mask=0xF0), 16, "0 to 15"),
    (Holding(0, mask=0xF0), -1, "0 to 15"),
    (Holding(0, mask=0xF0), math.inf, "0 to 15"),
    (Coil(0), 2, "0 or 1"),
    (Coil(0, count=2), [True, 7], "0 or 1"),
    (Coil(0), math.nan, "0 or 1"),
]


@pytest.mark.parametrize(("question", "value", "words"), WRONG, ids=str)
def test_what_does_not_fit_is_said(question: Question, value: object, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        codec_for(question, "plc").encode(value)
    assert str(caught.value).startswith(f"plc: {question}: ")
    assert isinstance(caught.value, ValueError)


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        (BCD16, 0, 9999),
        (BCD32, 0, 99999999),
        (SBCD16, -7999, 7999),
        (SBCD32, -79999999, 79999999),
        (INT16SM, -32767, 32767),
    ],
    ids=str,
)
def test_the_ends_of_other_numbers(kind: Type, low: int, high: int) -> None:
    codec = codec_for(Holding(0, kind))
    for value in (low, high):
        assert codec.decode(codec.encode(value)) == value
    for value in (low - 1, high + 1):
        with pytest.raises(UsageError, match=rf"does not fit {kind} \({low} to {high}\)"):
            codec.encode(value)


@pytest.mark.parametrize("kind", [BCD16, SBCD16])
def test_what_is_no_bcd(kind: Type) -> None:
    with pytest.raises(ValueError, match="0x1a is not BCD"):
        codec_for(Holding(0, kind)).decode(b"\x00\x1a")


RANGES = {
    INT16: (-(2**15), 2**15 - 1),
    UINT16: (0, 2**16 - 1),
    INT32: (-(2**31), 2**31 - 1),
    UINT32: (0, 2**32 - 1),
    INT64: (-(2**63), 2**63 - 1),
    UINT64: (0, 2**64 - 1),
}
orders = st.sampled_from(["big", "little"])


@given(st.data(), st.sampled_from(list(RANGES)), orders, st.booleans())
def test_whole_numbers_survive(data: st.DataObject, kind: object, order: str, swap: bool) -> None:
    value = data.draw(st.integers(*RANGES[kind]))  # type: ignore[index]
    codec = codec_for(Holding(0, kind, word_order=order, byte_swap=swap))  # type: ignore[arg-type]
    assert codec.decode(codec.encode(value)) == value


@given(st.floats(width=32), orders, st.booleans())
def test_floats_survive(value: float, order: str, swap: bool) -> None:
    codec = codec_for(Holding(0, FLOAT32, word_order=order, byte_swap=swap))  # type: ignore[arg-type]
    back = codec.decode(codec.encode(value))
    assert back == value or (math.isnan(back) and math.isnan(value))


@given(st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_characters="\x85\xa0"), max_size=8))
def test_texts_survive(value: str) -> None:
    codec = codec_for(Holding(0, STRING(4)))
    assert codec.decode(codec.encode(value)) == value


@given(st.lists(st.booleans(), min_size=2, max_size=40), st.integers(0, 20))
def test_coils_survive(value: list[bool], offset: int) -> None:
    codec = codec_for(Coil(0, count=len(value)))
    image = codec.encode(value)
    shifted = (int.from_bytes(image, "little") << offset).to_bytes(len(image) + 3, "little")
    assert codec.decode(image) == value
    assert codec.decode(shifted, offset) == value


@given(st.binary(min_size=8, max_size=8), st.sampled_from([*RANGES, FLOAT32, FLOAT64, STRING(4)]), orders)
def test_any_bytes_decode(image: bytes, kind: object, order: str) -> None:
    codec_for(Holding(0, kind, word_order=order)).decode(image)  # type: ignore[arg-type]


@given(
    st.one_of(st.integers(), st.floats(), st.text(), st.none(), st.lists(st.integers())),
    st.sampled_from([Holding(0, kind) for kind in (*RANGES, FLOAT32, STRING(3))] + [Holding(0, bit=2), Coil(1)]),
)
def test_any_value_fits_or_is_refused(value: object, question: Question) -> None:
    try:
        image = codec_for(question).encode(value)
    except UsageError:
        return
    assert len(image) == (1 if isinstance(question, Coil) else 2 * question.size)
