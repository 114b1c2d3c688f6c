"""Raw Soft Channel and the other device supports of bi, mbbi, mbbo and their like: MASK, SHFT, constants, SIMM RAW."""

from __future__ import annotations

import pytest

from tests.clients import C_TOOLS
from tests.records.differential.iocs import both, differences

pytestmark = pytest.mark.skipif(C_TOOLS is None, reason="C IOCs come as x86_64 Linux wheels only")

SUPPORTS = ("Soft Channel", "Raw Soft Channel", "Async Soft Channel")
VALUES = "field(ZRVL, 1) field(ONVL, 8) field(ONST, High)"
SHOWN = ("VAL", "RVAL", "ORAW", "MASK", "STAT", "SEVR", "UDF")


async def test_mask_of_multi_bit_records() -> None:
    lines = ['record(longout, "src") { field(VAL, 16) field(PINI, YES) }']
    names = []
    for support in SUPPORTS:
        for bits, shift in ((0, 0), (0, 1), (4, 0), (4, 1), (4, 31), (4, 33), (32, 1), (40, 1)):
            for values in ("", VALUES):
                one = f"{len(lines)}"
                about = f'field(DTYP, "{support}") field(NOBT, {bits}) field(SHFT, {shift}) {values} field(PINI, YES)'
                lines.append(f"record(mbbi, i{one}) {{ {about} field(INP, src) }}")
                lines.append(f"record(mbbo, o{one}) {{ {about} field(OUT, t{one}) field(VAL, 1) }}")
                lines.append(f"record(mbbo, w{one}) {{ {about} field(OUT, u{one}) field(MASK, 9) field(VAL, 13) }}")
                lines += [f"record(longout, {target}{one}) {{}}" for target in "tu"]
                names += [f"{name}{one}.{field}" for name in "iow" for field in SHOWN]
                names += [f"t{one}", f"u{one}"]
    async with both("\n".join(lines)) as (base, ours, _):
        assert await differences(base, ours, names) == {}


async def test_constants_are_raw_values_with_raw_soft_channel() -> None:
    """Before and after processing."""
    lines, names = [], []
    for number, (rtyp, fields) in enumerate(
        (
            ("mbbi", 'field(INP, "0xff") field(NOBT, 4) field(SHFT, 1)'),
            ("mbbi", f"field(INP, 6) field(NOBT, 4) field(SHFT, 1) {VALUES}"),
            ("bi", "field(INP, 6)"),
            ("bi", "field(INP, 6) field(MASK, 1)"),
            ("mbbiDirect", "field(INP, 14) field(NOBT, 4) field(SHFT, 1)"),
            ("ai", "field(INP, 14) field(ASLO, 2)"),
        )
    ):
        for pini in ("YES", "NO"):
            name = f"x{number}{pini}"
            lines.append(f'record({rtyp}, "{name}") {{ field(DTYP, "Raw Soft Channel") field(PINI, {pini}) {fields} }}')
            names += [f"{name}.{field}" for field in SHOWN if (field, rtyp) != ("MASK", "ai")]
    async with both("\n".join(lines)) as (base, ours, _):
        assert await differences(base, ours, names) == {}


async def test_simulated_raw_values_are_not_masked() -> None:
    lines = ['record(longout, "src") { field(VAL, 16) field(PINI, YES) }']
    about = "field(INP, src) field(SIOL, src) field(SIMM, RAW) field(PINI, YES)"
    lines.append(f"record(mbbi, m) {{ {about} field(NOBT, 2) field(SHFT, 1) }}")
    lines.append(f"record(bi, b) {{ {about} field(MASK, 4) }}")
    async with both("\n".join(lines)) as (base, ours, _):
        assert await differences(base, ours, [f"{name}.{field}" for name in "mb" for field in SHOWN]) == {}
