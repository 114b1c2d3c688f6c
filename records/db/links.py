"""What can be said of the links of a database before it runs: whether they are links, and lead somewhere."""

from __future__ import annotations

from collections.abc import Mapping

from records.db.definitions import Definitions, FieldDef
from records.db.problem import Kind, Problem
from records.field import LINK
from records.makers import RECORD_TYPES
from records.near import near
from records.pv import PV

__all__ = ["check_links"]


def check_links(definitions: Definitions, pvdb: Mapping[str, PV], problems: list[Problem]) -> None:
    """Look at the link fields of all records; `pvdb` has what was made of them, aliases included."""
    for record in definitions.records.values():
        maker = RECORD_TYPES.get(record.type.text)
        rows = maker.record_class.fields if maker is not None else {}
        for key, field in record.fields.items():
            if key in rows and rows[key].changes & LINK:
                _check(field, f"{record.name.text}.{key}", definitions, pvdb, problems)


def _check(
    field: FieldDef, where: str, definitions: Definitions, pvdb: Mapping[str, PV], problems: list[Problem]
) -> None:
    text = field.value.text.strip()
    if not text or text[0] in "@#{[" or _is_number(text):
        return
    target, *modifiers = text.split()
    name, _, member = target.partition(".")
    pv = pvdb.get(name)
    position = field.value.position
    if pv is not None:
        if member and pv.field(member.rstrip("$")) is None:
            said = f"{name} is a record of type {pv.record_type} and has no field {member!r}"
            problems.append(Problem(position, said, where, Kind.MISTAKE))
    elif name not in definitions.records and not {"CA", "CP", "CPP"} & set(modifiers):
        said = f"no record {name!r} in these files{near(name, pvdb)}: it will be sought by Channel Access"
        problems.append(Problem(position, said, where, Kind.WARNING))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text[:2].lower() == "0x" and text[2:].isalnum()
    return True
