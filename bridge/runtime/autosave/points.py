"""Points: the PVs of an IOC that are saved, what is saved of each, and whether any of it has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, Final, TypeAlias

from bridge.runtime.autosave.content import content_of, key_of
from bridge.runtime.autosave.savfile import Content, savable
from records import PV, USUAL_FIELDS, Record, Restore, Saving

__all__ = ["NOTHING", "Point", "Raw", "contents", "points_of"]

NOTHING: Final = object()  # there is no value: None could be one
Raw: TypeAlias = tuple[Any, tuple[Any, ...]]  # VAL or NOTHING, and the fields


class Point:
    """A PV that is saved.

    `pending` is a value that is still to be written to the instrument; what the instrument says meanwhile must not be
    saved in its place.
    """

    def __init__(self, pv: PV, saving: Saving) -> None:
        self.pv = pv
        record = pv if isinstance(pv, Record) else None
        measured = record is not None and record.inp is not None
        self.restore: Restore = saving.restore or ("device" if measured else "leave")
        if self.restore == "device" and not measured:
            self.restore = "leave"
        self.pending: Any = NOTHING
        if saving.fields is None:
            # an input's VAL is what the instrument says; there is no use in keeping that
            self.saves_value = not measured or getattr(record, "out", None) is not None
            rows = record.fields if record is not None else {}
            self.fields: tuple[str, ...] = tuple(name for name in USUAL_FIELDS if name in rows)
            self._always = False
        else:
            self.saves_value = "VAL" in saving.fields
            self.fields = tuple(name for name in saving.fields if name != "VAL")
            self._always = True
        self._fields_of = _getter([record.fields[name].attr for name in self.fields] if record is not None else [])
        self._initial = self._fields_of(pv)
        self._has_value = False

    def restored(self) -> None:
        """VAL has a value, even if its record still counts as undefined."""
        self._has_value = True

    def raw(self) -> Raw:
        """All that is to be saved, as it is now. Quick: this is what the event loop has to do itself."""
        pv = self.pv
        value: Any = NOTHING
        if self.pending is not NOTHING:
            value = self.pending
        elif self.saves_value:
            if not self._has_value:
                self._has_value = not getattr(pv, "udf", 0)
            if self._has_value:
                value = pv.value
        return value, self._fields_of(pv)

    def contents(self, raw: Raw) -> dict[str, Content]:
        """The lines of the file for what `raw` returned.

        Of the usual fields only those that differ from the program's: a limit changed there takes effect, unless an
        operator had changed it too.
        """
        value, fields = raw
        lines: dict[str, Content] = {}
        if value is not NOTHING:
            lines[key_of(self.pv, "VAL")] = content_of(value, self.pv.field_type)
        if fields:
            assert isinstance(self.pv, Record)
            for name, now, initial in zip(self.fields, fields, self._initial, strict=True):
                kind = self.pv.fields[name].type
                content = content_of(now, kind)
                if self._always or content != content_of(initial, kind):
                    lines[key_of(self.pv, name)] = content
        return lines


def points_of(pvs: Iterable[PV]) -> tuple[list[Point], list[str]]:
    """The points among `pvs`, and complaints about PVs that cannot be saved although their program wants it."""
    points: list[Point] = []
    complaints: list[str] = []
    for pv in {id(pv): pv for pv in pvs}.values():  # one with an alias is there twice
        saving = pv.pvspec.saving if pv.pvspec is not None else None
        if saving is None:
            continue
        if savable(pv.name):
            points.append(Point(pv, saving))
            if saving.restore is not None and points[-1].restore != saving.restore:
                complaints.append(f"{pv.name}: restore='device' has no INP to read: the saved value stands ('leave')")
        else:
            complaints.append(f"{pv.name!r} is not saved: spaces, or # ! < in front, cannot be in a save file")
    return points, complaints


def contents(points: Iterable[Point], raws: Iterable[Raw]) -> Mapping[str, Content]:
    """All lines of the file."""
    lines: dict[str, Content] = {}
    for point, raw in zip(points, raws, strict=True):
        lines.update(point.contents(raw))
    return lines


def _getter(attrs: list[str]) -> Any:
    if not attrs:
        return lambda pv: ()
    if len(attrs) == 1:
        only = attrgetter(attrs[0])
        return lambda pv: (only(pv),)
    return attrgetter(*attrs)
