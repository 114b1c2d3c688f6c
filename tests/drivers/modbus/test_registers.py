from __future__ import annotations

import math

import pytest

from drivers.errors import UsageError
from drivers.modbus.registers import FLOAT32, INT16, STRING, UINT32, Coil, Discrete, Holding, Input


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Input(-1), "0 to 65535"),
        (lambda: Input(65536), "40001"),
        (lambda: Input(1.5), "0 to 65535"),  # type: ignore[arg-type]
        (lambda: Input(65535, FLOAT32), "beyond"),
        (lambda: Input(0, FLOAT32, count=63), "126"),
        (lambda: Input(0, count=0), "1 to 125"),
        (lambda: Input(0, "FLOAT32"), "STRING"),
        (lambda: Input(0, STRING), "STRING"),
        (lambda: Holding(0, word_order="middle"), "word_order"),
        (lambda: Holding(0, scale=0), "scale"),
        (lambda: Holding(0, scale=math.nan), "scale"),
        (lambda: Input(0, scale="0.1"), r"Input\(0, UINT16\): scale is a number other than 0, not '0\.1'"),
        (lambda: Input(0, offset="1"), "offset is a number, not '1'"),
        (lambda: Input(0, count="2"), "covers '2'"),
        (lambda: Input(0, bit="3"), "bit is a whole number, not '3'"),
        (lambda: Input(0, mask="0xf0"), "mask is a whole number, not '0xf0'"),
        (lambda: Holding(0, STRING(2), scale=2), "text"),
        (lambda: Holding(0, bit=16), "0 to 15"),
        (lambda: Holding(0, bit=1, mask=2), "excludes"),
        (lambda: Holding(0, mask=0), "mask"),
        (lambda: Holding(0, FLOAT32, bit=1), "UINT16"),
        (lambda: Holding(0, bit=1, scale=2), "scale"),
        (lambda: Coil(0, count=2001), "2000"),
        (lambda: Holding(0, UINT32, bit=32), "0 to 31"),
        (lambda: Holding(0, INT16, bit=1), "UINT16"),
        (lambda: Holding(0, fc22=True), "a bit or a mask"),
        (lambda: Holding(0, UINT32, bit=1, fc22=True), "one register"),
        (lambda: Holding(0, bit=1, fc22=True, fc16=True), "exclude"),
        (lambda: STRING(2, each="odd"), "'high' or 'low'"),
        (lambda: STRING(2, pad=""), "one character"),
    ],
)
def test_impossible_questions(make: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make()  # type: ignore[operator]


def test_questions_are_data() -> None:
    assert Input(3, FLOAT32) == Input(3, FLOAT32)
    assert Input(3, FLOAT32) != Holding(3, FLOAT32)
    assert len({Coil(1), Coil(1), Discrete(1)}) == 2
    assert str(Holding(2, INT16)) == "Holding(2, INT16)"
    assert str(Input(2, bit=3)) == "Input(2, UINT16 bit 3)"
    assert str(Input(2, mask=0xF0)) == "Input(2, UINT16 mask 0x00f0)"
    assert str(Coil(5, count=8)) == "Coil(5 x8)"
