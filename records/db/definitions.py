"""What stands in database files, before anything is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from records.db.problem import Position

__all__ = ["Alias", "BreakPoints", "Definitions", "FieldDef", "RecordDef", "Text"]


@dataclass(frozen=True, slots=True)
class Text:
    """A text and where each of its characters stands; the last column is that of its end."""

    text: str
    position: Position
    columns: Sequence[int]

    def at(self, offset: int) -> Position:
        """Where the character `offset` stands."""
        return self.position._replace(column=self.columns[min(offset, len(self.columns) - 1)])

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class FieldDef:
    """``field(NAME, "value")`` or ``info(name, "value")``."""

    name: Text
    value: Text


@dataclass(slots=True)
class RecordDef:
    """A record: the last definition of a field wins."""

    type: Text
    name: Text
    fields: dict[str, FieldDef] = field(default_factory=dict)
    infos: dict[str, FieldDef] = field(default_factory=dict)
    aliases: list[Text] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Alias:
    """``alias("record", "other name")`` outside of a record."""

    record: Text
    name: Text


@dataclass(frozen=True, slots=True)
class BreakPoints:
    """``breaktable(name) { raw eng ... }``."""

    name: Text
    numbers: list[Text]


@dataclass(slots=True)
class Definitions:
    """All that was read so far, in the order of the files."""

    records: dict[str, RecordDef] = field(default_factory=dict)
    aliases: list[Alias] = field(default_factory=list)
    tables: dict[str, BreakPoints] = field(default_factory=dict)
