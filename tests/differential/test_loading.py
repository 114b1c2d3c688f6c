"""The same database file, with macros, templates and all that a file may have, loaded by a C IOC and by us."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from records.makers import RECORD_TYPES
from tests.clients import C_TOOLS
from tests.differential.sequences import LEFT_OUT
from tests.differential.twins import twins

pytestmark = pytest.mark.skipif(C_TOOLS is None, reason="C IOCs come as x86_64 Linux wheels only")

COMMON = (
    'field(DESC, "a \\"quoted\\" \\\\ text") field(PINI, "1") field(PHAS, -0x10) field(PRIO, HIGH) field(DISV, "017")'
    ' field(DISS, MINOR) field(TPRO, 0) field(FLNK, "ai MS") field(SDIS, {const: 3}) field(TSE, "-2")'
)
FIELDS = {
    "ai": "field(VAL, 1e-3) field(EGU, mm) field(HIHI, +.5) field(LOLO, 0x10) field(HSV, MAJOR) field(INP, 2.5)",
    "ao": 'field(VAL, inf) field(DRVH, "") field(OMSL, closed_loop) field(DOL, 7) field(IVOA, "Set output to IVOV")',
    "bi": "field(ZNAM, no) field(ONAM, yes) field(VAL, 1) field(OSV, 2)",
    "bo": "field(ZNAM, no) field(ONAM, yes) field(VAL, 1) field(HIGH, 0)",
    "mbbi": "field(ZRST, a) field(ONST, b) field(TWVL, 7) field(NOBT, 3) field(VAL, 2)",
    "mbbo": "field(ZRST, a) field(ONST, b) field(VAL, 1) field(UNSV, INVALID)",
    "longin": "field(VAL, -070) field(HYST, 1) field(INP, [5])",
    "longout": "field(VAL, 0xFFFF) field(DRVL, -1)",
    "int64in": "field(VAL, -9223372036854775808)",
    "int64out": "field(VAL, 0x7fffffffffffffff)",
    "stringin": 'field(VAL, "0123456789012345678901234567890123456\\t!")',
    "stringout": 'field(VAL, "")',
    "calc": 'field(CALC, "A+B") field(INPA, 1) field(INPB, "ai.VAL NPP MS") field(C, 5)',
    "calcout": 'field(CALC, "A") field(OUT, "ao PP") field(INPU, 3) field(OOPT, "When Zero")',
}


def base_fields(rtyp: str) -> set[str]:
    """The fields that the record type has in base, as far as clients see them."""
    spec = importlib.util.find_spec("epicscorelibs")
    assert spec is not None
    assert spec.origin is not None
    folder = Path(spec.origin).parent / "dbd"
    texts = [(folder / name).read_text() for name in ("dbCommon.dbd", f"{rtyp}Record.dbd")]
    found = re.findall(r"field\((\w+),\s*(\w+)\)", "\n".join(texts))
    return {name for name, kind in found if kind != "DBF_NOACCESS"}


#: Not compared here: what the record types make of it, which other tests are about.
SKIPPED = {*LEFT_OUT, "DTYP", "SCAN", "ORAW", "RVAL", "PVAL"}


async def test_files_are_read_as_base_reads_them(tmp_path: Path) -> None:
    lines = [f'record({rtyp}, "{rtyp}") {{ {COMMON} {fields} }}' for rtyp, fields in FIELDS.items()]
    database = "\n".join([*lines, 'record("*", "ai") { field(HYST, 4) alias("other") }', 'alias("ao", "more")'])
    async with twins(tmp_path, database) as both:
        names = [
            f"{rtyp}.{field}"
            for rtyp in FIELDS
            for field in base_fields(rtyp) & set(RECORD_TYPES[rtyp].record_class.fields)
        ]
        names = [name for name in names if name.split(".")[1] not in SKIPPED]
        assert await both.differences([*names, "other.HYST", "more.DESC"]) == []
