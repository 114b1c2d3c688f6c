"""Generations of save files, on disks that fail, die or lose power at every step."""

from __future__ import annotations

import errno
import os
import random
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bridge.runtime.autosave import History, Store, parse, render
from tests.runtime.disks import Counting, CutDisk, FaultyDisk, PowerCut

NOON = datetime(2026, 2, 14, 12)
PVS = [f"T:P{number}.VAL" for number in range(5)]


def values(number: int) -> dict[str, str]:
    """State `number`: all PVs say so, and a mix of two states would show."""
    return dict.fromkeys(PVS, str(number))


def number_of(store: Store) -> int | None:
    """Which state is on the disk. Fails if it is a mix."""
    snapshot = store.load().snapshot
    if snapshot is None:
        return None
    assert sorted(snapshot.values) == PVS
    (found,) = set(snapshot.values.values())
    return int(str(found))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ioc.sav"


def names(path: Path) -> list[str]:
    return sorted(one.name for one in path.parent.iterdir())


def test_save_and_load(path: Path) -> None:
    store = Store(path)
    assert store.load() == (None, str(path), ())
    for number in range(1, 4):
        assert store.save(values(number), NOON) == []
    assert number_of(Store(path)) == 3
    assert parse(path.with_name("ioc.savB").read_bytes()).values == values(2)
    assert names(path) == ["ioc.sav", "ioc.savB", "ioc.sav_20260214-120000"]
    assert Store(path).load().source == str(path)


def test_every_step_of_a_save_is_synced_in_order(path: Path) -> None:
    disk = Counting()
    store = Store(path, disk=disk)
    store.save(values(1), NOON)
    disk.steps.clear()
    store.save(values(2), NOON)
    assert disk.steps == ["create", "write", "sync", "close", "replace", "replace", "sync_folder"]


# --- what is found at the start -------------------------------------------------------------------------------------

BAD = {
    "zero-length": b"",
    "garbage": bytes(range(256)) * 20,
    "zeros": b"\0" * 500,
    "foreign": b"#!/usr/bin/env python\nprint('hello')\n",
    "truncated": render(values(9), serial=9, when="")[:-20],
    "changed": render(values(9), serial=9, when="").replace(b"9\n", b"8\n", 1),
}


@pytest.mark.parametrize("bad", list(BAD.values()), ids=list(BAD))
def test_a_bad_file_gives_way_to_the_newest_good_one(path: Path, bad: bytes) -> None:
    store = Store(path)
    store.save(values(1), NOON)
    store.save(values(2), NOON)
    path.write_bytes(bad)
    store = Store(path)
    loaded = store.load()
    assert (number_of(store), loaded.source) == (1, f"{path}B")
    assert len(loaded.rejected) == 1
    assert str(path) in loaded.rejected[0]
    store.save(values(3), NOON)
    assert number_of(Store(path)) == 3
    assert parse(path.with_name("ioc.savB").read_bytes()).values == values(1), "the good backup is still there"
    aside = [name for name in names(path) if ".bad_" in name]
    assert [(path.parent / name).read_bytes() for name in aside] == [bad], "and the bad file, for whoever asks why"


@pytest.mark.parametrize("bad", list(BAD.values()), ids=list(BAD))
def test_dated_copies_are_the_last_resort(path: Path, bad: bytes) -> None:
    for number in range(1, 4):
        store = Store(path, history=History(period=60))
        store.load()
        store.save(values(number), NOON + timedelta(days=number))
    for name in ("ioc.sav", "ioc.savB", "ioc.sav.new"):
        path.with_name(name).write_bytes(bad)
    newest = max(name for name in names(path) if "sav_" in name)
    loaded = Store(path).load()
    assert loaded.source == str(path.with_name(newest))
    assert len(loaded.rejected) == 3
    path.with_name(newest).write_bytes(bad)
    assert number_of(Store(path)) == 1


def test_killed_between_the_two_renames(path: Path) -> None:
    store = Store(path)
    store.save(values(1), NOON)
    store.save(values(2), NOON)
    path.with_name("ioc.sav.new").write_bytes(render(values(3), serial=3, when=""))
    path.rename(path.with_name("ioc.savB"))
    assert number_of(Store(path)) == 3


def test_an_operator_puts_an_older_copy_in_place(path: Path) -> None:
    store = Store(path)
    for number in range(1, 6):
        store.save(values(number), NOON)
    path.write_bytes(path.with_name("ioc.sav_20260214-120000").read_bytes())
    assert number_of(Store(path)) == 1


def test_a_file_of_synapps_in_place(path: Path) -> None:
    path.write_bytes(b"# autosave R5.3\tAutomatically generated\nT:A.VAL 4\n<END>\n")
    store = Store(path)
    loaded = store.load()
    assert loaded.snapshot is not None
    assert loaded.snapshot.values == {"T:A.VAL": "4"}
    store.save(values(1), NOON)
    assert path.with_name("ioc.savB").read_bytes().startswith(b"# autosave R5.3")


def test_sequence_files_of_synapps(path: Path) -> None:
    path.with_name("ioc.sav1").write_bytes(b"# autosave R5.3\nT:A.VAL 4\n<END>\n")
    assert Store(path).load().source == f"{path}1"


def test_a_folder_in_place_is_left_alone(path: Path) -> None:
    path.mkdir()
    store = Store(path)
    assert "directory" in store.load().rejected[0]
    with pytest.raises(IsADirectoryError):
        store.save(values(1), NOON)
    assert path.is_dir()
    assert names(path) == ["ioc.sav", "ioc.sav.new"], "nothing was renamed"


def test_a_missing_folder(tmp_path: Path) -> None:
    store = Store(tmp_path / "none" / "ioc.sav")
    assert "No such file" in store.load().rejected[0]
    with pytest.raises(FileNotFoundError):
        store.save(values(1), NOON)


def test_a_link_stays_a_link(path: Path) -> None:
    real = path.with_name("elsewhere.sav")
    path.symlink_to(real)
    Store(path).save(values(1), NOON)
    assert path.is_symlink()
    assert number_of(Store(path)) == 1
    assert real.exists()


# --- disks with faults ----------------------------------------------------------------------------------------------

STEPS = 7  # of a save without a dated copy


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES], ids=errno.errorcode.get)
@pytest.mark.parametrize("at", range(STEPS))
def test_a_disk_that_fails_at_each_step(path: Path, at: int, code: int) -> None:
    healthy = Store(path)
    healthy.save(values(1), NOON)
    healthy.save(values(2), NOON)
    disk = FaultyDisk(at, code)
    store = Store(path, disk=disk)
    store.load()
    for _ in range(3):
        with pytest.raises(OSError, match=re.escape(os.strerror(code))):
            store.save(values(3), NOON)
    assert number_of(Store(path)) in ((2,) if at < 5 else (2, 3))
    disk.broken = False  # somebody made room
    store.save(values(4), NOON)
    assert number_of(Store(path)) == 4
    path.unlink()
    assert number_of(Store(path)) in (2, 3), "and the backup is good"
    assert f"{path.name}.new" not in names(path)


def test_a_disk_that_lies(path: Path) -> None:
    class Lying(Counting):
        def write(self, handle: int, data: bytes, /) -> int:
            return len(data) if len(data) < 10 else super().write(handle, data[:-5]) + 5

    Store(path).save(values(1), NOON)
    store = Store(path, disk=Lying())
    store.load()
    with pytest.raises(OSError, match="read back"):
        store.save(values(2), NOON)
    assert number_of(Store(path)) == 1


def test_no_room_for_a_dated_copy_is_no_failure(path: Path) -> None:
    store = Store(path, disk=FaultyDisk(at=6, code=errno.ENOSPC))
    assert store.save(values(1), NOON) == ["no dated copy: No space left on device"]
    assert number_of(Store(path)) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_is_read_only(path: Path) -> None:
    Store(path).save(values(1), NOON)
    path.parent.chmod(0o500)
    try:
        store = Store(path)
        assert number_of(store) == 1
        with pytest.raises(PermissionError):
            store.save(values(2), NOON)
    finally:
        path.parent.chmod(0o700)


# --- power cuts -----------------------------------------------------------------------------------------------------

SAVES = 4


def saves_until_the_cut(store: Store) -> int | None:
    """The last state that was saved, None if there was none."""
    done = None
    try:
        for number in range(SAVES):
            store.save(values(number), NOON + timedelta(hours=number))
            done = number
    except PowerCut:
        return done
    raise AssertionError("the power was to be cut")


@pytest.mark.parametrize("seed", range(15))
def test_power_cut_at_every_step(seed: int) -> None:
    """What was not synced is lost or torn: the last state that `save` has returned for is there, or a later one."""
    rng = random.Random(seed)
    first = CutDisk({})
    store = Store("/disk/ioc.sav", disk=first, history=History(period=0))
    for number in range(SAVES):
        store.save(values(number), NOON + timedelta(hours=number))
    for at in range(1, first.steps + 1):
        disk = CutDisk({}, at)
        store = Store("/disk/ioc.sav", disk=disk, history=History(period=0))
        done = saves_until_the_cut(store)
        left = CutDisk(disk.survivors(rng))
        found = number_of(Store("/disk/ioc.sav", disk=left))
        if done is not None:
            assert found in (done, done + 1), f"step {at}: {done} was safe, {found} is left"
        # and life goes on from there
        again = Store("/disk/ioc.sav", disk=left)
        again.load()
        again.save(values(99), NOON + timedelta(days=1))
        assert number_of(Store("/disk/ioc.sav", disk=left)) == 99


# --- dated copies ---------------------------------------------------------------------------------------------------


def test_one_copy_a_period(path: Path) -> None:
    store = Store(path, history=History(period=3600))
    for minute in range(0, 180, 20):
        store.save(values(minute), NOON + timedelta(minutes=minute))
    assert [name for name in names(path) if "sav_" in name] == [f"ioc.sav_20260214-{hour}0000" for hour in (12, 13, 14)]


def test_each_start_keeps_what_it_found(path: Path) -> None:
    for number in range(1, 4):
        store = Store(path)
        store.load()
        store.save(values(number), NOON)  # all within the same second
    copies = [parse((path.parent / name).read_bytes()).values for name in names(path) if "sav_" in name]
    assert copies == [values(1), values(1), values(2)]


def test_copies_are_pruned_by_number_and_age(path: Path) -> None:
    history = History(period=0, per_day=2, days=3)
    store = Store(path, history=history)
    for hour in range(0, 24 * 7, 6):
        store.save(values(hour), NOON.replace(hour=0) + timedelta(hours=hour))
    assert [name.partition("_")[2] for name in names(path) if "sav_" in name] == [
        *("20260217-180000", "20260218-120000", "20260218-180000", "20260219-120000", "20260219-180000"),
        *("20260220-060000", "20260220-120000", "20260220-180000"),  # the newest three are never touched
    ]


def test_the_last_three_copies_are_kept_for_ever(path: Path) -> None:
    for day in range(5):
        store = Store(path, history=History(days=1))
        store.load()
        store.save(values(day), NOON + timedelta(days=100 * day))
    assert sum("sav_" in name for name in names(path)) == 3


def test_a_clock_that_was_wrong(path: Path) -> None:
    """A Raspberry Pi begins in 1970 until the network tells it better."""
    store = Store(path, history=History(period=3600))
    store.save(values(1), datetime(1970, 1, 1))
    store.save(values(2), NOON)
    store.save(values(3), datetime(1970, 1, 1, 0, 1))
    assert number_of(Store(path)) == 3
    assert sum("sav_" in name for name in names(path)) == 3
