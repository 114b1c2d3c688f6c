"""One database from several groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge import PVGroup, ai
from bridge.runtime.database import DuplicateName, database
from bridge.runtime.dbfiles import DbFiles
from bridge.runtime.loader import load_file, pick
from records import PV


class Pump(PVGroup):
    SPEED = ai()


class Valve(PVGroup):
    SPEED = ai()
    OPEN = ai()


def test_groups_and_mappings_under_one_roof() -> None:
    pump, valve = Pump("P:"), Valve("V:")
    own = PV("X", 1.0)
    merged = database(pump, valve, {"X": own})
    assert list(merged) == ["P:SPEED", "V:SPEED", "V:OPEN", "X"]
    assert merged["P:SPEED"] is pump.SPEED
    assert merged["X"] is own


def test_a_single_mapping_is_taken_as_it_is() -> None:
    pvs: dict[str, PV] = {}
    assert database(pvs) is pvs


def test_a_single_group() -> None:
    pump = Pump("P:")
    assert database(pump) is pump.pvdb


def test_two_pvs_of_one_name() -> None:
    with pytest.raises(
        DuplicateName, match=r"two PVs are called 'A:SPEED': Pump.SPEED .*test_database.py:.* and Valve.SPEED"
    ):
        database(Pump("A:"), Valve("A:"))


def test_duplicates_without_a_group() -> None:
    with pytest.raises(DuplicateName, match=r"'P:SPEED': Pump.SPEED .* and one of no group"):
        database(Pump("P:"), {"P:SPEED": PV("P:SPEED")})


def test_duplicates_of_a_yaml_file_and_a_database(tmp_path: Path) -> None:
    yaml, db = tmp_path / "lab.yaml", tmp_path / "lab.db"
    yaml.write_text('prefix: "LAB:"\nrecords:\n  TEMP: {type: ai}\n')
    db.write_text('\nrecord(ai, "LAB:TEMP") {}\n')
    [group] = pick(load_file(yaml, "lab_of_a_test"), None)
    assert isinstance(group, PVGroup)
    records = DbFiles()
    records.load(str(db))
    with pytest.raises(DuplicateName) as caught:
        database(group, records.pvdb)
    assert str(caught.value) == f"two PVs are called 'LAB:TEMP': {yaml}:3 (prefix 'LAB:') and {db}:2"
