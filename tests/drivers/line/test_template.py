from __future__ import annotations

import contextlib
from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import UsageError
from drivers.line.template import Command, Scan, summed

COMMANDS: list[tuple[str, Any, str]] = [
    ("SETP {:.3f}", 77.35, "SETP 77.350"),
    ("SETP {:.3f}", 77, "SETP 77.000"),
    ("SETP {:+.2E}", -1.5, "SETP -1.50E+00"),
    ("RANGE 1,{:d}", 2.0, "RANGE 1,2"),
    ("RANGE 1,{:d}", 1.6, "RANGE 1,2"),
    ("RANGE 1,{:d}", True, "RANGE 1,1"),
    ("OUTP {}", 1.0, "OUTP 1"),
    ("OUTP {}", True, "OUTP 1"),
    ("V {}", 0.5, "V 0.5"),
    ("V {:8.2}", 1.0, "V      1.0"),
    ("X {:04x}", 255.0, "X 00ff"),
    ("NAME {}", "furnace", "NAME furnace"),
    ("NAME {:s}", "furnace", "NAME furnace"),
    ("{0},{0}", 3.0, "3,3"),
    ("{{{:d}}}", 3, "{3}"),
    ("*RST", 1, "*RST"),
    ("*RST", 0.0, "*RST"),
]


@pytest.mark.parametrize(("template", "value", "text"), COMMANDS)
def test_command(template: str, value: Any, text: str) -> None:
    assert Command(template)(value) == text


@pytest.mark.parametrize(
    "template",
    ["SETP {:.3q}", "SETP {", "SETP }", "SETP {} {}", "SETP {value}", "SETP {0.real}", "SETP {1}", "SETP {:{w}}"],
)
def test_a_wrong_template_shows_at_once(template: str) -> None:
    with pytest.raises(UsageError, match="SETP"):
        Command(template)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "hot", [1.0], array("d", [1.0]), None, b"x"])
def test_values_that_cannot_be_sent(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        Command("SETP {:.3f}")(value)


def test_words() -> None:
    out = Command("OUT {}", ("OFF", "ON"))
    assert [out(value) for value in (0, 1, 1.0, True, "ON")] == ["OUT OFF", "OUT ON", "OUT ON", "OUT ON", "OUT ON"]
    for wrong in (2, -1, 0.5, "on?", float("nan"), float("inf"), None):
        with pytest.raises(ValueError, match="0 = OFF, 1 = ON"):
            out(wrong)
    with pytest.raises(UsageError, match="word"):
        Command("OUT {:d}", ("OFF", "ON"))
    with pytest.raises(UsageError, match="tuple"):
        Command("OUT {}", "OFF ON")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_plain_field_is_exact(value: float) -> None:
    assert float(Command("{}")(value)) == value


SCANS: list[tuple[str, str, tuple[Any, ...]]] = [
    ("{f}", "+077.350", (77.35,)),
    ("{:f},{:f},{i}", "1.5E-3, -2,  7", (0.0015, -2.0, 7)),
    ("T={f} K", "T=12.5K", (12.5,)),
    ("T={f}", "T=12.5 K and more", (12.5,)),
    ("T:{f} /{f} B:{f}", "T:210.4 /220.0 B:60.1 /60.0 @:64", (210.4, 220.0, 60.1)),
    ("{_},{f}", "name,with 1,2.5", (2.5,)),
    ("{s} {i}", "MODE 3", ("MODE", 3)),
    ("{t};{x}", "some text;0x1F", ("some text", 31)),
    ("ID {t}", "ID  a b c", ("a b c",)),
    ("{i}{_}", "12 whatever", (12,)),
    ("{d} {}", "12 1.5", (12, 1.5)),
    ("({f})[{f}]", "(1)[2]", (1.0, 2.0)),
]


@pytest.mark.parametrize(("template", "reply", "values"), SCANS)
def test_scan(template: str, reply: str, values: tuple[Any, ...]) -> None:
    assert Scan(template)(reply) == values


@pytest.mark.parametrize(("template", "reply"), [("{f}", "xyz"), ("T={f}", "P=1"), ("{i},{i}", "1"), ("{i}", "")])
def test_scan_says_what_it_wants(template: str, reply: str) -> None:
    with pytest.raises(ValueError, match="wants"):
        Scan(template)(reply)


@pytest.mark.parametrize("template", ["no field", "{q}", "{f", "{_}"])
def test_a_wrong_scan_shows_at_once(template: str) -> None:
    with pytest.raises(UsageError, match="scan template"):
        Scan(template)


@given(st.text(max_size=40))
def test_scan_raises_nothing_but_valueerror(reply: str) -> None:
    for template in ("{f},{i}", "{x}", "{t}={s}", "{_}{f}"):
        with contextlib.suppress(ValueError):
            Scan(template)(reply)


@pytest.mark.parametrize(
    ("question", "sent"),
    [
        ("$012{chk(sum hex)}", "$012B7"),
        ('{"ask": "{chk}"}{f}{{', '{"ask": "{chk}"}{f}{{'),  # a question is no template
        ("A{chk(xor)}B{chk(xor)}", "AABB"),
        ("\x01\x03{chk(modbus little)}", "\x01\x03\x40\x21"),
    ],
)
def test_a_checksum_in_a_question(question: str, sent: str) -> None:
    assert summed(question) == sent


@pytest.mark.parametrize("question", ["A{chk(sun)}", "\N{GREEK SMALL LETTER MU}{chk(sum)}"])
def test_a_checksum_in_a_question_that_cannot_be(question: str) -> None:
    with pytest.raises(UsageError):
        summed(question)
