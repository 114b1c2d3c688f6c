"""Which fields caproto's record types have, and what Python calls them there.

`record_fields.tsv` has one line a field: record type, field, caproto's attribute, type, access, first value, size,
choices. Types that `records` has itself take only the names from here.
"""

from __future__ import annotations

import ast
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

from records import FieldType
from records.field import DESCRIBES, PROCESSES, Field

__all__ = ["FieldRow", "attributes", "record_types", "rows"]

_TYPES: Final = {
    "Double": FieldType.DOUBLE,
    "6": FieldType.DOUBLE,
    "Float": FieldType.FLOAT,
    "Integer": FieldType.LONG,
    "5": FieldType.LONG,
    "Short": FieldType.SHORT,
    "Byte": FieldType.UCHAR,
    "Enum": FieldType.ENUM,
    "3": FieldType.ENUM,
    "String": FieldType.STRING,
    "Char": FieldType.STRING,
}
_LIMITS: Final = frozenset(("HIHI", "HIGH", "LOW", "LOLO", "HHSV", "HSV", "LSV", "LLSV"))
_DISPLAY: Final = frozenset(("EGU", "PREC", "HOPR", "LOPR"))


class FieldRow(NamedTuple):
    """One line of the table."""

    name: str
    attr: str
    row: Field


@cache
def _table() -> dict[str, dict[str, FieldRow]]:
    found: dict[str, dict[str, FieldRow]] = {}
    for line in files("bridge.compat").joinpath("record_fields.tsv").read_text("utf-8").splitlines():
        rtyp, name, attr, kind, access, default, size, choices = line.split("\t")
        found.setdefault(rtyp, {})[name] = FieldRow(
            name, attr, _row(name, kind.removesuffix("RO"), access == "RW", default, size, choices)
        )
    return found


def _row(name: str, kind: str, writable: bool, default: str, size: str, choices: str) -> Field:
    type_ = _TYPES.get(kind, FieldType.DOUBLE)
    menu = tuple(choices.split("|")) if type_ is FieldType.ENUM and choices else None
    first = ast.literal_eval(default) if default else "" if type_ is FieldType.STRING else 0
    if menu is not None and isinstance(first, str):
        first = menu.index(first) if first in menu else 0
    if isinstance(first, bytes):
        first = first[0] if first else 0
    if type_ in (FieldType.DOUBLE, FieldType.FLOAT) and not isinstance(first, (int, float)):
        first = 0.0
    changes = PROCESSES | DESCRIBES if name in _LIMITS else DESCRIBES if name in _DISPLAY else 0
    return Field(name, type_, first, menu, max(int(size or 40), 40), writable, changes)


def record_types() -> list[str]:
    """The record types of caproto."""
    return [name for name in _table() if name != "*common*"]


def rows(rtyp: str) -> list[FieldRow]:
    """The fields of a record type besides those that all have. Raises KeyError for a type that there is not."""
    return list(_table()[rtyp].values())


@cache
def attributes(rtyp: str) -> dict[str, str]:
    """Field name by caproto's attribute, those that all types have included."""
    own = _table().get(rtyp, {})
    return {one.attr: one.name for one in (*_table()["*common*"].values(), *own.values())}
