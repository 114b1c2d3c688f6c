"""Types with an array in VAL. What they process with at the start (PINI) makes alarms and UDF alike."""

from __future__ import annotations

from typing import Any

from tests.records.differential.cases.values import ALARMED, AROUND
from tests.records.differential.model import INF, NUMBERS, Case, Put, Rec, every_field, in_links, links

__all__ = ["ARRAYS"]

LISTS = ([1.0], [1.0, 2.0, 3.0], [5.0, -1.0, 2.5, 100.0], [0.0] * 6, [7.0, 7.0], [1e9, -1e9, 3.7], 4.0)
SOURCE = Rec("waveform", "$src", {"FTVL": "DOUBLE", "NELM": "5", "PINI": "YES"})
SHORTS = Rec("waveform", "$short", {"FTVL": "SHORT", "NELM": "3", "PINI": "YES"})
SCALAR = Rec("ao", "$one", {**ALARMED, "PREC": "2", "VAL": "0", "PINI": "YES"})
TARGET = Rec("ao", "$t", {"VAL": "0", "PINI": "YES"})
ARRAY_TARGET = Rec("waveform", "$t", {"FTVL": "DOUBLE", "NELM": "3", "PINI": "YES"})
SOURCES = ("$src", "$short", "$one")


def _without_val(kind: str, **chosen: Any) -> tuple[Put, ...]:
    """A put for each field but VAL: base spoils what is put to a ring buffer that does not begin at its first place."""
    return tuple(put for put in every_field(kind, **chosen) if put.target != "$x.VAL")


def _posted(name: str, ftvl: str, nelm: int, kind: str, *others: Rec, **fields: str) -> Case:
    return Case(
        name,
        (
            Rec(kind, "$x", {"FTVL": ftvl, "NELM": str(nelm), "FLNK": "$after", "PINI": "YES", **fields}),
            *others,
            *(SOURCE, SHORTS, SCALAR),
            *AROUND,
        ),
        (
            *every_field(kind, sources=SOURCES, targets=("$t",), SIOL=("$sim", "$sim PP MS", "7", ""), VAL=LISTS),
            Put("$x.PROC", (1,), 3.0),
            Put("$x.OUT" if kind == "aao" else "$x.INP", links("$t") if kind == "aao" else in_links(*SOURCES), 2.0),
            Put("$src", LISTS, 3.0),
            Put("$short", ([1, 2], [3, 4, 5], 9), 1.0),
            Put("$one", NUMBERS, 1.0),
            Put("$x", LISTS, 3.0),
            Put("$x.MPST", (0, 1, 1), 0.5),
            Put("$switch", (0, 1), 0.5),
            Put("$sim", (0, 1, 3, 9), 0.5),
        ),
        left_out=frozenset(("OLDSIMM", "PUTF") if kind == "aao" else ("OLDSIMM",)),
        waits=kind != "aao",
    )


ARRAYS = (
    _posted("waveform", "DOUBLE", 4, "waveform", INP="$src PP MS"),
    _posted("aai", "DOUBLE", 4, "aai", INP="$src PP MS"),
    _posted("aai-long", "LONG", 8, "aai", INP="[1,2,3]"),
    _posted(
        "aao", "DOUBLE", 4, "aao", Rec("waveform", "$t", {"FTVL": "DOUBLE", "NELM": "3", "PINI": "YES"}), OUT="$t PP MS"
    ),
    _posted(
        "aao-long",
        "LONG",
        4,
        "aao",
        Rec("ao", "$t", {"VAL": "0", "PINI": "YES"}),
        OUT="$t PP MS",
        DOL="$src",
        OMSL="closed_loop",
    ),
    Case(
        "subArray",
        (
            Rec(
                "subArray",
                "$x",
                {
                    "FTVL": "DOUBLE",
                    "MALM": "4",
                    "NELM": "2",
                    "INDX": "1",
                    "INP": "$src PP MS",
                    "FLNK": "$after",
                    "PINI": "YES",
                },
            ),
            *(SOURCE, SHORTS, SCALAR),
            *AROUND,
        ),
        (
            *every_field("subArray", sources=("$src", "$short"), VAL=LISTS),
            Put("$x.INP", ("[1,2,3,4,5]", "[9]", "", *links("$src")), 1.0),
            Put("$x.NELM", (0, 1, 2, 3, 4, 9), 3.0),
            Put("$x.INDX", (0, 1, 2, 3, 4, 9), 3.0),
            Put("$x.PROC", (1,), 3.0),
            Put("$src", LISTS, 3.0),
            Put("$x", LISTS, 2.0),
        ),
    ),
    Case(
        "compress",
        (
            Rec("compress", "$x", {"NSAM": "6", "N": "2", "INP": "$src PP MS", "FLNK": "$after", "PINI": "YES"}),
            *(SOURCE, SHORTS, SCALAR),
            *AROUND,
        ),
        (
            *_without_val(
                "compress",
                sources=SOURCES,
                PBUF=(0, 1),
                ALG=(0, 1, 2, 3, 4, 5),
                N=(0, 1, 2, 3, 5),
                total=6.0,
                BALG=(0,),
            ),
            Put("$x.ALG", (0, 1, 2, 3, 4, 5), 1.5),
            Put("$x.ILIL", (0.0, -3.0, 2.0), 0.5),
            Put("$x.IHIL", (0.0, 3.0, 50.0), 0.5),
            Put("$x.INP", ("$one", "$one PP MS", "$src"), 1.0),
            Put("$x.PROC", (1,), 8.0),
            Put("$src", LISTS, 4.0),
            Put("$one", (0.0, 1.0, 2.5, -4.0, 6.0, 100.0), 4.0),
        ),
        left_out=frozenset(("PUTF",)),
        waits=False,
    ),
    Case(
        "compress-lifo",
        (
            Rec("compress", "$x", {"NSAM": "4", "INP": "$one MS", "ALG": "Circular Buffer", "BALG": "LIFO Buffer"}),
            *(SOURCE, SHORTS, SCALAR),
            *AROUND,
        ),
        (
            *_without_val(
                "compress",
                sources=SOURCES,
                PBUF=(0, 1),
                ALG=(0, 1, 2, 3, 4, 5),
                N=(0, 1, 2, 3, 5),
                total=4.0,
                BALG=(1,),
            ),
            Put("$x.PROC", (1,), 8.0),
            Put("$src", LISTS, 2.0),
            Put("$one", (0.0, 1.0, 2.5, -4.0, 6.0, 100.0), 4.0),
        ),
        left_out=frozenset(("PUTF",)),
        waits=False,
    ),
    Case(
        "histogram",
        (
            Rec(
                "histogram",
                "$x",
                {
                    "NELM": "5",
                    "LLIM": "-1",
                    "ULIM": "9",
                    "SVL": "$one PP MS",
                    "FLNK": "$after",
                    "UDF": "0",
                    "PINI": "YES",
                },
            ),
            SCALAR,
            *AROUND,
        ),
        (
            *every_field(
                "histogram",
                sources=("$one",),
                SIOL=("$sim", "$sim PP MS", "7", ""),
                VAL=([1], [2, 3, 4], [1, 2, 3, 4, 5, 6], 7),
                SDEL=(0.0, 0.05),
                SGNL=(0.0, -1.0, 3.0, 8.999, 9.0, 5.0, INF),
                ULIM=(9.0, 5.0, -3.0, 8.3),
                LLIM=(-1.0, 0.0, 5.0, 0.1),
                CMD=(0, 1, 2, 3, "Clear", "Stop"),
                MDEL=(0, 1, 3),
            ),
            Put("$x.PROC", (1,), 5.0),
            Put("$x.CMD", (2,), 1.0),
            Put("$one", (0.0, 1.0, -1.0, 2.5, 5.0, 8.5, 9.0, 100.0), 4.0),
            Put("$switch", (0, 1), 0.5),
            Put("$sim", (0, 1, 3, 9), 0.5),
        ),
        left_out=frozenset(("OLDSIMM",)),
    ),
)
