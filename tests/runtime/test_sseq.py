"""sseq in a running IOC, as sseqRecord.c and sseqRecord.html of epics-modules/calc have it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from bridge.client import Client, PutFailed
from bridge.runtime.ioc import Ioc, running
from records import PVGroup, Severity, Status, ai, ao, busy, longout, mbbo, sseq, stringin, stringout, waveform
from tests.client.settings import only
from tests.server.serving import loopback
from tests.waiting import eventually


class Moves(PVGroup):
    all = sseq(
        dol1="M:number",
        lnk1="M:text",
        dol2="M:label",
        lnk2="M:mode",
        str3="12.5 mm",
        lnk3="M:result PP",
        dol4="7",
        lnk4="M:count",
        prec=2,
        flnk="M:after",
    )
    number = ai(1.25)
    label = stringin("busy")
    text = stringout("")
    mode = mbbo(0, zrst="idle", onst="busy")
    result = ao(0.0)
    count = longout(0)
    after = longout(0, dol="M:ended", omsl="closed_loop")
    ended = longout(1)
    chars = waveform("4.5 K", ftvl="CHAR", nelm=10)
    bytes = waveform("", ftvl="CHAR", nelm=6)
    scan1 = busy(0)
    scan2 = busy(0)
    waits = sseq(do1=1, lnk1="M:scan1 CA", wait1="Wait", do2=1, lnk2="M:scan2 CA", do3=3, lnk3="M:count CA")


@pytest.fixture
async def ioc() -> AsyncIterator[tuple[Moves, Ioc]]:
    group = Moves("M:")
    async with running(group, config=loopback()) as ioc:
        yield group, ioc


async def test_numbers_and_texts_by_what_the_links_lead_to(ioc: tuple[Moves, Ioc]) -> None:
    group, ioc_ = ioc
    async with Client(only(ioc_.server.port)) as client:
        await client.pv("M:all.PROC").put(1)
    assert (group.text.value, group.mode.value, group.result.value, group.count.value) == ("1.25", 1, 12.5, 7)
    assert (group.after.value, group.all.busy, group.all.udf) == (1, 0, 0)
    assert (group.all.do1, group.all.str1, group.all.do2, group.all.str2) == (1.25, "1.25", 0.0, "busy")


async def test_number_and_text_say_the_same(ioc: tuple[Moves, Ioc]) -> None:
    """special: DOn makes STRn by PREC, STRn makes DOn by atof; init_record: a text that was given wins."""
    group, _ = ioc
    assert (group.all.do3, group.all.str3, group.all.do4, group.all.str4) == (12.5, "12.5 mm", 7.0, "7")
    group.all.put_field("DO3", 1.5)
    group.all.put_field("STR4", "8.5 mm")
    assert (group.all.str3, group.all.do4) == ("1.50", 8.5)


async def test_arrays_of_characters(ioc: tuple[Moves, Ioc]) -> None:
    group, _ = ioc
    for name, value in (("DOL1", "M:chars"), ("LNK1", "M:bytes"), ("SELM", "Mask"), ("SELN", 1)):
        group.all.put_field(name, value)
    group.all.process()
    await eventually(lambda: group.all.busy == 0)
    assert (group.all.do1, group.all.str1, group.bytes.value) == (4.5, "4.5 K", b"4.5 K\0")
    assert (group.all.dt1, group.all.lt1, group.all.lt5) == (1, 1, -1)


@pytest.mark.parametrize(
    ("selm", "seln", "done"), [("Specified", 3, (0.0, 12.5)), ("Specified", 0, (0.0, 0.0)), ("Mask", 12, (7.0, 12.5))]
)
async def test_selection(ioc: tuple[Moves, Ioc], selm: str, seln: int, done: tuple[float, float]) -> None:
    group, _ = ioc
    group.all.put_field("SELM", selm)
    group.all.put_field("SELN", seln)
    group.all.process()
    await eventually(lambda: group.after.value == 1)
    assert (group.count.value, group.result.value) == done


async def test_a_group_that_is_not_there(ioc: tuple[Moves, Ioc]) -> None:
    group, _ = ioc
    group.all.put_field("SELM", "Specified")
    group.all.put_field("SELN", 11)
    group.all.process()
    assert (group.all.alarm.status, group.all.alarm.severity) == (Status.SOFT, Severity.INVALID)


async def run(group: Moves, ioc: Ioc, **fields: Any) -> asyncio.Task[None]:
    """Process `waits` with completion."""
    for name, value in fields.items():
        group.waits.put_field(name.upper(), value)

    async def put() -> None:
        async with Client(only(ioc.server.port)) as client:
            await client.pv("M:waits.PROC").put(1, timeout=30.0)

    return asyncio.create_task(put())


def abort(group: Moves) -> None:
    """Abort, and wait for nothing."""
    work = group.waits.put_field("ABORT", 1)
    if work is not None:
        work.close()


async def test_wait(ioc: tuple[Moves, Ioc]) -> None:
    group, ioc_ = ioc
    put = await run(group, ioc_)
    await eventually(lambda: group.scan1.value == 1)
    assert (group.scan2.value, group.waits.wtg1, group.waits.busy) == (0, 1, 1)
    group.scan1.put(0)
    await eventually(lambda: group.count.value == 3)
    assert (group.scan2.value, group.waits.wtg1) == (1, 0)
    await put
    assert group.waits.busy == 0


async def test_after_2(ioc: tuple[Moves, Ioc]) -> None:
    """sseqRecord.html: After2 of link 1 and Wait of link 2 start both, and wait for both before link 3."""
    group, ioc_ = ioc
    put = await run(group, ioc_, wait1="After2", wait2="Wait")
    await eventually(lambda: group.scan2.value == 1)
    assert (group.scan1.value, group.waits.wtg1, group.waits.wtg2) == (1, 1, 1)
    group.scan2.put(0)
    await eventually(lambda: group.waits.wtg2 == 0)
    assert group.count.value == 0
    group.scan1.put(0)
    await put
    assert group.count.value == 3


async def test_the_end_waits_for_all(ioc: tuple[Moves, Ioc]) -> None:
    group, ioc_ = ioc
    put = await run(group, ioc_, wait1="After5")
    await eventually(lambda: group.count.value == 3)
    assert (group.waits.busy, group.waits.wtg1) == (1, 1)
    group.scan1.put(0)
    await put


async def test_abort(ioc: tuple[Moves, Ioc]) -> None:
    """The first time it waits for what was begun, the second time it does not; FLNK is processed in any case."""
    group, ioc_ = ioc
    put = await run(group, ioc_, flnk="M:after")
    await eventually(lambda: group.waits.wtg1 == group.scan1.value == 1)
    abort(group)
    assert (group.waits.abort, group.waits.aborting, group.waits.busy) == (1, 1, 1)
    group.scan1.put(0)
    await put
    assert (group.waits.abort, group.waits.aborting, group.waits.busy, group.scan2.value) == (0, 0, 0, 0)
    await eventually(lambda: group.after.value == 1)
    put = await run(group, ioc_)
    await eventually(lambda: group.waits.wtg1 == group.scan1.value == 1)
    abort(group)
    abort(group)
    await put
    assert (group.scan1.value, group.waits.wtg1, group.waits.busy) == (1, 0, 0)


async def test_abort_of_a_delay(ioc: tuple[Moves, Ioc]) -> None:
    group, ioc_ = ioc
    put = await run(group, ioc_, dly1=1000.0)
    await eventually(lambda: group.waits.busy == 1)
    abort(group)
    await asyncio.wait_for(put, 10)
    assert group.scan1.value == 0
    with pytest.raises(PermissionError, match="no sequence is running"):
        group.waits.put_field("ABORT", 1)
    async with Client(only(ioc_.server.port)) as client:
        with pytest.raises(PutFailed):
            await client.pv("M:waits.ABORT").put(1)
    assert group.waits.abort == 0


async def test_delays_and_what_cannot_be_waited_for(ioc: tuple[Moves, Ioc]) -> None:
    group, ioc_ = ioc
    put = await run(group, ioc_, dly1=0.05, lnk1="M:scan1 PP")
    await eventually(lambda: group.waits.busy == 1)
    assert (group.waits.werr1, group.waits.werr2, group.scan1.value) == (1, 0, 0)
    await eventually(lambda: group.count.value == 3)
    assert (group.waits.field("LNK1V").text, group.waits.field("DOL1V").text) == ("Local PV", "Constant")  # type: ignore[union-attr]
    group.scan1.put(0)
    await put


async def test_another_ioc() -> None:
    class Far(PVGroup):
        scan = busy(0)
        text = stringout("")

    class Near(PVGroup):
        seq = sseq(do1=1, lnk1="FAR:scan CA", wait1="Wait", str2="hello", lnk2="FAR:text", flnk="NEAR:after")
        after = ao(0.0, dol="NEAR:one", omsl="closed_loop")
        one = ao(1.0)

    far, near = Far("FAR:"), Near("NEAR:")
    async with asyncio.timeout(30), AsyncExitStack() as away:
        there = await away.enter_async_context(running(far, config=loopback()))
        async with running(near, config=loopback(), links=lambda: only(there.server.port)):
            await eventually(lambda: (near.seq.lnk1v, near.seq.lnk2v) == (1, 1))
            near.seq.process()
            await eventually(lambda: far.scan.value == 1)
            assert (far.text.value, near.seq.wtg1) == ("", 1)
            far.scan.put(0)
            await eventually(lambda: near.after.value == 1.0)
            await eventually(lambda: far.text.value == "hello")
