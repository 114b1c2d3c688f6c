from __future__ import annotations

import dataclasses

import pytest

from drivers import Ask, Hear, Tell


@pytest.mark.parametrize("question", [Ask("A?"), Tell("A {}"), Hear("A")])
def test_questions_are_frozen_data(question: Ask | Tell | Hear) -> None:
    field = dataclasses.fields(question)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(question, field, "B")
    assert question == type(question)(getattr(question, field))
    assert len({question, type(question)(getattr(question, field))}) == 1


def test_they_show_as_typed() -> None:
    assert repr([Ask("KRDG? A"), Tell("SETP {:.1f}")]) == "[Ask('KRDG? A'), Tell('SETP {:.1f}')]"
