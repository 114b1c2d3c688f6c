"""What can be said of the links of a database before it runs: whether they lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from records.db.definitions import Definitions, FieldDef
from records.db.problem import Kind, Problem
from records.field import LINK
from records.linktext import LinkSyntaxError, PvLink, lost_mode, parse_link
from records.makers import RECORD_TYPES
from records.near import near
from records.pv import PV
from records.record import Record

__all__ = ["check_links"]

_MODIFIERS: Final = re.compile(r"[$\[{]")  # of channels, behind the name of the field


def check_links(definitions: Definitions, pvdb: Mapping[str, PV], problems: list[Problem]) -> None:
    """Look at the link fields of all records; `pvdb` has what was made of them, aliases included."""
    for record in definitions.records.values():
        maker = RECORD_TYPES.get(record.type.text)
        if maker is None:
            continue
        rows = maker.record_class.fields
        for key, field in record.fields.items():
            if key in rows and rows[key].changes & LINK:
                _check(field, f"{record.name.text}.{key}", maker.record_class, definitions, pvdb, problems)


def _check(
    field: FieldDef,
    where: str,
    record_class: type[Record],
    definitions: Definitions,
    pvdb: Mapping[str, PV],
    problems: list[Problem],
) -> None:
    position = field.value.position
    try:
        link = parse_link(field.value.text, record_class.link_kind(field.name.text))
    except LinkSyntaxError:  # the builder has said so
        return
    if not isinstance(link, PvLink):
        return
    lost = lost_mode(field.value.text, link)
    if lost:
        problems.append(Problem(position, lost, where, Kind.WARNING))
    name, _, member = link.target.partition(".")
    member = _MODIFIERS.split(member)[0]
    pv = pvdb.get(name)
    if pv is not None:
        if member and pv.field(member) is None:
            said = f"{name} is a record of type {pv.record_type} and has no field {member!r}"
            problems.append(Problem(position, said, where, Kind.MISTAKE))
    elif name not in definitions.records and not link.by_ca:
        said = f"no record {name!r} in these files{near(name, pvdb)}: it will be sought by Channel Access"
        problems.append(Problem(position, said, where, Kind.WARNING))
