"""Values as text: what numbers are called that are no state of a bi, bo, mbbi or mbbo;
and text as values: which numbers it is.
"""

from __future__ import annotations

import asyncio
import re

import pytest

from bridge.ca.dbr import ChannelType
from bridge.client import Client, ClientError
from tests.clients import C_TOOLS
from tests.records.differential.iocs import TIMEOUT, both, differences

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


#: Texts for whole numbers. Left out are NaN and infinity, and texts without any (docs/record-differences.md).
WHOLE = (
    *("65", "010", "-010", "+010", "0x10", "-0X1f", "08", "018", "1e3", "1.5", "010.5", "08e1", "010e1", "  12 x", "x"),
    *("0x", "256", "255", "-128", "-129", "-255", "65536", "-65535", "4294967295", "-4294967295", "-4294967296"),
    *("18446744073709551615", "-18446744073709551615", "99999999999", "9223372036854775808", "- 5", "0 1", "-0", "1_0"),
)
KINDS = ("CHAR", "UCHAR", "SHORT", "USHORT", "LONG", "ULONG", "INT64", "UINT64", "FLOAT", "DOUBLE", "ENUM")
BLANKS = ("", " ", " 3", "3 ", "\t1", "1 second", "one", " one", "+1")
CHARACTERS = (b"1\0", b"12\0", b" 3\0", b"\xff\x80\0")
RECORDS = (
    *(f'record(waveform, "w{kind}") {{ field(FTVL, {kind}) field(NELM, 3) }}' for kind in KINDS),
    'record(longout, "x") {}',
    'record(mbbo, "m") {}',
    'record(mbbo, "ms") { field(ZRST, zero) field(ONST, one) field(TEST, ten) }',
    'record(mbbi, "mi") { field(ZRST, zero) field(ONST, one) field(TEST, ten) }',
    'record(bo, "b") { field(ZNAM, a) field(ONAM, b) }',
)


async def test_numbers_that_texts_are() -> None:
    names = [*(f"w{kind}" for kind in KINDS), "wCHAR.[0:1]", 'wLONG.{"ts":{}}', "x", "x.DISV", "x.OMSL", "x.SCAN"]
    names += ["m", "m.ZRVL", "m.SHFT", "ms", "mi", "b"]
    async with both("\n".join(RECORDS)) as (base, ours, _):
        for name in names:
            for text in (*WHOLE, *BLANKS):
                outcomes = await asyncio.gather(*(_put(client, name, text) for client in (base, ours)))
                assert outcomes[0] == outcomes[1], (name, text)
                assert await differences(base, ours, [_behind(name)]) == {}, (name, text)


async def test_characters_are_numbers_for_arrays_and_text_for_one_value() -> None:
    names = [*(f"w{kind}" for kind in KINDS), "wCHAR.[0:1]", "wLONG.[0:1]", "x", "x.DISV", "x.DESC$", "x.DESC$[0:1]"]
    async with both("\n".join(RECORDS)) as (base, ours, _):
        for name in names:
            for text in CHARACTERS if "$" in name else (*CHARACTERS, b"1", b"\xff"):
                outcomes = await asyncio.gather(*(_put(client, name, text) for client in (base, ours)))
                assert outcomes[0] == outcomes[1], (name, text)
                assert await differences(base, ours, [_behind(name)]) == {}, (name, text)


#: One without a name besides those that have one; which of them clients are shown is another matter.
BLANK = {
    **{f"{rtyp}{index}": states for rtyp in ("bi", "bo") for index, states in enumerate(TWO)},
    **{f"mbb{way}{index}": states for way in "io" for index, states in enumerate((*SIXTEEN, "field(ONST, b)"))},
}


async def test_empty_text_is_a_state_without_a_name() -> None:
    lines = [f'record({name[:-1]}, "{name}") {{ {states} field(VAL, 5) }}' for name, states in BLANK.items()]
    lines += [f'record(stringout, "to:{name}") {{ field(OUT, "{name}") }}' for name in BLANK]
    async with both("\n".join(lines)) as (base, ours, _):
        for name in BLANK:
            outcomes = await asyncio.gather(*(_put(client, name, "") for client in (base, ours)))
            assert outcomes[0] == outcomes[1], name
            assert await differences(base, ours, [name]) == {}, name
            for client in (base, ours):
                await client.pv(name).put(0, timeout=TIMEOUT)
                await client.pv(f"to:{name}").put("", timeout=TIMEOUT)
            assert await differences(base, ours, [name, f"to:{name}.SEVR"]) == {}, name


async def test_a_calc_that_is_none_is_kept_and_shown_at_once() -> None:
    async with both('record(calc, "c") { field(CALC, "1") field(DISA, 1) }') as (base, ours, _):
        for text in ("A*B", "A+", "", "B"):
            await differences(base, ours, ["c.CALC"])  # it has been rendered
            outcomes = await asyncio.gather(*(_put(client, "c.CALC", text) for client in (base, ours)))
            assert outcomes[0] == outcomes[1], text
            assert await differences(base, ours, ["c.CALC"]) == {}, text


def _behind(name: str) -> str:
    """The name without filters."""
    return re.split(r"\.?[\[{]", name)[0]


async def _put(client: Client, name: str, text: str | bytes) -> bool:
    dbr = ChannelType.CHAR if isinstance(text, bytes) else ChannelType.STRING
    try:
        await client.pv(name).put(list(text) if isinstance(text, bytes) else text, timeout=TIMEOUT, dbr=dbr)
    except ClientError:
        return False
    return True


@pytest.mark.parametrize("kind", ["CHAR", "UCHAR"])
async def test_a_link_writes_texts_as_numbers(kind: str) -> None:
    lines = [f'record(waveform, "w") {{ field(FTVL, {kind}) field(NELM, 3) }}']
    lines += [
        'record(stringout, "s") { field(OUT, "w") }',
        'record(aao, "a") { field(FTVL, STRING) field(NELM, 3) field(OUT, "w") }',
        'record(lso, "l") { field(SIZV, 40) field(OUT, "w") }',
        'record(printf, "p") { field(SIZV, 40) field(OUT, "w") field(FMT, "%d") field(INP0, 7) }',
    ]
    shown = [*("w", "w.NORD"), *(f"{name}.{field}" for name in "salp" for field in ("STAT", "SEVR"))]
    async with both("\n".join(lines)) as (base, ours, _):
        for text in (*WHOLE, "", " "):
            for client in (base, ours):
                await client.pv("s").put(text, timeout=TIMEOUT)
            assert await differences(base, ours, shown) == {}, text
        for text in ("12", "a text", "x"):
            for client in (base, ours):
                await client.pv("l").put(text, timeout=TIMEOUT)
            assert await differences(base, ours, shown) == {}, text
        for target in ("a", "p"):
            for client in (base, ours):
                await client.pv(f"{target}.PROC").put(1, timeout=TIMEOUT)
            assert await differences(base, ours, shown) == {}, target
        for texts in (["1", "2"], ["1", "0x10", "3"], ["x"]):
            for client in (base, ours):
                await client.pv("a").put(texts, timeout=TIMEOUT)
            assert await differences(base, ours, shown) == {}, texts
