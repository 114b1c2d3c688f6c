"""How often a record processes while an IOC starts: each CP link does so once, whatever PINI and scans have done."""

from __future__ import annotations

import pytest

from tests.clients import C_TOOLS
from tests.records.differential.iocs import both, differences
from tests.waiting import eventually

pytestmark = pytest.mark.skipif(C_TOOLS is None, reason="C IOCs come as x86_64 Linux wheels only")

SOURCES = """
record(ao, "idle") { field(VAL, 3) }
record(ao, "pini") { field(VAL, 3) field(PINI, YES) }
record(ai, "input") { field(INP, 5) field(PINI, YES) }
record(bo, "flag") { field(VAL, 1) field(PINI, YES) }
record(ai, "run") { field(INP, 5) field(PINI, RUN) }
record(ai, "scanned") { field(INP, 5) field(SCAN, "10 second") }
"""
NAMES = ("idle", "pini", "input", "flag", "run", "scanned")


async def test_a_cp_link_processes_once_at_start() -> None:
    counts = [
        f'record(calc, "{name}{mode}") {{ field(CALC, "VAL+1") field(INPA, "{name} {mode}") }}'
        for name in NAMES
        for mode in ("CP", "CPP")
    ]
    three = 'record(calc, "three") { field(CALC, "VAL+1") field(INPA, "pini CP") field(INPB, "run CP") '
    counts.append(f'{three} field(INPC, "pini CP") }}')
    names = [*(f"{name}{mode}" for name in NAMES for mode in ("CP", "CPP")), "three"]
    async with both("\n".join([SOURCES, *counts])) as (base, ours, pvdb):
        wanted = {name: 3.0 if name == "three" else 1.0 for name in names}
        await eventually(lambda: {name: pvdb[name].value for name in names} == wanted)

        async def alike() -> bool:
            return await differences(base, ours, names) == {}

        await eventually(alike)
        await base.pv("pini").put(4)
        await ours.pv("pini").put(4)
        wanted |= {"piniCP": 2.0, "piniCPP": 2.0, "three": 5.0}
        await eventually(lambda: {name: pvdb[name].value for name in names} == wanted)
        await eventually(alike)


TYPES = ("ai", "ao", "longin", "longout", "int64in", "int64out", "calc", "calcout", "dfanout", "sel")


async def test_what_deadbands_and_hysteresis_begin_with() -> None:
    lines = (f'record({rtyp}, "{rtyp}") {{ field(VAL, 3) }}' for rtyp in TYPES)
    names = [f"{rtyp}.{field}" for rtyp in TYPES for field in ("VAL", "MLST", "ALST", "LALM")]
    async with both("\n".join(lines)) as (base, ours, _):
        assert await differences(base, ours, names) == {}
