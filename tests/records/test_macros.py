"""Macros in names."""

import pytest

from records import expand


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
