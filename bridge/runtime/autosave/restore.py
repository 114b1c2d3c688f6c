"""Giving PVs their saved values, before anybody can see them.

Nothing is processed and no instrument is asked or told: values and fields are simply there. The limits come first, so
that the alarms are those of the restored value and the restored limits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from bridge.runtime.autosave.content import field_from, key_of, value_from
from bridge.runtime.autosave.points import Point
from bridge.runtime.autosave.savfile import Content
from records import PV, Record, Severity, Status, clock

__all__ = ["Restored", "exists_in", "lines_for", "restore"]


class Restored(NamedTuple):
    """What came of it: how many lines were taken, which were not and why, and which PVs the file does not know.

    `waiting` are the lines of PVs that there are not, or not yet.
    """

    taken: int
    refused: tuple[str, ...]
    missing: tuple[str, ...]
    waiting: Mapping[str, Content]


def restore(points: Sequence[Point], values: Mapping[str, Content], exists: Callable[[str], bool]) -> Restored:
    """Give `points` the `values` of a save file. `exists` says whether the IOC has a PV of a name."""
    index = _index(points)
    found: dict[Point, dict[str, Content]] = {}
    refused: list[str] = []
    waiting: dict[str, Content] = {}
    for key, content in values.items():
        place = _look_up(index, key)
        if place is None and exists(key.removesuffix("$")):
            refused.append(f"{key} is not restored: it is not autosaved any more")
        elif place is None:
            refused.append(f"{key} is not restored: there is no such PV")
            waiting[key] = content
        else:
            found.setdefault(place[0], {})[place[1]] = content
    taken = 0
    for point, contents in found.items():
        taken += _restore_point(point, contents, refused)
    missing = [point.pv.name for point in points if point.saves_value and "VAL" not in found.get(point, ())]
    return Restored(taken, tuple(refused), tuple(missing), waiting)


def lines_for(points: Sequence[Point], values: Mapping[str, Content]) -> dict[str, Content]:
    """Those `values` of a save file that belong to `points`."""
    index = _index(points)
    return {key: content for key, content in values.items() if _look_up(index, key) is not None}


def _look_up(index: Mapping[str, tuple[Point, str]], key: str) -> tuple[Point, str] | None:
    return index.get(key) or index.get(key.removesuffix("$")) or index.get(f"{key}.VAL")


def _index(points: Sequence[Point]) -> dict[str, tuple[Point, str]]:
    index: dict[str, tuple[Point, str]] = {}
    for point in points:
        fields = ("VAL", *point.fields) if point.saves_value else point.fields
        for field in fields:
            index[key_of(point.pv, field).removesuffix("$")] = (point, field)
    return index


def _restore_point(point: Point, contents: dict[str, Content], refused: list[str]) -> int:
    pv = point.pv
    taken = 0
    saved = contents.get("VAL")
    if isinstance(pv, Record):
        fields: dict[str, Any] = {}
        for name, content in contents.items():
            if name == "VAL":
                continue
            try:
                fields[name] = field_from(pv, name, content)
            except ValueError as error:
                refused.append(f"{pv.name}.{name} is not restored: {error}")
        if fields:
            _take_fields(pv, fields)
            taken += len(fields)
    if saved is not None:
        try:
            value = value_from(pv, saved)
        except (ValueError, TypeError) as error:
            refused.append(f"{pv.name} is not restored: {error}")
        else:
            _take_value(point, value)
            taken += 1
    return taken


def _take_fields(record: Record, fields: dict[str, Any]) -> None:
    record.set_fields({name.lower(): value for name, value in fields.items()})
    record.configure(record.value)
    record.metadata = record.describe()
    record.check_alarms(record.value)
    _settle(record)


def _take_value(point: Point, value: Any) -> None:
    pv = point.pv
    point.restored()
    if not isinstance(pv, Record):
        pv.post(value)
        return
    limit = getattr(pv, "limit", None)  # DRVH and DRVL of outputs may be narrower than they were
    if limit is not None:
        value = limit(value)
    pv.store(value, clock.now_ns())
    if point.restore == "device" or (point.restore == "push" and pv.out is not None):
        pv.udf = 1
        pv.raise_alarm(Status.UDF, pv.udfs, "saved value, not confirmed by the instrument")
        _settle(pv)


def _settle(record: Record) -> None:
    record.reset_alarms()
    if record.udf:
        record.acks = Severity.NO_ALARM  # as at the birth of a record: nothing has happened that one might acknowledge


def exists_in(pvdb: Mapping[str, PV], key: str) -> bool:
    """Whether a key of a save file belongs to a PV of `pvdb`."""
    return key in pvdb or key.rpartition(".")[0] in pvdb
