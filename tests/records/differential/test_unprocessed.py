"""What records show before they have processed."""

from __future__ import annotations

import pytest

from tests.clients import C_TOOLS
from tests.records.differential.iocs import both, differences

pytestmark = pytest.mark.skipif(C_TOOLS is None, reason="C IOCs come as x86_64 Linux wheels only")


async def test_alarms_of_records_with_constants() -> None:
    arrays = "field(FTVL, DOUBLE) field(NELM, 3)"
    about = {
        "w1": ("waveform", f"{arrays} field(INP, {{const:[1,2]}})"),
        "w2": ("waveform", arrays),
        "a1": ("aai", f"{arrays} field(INP, {{const:[1,2]}})"),
        "i1": ("ai", "field(INP, 3)"),
        "i2": ("ai", "field(VAL, 3)"),
        "i3": ("ai", "field(INP, 3) field(UDFS, MINOR)"),
        "i4": ("ai", "field(INP, 3) field(VAL, 4)"),
        "b1": ("bi", "field(INP, 1)"),
        "m1": ("mbbi", "field(INP, 1)"),
        "l1": ("longin", "field(INP, 3)"),
        "o1": ("ao", "field(DOL, 3)"),
        "o2": ("longout", "field(DOL, 3)"),
    }
    lines = [f'record({rtyp}, "{name}") {{ {fields} }}' for name, (rtyp, fields) in about.items()]
    async with both("\n".join(lines)) as (base, ours, _):
        names = [f"{name}.{field}" for name in about for field in ("VAL", "STAT", "SEVR", "UDF", "ACKS")]
        assert await differences(base, ours, names) == {}
