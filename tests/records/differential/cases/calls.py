"""Types that make something of several inputs: sub and aSub call functions, printf makes a text."""

from __future__ import annotations

import tests.records.differential.functions as _  # noqa: F401  # sub and aSub know them by their names
from tests.records.differential.cases.flow import CHOICE, NUMBERS_PUT, OTHER, SOURCE, TARGET
from tests.records.differential.cases.values import AROUND, LIMITS
from tests.records.differential.model import NUMBERS, TEXTS, Case, Put, Rec, every_field

__all__ = ["CALLS"]

_SUB = ("test_mean", "test_limit", "test_nan", "nothing")
_ASUB = ("test_scale", "test_fail", "test_count", "nothing", "test_scale")
_FORMATS = (
    *("%d", "%5d|%-5d|", "%.2f and %e", "%g%%", "%s", "%10s|%-10s|", "%x %X %o", "%c", "%hd %hhd %lld", "%*d", "%.3f"),
    *("%ls", "%08.3f", "% d %+d", "text only", "%u", "%d %d %d %d %d %d %d %d %d %d %d", "%5.3d|", "%-8.3ls|", "%"),
)
_SOURCES = ("$src", "$two NPP MS", "$text", "$text.VAL$$", "", "text")  # without constants: see %ls
_INPUTS = ("$src", "$two NPP MS", "$text", "$text.VAL$$", "3", "", "text", "2.5", "$nobody NPP MS")

CALLS = (
    Case(
        "sub",
        (
            Rec(
                "sub",
                "$x",
                {"SNAM": "test_mean", "INPA": "$src PP MS", "INPB": "$two", "INPC": "3.5", "FLNK": "$after"} | LIMITS,
            ),
            SOURCE,
            OTHER,
            CHOICE,
            *AROUND,
        ),
        (
            *every_field("sub", sources=("$src", "$two"), total=12.0, SNAM=_SUB),
            *(Put(f"$x.{name}", NUMBERS, 0.7) for name in "ABCD"),
            Put("$x.SNAM", _SUB, 1.5),
            Put("$x.BRSV", (0, 1, 2, 3), 0.5),
            Put("$x", NUMBERS, 1.0),
            Put("$x.PROC", (1,), 4.0),
            *NUMBERS_PUT,
        ),
    ),
    Case(
        "aSub",
        (
            Rec(
                "aSub",
                "$x",
                {"SNAM": "test_scale", "INPA": "$wave NPP MS", "INPB": "$src PP MS", "INPC": "3.5", "FLNK": "$after"}
                | {"FTA": "DOUBLE", "NOA": "4", "FTB": "LONG", "FTVA": "DOUBLE", "NOVA": "4", "FTVB": "LONG"}
                | {"FTD": "STRING", "FTE": "CHAR", "NOE": "8", "FTF": "SHORT", "NOF": "3", "INPF": "[1,2]"}
                | {"OUTA": "$copy PP", "OUTB": "$t PP MS"},
            ),
            Rec("waveform", "$wave", {"FTVL": "DOUBLE", "NELM": "6"}),
            Rec("waveform", "$copy", {"FTVL": "LONG", "NELM": "3"}),
            Rec("stringout", "$name", {"VAL": "test_count", "PINI": "YES"}),
            SOURCE,
            OTHER,
            TARGET,
            CHOICE,
            *AROUND,
        ),
        (
            *every_field(
                "aSub",
                sources=("$src", "$two"),
                targets=("$t", "$two"),
                total=8.0,
                SNAM=_ASUB,
                A=([1.0, 2.0], [3.5], 7.0, [1.0, 2.0, 3.0, 4.0]),
                D=TEXTS,
                E=([65, 66], 7),
                F=([1, 2, 3], 5, [7]),
            ),
            Put("$x.A", ([1.0, 2.0], [3.5], 7.0, [1.0, 2.0, 3.0, 4.0]), 1.0),
            Put("$wave", ([1.0, 2.0], [3.5], [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), 2.0),
            Put("$x.SNAM", _ASUB, 1.5),
            Put("$name", _ASUB, 1.0),
            Put("$x.INPA", ("$wave", "", "$src PP MS", "$wave NPP MS"), 0.7),
            Put("$x.LFLG", ("IGNORE", "READ"), 0.5),
            Put("$x.EFLG", (0, 1, 2), 0.5),
            Put("$x.BRSV", (0, 1, 2, 3), 0.5),
            Put("$x.PROC", (1,), 5.0),
            *NUMBERS_PUT,
        ),
    ),
    Case(
        "printf",
        (
            Rec(
                "printf",
                "$x",
                {
                    "FMT": "%d and %.2f",
                    "INP0": "$src PP MS",
                    "INP1": "$two",
                    "OUT": "$copy PP MS",
                    "FLNK": "$after",
                    "PINI": "YES",
                },
            ),
            SOURCE,
            OTHER,
            Rec("stringout", "$text", {"VAL": "twelve", "PINI": "YES"}),
            Rec("stringout", "$copy", {}),
            CHOICE,
            *AROUND,
        ),
        (
            *every_field(
                "printf", sources=("$src", "$two", "$text"), targets=("$copy", "$text"), FMT=_FORMATS, INP0=_SOURCES
            ),
            *(Put(f"$x.INP{name}", _INPUTS, 0.7) for name in "123"),
            Put("$x.INP0", _SOURCES, 0.7),
            Put("$x.FMT", _FORMATS, 6.0),
            Put("$x.PROC", (1,), 3.0),
            Put("$text", TEXTS, 2.0),
            *NUMBERS_PUT,
        ),
    ),
)
