"""What a differential test is made of: records, and what may be put to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from tests.records.differential.dbd import fields_of

__all__ = [
    *("INF", "NAN", "NUMBERS", "SEVERITIES", "TEXTS", "WHOLE", "Case", "Put", "Rec"),
    *("every_field", "in_links", "links"),
]

NAN, INF = float("nan"), float("inf")
NUMBERS = (0.0, 1.0, -1.0, 2.5, 4.0, 5.0, 6.0, 9.75, 10.0, -10.0, 100.0, 70000.0, NAN, INF, -INF)
WHOLE = (0, 1, 2, -1, 3, 5, 7, 10, 50, 2147483647, -2147483648)
SMALL = (0, 1, 2, 3, 5, 7, 16, 40, -1, -2)
TEXTS = ("", "short", "12.5", "a text of as many bytes as CA takes: 39", "-7")
SEVERITIES = (0, 1, 2, 3)


class Rec(NamedTuple):
    """A record; ``$`` in names and texts stands for the prefix of its set, ``$$`` for ``$``."""

    type: str
    name: str
    fields: Mapping[str, str]


class Put(NamedTuple):
    """Something to put, one of `values` at a time."""

    target: str
    values: tuple[Any, ...]
    weight: float = 1.0


class Case(NamedTuple):
    """Records and puts. All fields of `$x` are compared, and of the others those that processing changes.

    `left_out` are fields of `$x` that are not compared: docs/record-differences.md says why.
    Without `waits` puts are not waited for: base never completes those that end processing half-way.
    """

    name: str
    records: tuple[Rec, ...]
    puts: tuple[Put, ...]
    left_out: frozenset[str] = frozenset()
    waits: bool = True
    text: str = ""  # what stands in the database before the records


#: Values of fields where any value of their type would make noise: other threads, other clocks, or no more puts.
_CHOSEN: Mapping[str, tuple[Any, ...]] = {
    "SCAN": ("Passive", "Event", 0, 1),
    "EVNT": ("", "77", "name"),
    "PHAS": (0, 1, 2),
    "TSE": (0, -1),
    "DISP": (0, 0, 0, 1),
    "DISA": (0, 0, 0, 1),
    "DISV": (1, 1, 1, 0),
    "SDIS": ("$switch", "", "$switch NPP MS", "1", ""),
    "SDLY": (-1.0,),
    "SSCN": (0, 1),
    "LINR": (0, 1, 2),
    "SIML": ("$switch", "", "$switch NPP MS"),
    "SIMM": (0, 1, 0, "NO", "YES"),
    "FLNK": ("$after", "", "$after CA", "3"),
    "PRIO": (0, 1, 2),
}
#: Fields that are never written: TPRO prints, AFTC and TSEL are about time, ASG changes who may write.
_LEFT_ALONE = frozenset(("TPRO", "AFTC", "TSEL", "ASG", "NAME", "DTYP", "PINI", "PROC"))
_RARE = frozenset(("DISP", "DISA", "DISV", "SDIS", "SIMM", "SIML", "SCAN"))


def links(*targets: str) -> tuple[str, ...]:
    """Texts of links to records, and some that lead nowhere."""
    modes = ("", " PP", " NPP MS", " PP MS", " MSI", " PP MSS")
    return (*(f"{target}{mode}" for target in targets for mode in modes), "", "3", "$nobody.VAL MS")


def filtered(*targets: str) -> tuple[str, ...]:
    """Texts of links with channel filters."""
    return (*(f"{target}.[1:2]" for target in targets), *(f'{target}.VAL{{"arr":{{"s":-1}}}} MS' for target in targets))


def in_links(*sources: str) -> tuple[str, ...]:
    """Texts for INP and its like."""
    return (*links(*sources), *filtered(*sources))


def every_field(
    record_type: str,
    *,
    sources: tuple[str, ...] = ("$src",),
    targets: tuple[str, ...] = ("$t",),
    forward: tuple[str, ...] = ("$after",),
    total: float = 10.0,
    **chosen: tuple[Any, ...],
) -> tuple[Put, ...]:
    """A put for each field of `$x`, with values by its type or as `chosen`; all together have the weight `total`."""
    by_type: Mapping[str, tuple[Any, ...]] = {
        **dict.fromkeys(("DOUBLE", "FLOAT"), (*NUMBERS, "3.5", 7)),
        **dict.fromkeys(("LONG", "INT64", "ULONG", "UINT64"), (*SMALL, "4", 2.7, 100000)),
        **dict.fromkeys(("SHORT", "USHORT", "CHAR", "UCHAR", "ENUM"), (*SMALL, "4", 2.7)),
        "STRING": TEXTS,
        "NOACCESS": TEXTS,
        "INLINK": in_links(*sources),
        "OUTLINK": links(*targets),
        "FWDLINK": (*forward, "", f"{forward[0]} CA"),
    }
    puts = []
    for row in fields_of(record_type).values():
        if row.name in _LEFT_ALONE and row.name not in chosen:
            continue
        values = chosen.get(row.name) or _CHOSEN.get(row.name)
        if values is None:
            menu = (*range(len(row.menu)), *row.menu, *(() if row.processes else ("nonsense",)))
            values = menu if row.menu else by_type.get(row.type, SMALL)
        puts.append(Put(f"$x.{row.name}", values, (0.3 if row.name in _RARE else 1.0) if row.writable else 0.1))
    scale = total / sum(put.weight for put in puts)
    return tuple(put._replace(weight=put.weight * scale) for put in puts)
