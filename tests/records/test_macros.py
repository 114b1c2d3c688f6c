"""Macros in names."""

import pytest

from records import expand, expand_text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{beamline}:{thing}.VAL", "XF31:det.VAL"),
        ("$(beamline):${thing}", "XF31:det"),
        ("$(other=spare)-${more=}", "spare-"),
        ("$(thing=spare)", "det"),
        ("{{x}} 100 $", "{x} 100 $"),
        ("plain", "plain"),
        ("$( thing )", "det"),
    ],
)
def test_expand(text: str, expected: str) -> None:
    assert expand(text, {"beamline": "XF31", "thing": "det"}) == expected


@pytest.mark.parametrize("text", ["{name}", "$(name)", "${name}"])
def test_undefined(text: str) -> None:
    with pytest.raises(ValueError, match=r"macro 'name' in .* is not defined \(defined: a, b\)"):
        expand(text, {"a": 1, "b": 2, "name": None})


def test_nothing_defined() -> None:
    with pytest.raises(ValueError, match="defined: none"):
        expand("{x}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(thing) {f} {_}", "det {f} {_}"),  # a template says what its braces mean
        ("$( thing ){{{:.2f}}}", "det{{{:.2f}}}"),
        ("${s},{f}*$(more=7)", "${s},{f}*7"),
        ("{thing} $", "{thing} $"),
    ],
)
def test_expand_text(text: str, expected: str) -> None:
    assert expand_text(text, {"thing": "det"}) == expected


def test_undefined_in_a_question() -> None:
    with pytest.raises(ValueError, match=r"macro 'name' in '\$\(name\)\?' is not defined \(defined: a\)"):
        expand_text("$(name)?", {"a": 1})
