"""lsi and lso."""

from __future__ import annotations

from tests.records.differential.cases.values import ALARMED, AROUND
from tests.records.differential.model import NUMBERS, TEXTS, Case, Put, Rec, every_field, in_links

__all__ = ["LONG_TEXTS"]

SET = {"VAL": "x", "PINI": "YES"}
_PUTS = (
    Put("$x.PROC", (1,), 4.0),
    Put("$src", NUMBERS, 2.0),
    Put("$text", TEXTS, 4.0),
    Put("$x", TEXTS, 3.0),
    Put("$x.MPST", (0, 1), 0.5),
    Put("$switch", (0, 1), 0.5),
    Put("$sim", (0, 1, 3, 9), 0.5),
)
_AROUND = (
    Rec("ao", "$src", {**ALARMED, "PREC": "2", "VAL": "0", "PINI": "YES"}),
    Rec("stringout", "$text", SET),
    *AROUND,
)
_OWN = {"SIZV": "24", "FLNK": "$after", "PINI": "YES"}
_SOURCES = {"sources": ("$src", "$text"), "SIOL": ("$text", "$text PP MS", "")}

LONG_TEXTS = (
    Case(
        "lsi",
        (Rec("lsi", "$x", {"INP": "$text PP MS", **_OWN}), *_AROUND),
        (*every_field("lsi", **_SOURCES), *_PUTS, Put("$x.INP", in_links("$text", "$src"), 2.0)),  # type: ignore[arg-type]  # by their names
        left_out=frozenset(("OLDSIMM", "UDF")),
    ),
    Case(
        "lso",
        (
            Rec(
                "lso",
                "$x",
                {
                    "OUT": "$t PP MS",
                    "DOL": "$text PP MS",
                    "SIZV": "24",
                    "FLNK": "$after",
                    "OMSL": "closed_loop",
                    "PINI": "YES",
                },
            ),
            Rec("stringout", "$t", SET),
            *_AROUND,
        ),
        (*every_field("lso", **_SOURCES), *_PUTS, Put("$x.OMSL", (0, 1), 1.0)),  # type: ignore[arg-type]
        left_out=frozenset(("OLDSIMM",)),
    ),
)
