"""Simulation as a database says it: constants in SIML and SIOL, a SIML that cannot be read, SSCN."""

from __future__ import annotations

import asyncio

import pytest

from tests.clients import C_TOOLS
from tests.records.differential.iocs import TIMEOUT, both, differences

pytestmark = pytest.mark.skipif(C_TOOLS is None, reason="C IOCs come as x86_64 Linux wheels only")

YES = 'field(SIML, "1") field(SIOL, "5")'
NOT_THERE = 'field(INP, "src") field(SIML, "nowhere")'
LINES = (
    'record(ai, "src") { field(VAL, "3") }',
    'record(stringin, "text") { field(VAL, "abc") }',
    *(f'record({rtyp}, "{rtyp}") {{ field(INP, "src") {YES} }}' for rtyp in ("ai", "bi", "longin", "stringin", "mbbi")),
    f'record(histogram, "histogram") {{ field(NELM, 3) field(ULIM, 9) {YES} }}',
    'record(ai, "raw") { field(INP, "src") field(SIML, "2") field(SIOL, "5.5") }',
    'record(ao, "ao") { field(OUT, "src") field(SIML, "1") field(SIOL, "taken") field(VAL, 8) }',
    'record(ao, "taken") { }',
    f'record(ai, "swapped") {{ {YES} field(SSCN, "Event") field(EVNT, "never") }}',
    'record(ai, "back") { field(INP, "src") field(SIMM, "YES") field(SIML, "0") field(SSCN, "Event") }',
    f'record(ai, "away") {{ {NOT_THERE} }}',
    f'record(ai, "high") {{ {NOT_THERE} field(HIGH, 1) field(HSV, MINOR) }}',
    f'record(ai, "simulated") {{ {NOT_THERE} field(SIMM, "YES") field(SIOL, "7") field(SIMS, "MAJOR") }}',
    'record(ai, "odd") { field(INP, "src") field(SIML, "text") }',
    'record(calc, "follows") { field(CALC, "A") field(INPA, "away MS") }',
)
NAMES = (
    *("ai", "bi", "longin", "stringin", "mbbi", "histogram", "raw", "ao", "taken", "swapped", "back"),
    *("away", "high", "simulated", "odd", "follows"),
)


async def test_simulation_is_as_in_base() -> None:
    async with both("\n".join(LINES)) as (base, ours, pvdb):
        fields = ("", ".SIMM", ".SVAL", ".SCAN", ".SSCN", ".SEVR")
        names = [name + field for name in NAMES for field in fields if pvdb[name].field(field[1:] or "VAL") is not None]
        assert await differences(base, ours, names) == {}
        for name in NAMES:
            puts = (client.pv(f"{name}.PROC").put(1, timeout=TIMEOUT) for client in (base, ours))
            await asyncio.gather(*puts)
        assert await differences(base, ours, [*names, "high.STAT", "simulated.STAT"]) == {}
