"""Random sequences of puts for a record type, and what must be the same in both IOCs after each of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from records.calc import ARGUMENTS
from records.makers import RECORD_TYPES
from tests.differential.twins import twins
from tests.records.calc.generate import expression

__all__ = ["KINDS", "compare"]

STEPS = 12

#: Fields that are not compared, with the reason.
LEFT_OUT = {
    "AMSG": "ours says what happened, base mostly nothing",
    "NAMSG": "likewise",
}
#: Whether a link is connected: base says "Constant" of every link that was changed at run time, we say what it is.
STATES = {f"IN{letter}V" for letter in ARGUMENTS} | {"OUTV"}

Put = tuple[str, Any]  # field, or record and field, and value


class Kind(NamedTuple):
    """How one record type is tried: its text in the database, and a random put."""

    fields: Callable[[random.Random, int], dict[str, str]]
    put: Callable[[random.Random, int], Put]


NUMBERS = (0.0, 1.0, -1.0, 2.5, -3.75, 5.0, 7.0, 10.0, 100.0, -100.0, 1e6, 1e-3)
SEVERITIES = ("NO_ALARM", "MINOR", "MAJOR", "INVALID")


def _link(rng: random.Random, number: int) -> str:
    target = rng.choice((f"S:{number}", f"S:{number}.VAL", f"S:{number}.HIHI", f"T:{number}"))
    return rng.choice(
        (
            *(f"{target} {mode} {severity}" for mode in ("NPP", "PP") for severity in ("NMS", "MS", "MSI", "MSS")),
            *("", "3.25", "-7", "{const:1.5}", "0x1F"),
        )
    )


def _calc(rng: random.Random) -> str:
    if rng.random() < 0.15:
        return rng.choice(("", "A+", "(A", "B)", "1?2", "A B", "NaN", "A:=A+1;B:=A*2;A+B", "VAL+1"))
    return expression(rng, 39)


def _calculation(rng: random.Random, number: int) -> Put:
    kind = rng.random()
    if kind < 0.30:
        return rng.choice(ARGUMENTS), rng.choice(NUMBERS)
    if kind < 0.42:
        return "CALC", _calc(rng)
    if kind < 0.54:
        return f"INP{rng.choice(ARGUMENTS[:12])}", _link(rng, number)
    if kind < 0.66:
        return f"S:{number}", rng.choice(NUMBERS)
    if kind < 0.70:
        return f"S:{number}.{rng.choice(('HHSV', 'LLSV'))}", rng.choice(SEVERITIES)
    return rng.choice(
        (
            ("VAL", rng.choice((*NUMBERS, float("nan"), float("inf")))),
            ("PROC", 1),
            (rng.choice(("HIHI", "HIGH", "LOW", "LOLO", "HYST", "MDEL", "ADEL")), rng.choice(NUMBERS)),
            (rng.choice(("HHSV", "HSV", "LSV", "LLSV", "UDFS", "DISS")), rng.choice(SEVERITIES)),
            (rng.choice(("PREC", "DISV", "PHAS")), rng.choice((0, 1, 3))),
            (rng.choice(("EGU", "DESC")), rng.choice(("mm", "", "a text"))),
            (rng.choice(("HOPR", "LOPR")), rng.choice(NUMBERS)),
            ("FLNK", rng.choice((f"S:{number}", f"T:{number}", "", f"X:{number}"))),
            ("UDF", rng.choice((0, 1))),
        )
    )


def _output(rng: random.Random, number: int) -> Put:
    if rng.random() < 0.6:
        return _calculation(rng, number)
    return rng.choice(
        (
            ("OOPT", rng.randrange(6)),
            ("DOPT", rng.randrange(2)),
            ("OCAL", _calc(rng)),
            ("IVOA", rng.randrange(3)),
            ("IVOV", rng.choice(NUMBERS)),
            ("OVAL", rng.choice(NUMBERS)),
            ("PVAL", rng.choice(NUMBERS)),
            ("ODLY", rng.choice((0.0, 0.0, 0.01))),
            ("OUT", rng.choice((f"T:{number} PP", f"T:{number}", f"T:{number}.HIHI PP MS", "", f"S:{number} PP MSS"))),
            ("CALC", rng.choice(("A", "B", "A-B", "0", "!VAL"))),
        )
    )


def _initial(rng: random.Random, number: int) -> dict[str, str]:
    fields = {"CALC": expression(rng, 60), "PREC": "2"}
    for letter in rng.sample(ARGUMENTS, 3):
        fields[f"INP{letter}"] = _link(rng, number)
    if rng.random() < 0.5:
        fields["PINI"] = "YES"
    if rng.random() < 0.5:
        fields |= {"VAL": str(rng.choice(NUMBERS)), "HIHI": "50", "HHSV": "MAJOR", "LOW": "-5", "LSV": "MINOR"}
    return fields


def _initial_output(rng: random.Random, number: int) -> dict[str, str]:
    return _initial(rng, number) | {
        "OUT": rng.choice((f"T:{number} PP", f"T:{number}.HIHI", "")),
        "OOPT": str(rng.randrange(6)),
        "OCAL": expression(rng, 40),
        "DOPT": str(rng.randrange(2)),
    }


KINDS = {"calc": Kind(_initial, _calculation), "calcout": Kind(_initial_output, _output)}


def _database(rng: random.Random, rtyp: str, count: int) -> str:
    lines = []
    for number in range(count):
        fields = " ".join(f'field({name}, "{text}")' for name, text in KINDS[rtyp].fields(rng, number).items())
        lines.append(f'record({rtyp}, "X:{number}") {{ {fields.replace(chr(39), "")} }}')
        lines.append(f'record(ao, "S:{number}") {{ field(VAL, "{number}") field(HIHI, "6") field(LOLO, "-2") }}')
        lines.append(f'record(ao, "T:{number}") {{ field(PINI, "YES") field(VAL, "0") }}')
    return "\n".join(lines).replace('"{const:1.5}"', "{const:1.5}")


async def compare(folder: Path, rtyp: str, count: int, seed: int) -> list[str]:
    """Run `count` sequences on as many records of type `rtyp`; returns the differences, the first of each sequence."""
    rng = random.Random(seed)
    database = _database(rng, rtyp, count)
    rows = RECORD_TYPES[rtyp].record_class.fields
    every = [name for name in rows if name not in LEFT_OUT and name not in STATES]
    quick = ("VAL", "SEVR", "STAT", "UDF", "LALM", *(("OVAL",) if "OVAL" in rows else ()))
    found = []
    async with twins(folder, database) as both:
        for number in range(count):
            name, done = f"X:{number}", ["(at the start)"]
            for step in range(STEPS + 1):
                fields = [*every, *(STATES & set(rows))] if step == 0 else quick if step < STEPS else every
                different = await both.differences([f"{name}.{field}" for field in fields])
                if different or step == STEPS:
                    break
                field, value = KINDS[rtyp].put(rng, number)
                target = field if ":" in field else f"{name}.{field}"
                base, ours = await both.put(target, value)
                done.append(f"{target} = {value!r}")
                if base != ours:
                    different = [f"base {'took' if base else 'refused'} it, we {'took' if ours else 'refused'} it"]
                    break
            if different:
                found.append(f"{', '.join(done)}: {'; '.join(different)}")
    return found
