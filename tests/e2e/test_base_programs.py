"""The programs of EPICS base print of our IOC what they print of base's own, with the same records."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from difflib import unified_diff

import pytest
import pytest_asyncio

from bridge.runtime.ioc import running
from tests.ca.softioc import softioc
from tests.clients import C_TOOLS, c_tool
from tests.e2e.peers import camonitor
from tests.records.differential.iocs import our_records
from tests.server.serving import loopback
from tests.waiting import eventually

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only"),
]

DATABASE = """
record(ao, "P:double") {
    field(VAL, "3.14159") field(EGU, "mm") field(PREC, "2") field(PINI, "YES") field(DESC, "A setpoint")
    field(HOPR, "10") field(LOPR, "-10") field(DRVH, "9.5") field(DRVL, "-9.5")
    field(HIHI, "8") field(HIGH, "3") field(LOW, "-7") field(LOLO, "-8")
    field(HHSV, "MAJOR") field(HSV, "MINOR") field(LSV, "MINOR") field(LLSV, "MAJOR")
}
record(ai, "P:unknown") { field(EGU, "K") }
record(ai, "P:nan") { field(VAL, "nan") field(PINI, "YES") }
record(longout, "P:long") { field(VAL, "-70000") field(EGU, "counts") field(PINI, "YES") field(HIGH, "5") }
record(int64out, "P:int64") { field(VAL, "5000000000") field(PINI, "YES") }
record(bo, "P:binary") { field(ZNAM, "off") field(ONAM, "on") field(PINI, "YES") }
record(mbbo, "P:enum") {
    field(PINI, "YES") field(ZRST, "off") field(ONST, "warming up") field(TWST, "ready for the measurem.")
    field(ONVL, "1") field(TWVL, "2")
}
record(stringout, "P:string") { field(VAL, "12.7 apples") field(PINI, "YES") }
record(lso, "P:text") { field(SIZV, "100") }
record(waveform, "P:bytes") { field(FTVL, "UCHAR") field(NELM, "16") }
record(waveform, "P:shorts") { field(FTVL, "SHORT") field(NELM, "5") field(EGU, "V") field(HOPR, "100") }
record(waveform, "P:doubles") { field(FTVL, "DOUBLE") field(NELM, "5") field(PREC, "3") }
record(waveform, "P:strings") { field(FTVL, "STRING") field(NELM, "3") }
record(ao, "P:locked") { field(VAL, "1") field(PINI, "YES") field(DISP, "1") }
"""
#: In metadata int64out and bo differ between 7.0.8 and later versions of base, which ours follow.
DESCRIBED = tuple(f"P:{name}" for name in ("double", "unknown", "nan", "long", "enum"))
NUMBERS = (*DESCRIBED, "P:int64", "P:binary")
SCALARS = (*NUMBERS, "P:string")
ARRAYS = tuple(f"P:{name}" for name in ("bytes", "shorts", "doubles", "strings"))
#: Puts that come before all reads, so that every PV has a value.
FILLED = (
    ("-t", "P:enum", "ready for the measurem."),
    ("-t", "-S", "P:text.VAL$", "a text of more than the forty characters of a string"),
    ("-t", "-S", "P:bytes", "hello"),
    ("-t", "-a", "P:shorts", "3", "1", "-2", "300"),
    ("-t", "-a", "P:doubles", "4", "1", "-2.345678", "1e10", "0.5"),
    ("-t", "-a", "P:strings", "2", "one", "two words"),
)

READS: dict[str, tuple[str, ...]] = {
    **{f"caget -d {dbr}": ("-d", str(dbr), *(DESCRIBED if dbr > 20 else NUMBERS)) for dbr in range(35)},
    "caget -d 37": ("-d", "37", "P:double", "P:unknown", "P:long", *SCALARS[4:], *ARRAYS),
    "caget -d 38": ("-d", "38", *SCALARS, *ARRAYS),
    **{f"caget -d {dbr} of texts": ("-d", str(dbr), "P:string", "P:strings") for dbr in range(0, 35, 7)},
    **{f"caget -d {dbr} of arrays": ("-d", str(dbr), *ARRAYS[:3]) for dbr in (0, 1, 5, 6, 13, 20, 33, 34)},
    "caget": (*SCALARS, *ARRAYS),
    "caget -t": ("-t", *SCALARS, *ARRAYS),
    "caget -n": ("-n", *SCALARS),
    "caget -s": ("-s", *SCALARS, *ARRAYS),
    "caget -c": ("-c", *ARRAYS),
    "caget -# 2": ("-#", "2", *ARRAYS),
    "caget -S": ("-S", "P:bytes", "P:text.VAL$", "P:double.DESC$", "P:string.VAL$"),
    "caget -S -# 5": ("-S", "-#", "5", "P:double.DESC$", "P:string.VAL$", "P:double.EGU$"),
    "caget -e3": ("-e", "3", "P:double", "P:doubles"),
    "caget -0x": ("-0x", "P:long", "P:shorts"),
    "caget -lx": ("-lx", "P:double", "P:long"),
    "caget -F": ("-F", ";", *ARRAYS),
    "caget, what is not there": ("-w", "0.3", "P:double", "P:nothing"),
    "caget of fields": tuple(f"P:double.{name}" for name in ("EGU", "PREC", "HIHI", "HHSV", "STAT", "SEVR", "SCAN")),
    "caget of parts": tuple(f"P:doubles.{part}" for part in ("[1:2]", "[2]", "[-2:]", "[0:2:3]", '{"arr":{"s":3}}')),
    "caget of filters": ('P:double.{"dbnd":{"abs":1}}', "P:double.{dec:{n:2}}", 'P:unknown.{"ts":{"str":"iso"}}'),
    "caget of filters that are none": ("-w", "0.3", 'P:double.{"nope":{}}', "P:double.[x]"),
}
WRITES: tuple[tuple[str, ...], ...] = (
    ("P:double", "2.5"),
    ("-c", "P:double", "-1e3"),  # clamped to DRVL
    ("-c", "P:double", "nan"),
    ("-c", "P:double", "abc"),
    ("-s", "P:double", "4"),
    ("P:long", "3.7"),
    ("-c", "P:long", "abc"),
    ("P:int64", "-9000000000"),
    ("P:binary", "on"),
    ("-n", "P:binary", "0"),
    ("-c", "P:enum", "warming up"),
    ("-c", "P:enum", "2"),
    ("-c", "P:enum", "cold"),
    ("P:string", "x" * 39),
    ("-c", "-S", "P:text.VAL$", "another text, which is just as long as the first one"),
    ("-a", "P:doubles", "2", "8", "9"),
    ("-c", "-a", "P:shorts", "1", "7"),
    ("-a", "P:strings", "3", "a", "", "c"),
    ("-c", "-S", "P:bytes", "good bye"),
    ("-c", "P:double.HIHI", "9"),
    ("-c", "P:double.HHSV", "MINOR"),
    ("-c", "P:double.DESC", "Another setpoint"),
    ("-w", "0.3", "P:nothing", "1"),
)
CHANGES = (
    ("P:double", "5"),
    ("P:double", "5"),
    ("P:double", "8.5"),
    ("P:double.EGU", "cm"),
    ("P:double", "0"),
    ("P:enum", "off"),
    ("P:string", "last"),
    ("-a", "P:doubles", "3", "1", "2", "3"),
    ("P:long", "77"),
)

#: Times, ports and places in base's source.
_OF_THE_MOMENT = re.compile(
    r"\d{4}[-/]\d\d[-/]\d\d[ T]\d\d:\d\d:\d\d\.\d+(?:[+-]\d{4})?|Time: .*|Host: .*|Context: .*|localhost:\d+"
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ports() -> AsyncIterator[tuple[int, int]]:
    """Of base's IOC and of ours."""
    async with softioc(DATABASE) as base, running(our_records(DATABASE), config=loopback()) as ioc:
        both = base, ioc.server.port
        for words in FILLED:
            for port in both:
                assert (await c_tool(port, "caput", *words)).code == 0
        yield both


async def printed(port: int, tool: str, *words: str) -> list[str]:
    done = await c_tool(port, tool, *words)
    return [f"code {done.code}", *_OF_THE_MOMENT.sub("...", done.out + done.err).splitlines()]


async def differences(ports: tuple[int, int], tool: str, *words: str) -> list[str]:
    base, ours = await asyncio.gather(*(printed(port, tool, *words) for port in ports))
    return list(unified_diff(base, ours, "base", "ours", n=0, lineterm=""))


async def test_caget(ports: tuple[int, int]) -> None:
    found = await asyncio.gather(*(differences(ports, "caget", *words) for words in READS.values()))
    assert {name: one for name, one in zip(READS, found, strict=True) if one} == {}


async def test_cainfo(ports: tuple[int, int]) -> None:
    names = (*SCALARS, *ARRAYS, "P:doubles.[1:2]", "P:doubles.[2]", "P:double.STAT", "P:text.VAL$")
    assert await differences(ports, "cainfo", *names) == []


async def test_ca_test(ports: tuple[int, int]) -> None:
    """It reads a PV as every type, and writes it."""
    for words in (["P:double"], ["P:long"], ["P:enum"], ["P:string"], ["P:double", "2.5"], ["P:double", "abc"]):
        assert await differences(ports, "ca_test", *words) == []


@pytest.mark.parametrize("words", WRITES, ids=" ".join)
async def test_caput(ports: tuple[int, int], words: tuple[str, ...]) -> None:
    assert await differences(ports, "caput", *words) == []
    assert await differences(ports, "caget", "-t", *SCALARS, *ARRAYS) == []


async def test_caput_to_what_is_locked(ports: tuple[int, int]) -> None:
    """Base says "write failed", we say "no access": both refuse, and both are warnings."""
    for port in ports:
        done = await c_tool(port, "caput", "-c", "P:locked", "5")
        assert done.code == 1
        assert (await c_tool(port, "caget", "-t", "P:locked")).out.strip() == "1"


async def test_camonitor(ports: tuple[int, int]) -> None:
    names = ("P:double", "P:long", "P:enum", "P:string", "P:doubles", "P:doubles.[1]", 'P:double.{"dbnd":{"abs":4}}')
    seen = []
    for port in ports:
        async with camonitor(port, *names) as monitor:
            await eventually(lambda monitor=monitor: len(monitor.latest) == len(names))
            for words in CHANGES:
                assert (await c_tool(port, "caput", "-c", *words)).code == 0
            await eventually(lambda monitor=monitor: monitor.latest["P:long"] == "77")
        seen.append((monitor.history, monitor.alarms))
    assert seen[1] == seen[0]


async def test_catime(ports: tuple[int, int]) -> None:
    """How long it takes is another matter: that it comes to its end, with 1000 channels on one PV."""
    done = await c_tool(ports[1], "catime", "P:double", "1000", deadline=60.0)
    assert done.code == 0, done.err
    assert "Free Channel Test" in done.out
