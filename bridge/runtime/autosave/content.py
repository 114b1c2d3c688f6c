"""From the value of a PV or of a field to the texts in the save file, and back."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any, Final

from bridge.runtime.autosave.savfile import Content
from records import PV, FieldType, Record, Value

__all__ = ["content_of", "field_from", "key_of", "value_from"]

_TEXT_TYPES: Final = ("lsi", "lso")


def key_of(pv: PV, field: str) -> str:
    """The name in the file. Long texts are ``NAME.VAL$``, as synApps has them."""
    return f"{pv.name}.{field}{'$' if field == 'VAL' and pv.record_type in _TEXT_TYPES else ''}"


def content_of(value: Value, field_type: FieldType) -> Content:
    """The texts for a value as a PV or a field holds it."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return repr(int(value)) if isinstance(value, int) else repr(value)  # int(): an IntEnum has a repr of its own
    if isinstance(value, bytes):
        signed = field_type is FieldType.CHAR
        return tuple([str(byte - 256 if signed and byte > 127 else byte) for byte in value])
    if isinstance(value, array):
        return tuple([repr(number) for number in value])
    return tuple(value)


def value_from(pv: PV, content: Content) -> Value:
    """The value of `pv` for what the file says. Raises ValueError if it does not fit."""
    if pv.max_count == 1:
        if not isinstance(content, str):
            if len(content) != 1:
                raise ValueError(f"{len(content)} elements were saved, the PV has one")
            content = content[0]
        given = _scalar(content, pv.field_type)
        return _in_range(pv.accept(given), given)
    if isinstance(content, str):
        if pv.field_type in (FieldType.CHAR, FieldType.UCHAR) and not _is_number(content):
            return pv.accept(content)  # a long text
        content = (content,)
    return pv.accept(_elements(content, pv.field_type))


def field_from(record: Record, field: str, content: Content) -> Value:
    """The value of a record's field for what the file says. Raises ValueError if it does not fit."""
    if not isinstance(content, str):
        raise ValueError("an array was saved, the field has one element")
    row = record.fields[field]
    given = _scalar(content, row.type)
    return _in_range(row.convert(given), given)


def _in_range(value: Value, given: Any) -> Value:
    """`value`, unless a number that is too large has wrapped around, as it does in puts."""
    if isinstance(given, int) and value != given:
        raise ValueError(f"{given} is out of range")
    return value


def _elements(texts: Sequence[str], field_type: FieldType) -> Any:
    if field_type in (FieldType.CHAR, FieldType.UCHAR):
        return bytes([int(text) & 0xFF for text in texts])
    return [_scalar(text, field_type) for text in texts]


def _scalar(text: str, field_type: FieldType) -> Any:
    if field_type is FieldType.STRING:
        return text
    if not text.strip():
        raise ValueError("no value was saved")
    if field_type in (FieldType.FLOAT, FieldType.DOUBLE):
        return float(text)
    if field_type is FieldType.ENUM:
        return int(text) if _is_number(text) else text  # a state may have the label "1"
    return _whole(text)


def _whole(text: str) -> int:
    """Stricter than a put, which takes the 4 of "4.6e18": synApps writes 64-bit integers like that."""
    try:
        return int(text, 0)
    except ValueError:
        number = float(text)
        if not number.is_integer():
            raise ValueError(f"{text!r} is no whole number") from None
        return int(number)


def _is_number(text: str) -> bool:
    return text.strip().isascii() and text.strip().isdigit()
