"""The value of a field as a database file has it. Stricter than a client's put: nothing may follow a number."""

from __future__ import annotations

import re
from typing import Any, Final

from records.alarm import Severity
from records.field import Field
from records.menus import MENU_ALARM_SEVR
from records.near import near
from records.types import INTEGER_RANGE, FieldType

__all__ = ["field_value"]

_INTEGER: Final = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|(0[0-7]*)|([1-9][0-9]*))$")
_FLOATS: Final = (FieldType.FLOAT, FieldType.DOUBLE)
_NUMBER: Final = re.compile(
    r"[+-]?(?:0x[0-9a-f]+(?:\.[0-9a-f]*)?(?:p[+-]?[0-9]+)?|nan|inf(?:inity)?"
    r"|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)$",
    re.IGNORECASE,
)


def field_value(row: Field, text: str) -> Any:
    """`text` as the field holds it, by ``dbPutString`` of base's dbStaticLib. Raises ValueError if it does not fit."""
    if row.menu is not None:
        return _choice(row, text)
    if row.type is FieldType.STRING:
        row.check_size(text)
        return text
    bare = text.strip()
    if not bare:
        return row.convert(0)
    if row.type in _FLOATS:
        if not _NUMBER.match(bare):
            raise ValueError(f"{text!r} is no number")
        return row.convert(bare)
    return _integer(row, bare)


def _integer(row: Field, text: str) -> int:
    """C's rules: 0x.. is hexadecimal, 0.. octal; -1 is the largest of an unsigned type."""
    found = _INTEGER.match(text)
    if found is None:
        raise ValueError(f"{text!r} is no whole number")
    sign, hexadecimal, octal, decimal = found.groups()
    number = int(hexadecimal, 16) if hexadecimal else int(octal, 8) if octal else int(decimal)
    low, high = INTEGER_RANGE[row.type]
    if sign == "-":
        number = number if not number else high + 1 - number if low == 0 and number <= high else -number
    if not low <= number <= high:
        raise ValueError(f"{text} is out of the range of {row.type.name}, {low} to {high}")
    return number


def _choice(row: Field, text: str) -> int:
    assert row.menu is not None
    if text in row.menu:
        index = row.menu.index(text)
    else:
        index = _number_of_choice(row, text)
    return Severity(index) if row.menu is MENU_ALARM_SEVR else index


def _number_of_choice(row: Field, text: str) -> int:
    assert row.menu is not None
    bare = text.strip()
    if not bare:
        return 0
    found = _INTEGER.match(bare)
    number = _integer(row, bare) if found is not None else -1
    if 0 <= number < len(row.menu):
        return number
    choices = ", ".join(map(repr, row.menu))
    raise ValueError(f"{text!r} is none of the choices {choices}{_near(text, row.menu)}")


def _near(text: str, choices: tuple[str, ...]) -> str:
    return near(text, choices) if len(choices) > 4 else ""
