"""Types that lead to other records: fanout, dfanout, seq, sel; and those that only keep something."""

from __future__ import annotations

from tests.records.differential.cases.values import ALARMED, AROUND, LIMITS
from tests.records.differential.model import NUMBERS, TEXTS, Case, Put, Rec, every_field, links

__all__ = ["CHOICE", "FLOW", "NUMBERS_PUT", "OTHER", "SOURCE", "TARGET"]

_SET = {"VAL": "0", "PINI": "YES"}
SOURCE = Rec("ao", "$src", {**ALARMED, **_SET, "PREC": "2"})
OTHER = Rec("ao", "$two", {**ALARMED, **_SET})
TARGET = Rec("ao", "$t", {"HIGH": "5", "HSV": "MINOR", **_SET})
_COUNTER = Rec("ai", "$count", {"INP": "$src NPP MS"})
CHOICE = Rec("longout", "$number", {**ALARMED, **_SET})
NUMBERS_PUT = (
    Put("$src", NUMBERS, 3.0),
    Put("$two", NUMBERS, 2.0),
    Put("$number", (0, 1, 2, 3, 4, 12, 16, 17, 40), 1.5),
    Put("$switch", (0, 1), 0.4),
)
_CHOOSING = {
    "SELN": (0, 1, 2, 3, 5, 7, 12, 15, 16, 17, 40000, -1),
    "SELL": ("$number", "", "$number NPP MS", "$number PP MS", "3", "$nobody NPP MS"),
}

FLOW = (
    Case(
        "fanout",
        (
            Rec("fanout", "$x", {"SELL": "$number NPP MS", "LNK1": "$after", "LNK2": "$count", "FLNK": "$after"}),
            SOURCE,
            CHOICE,
            _COUNTER,
            *AROUND,
        ),
        (
            *every_field("fanout", forward=("$after", "$count"), total=8.0, **_CHOOSING, SHFT=(0, 1, -1, -4, 16, -16)),
            *(Put(f"$x.LNK{name}", ("$count", "$after", "$x", ""), 0.5) for name in "0123F"),
            Put("$x.SELM", (0, 1, 2), 1.0),
            Put("$x.PROC", (1,), 4.0),
            Put("$src", NUMBERS, 3.0),
            Put("$number", (0, 1, 2, 3, 4, 12, 16, 17, 40), 1.5),
            Put("$switch", (0, 1), 0.4),
        ),
    ),
    Case(
        "dfanout",
        (
            Rec(
                "dfanout",
                "$x",
                {"SELL": "$number NPP MS", "OUTA": "$t PP MS", "OUTP": "$two PP", "DOL": "$src", "FLNK": "$after"}
                | LIMITS,
            ),
            SOURCE,
            OTHER,
            TARGET,
            CHOICE,
            *AROUND,
        ),
        (
            *every_field("dfanout", targets=("$t", "$two", "$t.HIGH"), total=14.0, **_CHOOSING),
            *(Put(f"$x.OUT{name}", (*links("$t", "$two"), "$x.HIGH"), 0.2) for name in "ABCDP"),
            *(Put(f"$x.{name}", (0, 1, 2), 0.6) for name in ("SELM", "IVOA")),
            Put("$x.OMSL", (0, 1), 0.6),
            Put("$x", NUMBERS, 5.0),
            Put("$x.PROC", (1,), 2.0),
            *NUMBERS_PUT,
        ),
    ),
    Case(
        "seq",
        (
            Rec(
                "seq",
                "$x",
                {"SELL": "$number NPP MS", "DOL1": "$src NPP MS", "LNK1": "$t PP MS", "DOL2": "4", "LNK2": "$two PP"}
                | {"DOLF": "$two", "LNKF": "$t PP", "FLNK": "$after"},
            ),
            SOURCE,
            OTHER,
            TARGET,
            CHOICE,
            *AROUND,
        ),
        (
            *every_field(
                "seq",
                sources=("$src", "$two"),
                targets=("$t", "$two", "$t.HIGH"),
                total=14.0,
                **_CHOOSING,
                SHFT=(0, 1, -1, -4, 16, -16),
                **{f"DLY{name}": (0.0, 0.01, -1.0, 0.0) for name in "0123456789ABCDEF"},
            ),
            *(Put(f"$x.LNK{name}", (*links("$t", "$two"), "$x.DO3"), 0.2) for name in "0123F"),
            Put("$x.SELM", (0, 1, 2), 0.6),
            Put("$x", (0, 1, 7), 2.0),
            Put("$x.PROC", (1,), 4.0),
            *NUMBERS_PUT,
        ),
    ),
    Case(
        "sel",
        (
            Rec(
                "sel",
                "$x",
                {"NVL": "$number NPP MS", "INPA": "$src PP MS", "INPB": "$two", "INPC": "3.5", "FLNK": "$after"}
                | LIMITS,
            ),
            SOURCE,
            OTHER,
            CHOICE,
            *AROUND,
        ),
        (
            *every_field("sel", sources=("$src", "$two"), total=14.0, NVL=_CHOOSING["SELL"], SELN=_CHOOSING["SELN"]),
            *(Put(f"$x.{name}", NUMBERS, 0.5) for name in "ABCDEL"),
            Put("$x.SELM", (0, 1, 2, 3), 1.5),
            Put("$x.PROC", (1,), 5.0),
            *NUMBERS_PUT,
        ),
    ),
    Case(
        "event",
        (
            Rec("event", "$x", {"INP": "$src PP MS", "FLNK": "$after"}),
            Rec("stringout", "$src", {"VAL": "$one", "PINI": "YES"}),
            Rec("ai", "$waits", {"SCAN": "Event", "EVNT": "$one", "INP": "$switch"}),
            Rec("ai", "$other", {"SCAN": "Event", "EVNT": "7", "INP": "$switch"}),
            *AROUND,
        ),
        (
            *every_field("event", SIOL=("$src", "$src PP MS", "7.2", "", "$one")),
            Put("$src", ("$one", "7", " 7.9 ", "0", "300", ""), 4.0),
            Put("$x", ("$one", "7", " 7.9 ", "0", "300", ""), 3.0),
            Put("$x.INP", ("$src PP", "", "7", "$src NPP MS", "$nobody NPP MS"), 0.7),
            Put("$x.PROC", (1,), 4.0),
            Put("$switch", (0, 1), 1.0),
            Put("$waits.EVNT", ("$one", "7", "three"), 0.5),
        ),
    ),
    Case(
        "permissive",
        (Rec("permissive", "$x", {"LABL": "go", "FLNK": "$after"}), *AROUND),
        (*every_field("permissive"), Put("$x", (0, 1, 2), 4.0), Put("$switch", (0, 1), 0.4)),
    ),
    Case(
        "state",
        (
            Rec("state", "$x", {"VAL": "first", "FLNK": "$after"}),
            Rec("stringout", "$src", {"OUT": "$x PP"}),
            *AROUND,
        ),
        (*every_field("state"), Put("$x", TEXTS, 4.0), Put("$src", TEXTS, 2.0), Put("$switch", (0, 1), 0.4)),
    ),
)
