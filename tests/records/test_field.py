"""Rows: conversion of what is put to a field."""

from typing import Any

import pytest

from records import FieldType, Severity
from records.common import COMMON
from records.field import Field, numbered, table
from records.menus import MENU_ALARM_SEVR, MENU_SCAN, MENU_YES_NO

SEVR = Field("HHSV", FieldType.ENUM, 0, MENU_ALARM_SEVR)


@pytest.mark.parametrize("given", ["MAJOR", 2, "2", Severity.MAJOR, 2.0])
def test_severities(given: Any) -> None:
    assert SEVR.convert(given) is Severity.MAJOR


@pytest.mark.parametrize("given", ["major", 4, -1, "", "9", None])
def test_not_in_the_menu(given: Any) -> None:
    with pytest.raises(
        ValueError, match=r"HHSV has no choice .* choose one of 'NO_ALARM', 'MINOR', 'MAJOR', 'INVALID'"
    ):
        SEVR.convert(given)


def test_yes_no_takes_bool() -> None:
    assert Field("PINI", FieldType.ENUM, 0, MENU_YES_NO).convert(True) == 1


@pytest.mark.parametrize("given", ["1 second", "6", 6, "1.0 second"])
def test_scan(given: Any) -> None:
    assert Field("SCAN", FieldType.ENUM, 0, MENU_SCAN).convert(given) == 6


def test_text_is_cut_at_the_size_of_the_field() -> None:
    assert Field("EGU", FieldType.STRING, "", size=16).convert("m" * 20) == "m" * 15
    assert Field("DESC", FieldType.STRING, "", size=41).convert("d" * 60) == "d" * 40
    assert Field("EGU", FieldType.STRING, "", size=16).convert(5) == "5"


def test_attr() -> None:
    assert [row.attr for row in (SEVR, Field("VAL", FieldType.LONG, 0))] == ["hhsv", "value"]


def test_table_takes_rows_and_blocks_and_the_last_wins() -> None:
    rows = table(COMMON, SEVR, numbered(FieldType.LONG, 0, "A", "B"), Field("B", FieldType.DOUBLE, 1.0))
    assert rows["B"].default == 1.0
    assert list(rows)[-2:] == ["A", "B"]
    assert "SCAN" in rows
