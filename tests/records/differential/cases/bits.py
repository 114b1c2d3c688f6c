"""mbbiDirect and mbboDirect, soft and raw."""

from __future__ import annotations

from tests.records.differential.cases.values import ALARMED, AROUND
from tests.records.differential.model import Case, Put, Rec, every_field, in_links

__all__ = ["BITS"]

NUMBERS = (0, 1, 2, 5, 255, 65536, -1, 2147483647, -2147483648)
SOURCE = Rec("longout", "$src", {**ALARMED, "VAL": "0", "PINI": "YES"})
TARGET = Rec("longout", "$t", {"VAL": "0", "PINI": "YES"})


def _bits(name: str, kind: str, **fields: str) -> Case:
    link = {"INP": "$src PP MS"} if kind == "mbbiDirect" else {"OUT": "$t PP MS", "DOL": "$src PP MS"}
    return Case(
        name,
        (
            Rec(kind, "$x", {**link, "FLNK": "$after", "VAL": "0", "PINI": "YES", **fields}),
            *(SOURCE, TARGET),
            *AROUND,
        ),
        (
            *every_field(kind, SIOL=("$sim", "$sim PP MS", "7", ""), SIMM=(0, 1, 2, 0, "YES", "RAW"), total=14.0),
            Put("$x.PROC", (1,), 4.0),
            Put("$src", NUMBERS, 4.0),
            Put("$x", NUMBERS, 3.0),
            Put("$x.SHFT", (0, 1, 3, 31), 0.5),
            Put("$x.INP" if kind == "mbbiDirect" else "$x.DOL", (*in_links("$src"), "9"), 1.5),
            Put("$switch", (0, 1), 0.5),
            Put("$sim", (0, 1, 3, 9), 0.5),
        ),
        left_out=frozenset(("OLDSIMM",)),
        waits=kind != "mbboDirect",
    )


BITS = (
    _bits("mbbiDirect", "mbbiDirect"),
    _bits("mbbiDirect-raw", "mbbiDirect", DTYP="Raw Soft Channel", NOBT="4", SHFT="2"),
    _bits("mbboDirect", "mbboDirect"),
    _bits("mbboDirect-raw", "mbboDirect", DTYP="Raw Soft Channel", NOBT="4", SHFT="2", OMSL="closed_loop"),
)
