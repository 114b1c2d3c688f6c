"""Field: one row in the table of a record type.

The value of a field lives on the record, in the attribute of the same name in lower case (``record.hihi``); VAL is
``record.value``. The default is an attribute of the class, so that an instance stores only what was set.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from records.alarm import Severity
from records.convert import convert, cut
from records.menus import MENU_ALARM_SEVR, MENU_SCAN, Menu, scan_index
from records.types import FieldType, Value

__all__ = ["ACTS", "CONFIGURES", "DESCRIBES", "LINK", "PROCESSES", "RESCANS", "Field", "Table", "numbered", "table"]

# What a put to a field sets in motion besides storing it, as a bit mask (``pp``, ``prop``, ``special`` of a dbd).
PROCESSES: Final = 1  # processes the record if its SCAN is Passive
DESCRIBES: Final = 2  # changes the record's metadata
RESCANS: Final = 4  # tells the runtime that the record is to be scanned differently
CONFIGURES: Final = 8  # calls the record's `configure`
ACTS: Final = 16  # nothing is stored: the record's method `put_<field>` does it all
LINK: Final = 32  # the record keeps the text of a link whose other end it was given

_NUMBER_OF_SEVERITIES: Final = len(MENU_ALARM_SEVR)


class Field(NamedTuple):
    """One field of a record type: its type and default, how large it is, and what writing it does.

    `size` counts the bytes of a STRING with its closing NUL, as a dbd does.
    """

    name: str
    type: FieldType
    default: Any
    menu: Menu | None = None
    size: int = 40
    writable: bool = True
    changes: int = 0

    @property
    def attr(self) -> str:
        """The attribute of the record that holds the value."""
        return "value" if self.name == "VAL" else self.name.lower()

    def convert(self, value: Any) -> Value:
        """`value` as this field holds it. Raises ValueError for what is not of the type or not in the menu."""
        if self.menu is not None:
            return self._choice(value)
        if self.type is FieldType.STRING:
            text = value if isinstance(value, str) else convert(value, FieldType.STRING)
            return cut(str(text), self.size - 1)
        return convert(value, self.type)

    def check_size(self, value: Any) -> None:
        """Raise ValueError for a text that `convert` would cut, as it does what clients put; authors shall know."""
        if self.type is FieldType.STRING and isinstance(value, str) and not self.changes & LINK:
            size = len(value.encode("utf-8", "surrogateescape"))
            if size >= self.size:
                raise ValueError(f"{value!r} has {size} bytes; {self.name} holds {self.size - 1}")

    def _choice(self, value: Any) -> int:
        assert self.menu is not None
        try:
            index = int(convert(value, FieldType.ENUM, 1, self.menu))  # type: ignore[arg-type]  # one element
        except ValueError:
            index = _scan(value) if self.menu is MENU_SCAN else -1
        if not 0 <= index < len(self.menu) and index != self.default:  # SSCN begins at 65535, which is no choice
            raise ValueError(f"{self.name} has no choice {value!r}; choose one of {', '.join(map(repr, self.menu))}")
        return Severity(index) if self.menu is MENU_ALARM_SEVR else index


def _scan(value: Any) -> int:
    """The choice of SCAN meant by a text that is none to the letter; -1 if there is none."""
    try:
        return scan_index(value) if isinstance(value, str) else -1
    except ValueError:
        return -1


Table = dict[str, Field]


def table(*parts: Field | Iterable[Field]) -> Table:
    """The table of a record type from single rows and from blocks of them; a later row replaces one of its name."""
    rows: Table = {}
    for part in parts:
        block: Iterable[Field] = [part] if isinstance(part, Field) else part
        for row in block:
            rows[row.name] = row
    return rows


def numbered(type_: FieldType, default: Any, *names: str, changes: int = 0, writable: bool = True) -> list[Field]:
    """Rows of the same kind: ``numbered(DOUBLE, 0.0, "HIHI", "HIGH")``."""
    return [Field(name, type_, default, changes=changes, writable=writable) for name in names]
