"""The slots of a record: what is written out in `fill_slots` is what `HOT` and the table of the type say."""

from __future__ import annotations

from typing import Any

import pytest

from records.fielded import HOT
from records.makers import RECORD_TYPES


@pytest.mark.parametrize("kind", RECORD_TYPES)
def test_all_are_filled_with_the_defaults_of_the_type(kind: str) -> None:
    record_class: type[Any] = RECORD_TYPES[kind].record_class
    record = record_class.__new__(record_class)
    record.fill_slots()
    defaults = {row.attr: row.default for row in record_class.fields.values()}
    for name, usual in HOT.items():
        wanted = defaults.get(name, usual)
        found = getattr(record, name)
        assert (found, type(found)) == (wanted, type(wanted)), name
