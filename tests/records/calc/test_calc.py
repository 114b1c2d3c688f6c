"""The CALC language, with base's own engine as the judge."""

from __future__ import annotations

import math
import random
import re

import pytest

from records.calc import CalcError, compile_calc
from tests.clients import C_TOOLS
from tests.records.calc.base import available, base_error, base_result
from tests.records.calc.generate import arguments, expression, mutated, soup
from tests.records.calc.ioc import compare, same

needs_base = pytest.mark.skipif(not available(), reason="epicscorelibs comes as an x86_64 Linux wheel only")


def calc(text: str, value: float = 0.0, **letters: float) -> float:
    """The result for some arguments by their letters."""
    args = [0.0] * 21 + [value]
    for letter, number in letters.items():
        args[ord(letter) - ord("A")] = number
    return compile_calc(text)(args)


def refused(text: str) -> tuple[str, int] | None:
    """Reason and column of the error, None if there is none."""
    try:
        compile_calc(text)
    except CalcError as error:
        return error.reason, error.column
    return None


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1+2*3", 7),
        ("-2**2", 4),  # the sign binds more tightly than the power
        ("2^3^2", 64),
        ("A?1:B?2:3", 3),
        ("1?0?1:2:3", 2),  # both ':' together, after the inner and outer '?'
        ("ATAN2(1,0)", 0),  # the first argument is x
        ("7%0", math.nan),
        ("1/0", math.inf),
        ("0xffffffff", -1),
        ("-1>>>1", 2147483647),
        ("3e9|0", -1294967296),
        ("NINT(-2.5)", -3),
        ("ISINF(-inf)", -1),
        ("ceil(-.5)", -0.0),
        ("A:=3;A*2", 6),
        ("A;A:=3", 0),
        ("Max(1, 5, 3)", 5),
        ("min(2,nan,3)", math.nan),
        ("finite(1,inf)", 0),
        ("isnan(1,nan,2)", 1),
    ],
)
def test_rules_that_surprise(text: str, result: float) -> None:
    assert same(calc(text), float(result))


def test_val_is_the_last_result() -> None:
    assert calc("VAL+1", 41.0) == 42.0


def test_stores_change_the_arguments() -> None:
    args = [0.0] * 22
    assert compile_calc("B:=2;C:=B+1;B*C")(args) == 6.0
    assert args[1:3] == [2.0, 3.0]


def test_inputs_and_stores_are_known() -> None:
    used = compile_calc("C:=A+1;C*U")
    assert (used.inputs, used.stores) == ("AU", "C")


@pytest.mark.parametrize(
    ("text", "reason", "column"),
    [
        ("", "NULL or empty", 1),
        ("A+", "Incomplete", 3),
        ("A+V", "Syntax", 3),
        ("A B", "Syntax", 3),
        ("(A+(B)", "Parenthesis still open", 1),
        ("A+B)", "Close parenthesis", 4),
        ("A,B", "Comma", 2),
        ("1?2", "Unbalanced", 2),
        ("1:2", "Unbalanced", 2),
        ("3:=4", "Bad assignment", 2),
        ("1+1e999", "Badly formed", 3),
        ("A;B", "Incomplete", 4),
        ("A;B;C", "Too many", 4),
        ("ATAN2(1)", "Incomplete", 9),
        ("A?MAX(1,2:3)", "Not enough", 2),  # base compiles this, and cannot calculate it where A is 0
    ],
)
def test_errors_say_where(text: str, reason: str, column: int) -> None:
    said = refused(text)
    assert said is not None
    assert said[0].startswith(reason)
    assert said[1] == column


@needs_base
def test_errors_are_base_s() -> None:
    rng = random.Random(5)
    seen = set()
    for _ in range(4000):
        text = soup(rng) if rng.random() < 0.2 else mutated(rng, expression(rng))
        said, base = refused(text), base_error(text)
        seen.add(base)
        if base is None and said is not None:
            assert said[0].startswith("Not enough"), text
        else:
            assert (said and said[0]) == base, text
    assert len(seen) >= 10, seen


@needs_base
def test_results_are_base_s() -> None:
    rng = random.Random(6)
    for _ in range(1500):
        text, args = expression(rng), arguments(rng)
        base = base_result(text, args)
        assert base is not None
        ours = compile_calc(text)(args)
        assert same(ours, base[0]), (text, ours, base[0])
        assert all(map(same, args, base[1])), text


@needs_base
def test_random_numbers_are_base_s() -> None:
    from records.calc.arithmetic import Random  # a generator of its own: others have drawn from the common one

    rndm = Random()
    ours = [rndm() for _ in range(100)]
    base = [base_result("RNDM", [0.0] * 22) for _ in range(100)]
    assert ours == [result[0] for result in base if result]


@pytest.mark.skipif(C_TOOLS is None or not available(), reason="needs a C IOC")
async def test_a_c_ioc_agrees() -> None:
    assert await compare(random.Random(7), 200) == []


def test_nothing_is_evaluated() -> None:
    for text in ("__import__('os')", "exit()", "A.real", "lambda:0", "[A]", "'A'"):
        with pytest.raises(CalcError, match=re.escape(repr(text))):
            compile_calc(text)
