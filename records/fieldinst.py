"""FieldInst: the fields of one record, as ``record.field_inst``: by name, by attribute, as a mapping of PVs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from records.pv import PV

if TYPE_CHECKING:
    from records.fielded import Fielded

__all__ = ["FieldInst"]


class FieldInst(Mapping[str, PV]):
    """``inst.HIHI``, ``inst.hihi`` and ``inst["HIHI"]`` are the PV of that field; `parent` is the record.

    What a hook of a field gets first, so that ``inst.parent.group`` is the group.
    """

    def __init__(self, parent: Fielded) -> None:
        self.parent = parent

    def __getitem__(self, name: str) -> PV:
        found = self.parent.field(name) if name != "VAL" else None
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name in self.parent.fields if name != "VAL")

    def __len__(self) -> int:
        return len(self.parent.fields) - ("VAL" in self.parent.fields)

    def __getattr__(self, attr: str) -> Any:
        found = None if attr.startswith("_") else self.parent.field(attr.upper())
        if found is None:
            raise AttributeError(f"{self.parent.name}: a record of type {self.parent.record_type} has no field {attr}")
        return found

    def __repr__(self) -> str:
        return f"<fields of {self.parent.name}>"
