"""The record that stands behind a caproto pvproperty with ``record=``.

Where `records` has the type, that is the one that processes; of the others the fields are kept, with alarm limits and
deadbands where the type has them.
"""

from __future__ import annotations

from functools import cache
from types import MemberDescriptorType
from typing import Any

from bridge.compat import fieldtable
from records import FieldType, Metadata, Record
from records.common import COMMON
from records.field import Field, table
from records.makers import RECORD_TYPES
from records.rec.analog import Analog

__all__ = ["record_class"]

_MOVED_BY_PROGRAMS = ("motor",)  # a program for caproto writes RBV, DMOV ... of its motors itself
_NUMBERS = frozenset(FieldType) - {FieldType.STRING, FieldType.ENUM}
_LIMITS = ("hihi", "high", "low", "lolo", "hhsv", "hsv", "lsv", "llsv", "hyst", "lalm", "mdel", "adel", "mlst", "alst")


@cache
def record_class(
    rtyp: str, base: str, field_type: FieldType, count: int, extra: tuple[Field, ...] = ()
) -> type[Record]:
    """The class for a record that calls itself `rtyp` and has the fields of the type `base` and `extra`."""
    maker = RECORD_TYPES.get(base) if base not in _MOVED_BY_PROGRAMS else None
    ours = maker.record_class if maker is not None and _fits(maker.record_class, field_type, count) else None
    if ours is not None and rtyp == base and not extra:
        return ours
    if ours is not None:
        body: dict[str, Any] = {"record_type": rtyp, "fields": {**ours.fields, **table(*extra)}}
        derived: Any = type(ours.__name__, (ours,), body)
        return derived  # type: ignore[no-any-return]
    return _kept(rtyp, base, field_type, count, extra)


def _fits(ours: type[Record], field_type: FieldType, count: int) -> bool:
    if ours.record_type in ("waveform", "aai", "aao"):
        return True
    if count != 1:
        return ours.record_type in ("lsi", "lso") and field_type is FieldType.UCHAR
    kind = ours.value_type
    return kind is field_type or (kind in _NUMBERS and field_type in _NUMBERS)


def _kept(rtyp: str, base: str, field_type: FieldType, count: int, extra: tuple[Field, ...]) -> type[Record]:
    own = [_apart(one.row) for one in fieldtable.rows(base) if one.name not in ("VAL", "EGU")]
    first: Any = "" if field_type is FieldType.STRING else 0
    names = {row.name for row in own}
    fields = table(COMMON, Field("VAL", field_type, first), Field("EGU", FieldType.STRING, "", size=16), own, extra)
    analog = {"HIHI", "HIGH", "LOW", "LOLO"} <= names and field_type in _NUMBERS and count == 1
    body: dict[str, Any] = {
        "record_type": rtyp,
        "fields": fields,
        "value_type": field_type,
        "kept_count": count,
        "prec": 0,
        "egu": "",
    }
    if analog:
        body.update({name: 0 for name in _LIMITS if name.upper() not in names})
        body.update({"hopr": 0.0, "lopr": 0.0})
    kept: Any = type(f"{rtyp.capitalize()}Record", (KeptAnalog if analog else Kept,), body)
    return kept  # type: ignore[no-any-return]


class _Apart(Field):
    """A field whose name in lower case means something else in Python, such as a method of PV."""

    __slots__ = ()

    @property
    def attr(self) -> str:
        """Where its value lies."""
        return f"field_{self.name.lower()}"


def _apart(row: Field) -> Field:
    there = getattr(Record, row.name.lower(), None)
    return _Apart(*row) if callable(there) or isinstance(there, (property, MemberDescriptorType)) else row


class Kept(Record):
    """A record that keeps its fields and does no more."""

    kept_count = 1
    states: tuple[str, ...] = ()
    egu: str
    prec: int

    def configure(self, value: Any) -> None:
        """Type and size of VAL."""
        self.max_count = self.kept_count

    def initial_value(self) -> Any:
        """Nothing."""
        if self.max_count > 1:
            return b"" if self.field_type is FieldType.UCHAR else ()
        return "" if self.field_type is FieldType.STRING else 0

    def describe(self) -> Metadata:
        """Units and states."""
        return Metadata(units=self.egu, precision=int(self.prec), states=self.states)


class KeptAnalog(Analog):
    """The same with a number: alarm limits and deadbands work as in every analog record."""

    kept_count = 1
