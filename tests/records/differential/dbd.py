"""The fields of base's record types, from the dbd files of the epicscorelibs wheel: what its IOC was made of."""

from __future__ import annotations

import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

__all__ = ["DbdField", "fields_of"]

_FIELD = re.compile(r"^\s*field\((\w+),\s*DBF_(\w+)\)\s*\{(.*?)^\s*\}", re.M | re.S)
_CHOICE = re.compile(r'choice\(\w+,\s*"([^"]*)"\)')
_MENU = re.compile(r"^menu\((\w+)\)\s*\{(.*?)^\}", re.M | re.S)


class DbdField(NamedTuple):
    """A field: ``DBF_`` type without that prefix, choices of its menu, whether clients may write it,
    and whether that processes the record."""

    name: str
    type: str
    menu: tuple[str, ...]
    writable: bool
    processes: bool


def _folder() -> Path:
    spec = importlib.util.find_spec("epicscorelibs")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "dbd"


@cache
def _menus() -> dict[str, tuple[str, ...]]:
    menus = {}
    for path in _folder().glob("*.dbd"):
        for name, body in _MENU.findall(path.read_text()):
            menus[name] = tuple(_CHOICE.findall(body))
    return menus


@cache
def fields_of(record_type: str) -> dict[str, DbdField]:
    """All fields of a record type that a client can see (VAL of types that shape it themselves included)."""
    found = {}
    for file in ("dbCommon.dbd", f"{record_type}Record.dbd"):
        for name, kind, body in _FIELD.findall((_folder() / file).read_text()):
            menu = re.search(r"menu\((\w+)\)", body)
            if kind == "NOACCESS" and "SPC_DBADDR" not in body:
                continue
            writable = "SPC_NOMOD" not in body
            found[name] = DbdField(name, kind, _menus().get(menu[1], ()) if menu else (), writable, "pp(TRUE)" in body)
    return found
