"""The same database file, with macros, templates and all that a file may have, loaded by a C IOC and by us."""

from __future__ import annotations

import pytest

from records.makers import RECORD_TYPES
from tests.clients import C_TOOLS
from tests.records.differential.compare import LEFT_OUT
from tests.records.differential.dbd import fields_of
from tests.records.differential.iocs import both, same, shown

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


#: Not compared here: what the record types make of it, which other tests are about.
SKIPPED = {*LEFT_OUT, "SCAN", "ORAW", "RVAL", "PVAL"}


async def test_files_are_read_as_base_reads_them() -> None:
    lines = [f'record({rtyp}, "{rtyp}") {{ {COMMON} {fields} }}' for rtyp, fields in FIELDS.items()]
    database = "\n".join([*lines, 'record("*", "ai") { field(HYST, 4) alias("other") }', 'alias("ao", "more")'])
    names = [
        f"{rtyp}.{field}"
        for rtyp in FIELDS
        for field in fields_of(rtyp)
        if field in RECORD_TYPES[rtyp].record_class.fields and field not in SKIPPED
    ]
    async with both(database) as (*clients, _):
        different = {}
        for name in (*names, "other.HYST", "more.DESC"):
            base, ours = [await shown(client.pv(name)) for client in clients]
            if not same(base, ours):
                different[name] = (base, ours)
        assert different == {}
