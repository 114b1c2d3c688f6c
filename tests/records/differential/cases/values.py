"""Types with one value: inputs have a source, outputs a target and DOL."""

from __future__ import annotations

from typing import Any

from tests.records.differential.model import (
    NAN,
    NUMBERS,
    TEXTS,
    WHOLE,
    Case,
    Put,
    Rec,
    every_field,
    in_links,
    links,
)

__all__ = ["ALARMED", "AROUND", "LIMITS", "VALUES"]

#: The limits of a source, so that MS has something to take over.
ALARMED = {"HIGH": "5", "HSV": "MINOR", "HIHI": "50", "HHSV": "INVALID"}
LIMITS = {"HIHI": "9", "HIGH": "6", "LOW": "-2", "LOLO": "-8", "HHSV": "MAJOR", "HSV": "MINOR", "LSV": "MINOR"}
LIMITS |= {"LLSV": "MAJOR", "HYST": "1", "MDEL": "1", "ADEL": "2"}
TWO = {"ZNAM": "Off", "ONAM": "On", "OSV": "MINOR"}
FOUR = {"ZRST": "zero", "ONST": "one", "TWST": "two", "THST": "three", "TWSV": "MAJOR", "ONSV": "MINOR"}
FOUR |= {"ONVL": "1", "TWVL": "2", "THVL": "4", "UNSV": "INVALID"}
#: Records around `$x`: what follows it, what disables or simulates it.
AROUND = (
    Rec("longin", "$after", {"INP": "$x.SEVR NPP MS"}),
    Rec("longout", "$switch", {}),
    Rec("longout", "$sim", {}),
)
#: Seconds of a pulse: an infinity of them is not defined in base.
_HIGH = (0.0, 0.02, 70000.0, -1.0, NAN)
STATES = (0, 1, 2, 3, 4, 5, 15, 16, 100)


def _input(kind: str, values: tuple[Any, ...], sources: tuple[Any, ...], source: Rec, **fields: str) -> Case:
    return Case(
        kind,
        (Rec(kind, "$x", {"INP": "$src PP MS", "FLNK": "$after", **fields}), source, *AROUND),
        (
            *every_field(kind, SIOL=("$sim", "$sim PP MS", "7", "")),
            Put("$x.PROC", (1,), 4.0),
            Put("$src", sources, 6.0),
            Put("$x", values, 3.0),
            Put("$x.INP", in_links("$src"), 2.0),
            Put("$switch", (0, 1), 0.5),
            Put("$sim", (0, 1, 3, 9), 0.5),
        ),
    )


def _output(kind: str, values: tuple[Any, ...], sources: tuple[Any, ...], *others: Rec, **fields: str) -> Case:
    return Case(
        kind,
        (
            Rec(kind, "$x", {"OUT": "$t PP MS", "DOL": "$src PP MS", "FLNK": "$after", **fields}),
            *others,
            *AROUND,
        ),
        (
            *every_field(kind, SIOL=("$sim", "$sim PP MS", "7", ""), HIGH=_HIGH if kind == "bo" else ()),
            Put("$x.PROC", (1,), 3.0),
            Put("$src", sources, 2.0),
            Put("$x", values, 6.0),
            Put("$x.OMSL", (0, 1), 0.5),
            Put("$x.DOL", in_links("$src"), 1.0),
            Put("$x.OUT", links("$t"), 1.0),
            Put("$switch", (0, 1), 0.5),
            Put("$sim", (0, 1, 3, 9), 0.5),
        ),
    )


_REAL = Rec("ao", "$src", {**ALARMED, "PREC": "2"})
_COUNT = Rec("longout", "$src", ALARMED)
_TARGET = Rec("ao", "$t", {})

#: JSON links; they change for one another only.
_JSON_IN = (
    *('{state:"$s"}', '{state:"!$s"}', '{calc:{expr:"2.5",major:"VAL"}}', '{calc:{expr:"7",minor:"VAL>5"}}'),
    *('{calc:{expr:"A",args:[{state:"$"}]}}', "{const:3}", '{calc:{expr:"B-A",args:[1.5,4]}}', "{debug:{const:2}}"),
)
_JSON_OUT = (
    *('{state:"$s"}', '{state:"!$s"}', '{calc:{expr:"!VAL",out:{state:"$"}}}', '{trace:{state:"$s"}}'),
    *('{calc:{out:{state:"$"},major:"VAL>5"}}', ""),
)


def _json(kind: str, values: tuple[Any, ...]) -> Case:
    """One record sets a state and another reads it; `$x` is the one of type `kind`."""
    is_input = kind == "ai"
    return Case(
        f"{kind}-json",
        (
            Rec("ai", "$x" if is_input else "$other", {"INP": '{state:"$s"}', "FLNK": "$after"}),
            Rec("ao", "$other" if is_input else "$x", {"OUT": '{state:"$s"}', "DOL": '{state:"$s"}'}),
            *AROUND,
        ),
        (
            *every_field(kind, INP=_JSON_IN, SIOL=_JSON_IN if is_input else _JSON_OUT, OUT=_JSON_OUT, DOL=_JSON_IN),
            Put("$x.INP" if is_input else "$x.OUT", _JSON_IN if is_input else _JSON_OUT, 5.0),
            Put("$other" if is_input else "$x", values, 5.0),
            Put("$x.PROC" if is_input else "$other.PROC", (1,), 5.0),
        ),
    )


#: Base's wheel loads none by itself.
TABLES = """breaktable(typeKdegC) { 0 0, 299.2687 74, 660.752744 163, 1104.793671 274 }
breaktable(typeSdegF) { 10 100 0 110 -20 115.5 }
"""
LINR = (0, 1, 2, "typeKdegC", "typeSdegF", 4, 13)
RAWS = (0, 1, -1, 5, 10, 11, -20, -21, 50, 74, 100, 115, 299, 300, 661, 1104, 1105, 3000)


def _table(case: Case, name: str, *puts: Put) -> Case:
    """The same with Raw Soft Channel and breakpoint tables."""
    record = case.records[0]
    fields = {**record.fields, "DTYP": "Raw Soft Channel", "LINR": "typeKdegC", "HIHI": "200"}
    chosen = (Put("$x.LINR", LINR, 4.0), *(put for put in case.puts if put.target != "$x.LINR"))
    return case._replace(
        name=name, records=(record._replace(fields=fields), *case.records[1:]), puts=(*chosen, *puts), text=TABLES
    )


_AI = _input("ai", NUMBERS, NUMBERS, _REAL, PREC="3", EGU="K", **LIMITS)
_AO = _output("ao", NUMBERS, NUMBERS, _REAL, _TARGET, **LIMITS)

VALUES = (
    _json("ai", (0, 1, 0.25, -3)),
    _json("ao", (0, 1, 0.25, 7, -3)),
    _table(_AI, "ai-table", Put("$src", RAWS, 8.0)),
    _table(_AO, "ao-table", Put("$x", RAWS, 8.0)),
    _AI,
    _AO,
    _input("bi", (0, 1, 2, "1"), STATES, _COUNT, **TWO),
    _output("bo", (0, 1, 2, "1"), STATES, _COUNT, _TARGET, **TWO),
    _input("longin", WHOLE, NUMBERS, _REAL, **LIMITS),
    _output("longout", WHOLE, NUMBERS, _REAL, _TARGET, **LIMITS),
    _input("int64in", WHOLE, NUMBERS, _REAL, **LIMITS),
    _output("int64out", WHOLE, NUMBERS, _REAL, _TARGET, **LIMITS),
    _input("stringin", TEXTS, NUMBERS, _REAL),
    _output("stringout", TEXTS, NUMBERS, _REAL, Rec("stringout", "$t", {})),
    _input("mbbi", (0, 1, 2, 5, "3"), STATES, _COUNT, **FOUR),
    _output("mbbo", (0, 1, 2, 3, 5, "3"), STATES, _COUNT, _TARGET, **FOUR),
)
