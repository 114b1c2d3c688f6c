"""Fields that a record keeps together in a list: ``A`` to ``L`` as ``record.numbers``."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["keep_in_list"]


def keep_in_list(record_class: type, name: str, fields: Iterable[str]) -> None:
    """Make `fields` the elements of the list in attribute `name`."""
    for index, field in enumerate(fields):
        setattr(record_class, field.lower(), _element(name, index))


def _element(name: str, index: int) -> property:
    def read(record: object) -> object:
        elements: list[object] = getattr(record, name)
        return elements[index]

    def write(record: object, value: object) -> None:
        elements: list[object] = getattr(record, name)
        elements[index] = value

    return property(read, write)
