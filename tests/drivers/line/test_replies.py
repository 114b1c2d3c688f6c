from __future__ import annotations

import contextlib
import math
import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import UsageError
from drivers.line.replies import boolean, integer, number, parser
from tests.waiting import AT_ONCE

NUMBERS = [
    ("+077.350", 77.35),
    (" 12.5 ", 12.5),
    ("-1.5E-05 mbar", -1.5e-5),
    ("T:210.4 /220.0 B:60.1", 210.4),
    ("T=-5", -5.0),
    ("23.5C", 23.5),
    (".5", 0.5),
    ("5.", 5.0),
    ("+014.85 +023.07 Air", 14.85),
    ("100%", 100.0),
    ("+   12.345 g  ", 12.345),  # balances
    ("-   12.345 g  ", -12.345),
    (">+7.2111", 7.2111),  # ADAM-4000
    ("PV: 5 V", 5.0),
    ("1.5eV", 1.5),
    ("25.0°C", 25.0),
    ("9.81m/s²", 9.81),
    ('+0,"No error"', 0.0),  # SCPI
    ('-113,"Undefined header"', -113.0),
    ("+9.91E37", 9.91e37),
    ("CH1 = 3", 3.0),
    ("+Inf", math.inf),
    ("1,234", 1.0),
]


@pytest.mark.parametrize(("text", "value"), NUMBERS)
def test_number(text: str, value: float) -> None:
    assert number(text) == value


def test_nan_is_a_number_that_instruments_send() -> None:
    assert math.isnan(number("NAN"))
    assert math.isnan(number("V = NaN"))


@pytest.mark.parametrize(
    "text",
    [
        *("", "xyz", "E01", "ERR 12", "?ERROR 5", '"x"', "NAK180", "1.2.3", "0x1F", "A-5", "nano", "information"),
        *("OL", "OVLD", "-----", "OVER", "ATM", "- OL -", "nan0", "ERR=12", "error: 5"),
        *("A +014.85", "TEMP 23.5", "KRDG? A +077.350", "#01+5.0", "busy 0", "~x 0 y", "\x7f 0", "K0", "?0"),
        *(
            "1.5E-",
            "1.5E",
            "1.5 E-3",
            "12:30:05",
            "2026-11-22",
            "0~k",
            "0#",
            "0 \x13",
            "0\x00",
            "5\ufffd",
            "1.5.",
            "--5",
        ),
    ],
)
def test_no_number(text: str) -> None:
    with pytest.raises(ValueError, match="wants a number"):
        number(text)


def test_a_number_elsewhere_is_told_how_to_read() -> None:
    with pytest.raises(ValueError, match=r"wants a number at the beginning \(a template says where else\)$"):
        number("TEMP 23.5")
    with pytest.raises(ValueError, match=r"wants a number$"):
        number("OL")


@pytest.mark.parametrize(
    ("text", "value"), [("7", 7), ("+007", 7), ("+1.000000E+00", 1), ("2 = high", 2), ("1" * 25, int("1" * 25))]
)
def test_integer(text: str, value: int) -> None:
    assert integer(text) == value


@pytest.mark.parametrize("text", ["1.5", "x", "", "inf", "nan"])
def test_no_integer(text: str) -> None:
    with pytest.raises(ValueError, match="whole number"):
        integer(text)


@pytest.mark.parametrize(("text", "value"), [("ON", True), ("off ", False), ("1", True), ("0", False), ("+2", True)])
def test_boolean(text: str, value: bool) -> None:
    assert boolean(text) is value


def test_no_boolean() -> None:
    with pytest.raises(ValueError, match="ON or OFF"):
        boolean("maybe")


READ = "+1.5E+0,-2.0E-3,9.91E37,+3.25,7"
PARSERS: list[tuple[tuple[Any, ...], str, Any]] = [
    ((float,), READ, 1.5),
    ((float, 1), READ, -0.002),
    ((int, -1), READ, 7),
    ((str, 1), "LSCI,MODEL336, 123", "MODEL336"),
    ((float, slice(None)), "1,2,3", [1.0, 2.0, 3.0]),
    ((int, 1, None), "a  12\tb", 12),
    (("{f},{f}",), READ, (1.5, -0.002)),
    (("{f},{f}", 1), READ, -0.002),
    (("{f},{f}", slice(None)), READ, [1.5, -0.002]),
    (("T={f}",), "T=4", 4.0),
    ((("OFF", "ON"),), "on", 1),
    ((("LOW", "MID", "HIGH"), 1), "x,HIGH", 2),
    ((re.compile(r"T=(\S+)"),), "P=1 T=2", "2"),
    ((re.compile(r"\d+"),), "ab12c", "12"),
    ((lambda text: int(text, 16),), "1F", 31),
    ((str,), "  as it is ", "as it is"),
]


@pytest.mark.parametrize(("how", "reply", "value"), PARSERS)
def test_parser(how: tuple[Any, ...], reply: str, value: Any) -> None:
    assert parser(*how)(reply) == value


@pytest.mark.parametrize(
    ("how", "reply", "wants"),
    [
        ((float, 5), READ, "wants 6 values or more, parted by ','"),
        ((float, 1, None), "1", "parted by white space"),
        ((("OFF", "ON"),), "MAYBE", "wants one of OFF, ON"),
        ((re.compile("x"),), "y", "wants the pattern 'x'"),
        ((lambda text: {}[text],), "y", "does not satisfy"),
    ],
)
def test_parser_says_what_it_wants(how: tuple[Any, ...], reply: str, wants: str) -> None:
    with pytest.raises(ValueError, match=re.escape(wants)):
        parser(*how)(reply)


@pytest.mark.parametrize("how", [(5,), (("ON", 1),), ((),), ("{f}", 1), (float, 0, ""), ("no field",)])
def test_wrong_questions_show_at_once(how: tuple[Any, ...]) -> None:
    with pytest.raises(UsageError):
        parser(*how)


@pytest.mark.parametrize(
    "text", ["1" * 60000 + "~", " " * 60000 + "~", "T=" + " " * 60000 + "~", "1" + "a" * 60000 + "~"]
)
def test_a_long_line_of_nonsense_takes_no_time(text: str) -> None:
    begin = time.perf_counter()
    with pytest.raises(ValueError, match="wants a number"):
        number(text)
    with pytest.raises(ValueError, match="wants"):
        parser("{f}~~")(text)
    assert time.perf_counter() - begin < AT_ONCE


@given(st.text(max_size=30))
def test_replies_raise_nothing_but_valueerror(text: str) -> None:
    for how in ((float,), (int,), (bool,), (float, 2), (("ON", "OFF"),)):
        with contextlib.suppress(ValueError):
            parser(*how)(text)
