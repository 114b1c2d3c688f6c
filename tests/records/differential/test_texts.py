"""Values as text: what numbers are called that are no state of a bi, bo, mbbi or mbbo."""

from __future__ import annotations

import asyncio

import pytest

from bridge.ca.dbr import ChannelType
from tests.clients import C_TOOLS
from tests.records.differential.iocs import TIMEOUT, both

pytestmark = pytest.mark.skipif(C_TOOLS is None, reason="C IOCs come as x86_64 Linux wheels only")

TWO = ("", "field(ZNAM, Off)", "field(ONAM, On)", "field(ZNAM, Off) field(ONAM, On)")
SIXTEEN = ("", "field(ZRST, a)", "field(ZRST, a) field(THST, d)", "field(ZRVL, 3)")
NUMBERS = (0, 1, 2, 3, 15, 16, 65535)


async def test_texts_of_states_and_of_what_is_none() -> None:
    lines, names = [], []
    for rtyp, choices in (("bi", TWO), ("bo", TWO), ("mbbi", SIXTEEN), ("mbbo", SIXTEEN)):
        for index, states in enumerate(choices):
            for number in NUMBERS:
                name = f"{rtyp}{index}:{number}"
                lines.append(f'record({rtyp}, "{name}") {{ {states} field(VAL, {number}) }}')
                lines.append(f'record(stringin, "{name}:text") {{ field(INP, "{name}") field(PINI, YES) }}')
                names += [name, f"{name}:text"]
    async with both("\n".join(lines)) as (base, ours, _):
        for name in names:
            asked = (client.pv(name).get(ChannelType.STRING, timeout=TIMEOUT) for client in (base, ours))
            seen = [result.value for result in await asyncio.gather(*asked)]
            assert seen[0] == seen[1], name
