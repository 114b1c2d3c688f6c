"""std/rec longoutTest and scanEventTest, regressTest (severities) and ioc/db dbPutLinkTest, in their essentials."""

from __future__ import annotations

import pytest

from bridge.client import PutFailed
from tests.records.base_tests.conftest import Loading

LONGOUT = """
record(longout, "out") { field(OUT, "count.A PP") }
record(calc, "count") { field(CALC, "B:=B+1;B") }
"""
#: OOPT, the values put, and how many of them are written after each.
PATTERNS = (
    ("Every Time", (16, 16, 17), (1, 2, 3)),
    ("On Change", (16, 16, 17), (1, 1, 2)),
    ("When Zero", (16, 0, 0, 17), (0, 1, 2, 2)),
    ("When Non-zero", (16, 0, 0, 17), (1, 1, 1, 2)),
    ("Transition To Zero", (16, 0, 0, 17, 0), (0, 1, 1, 1, 2)),
    ("Transition To Non-zero", (0, 16, 17, 0, 1), (0, 1, 1, 1, 2)),
)


@pytest.mark.parametrize(("choice", "values", "counts"), PATTERNS, ids=[one[0] for one in PATTERNS])
async def test_longout_writes_by_oopt(
    loading: Loading, choice: str, values: tuple[int, ...], counts: tuple[int, ...]
) -> None:
    async with loading(LONGOUT) as ioc:
        if choice == "On Change":
            await ioc.put("out", 1, wait=True)
        elif choice.startswith("Transition"):
            await ioc.put("out", 0, wait=True)
        await ioc.put("out.OOPT", choice, wait=True)
        before = await ioc.get("count.B")
        seen = []
        for value in values:
            await ioc.put("out", value, wait=True)
            seen.append(await ioc.get("count.B") - before)
        assert seen == list(counts)


EVENTS = """
record(event, "poster") { }
record(calc, "named") { field(SCAN, "Event") field(EVNT, " e1 ") field(CALC, "VAL+1") }
record(calc, "numbered") { field(SCAN, "Event") field(EVNT, "7") field(CALC, "VAL+1") }
record(calc, "never") { field(SCAN, "Event") field(EVNT, "0") field(CALC, "VAL+1") }
"""


async def test_events_go_by_name_and_number(loading: Loading) -> None:
    async with loading(EVENTS) as ioc:
        for event, wanted in (("e1", (1, 0)), ("  e1 ", (2, 0)), ("7", (2, 1)), ("7.9", (2, 2)), ("0", (2, 2))):
            await ioc.put("poster", event, wait=True)
            await ioc.put("poster.PROC", 1, wait=True)
            await ioc.until({"named": float(wanted[0]), "numbered": float(wanted[1]), "never": 0.0})


SEVERITIES = """
record(ao, "src") { field(HIHI, "10") field(HHSV, "MAJOR") field(PINI, "YES") field(VAL, "0") }
record(ai, "nms") { field(INP, "src NPP NMS") }
record(ai, "ms") { field(INP, "src NPP MS") }
record(ai, "msi") { field(INP, "src NPP MSI") }
record(ai, "mss") { field(INP, "src NPP MSS") }
"""


async def test_severities_come_with_links(loading: Loading) -> None:
    async with loading(SEVERITIES) as ioc:
        await ioc.put("src", 11, wait=True)
        seen = {}
        for name in ("nms", "ms", "msi", "mss"):
            await ioc.put(f"{name}.PROC", 1, wait=True)
            seen[name] = (await ioc.text(f"{name}.STAT"), await ioc.text(f"{name}.SEVR"))
        calm = ("NO_ALARM", "NO_ALARM")
        assert seen == {"nms": calm, "ms": ("LINK", "MAJOR"), "msi": calm, "mss": ("HIHI", "MAJOR")}


LINKS = 'record(ai, "x") { } record(ao, "y") { } record(ai, "z") { }'


async def test_links_read_back_in_full(loading: Loading) -> None:
    async with loading(LINKS) as ioc:
        for field, text, shown in (
            ("x.INP", "z", "z NPP NMS"),
            ("x.INP", " z   MS", "z NPP MS"),
            ("x.INP", "z PP MSS", "z PP MSS"),
            ("x.INP", "z.VAL CA", "z.VAL CA NMS"),
            ("x.INP", "", ""),
            ("x.INP", "4.5", "4.5"),
            ("x.FLNK", "z", "z"),
            ("y.OUT", "z.DESC PP MSI", "z.DESC PP MSI"),
        ):
            await ioc.put(field, text, wait=True)
            assert await ioc.get(field) == shown
        for bad in ("@asyn(PORT)", "{state:1}"):
            with pytest.raises(PutFailed):
                await ioc.put("x.INP", bad, wait=True)
