"""Base's IOC with functions for sub and aSub records: ``python subioc.py RECORDS.db``, until its input ends.

They do what those of `tests.records.differential.functions` do.
"""

from __future__ import annotations

import ctypes
import math
import sys
from collections.abc import Callable
from typing import Any

from epicscorelibs.ioc import dbCore, start_ioc

__all__: list[str] = []

CODES = {"A": ctypes.c_double, "B": ctypes.c_int32, "VAL": ctypes.c_double, "VALA": ctypes.c_double}
CODES |= {"C": ctypes.c_double, "VALB": ctypes.c_int32, "NEA": ctypes.c_uint32, "NEVA": ctypes.c_uint32}


class DbAddr(ctypes.Structure):
    """``dbAddr.h``."""

    _fields_ = (
        ("precord", ctypes.c_void_p),
        ("pfield", ctypes.c_void_p),
        ("pfldDes", ctypes.c_void_p),
        ("no_elements", ctypes.c_long),
        *((name, ctypes.c_short) for name in ("field_type", "field_size", "special", "dbr_field_type")),
    )


def field(record: int, name: str, code: Any = None) -> Any:
    """A pointer to a field; a record begins with its name."""
    address = DbAddr()
    full = ctypes.string_at(record) + b"." + name.encode()
    assert dbCore.dbNameToAddr(full, ctypes.byref(address)) == 0
    return ctypes.cast(address.pfield, ctypes.POINTER(code or CODES[name]))


def test_mean(record: int) -> int:
    field(record, "VAL")[0] = (field(record, "A")[0] + field(record, "B", ctypes.c_double)[0]) / 2
    return 0


def test_limit(record: int) -> int:
    field(record, "VAL")[0] = field(record, "A")[0] + field(record, "C")[0]
    return 0 if field(record, "VAL")[0] < 10.0 else -1


def test_nan(record: int) -> int:
    field(record, "VAL")[0] = math.nan
    return 0


def test_scale(record: int) -> int:
    number = field(record, "NEA")[0]
    for index in range(number):
        field(record, "VALA")[index] = field(record, "A")[index] * 2
    field(record, "NEVA")[0] = number
    field(record, "VALB")[0] = field(record, "B")[0] + number
    return 0


def test_fail(record: int) -> int:
    field(record, "VALB")[0] = -1
    return -3


def test_count(record: int) -> int:
    return int(field(record, "NEA")[0])


_FUNCTION = ctypes.CFUNCTYPE(ctypes.c_long, ctypes.c_void_p)
_KEPT = []


def _register(function: Callable[[int], int]) -> None:
    pointer = _FUNCTION(function)
    name = function.__name__.encode()
    _KEPT.append((pointer, name))  # the registry keeps the pointers only
    dbCore.registryFunctionAdd.argtypes = [ctypes.c_char_p, _FUNCTION]
    dbCore.registryFunctionAdd(name, pointer)


if __name__ == "__main__":
    for one in (test_mean, test_limit, test_nan, test_scale, test_fail, test_count):
        _register(one)
    start_ioc(sys.argv[1])
    sys.stdin.read()
