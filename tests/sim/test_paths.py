from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from sim.paths import look, plain, put


@dataclass
class Part:
    kelvin: float = 4.2
    name: str = "x"
    _secret: int = 7

    @property
    def double(self) -> float:
        return 2 * self.kelvin

    def act(self) -> None: ...


@dataclass
class Whole:
    input: dict[str, Part] = field(default_factory=lambda: {"A": Part()})
    phase: dict[int, Part] = field(default_factory=lambda: {1: Part(kelvin=1.0)})
    pair: tuple[float, float] = (5.0, 6.0)


def test_look_goes_through_attributes_keys_and_indices():
    whole = Whole()
    assert look(whole, "input.A.kelvin") == 4.2
    assert look(whole, "phase.1.double") == 2.0
    assert look(whole, "pair.1") == 6.0


def test_put_keeps_a_float_a_float():
    whole = Whole()
    put(whole, "phase.1.kelvin", 3)
    assert whole.phase[1].kelvin == 3.0
    assert isinstance(whole.phase[1].kelvin, float)


@pytest.mark.parametrize("path", ["input.B", "input.A.celsius", "input.A._secret", "pair.7", "pair.x", "", "input..A"])
def test_what_is_not_there_is_said_by_name(path):
    with pytest.raises(KeyError):
        look(Whole(), path)


def test_the_error_tells_what_there_is():
    with pytest.raises(KeyError, match=r"input\.A\.celsius: there is no 'celsius' here, only double, kelvin, name"):
        look(Whole(), "input.A.celsius")


@pytest.mark.parametrize("path", ["input.A.double", "input.A.act", "input.C", "input.A.new"])
def test_put_sets_only_what_exists_and_can_be_set(path):
    with pytest.raises(KeyError):
        put(Whole(), path, 1)


def test_plain_makes_json_of_anything():
    assert plain(Whole().input) == {"A": {"double": 8.4, "kelvin": 4.2, "name": "x"}}
    assert plain((1, None, "a")) == [1, None, "a"]
