"""The cases of the differential tests: records, and what may be put to them."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["CASES", "Case", "Put", "Rec"]


class Rec(NamedTuple):
    """A record; ``$`` in names and texts stands for the prefix of its set."""

    type: str
    name: str
    fields: dict[str, str]


class Put(NamedTuple):
    """Something to put, one of `values` at a time."""

    target: str
    values: tuple[Any, ...]
    weight: float = 1.0


class Case(NamedTuple):
    """Records and puts."""

    name: str
    records: tuple[Rec, ...]
    puts: tuple[Put, ...]
    left_out: frozenset[str] = frozenset()


NAN, INF = float("nan"), float("inf")
NUMBERS = (0.0, 1.0, -1.0, 2.5, 4.0, 5.0, 6.0, 9.75, 10.0, -10.0, 100.0, NAN, INF, -INF)
WHOLE = (0, 1, -1, 3, 5, 7, 10, 50, 2147483647, -2147483648)
SEVERITIES = (0, 1, 2, 3)
LIMITS = {"HIHI": "9", "HIGH": "6", "LOW": "-2", "LOLO": "-8", "HHSV": "MAJOR", "HSV": "MINOR", "LSV": "MINOR"}
LIMITS |= {"LLSV": "MAJOR", "HYST": "1", "MDEL": "1", "ADEL": "2"}
IVOA = ("Continue normally", "Don't drive outputs", "Set output to IVOV")


def links(target: str) -> tuple[str, ...]:
    """Texts of links to a record."""
    modes = ("", " PP", " NPP MS", " PP MS", " MSI", " PP MSS")
    return (*(f"{target}{mode}" for mode in modes), "", "3", "$nobody.VAL MS")


def common(name: str) -> tuple[Put, ...]:
    """What can be put to any record."""
    return (
        Put(f"{name}.PROC", (1,), 3.0),
        Put(f"{name}.UDF", (0, 1), 0.5),
        Put(f"{name}.DISV", (0, 1), 0.3),
        Put(f"{name}.DISA", (0, 1), 0.3),
        Put(f"{name}.DISS", SEVERITIES, 0.2),
        Put(f"{name}.DISP", (0, 1), 0.2),
        Put(f"{name}.SCAN", ("Passive", "Event"), 0.3),
        Put(f"{name}.UDFS", SEVERITIES, 0.3),
        Put(f"{name}.FLNK", ("$after", "", "$x"), 0.3),
        Put(f"{name}.SDIS", ("$switch", "", "$switch PP MS", "1"), 0.4),
        Put(f"{name}.PHAS", (0, 1, 2), 0.1),
        Put(f"{name}.DESC", ("a text", ""), 0.1),
        Put("$switch", (0, 1), 0.5),
        Put(f"{name}.SIMM", ("NO", "YES"), 0.3),
        Put(f"{name}.SSCN", ("Event", "Passive"), 0.1),
        Put(f"{name}.SIMS", SEVERITIES, 0.2),
        Put(f"{name}.SIML", ("$switch", "", "$switch MS"), 0.2),
        Put(f"{name}.SIOL", ("$sim", "$sim PP MS", "7", ""), 0.3),
        Put("$sim", (0, 1, 3, 9), 0.3),
    )


AFTER = (Rec("longin", "$after", {"INP": "$x.VAL NPP MS"}), Rec("longout", "$switch", {}), Rec("longout", "$sim", {}))


def number_input(kind: str, values: tuple[Any, ...], *more: Put, **fields: str) -> Case:
    """An analog input with a source."""
    return Case(
        kind,
        (
            Rec(kind, "$x", {"INP": "$src PP MS", "FLNK": "$after", **LIMITS, **fields}),
            Rec("ao", "$src", {"HIGH": "5", "HSV": "MINOR", "HIHI": "50", "HHSV": "INVALID", "PREC": "2"}),
            *AFTER,
        ),
        (
            *common("$x"),
            Put("$src", NUMBERS, 5.0),
            Put("$x", values, 3.0),
            Put("$x.INP", links("$src"), 1.0),
            *(Put(f"$x.{field}", values, 0.3) for field in ("HIHI", "HIGH", "LOW", "LOLO", "MDEL", "ADEL")),
            Put("$x.HYST", (0, 1, 5), 0.2),
            *(Put(f"$x.{field}", SEVERITIES, 0.3) for field in ("HHSV", "HSV", "LSV", "LLSV")),
            *more,
        ),
    )


def number_output(kind: str, values: tuple[Any, ...], *more: Put, **fields: str) -> Case:
    """An analog output with a target and a source."""
    return Case(
        kind,
        (
            Rec(kind, "$x", {"OUT": "$t PP MS", "DOL": "$src PP MS", "FLNK": "$after", **LIMITS, **fields}),
            Rec("ao", "$src", {"HIGH": "5", "HSV": "MINOR", "HIHI": "50", "HHSV": "INVALID", "PREC": "2"}),
            Rec("ao", "$t", {}),
            *AFTER,
        ),
        (
            *common("$x"),
            Put("$src", NUMBERS, 2.0),
            Put("$x", values, 6.0),
            Put("$x.OMSL", ("supervisory", "closed_loop"), 1.0),
            Put("$x.OUT", links("$t"), 0.5),
            Put("$x.DOL", links("$src"), 0.5),
            Put("$x.IVOA", IVOA, 0.5),
            Put("$x.IVOV", values, 0.3),
            *(Put(f"$x.{field}", values, 0.3) for field in ("HIHI", "HIGH", "LOW", "LOLO", "MDEL", "ADEL")),
            Put("$x.HYST", (0, 1, 5), 0.2),
            *(Put(f"$x.{field}", values, 0.3) for field in ("DRVH", "DRVL")),
            *(Put(f"$x.{field}", SEVERITIES, 0.3) for field in ("HHSV", "HSV", "LSV", "LLSV")),
            *more,
        ),
    )


def state_input(kind: str, *more: Put, **fields: str) -> Case:
    """An input of states with a source."""
    return Case(
        kind,
        (Rec(kind, "$x", {"INP": "$src PP MS", "FLNK": "$after", **fields}), Rec("longout", "$src", ALARMED), *AFTER),
        (
            *common("$x"),
            Put("$src", (0, 1, 2, 3, 4, 5, 15, 16, 100), 5.0),
            Put("$x", (0, 1, 2, 5), 2.0),
            Put("$x.INP", links("$src"), 1.0),
            Put("$x.COSV", SEVERITIES, 0.4),
            Put("$x.RVAL", (0, 1, 2, 7), 0.4),
            *more,
        ),
    )


def state_output(kind: str, *more: Put, **fields: str) -> Case:
    """An output of states with a target and a source."""
    links_out = {"OUT": "$t PP MS", "DOL": "$src PP MS"}
    return Case(
        kind,
        (
            Rec(kind, "$x", {**links_out, "FLNK": "$after", **fields}),
            Rec("longout", "$src", ALARMED),
            Rec("ao", "$t", {}),
            *AFTER,
        ),
        (
            *common("$x"),
            Put("$src", (0, 1, 2, 3, 4, 5, 15, 16, 100), 2.0),
            Put("$x", (0, 1, 2, 3, 5), 5.0),
            Put("$x.OMSL", ("supervisory", "closed_loop"), 1.0),
            Put("$x.OUT", links("$t"), 0.5),
            Put("$x.DOL", links("$src"), 0.5),
            Put("$x.COSV", SEVERITIES, 0.4),
            Put("$x.IVOA", IVOA, 0.5),
            Put("$x.IVOV", (0, 1, 2), 0.3),
            *more,
        ),
    )


ALARMED = {"HIGH": "3", "HSV": "MINOR", "HIHI": "50", "HHSV": "INVALID"}
TWO = {"ZNAM": "Off", "ONAM": "On", "OSV": "MINOR"}
FOUR = {"ZRST": "zero", "ONST": "one", "TWST": "two", "THST": "three", "TWSV": "MAJOR", "ONSV": "MINOR"}
FOUR |= {"ONVL": "1", "TWVL": "2", "THVL": "4", "UNSV": "INVALID"}
TEXTS = ("", "short", "12.5", "thirty-nine bytes, which is the maximum", "-7")
TWO_PUTS = (Put("$x.ZSV", SEVERITIES, 0.3), Put("$x.OSV", SEVERITIES, 0.3))
FOUR_PUTS = (
    Put("$x.TWSV", SEVERITIES, 0.3),
    Put("$x.UNSV", SEVERITIES, 0.3),
    Put("$x.THVL", (0, 3, 4), 0.3),
    Put("$x.SHFT", (0, 1), 0.1),
)

CASES = (
    number_input("ai", NUMBERS, Put("$x.SMOO", (0.0, 0.5), 0.3), PREC="3", EGU="K"),
    number_input(
        "ai",
        NUMBERS,
        Put("$x.SMOO", (0.0, 0.5), 0.3),
        Put("$x.LINR", ("NO CONVERSION", "SLOPE", "LINEAR"), 0.3),
        Put("$x.RVAL", WHOLE, 1.0),
        Put("$x.SIMM", ("RAW",), 0.2),
        PREC="3",
        DTYP="Raw Soft Channel",
        ESLO="0.1",
        EOFF="-2",
        AOFF="1",
        ASLO="2",
        ROFF="3",
    )._replace(name="ai-raw"),
    number_input("longin", WHOLE),
    number_input("int64in", WHOLE),
    number_output(
        "ao",
        NUMBERS,
        Put("$x.OROC", (0.0, 1.0, 0.25), 0.3),
        Put("$x.OIF", ("Full", "Incremental"), 0.3),
        Put("$x.ESLO", (1.0, 0.1, 0.0), 0.1),
        Put("$x.LINR", ("NO CONVERSION", "SLOPE", "LINEAR"), 0.1),
    ),
    number_output(
        "longout",
        WHOLE,
        Put("$x.OOPT", tuple(range(6)), 0.4),
        Put("$x.OOCH", (0, 1), 0.2),
    ),
    number_output("int64out", WHOLE),
    number_output("ao", NUMBERS, DTYP="Raw Soft Channel", LINR="SLOPE", ESLO="0.1", EOFF="-2")._replace(name="ao-raw"),
    state_input("bi", *TWO_PUTS, DTYP="Raw Soft Channel", MASK="6", **TWO)._replace(name="bi-raw"),
    state_input("mbbi", *FOUR_PUTS, DTYP="Raw Soft Channel", NOBT="3", **FOUR)._replace(name="mbbi-raw"),
    state_output("bo", *TWO_PUTS, DTYP="Raw Soft Channel", MASK="6", **TWO)._replace(name="bo-raw"),
    state_output("mbbo", *FOUR_PUTS, DTYP="Raw Soft Channel", NOBT="3", **FOUR)._replace(name="mbbo-raw"),
    state_input("bi", *TWO_PUTS, **TWO),
    state_input("mbbi", *FOUR_PUTS, **FOUR),
    state_output("bo", *TWO_PUTS, **TWO),
    state_output("mbbo", *FOUR_PUTS, **FOUR),
    Case(
        "stringin",
        (
            Rec("stringin", "$x", {"INP": "$src PP MS", "FLNK": "$after"}),
            Rec("ao", "$src", {"PREC": "3"}),
            *AFTER[1:],
            Rec("stringin", "$after", {"INP": "$x.VAL NPP MS"}),
        ),
        (*common("$x"), Put("$src", NUMBERS, 4.0), Put("$x", TEXTS, 3.0), Put("$x.INP", links("$src"), 1.0)),
    ),
    Case(
        "stringout",
        (
            Rec("stringout", "$x", {"OUT": "$t PP MS", "DOL": "$src PP", "FLNK": "$after"}),
            Rec("ao", "$src", {"PREC": "3"}),
            Rec("stringout", "$t", {}),
            *AFTER[1:],
            Rec("stringin", "$after", {"INP": "$x.VAL NPP MS"}),
        ),
        (
            *common("$x"),
            Put("$src", NUMBERS, 2.0),
            Put("$x", TEXTS, 5.0),
            Put("$x.OMSL", ("supervisory", "closed_loop"), 1.0),
            Put("$x.OUT", links("$t"), 0.5),
            Put("$x.IVOA", IVOA, 0.5),
            Put("$x.IVOV", TEXTS, 0.3),
        ),
    ),
)
