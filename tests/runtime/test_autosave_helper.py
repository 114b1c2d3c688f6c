"""Autosave by caproto's names."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bridge import PVGroup, SubGroup, pvproperty, running
from bridge.runtime.autosave import AutosaveHelper, BadFile, RotatingFileManager, autosaved, parse
from bridge.runtime.autosave.helper import parse_json
from records import PV, get_pv_pair_wrapper, pvfunction
from tests.server.serving import loopback
from tests.waiting import eventually

pair = get_pv_pair_wrapper(setpoint_suffix="", readback_suffix="_RBV")


class Below(PVGroup):
    A = autosaved(pvproperty(value=1, record="ao"))
    B = pvproperty(value=2.0)
    C = autosaved(pvproperty(value=[1, 2, 3]))


class Simple(PVGroup):
    """As caproto's example, with its file elsewhere."""

    helper = SubGroup(AutosaveHelper)
    A = autosaved(pvproperty(value=1, record="ao"))
    B = pvproperty(value=2.0)
    C = autosaved(pvproperty(value=[1, 2, 3]))
    below = SubGroup(Below)


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(AutosaveHelper, "filename", tmp_path / "autosave.json")
    return tmp_path


def values(path: Path) -> dict[str, Any]:
    return dict(parse(path.read_bytes()).values)


async def test_the_example(at: Path) -> None:
    group = Simple("T:")
    async with running(group, config=loopback()):
        await group.A.write(5)
        await group.B.write(6)
        await group.below.A.write(7)
        await group.C.write([4, 5])
    assert values(at / "autosave.sav") == {
        "T:A.VAL": "5.0",
        "T:C.VAL": ("4", "5"),
        "T:below:A.VAL": "7.0",
        "T:below:C.VAL": ("1", "2", "3"),
    }
    group = Simple("T:")
    async with running(group, config=loopback()):
        assert (group.A.value, group.B.value, group.below.A.value, list(group.C.value)) == (5.0, 2.0, 7.0, [4, 5])
    assert not (at / "autosave.json").exists()


async def test_saves_are_counted_by_the_hook(at: Path) -> None:
    group = Simple("T:")
    async with running(group, config=loopback()):
        assert group.helper.autosave_hook.name == "T:helper::__autosave_hook__"
        await eventually(lambda: group.helper.autosave_hook.value == 1, deadline=8.0)


async def test_the_json_of_caproto_is_taken_over(at: Path) -> None:
    old = {
        "T:A": {"value": 4.5, "fields": {"description": "an old one", "high_alarm": 3}},
        "T:C": {"value": [7, 8]},
        "T:below:A": {"value": 3.0, "fields": {}},
        "T:GONE": {"value": "x"},
    }
    text = json.dumps(old)
    (at / "autosave.json").write_text(text)
    group = Simple("T:")
    async with running(group, config=loopback()) as ioc:
        assert (group.A.value, list(group.C.value), group.below.A.value) == (4.5, [7, 8], 3.0)
        assert group.A.desc == "an old one"
        assert any("T:GONE" in line for line in ioc.view.savers[0].state.refused)
        await group.A.write(9)
    assert (at / "autosave.json").read_text() == text
    group = Simple("T:")
    async with running(group, config=loopback()):
        assert group.A.value == 9.0


async def test_putters_are_not_run_by_a_restore(at: Path) -> None:
    asked: list[float] = []

    class Group(PVGroup):
        helper = SubGroup(AutosaveHelper, period=1000)
        A = autosaved(pvproperty(value=1.0))

        @A.putter
        async def _put(self, instance: PV, value: float) -> None:
            asked.append(value)

    group = Group("T:")
    async with running(group, config=loopback()):
        await group.A.write(5)
    group = Group("T:")
    async with running(group, config=loopback()):
        assert group.A.value == 5.0
    assert asked == [5.0]


async def test_a_file_manager(tmp_path: Path) -> None:
    manager = RotatingFileManager(tmp_path / "mine.json", max_files_per_day=2, max_file_age=7)

    class Group(PVGroup):
        helper = SubGroup(AutosaveHelper, file_manager=manager)
        A = autosaved(pvproperty(value=1.0))

    group = Group("T:")
    history = group.helper.config.history
    assert (history.per_day, history.days, group.helper.period) == (2, 7, 30)
    async with running(group, config=loopback()):
        pass
    assert values(tmp_path / "mine.sav") == {"T:A.VAL": "1.0"}


def test_a_file_manager_prunes(tmp_path: Path) -> None:
    now = datetime.now()
    for days in range(10):
        (tmp_path / f"a.sav_{now - timedelta(days=days, hours=-1):%Y%m%d-%H%M%S}").touch()
    pruned = RotatingFileManager(tmp_path / "a.sav", max_file_age=5).prune_files()
    assert len(pruned) == 4
    assert len(list(tmp_path.iterdir())) == 6


# --- what can be marked ---------------------------------------------------------------------------------------------


def marked(group: PVGroup) -> list[str]:
    return [name for name, pv in group.pvdb.items() if pv.pvspec is not None and pv.pvspec.saving is not None]


def test_pairs_and_functions() -> None:
    class Group(PVGroup):
        x = autosaved(pair(value=1.0))
        y = pair(value=1.0)

        @autosaved
        @pvfunction
        async def add(self, a: int = 1, b: int = 2) -> int:
            return a + b

    assert marked(Group("T:")) == ["T:x", "T:add:a", "T:add:b", "T:add:Process"]


def test_a_subclass_marks_for_itself() -> None:
    class Base(PVGroup):
        A = pvproperty(value=1.0)

    class Derived(Base):
        A = autosaved(Base.A)

    assert marked(Base("T:")) == []
    assert marked(Derived("T:")) == ["T:A"]


def test_hooks_after_the_mark() -> None:
    class Group(PVGroup):
        A = autosaved(pvproperty(value=1.0))

        @A.putter
        async def A(self, instance: PV, value: float) -> None:
            pass

    assert marked(Group("T:")) == ["T:A"]


def test_what_cannot_be_marked() -> None:
    with pytest.raises(TypeError, match="pvproperty"):
        autosaved(3)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"A": 1}', '{"A": {}}'])
def test_what_is_no_json_of_caproto(text: str) -> None:
    with pytest.raises(BadFile):
        parse_json(text.encode())
