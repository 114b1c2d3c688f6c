"""The keywords `autosave` and `restore`: what they mean, and what is refused where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from records import PVGroup, Saving, ao, pvproperty, stringin


@pytest.mark.parametrize(
    ("options", "saving"),
    [
        ({}, None),
        ({"autosave": False}, None),
        ({"autosave": True}, Saving(None, None)),
        ({"autosave": True, "restore": "push"}, Saving(None, "push")),
        ({"autosave": "VAL"}, Saving(("VAL",), None)),
        ({"autosave": ["VAL", "HIHI"], "restore": "leave"}, Saving(("VAL", "HIHI"), "leave")),
    ],
)
def test_what_is_asked_for(options: dict[str, Any], saving: Saving | None) -> None:
    assert ao(1.0, **options).saving == saving
    assert pvproperty(value=1.0, record="ao", **options).saving == saving


def test_plain_pvs_have_a_value_only() -> None:
    assert pvproperty(value=1, autosave=True).saving == Saving()
    with pytest.raises(TypeError, match="HIHI is no field that can be saved"):
        pvproperty(value=1, autosave=("VAL", "HIHI"))


@pytest.mark.parametrize("name", ["NOSUCH", "hihi", "STAT", "PROC", "OUT", "NAME", "RVAL", "FLNK"])
def test_fields_that_cannot_be_saved(name: str) -> None:
    with pytest.raises(TypeError, match=f"{name} is no field that can be saved"):
        ao(1.0, autosave=("VAL", name))


def test_restore_alone_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="autosave=True"):
        ao(1.0, restore="push")
    with pytest.raises(ValueError, match="'device', 'push', 'leave'"):
        ao(1.0, autosave=True, restore="shove")


def test_a_hook_in_a_subclass_keeps_it() -> None:
    class Base(PVGroup):
        SP = pvproperty(value=1.0, autosave=True)
        NAME = stringin("x", autosave=True)

    class Derived(Base):
        @Base.SP.putter
        async def SP(self, instance: Any, value: float) -> None:
            pass

    for pv in Derived("T:").pvdb.values():
        assert pv.pvspec is not None
        assert pv.pvspec.saving == Saving()
