"""String calculations, against what synApps' own C code says of them.

golden.jsonl was recorded from sCalcPostfix.c and sCalcPerform.c of epics-modules/calc (f6a39b6) on x86-64 with base
7.0.10: expressions of its test_sCalc.py and generated ones, without those that make the C code read or write beside its
buffers. A row is expression, whether it can be calculated, number and text; or expression and error.
"""

from __future__ import annotations

import json
from math import isnan
from pathlib import Path
from typing import Any

import pytest

from records.scalc import CalcError, compile_scalc

ROWS: list[list[Any]] = [json.loads(line) for line in (Path(__file__).parent / "golden.jsonl").read_text().splitlines()]
NUMBERS = (1.0, -2.5, 0.0, 3.0, 100.0, -7.0, 0.125, 12.75, 2.0, -1.0, 255.0, 1e-12)
TEXTS = (
    *("abc", "AB12", "-1.5e2xy", "12.75", "  7", "x:y.z"),
    *("01 02", "%d", "a,b", r"\r\n", "F7031389000A", "0x1F"),
)


def test_results_are_those_of_synapps() -> None:
    results = [row for row in ROWS if len(row) == 4]
    assert len(results) > 400
    for expression, good, number, text in results:
        outcome = compile_scalc(expression)(list(NUMBERS), list(TEXTS), 4.25, "before", 3)
        assert outcome.good == good, expression
        if good:
            assert outcome.number is not None
            assert (repr(outcome.number), outcome.text) == (number, text), expression


def test_errors_are_those_of_synapps() -> None:
    for expression, words in (row for row in ROWS if len(row) == 2):
        with pytest.raises(CalcError) as caught:
            compile_scalc(expression)
        assert caught.value.reason == words, expression


@pytest.mark.parametrize(
    ("expression", "column", "words"),
    [
        ("(AA[1,2]", 1, "Parenthesis still open"),
        ("A+", 3, "Incomplete"),
        ("A]", 2, "Close bracket without open"),
        ("A+B}", 4, "Close curly bracket without open"),
        ("A)", 2, "Close parenthesis found without open"),
        ("QQ", 1, "Syntax error"),
        ("1:=2", 2, "Bad assignment target"),
    ],
)
def test_errors_have_a_column(expression: str, column: int, words: str) -> None:
    """The C code has none, and looks beside its stack for what closes nothing."""
    with pytest.raises(CalcError, match=words) as caught:
        compile_scalc(expression)
    assert caught.value.column == column


def test_assignments_change_the_arguments() -> None:
    numbers, texts = [0.0, 5.0], ["", "two"]
    outcome = compile_scalc("A:=B*2;AA:=BB+'!';@1:=7;@@1:='x';A")(numbers, texts)
    assert outcome.number == 10.0
    assert (numbers, texts) == ([10.0, 7.0], ["two!", "x"])


def test_loops_end() -> None:
    numbers = [0.0]
    assert compile_scalc("UNTIL(A:=A+1;0)")(numbers, []).good
    assert numbers == [1001.0]  # sCalcLoopMax


def test_texts_are_bytes() -> None:
    assert compile_scalc("LEN(AA)")([], ["°"]).number == 2.0
    assert compile_scalc("BYTE(AA)")([], ["\udcff"]).number == -1.0  # a char has a sign
    assert compile_scalc("AA+AA")([], ["x" * 30]).text == "x" * 39


def test_where_synapps_is_mistaken() -> None:
    """Its CRC takes bytes above 0x7f for negative, and READ of four bytes with a sign forgets it on 64-bit machines."""
    assert compile_scalc(r"CRC16('\x01\x05\x00\x00\xff\x00')")([], []).text == r"\x8c\x3a"  # as on the Modbus wire
    assert compile_scalc("READ(WRITE('%d',-2),'%d')")([], []).number == -2.0


def test_random_numbers() -> None:
    expression = compile_scalc("RNDM")
    drawn: list[float] = [expression([], []).number or 0.0 for _ in range(100)]
    assert all(0.0 < number <= 1.0 for number in drawn)
    assert len(set(drawn)) > 90
    assert not any(isnan(compile_scalc("NRNDM")([], []).number or 0.0) for _ in range(100))
