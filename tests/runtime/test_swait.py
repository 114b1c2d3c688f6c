"""swait in a running IOC, as swaitRecord.c and swaitRecord.html of epics-modules/calc have it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from bridge.client import Client
from bridge.runtime.ioc import Ioc, running
from records import PVGroup, Severity, Status, ao, busy, longout, swait
from tests.client.settings import only
from tests.runtime.fakes import Chatty
from tests.server.serving import loopback
from tests.waiting import eventually


class Waits(PVGroup):
    x = ao(2.0)
    y = ao(3.0)
    sum = swait(inan="W:x", inbn="W:y", calc="A+B", outn="W:out", flnk="W:after")
    out = ao(0.0)
    flag = busy(0)
    after = longout(1, dol="W:count", omsl="closed_loop")
    count = ao(7.0)
    each = swait(inan="W:x", inbn="W:y", inbp="No", calc="VAL*10+A", scan="I/O Intr", oopt="Never")


@pytest.fixture
async def ioc() -> AsyncIterator[tuple[Waits, Ioc]]:
    group = Waits("W:")
    async with running(group, config=loopback()) as ioc:
        yield group, ioc


async def test_reads_by_name_and_writes(ioc: tuple[Waits, Ioc]) -> None:
    group, _ = ioc
    group.sum.process()
    assert (group.sum.value, group.sum.oval, group.sum.la, group.sum.alarm.severity) == (5.0, 5.0, 2.0, 0)
    await eventually(lambda: group.out.value == 5.0)
    states = [group.sum.field(name).text for name in ("INAV", "INCV", "OUTV", "DOLV")]  # type: ignore[union-attr]
    assert states == ["PV OK", "No PV", "PV OK", "No PV"]


async def test_flnk_and_completion_wait_for_outn(ioc: tuple[Waits, Ioc]) -> None:
    """execOutput: ca_put_callback, and recGblFwdLink when that comes back (4.00 of the modification log)."""
    group, ioc_ = ioc
    group.sum.put_field("OUTN", "W:flag")
    group.sum.put_field("CALC", "A>1")
    async with Client(only(ioc_.server.port)) as client:
        put = asyncio.create_task(client.pv("W:sum.PROC").put(1, timeout=30.0))
        await eventually(lambda: group.flag.value == 1)
        assert (group.after.value, group.sum.pact, put.done()) == (1, 0, False)
        await client.pv("W:flag").put(0)
        await put
        assert group.after.value == 7


async def test_flnk_without_output(ioc: tuple[Waits, Ioc]) -> None:
    group, _ = ioc
    group.sum.put_field("OOPT", "Never")
    group.sum.process()
    assert (group.after.value, group.out.value, group.sum.value) == (7, 0.0, 5.0)


async def test_dopt_takes_what_doln_says(ioc: tuple[Waits, Ioc]) -> None:
    group, _ = ioc
    group.sum.put_field("DOLN", "W:count")
    group.sum.put_field("DOPT", "Use DOL")
    group.sum.process()
    await eventually(lambda: group.out.value == 7.0)
    assert (group.sum.value, group.sum.dold) == (5.0, 7.0)


async def test_odly_keeps_it_busy(ioc: tuple[Waits, Ioc]) -> None:
    """schedOutput: "THE RECORD REMAINS ACTIVE WHILE WAITING ON THE WATCHDOG"; values are posted at once."""
    group, _ = ioc
    group.sum.put_field("ODLY", 0.05)
    group.sum.process()
    assert (group.sum.value, group.sum.pact, group.out.value, group.after.value) == (5.0, 1, 0.0, 1)
    await eventually(lambda: group.after.value == 7)
    assert (group.sum.pact, group.out.value) == (0, 5.0)


async def test_io_intr_processes_at_each_change(ioc: tuple[Waits, Ioc]) -> None:
    """inputChanged queues every value of the inputs that are flagged; others are read when that processes it."""
    group, _ = ioc
    await eventually(lambda: group.each.value == 2.0)  # the first monitor
    group.each.put_field("VAL", 0.0)
    for value in (1.0, 2.0, 3.0):
        await group.x.write(value)
    await eventually(lambda: group.each.value == 123.0)
    await group.y.write(4.0)
    assert group.each.b == 3.0
    await group.x.write(5.0)
    await eventually(lambda: group.each.value == 1235.0)
    assert group.each.b == 4.0


async def test_a_name_that_is_nowhere(ioc: tuple[Waits, Ioc]) -> None:
    """fetch_values: "if any input should be connected, but is not, return"; READ/INVALID, VAL stays."""
    group, _ = ioc
    group.sum.put_field("INBN", "nowhere")
    group.sum.process()
    assert (group.sum.alarm.status, group.sum.alarm.severity, group.sum.value) == (Status.READ, Severity.INVALID, 0.0)
    assert group.sum.field("INBV").text == "PV BAD"  # type: ignore[union-attr]
    group.sum.put_field("INBN", "  ")
    group.sum.process()
    assert (group.sum.inbn, group.sum.value, group.sum.alarm.severity) == ("", 2.0, Severity.NO_ALARM)


async def test_simulation_and_bad_expressions(ioc: tuple[Waits, Ioc]) -> None:
    group, _ = ioc
    group.sum.put_field("SIOL", "W:count")
    group.sum.put_field("SIMM", "YES")
    group.sum.put_field("SIMS", "MINOR")
    group.sum.process()
    assert (group.sum.value, group.sum.alarm.status, group.sum.alarm.severity) == (7.0, Status.SIMM, Severity.MINOR)
    group.sum.put_field("SIMM", "NO")
    group.sum.put_field("CALC", "A+")
    group.sum.process()
    assert (group.sum.clcv, group.sum.value, group.sum.alarm.status) == (-1, 7.0, Status.CALC)


async def test_pvs_of_another_ioc() -> None:
    class Far(PVGroup):
        level = ao(4.0)
        target = ao(0.0)

    class Near(PVGroup):
        sum = swait(inan="FAR:level", calc="A+1", outn="FAR:target", scan="I/O Intr", flnk="NEAR:after")
        after = longout(1, dol="NEAR:sum", omsl="closed_loop")

    far, near = Far("FAR:"), Near("NEAR:")
    async with asyncio.timeout(30), AsyncExitStack() as away:
        there = await away.enter_async_context(running(far, config=loopback()))
        async with running(near, config=loopback(), links=lambda: only(there.server.port)):
            await eventually(lambda: near.sum.value == 5.0)
            await eventually(lambda: far.target.value == 5.0 or near.sum.outv == 0)
            await far.level.write(9.0)
            await eventually(lambda: far.target.value == 10.0)
            await eventually(lambda: near.after.value == 10)
            seen: list[int] = []
            near.sum.field("INAV").listen(lambda pv, changes: seen.append(pv.value))  # type: ignore[union-attr]
            await away.aclose()
            await eventually(lambda: seen == [1], 10.0)


def test_others_still_need_a_speaker() -> None:
    """What processes an I/O Intr record is its INP, but for swait."""
    source = Chatty()
    assert ao(inp=source).create().speaker is source
