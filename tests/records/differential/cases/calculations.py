"""calc and calcout, with expressions at random of the whole CALC language."""

from __future__ import annotations

import random

from records.calc import ARGUMENTS
from tests.records.calc.generate import expression
from tests.records.differential.cases.flow import NUMBERS_PUT, OTHER, SOURCE, TARGET
from tests.records.differential.cases.values import AROUND, LIMITS
from tests.records.differential.model import INF, NAN, NUMBERS, Case, Put, Rec, every_field, in_links, links

__all__ = ["CALCULATIONS"]

_BAD = ("", "A+", "(A", "B)", "1?2", "A B", "NaN", "A:=A+1;B:=A*2;A+B", "VAL+1")
_random = random.Random("calc")
_EXPRESSIONS = (*(expression(_random, 39) for _ in range(400)), *_BAD * 6, *("A", "B", "A-B", "0", "!VAL") * 12)
_ARGUMENTS = (*NUMBERS, 0x7FFFFFFF, -3.75, 1e-3, 1e300)
_SOURCES = (*in_links("$src", "$two", "$src.HIHI"), "0x1F", "-7", "{const:1.5}")
#: Base takes the text of these in calc, and fails the put: its special() forgets them.
_FORGOTTEN = {f"$x.INP{letter}" for letter in "MNOPQRSTU"}
_FIRST = {"CALC": "A*B+C", "INPA": "$src PP MS", "INPB": "$two", "INPC": "3.5", "FLNK": "$after", "PREC": "2"} | LIMITS
_INPUTS = {f"INP{letter}": _SOURCES for letter in ARGUMENTS}
_PUTS = (
    *(Put(f"$x.{letter}", _ARGUMENTS, 0.3) for letter in ARGUMENTS),
    *(Put(f"$x.INP{letter}", _SOURCES, 0.2) for letter in ARGUMENTS[:12]),
    Put("$x.CALC", _EXPRESSIONS, 4.0),
    Put("$x", (*NUMBERS, NAN, INF), 2.0),
    Put("$x.PROC", (1,), 4.0),
    *NUMBERS_PUT[:2],
    Put("$switch", (0, 1), 0.4),
)

CALCULATIONS = (
    Case(
        "calc",
        (Rec("calc", "$x", _FIRST), SOURCE, OTHER, *AROUND),
        (
            *(put for put in every_field("calc", **_INPUTS, CALC=_EXPRESSIONS) if put.target not in _FORGOTTEN),
            *_PUTS,
        ),
    ),
    Case(
        "calcout",
        (
            Rec("calcout", "$x", {**_FIRST, "OUT": "$t PP MS", "OCAL": "A-VAL", "PINI": "YES"}),
            *(SOURCE, OTHER, TARGET),
            Rec("ai", "$waits", {"SCAN": "Event", "EVNT": "$one", "INP": "$x.OVAL"}),
            *AROUND,
        ),
        (
            *every_field(
                "calcout",
                targets=("$t", "$two", "$t.HIGH", "$x.HIHI"),
                total=14.0,
                **_INPUTS,
                CALC=_EXPRESSIONS,
                OCAL=_EXPRESSIONS,
                ODLY=(0.0, 0.0, 0.01, -1.0),
                OEVT=("$one", "", "7", " 7.5 "),
            ),
            *_PUTS,
            *(Put(f"$x.{name}", tuple(range(choices)), 0.6) for name, choices in (("OOPT", 6), ("DOPT", 2))),
            Put("$x.IVOA", (0, 1, 2), 0.5),
            Put("$x.OCAL", _EXPRESSIONS, 1.5),
            Put("$x.OUT", links("$t", "$two"), 1.0),
            Put("$x.OEVT", ("$one", ""), 0.5),
        ),
        #: Base says "Constant" of every link that was changed at run time, we say what it is.
        left_out=frozenset((*(f"IN{letter}V" for letter in ARGUMENTS), "OUTV")),
    ),
)
