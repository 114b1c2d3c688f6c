"""Time stamps in words."""

from __future__ import annotations

import re

import pytest

from bridge.ca import DbrMetadata
from bridge.cli.stamps import Stamps, absolute

DATE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}"


@pytest.mark.parametrize(
    ("nanoseconds", "ending"),
    [
        (1, ".000000"),
        (499, ".000000"),
        (500, ".000001"),
        (123_456_789, ".123457"),
        (999_999_999, ".999999"),  # rounded, but not into the next second
        (1_000_000_000, ".OVF"),
    ],
)
def test_fractions(nanoseconds: int, ending: str) -> None:
    assert absolute(1_000_000, nanoseconds).endswith(ending)


def test_no_stamp() -> None:
    assert absolute(0, 0) == "<undefined>"


def stamped(key: str, *seconds: int) -> list[str]:
    stamps = Stamps(key)
    return [stamps.text("X", DbrMetadata(seconds=number)) for number in seconds]


def test_sources() -> None:
    assert re.fullmatch(DATE, stamped("s", 5)[0])
    assert re.fullmatch(rf"\({DATE}\)", stamped("c", 5)[0])
    assert re.fullmatch(rf"{DATE}\({DATE}\)", stamped("sc", 5)[0])
    assert stamped("n", 5) == [""]


def test_times_since() -> None:
    assert [text.strip() for text in stamped("sr", 5, 7, 8)[1:]] == ["+2.000000", "+3.000000"]
    assert [text.strip() for text in stamped("si", 5, 7, 8)[1:]] == ["+2.000000", "+1.000000"]


def test_times_since_the_last_of_a_pv_or_of_any() -> None:
    def run(key: str) -> str:
        stamps = Stamps(key)
        for name, seconds in (("A", 1), ("B", 4)):
            stamps.text(name, DbrMetadata(seconds=seconds))
        return stamps.text("A", DbrMetadata(seconds=9)).strip()

    assert run("si") == "+5.000000"
    assert run("sI") == "+8.000000"


def test_wrong_letters() -> None:
    assert Stamps.wrong_letters("scnriI") == ""
    assert Stamps.wrong_letters("sxq") == "xq"
