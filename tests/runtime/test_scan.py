"""Scan lists on a clock that stands still until it is moved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridge import PVGroup, ai, running
from bridge.runtime.scan import ScanLists
from bridge.server import EagerRunner
from records import Record
from tests.clients import C_TOOLS, c_tool
from tests.logs import logged
from tests.runtime.fakes import Counter, Gate
from tests.runtime.handclock import HandClock, settle
from tests.server.serving import loopback

Lists = tuple[ScanLists, HandClock]


@pytest.fixture
async def lists() -> AsyncIterator[Lists]:
    clock = HandClock()
    runner = EagerRunner(asyncio.get_running_loop())
    scans = ScanLists(runner.run, clock)
    yield scans, clock
    await scans.stop()
    await runner.close()


def record(scan: str, source: Any, phas: int = 0, name: str = "R") -> Record:
    class Group(PVGroup):
        R = ai(inp=source, scan=scan, phas=phas)

    found = Group(f"{name}:").R
    assert isinstance(found, Record)
    return found


async def test_each_record_at_its_rate(lists: Lists) -> None:
    scans, clock = lists
    fast, slow, never = Counter(), Counter(), Counter()
    for scan, source in ((".5 second", fast), ("2 second", slow), ("Passive", never)):
        scans.add(record(scan, source))
    scans.start()
    await clock.advance(10.0)
    assert (fast.reads, slow.reads, never.reads) == (21, 6, 0)  # the first one at once
    assert scans.statistics[0.5].ticks == 21


async def test_lateness_does_not_add_up(lists: Lists) -> None:
    scans, clock = lists
    source = Counter(clock.monotonic)
    scans.add(record("1 second", source))
    scans.start()
    await settle()
    begin = clock.monotonic()
    for _ in range(8):
        await clock.jump(1.1)  # every wake-up is late, and later than the one before
    assert [round(time - begin, 3) for time in source.times] == [0.0, 1.1, 2.2, 3.3, 4.4, 5.5, 6.6, 7.7, 8.8]
    await clock.advance(0.2)  # the ninth period ends at 9.0, whatever happened before
    assert round(source.times[-1] - begin, 3) == 9.0
    assert scans.statistics[1.0].missed_ticks == 0


async def test_missed_ticks_are_counted_and_not_made_up(lists: Lists) -> None:
    scans, clock = lists
    source = Counter(clock.monotonic)
    scans.add(record("1 second", source))
    scans.start()
    await settle()
    begin = clock.monotonic()
    await clock.jump(3600.5)
    assert source.reads == 2
    assert scans.statistics[1.0].missed_ticks == 3599
    await clock.advance(2.0)
    assert [round(time - begin, 3) for time in source.times] == [0.0, 3600.5, 3601.0, 3602.0]


async def test_order_of_phases(lists: Lists) -> None:
    scans, clock = lists
    order: list[str] = []

    class Source:
        def __init__(self, name: str) -> None:
            self.name = name

        async def read(self) -> Any:
            order.append(self.name)
            raise ConnectionError("nobody there")

    for name, phas in (("late", 2), ("first", 0), ("last", 3), ("second", 0), ("before", -1)):
        scans.add(record("1 second", Source(name), phas, name))
    scans.start()
    await clock.advance(1.0)
    assert order == ["before", "first", "second", "late", "last"] * 2


async def test_a_busy_record_sits_out_and_delays_nobody(lists: Lists) -> None:
    scans, clock = lists
    slow, quick = Gate(), Counter()
    scans.add(record("1 second", slow))
    scans.add(record("1 second", quick))
    scans.start()
    await clock.advance(3.0)
    assert (slow.asked, quick.reads) == (1, 4)
    assert scans.statistics[1.0].skipped == 3
    slow.open.set()
    await clock.advance(1.0)
    assert (slow.asked, quick.reads) == (2, 5)
    assert scans.statistics[1.0].skipped == 3


async def test_a_record_that_fails_is_logged_and_the_others_go_on(lists: Lists) -> None:
    scans, clock = lists
    bad, good = Counter(), Counter()
    broken = record("1 second", bad, name="BROKEN")
    broken.listen(lambda pv, changes: 1 / 0)  # type: ignore[arg-type, return-value]
    scans.add(broken)
    scans.add(record("1 second", good))
    with logged() as log:
        scans.start()
        await clock.advance(2.0)
    assert (bad.reads, good.reads) == (3, 3)
    assert len(log.about("BROKEN:R", "processing failed")) == 3


async def test_a_record_moves_between_rates(lists: Lists) -> None:
    scans, clock = lists
    source = Counter()
    one = record("1 second", source)
    scans.add(one)
    scans.start()
    await clock.advance(1.0)
    assert source.reads == 2
    one.put_field("SCAN", "Passive")
    scans.add(one)
    await clock.advance(5.0)
    assert source.reads == 2
    one.put_field("SCAN", ".1 second")
    scans.add(one)
    await clock.advance(1.0)
    assert source.reads == 13
    scans.remove(one)
    await clock.advance(1.0)
    assert source.reads == 13


async def test_stop_ends_all_tasks() -> None:
    clock = HandClock()
    runner = EagerRunner(asyncio.get_running_loop())
    scans = ScanLists(runner.run, clock)
    for scan in ("1 second", "2 second", ".1 second"):
        scans.add(record(scan, Counter()))
    scans.start()
    await settle()
    assert clock.sleepers == 3
    await scans.stop()
    await runner.close()
    assert clock.sleepers == 0
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only")
async def test_a_client_changes_scan() -> None:
    clock, source = HandClock(), Counter()

    class Group(PVGroup):
        R = ai(inp=source)

    async with running(Group("T:"), config=loopback(), wall=clock) as ioc:
        await clock.advance(5.0)
        assert source.reads == 0
        done = await c_tool(ioc.server.port, "caput", "-c", "T:R.SCAN", "1 second")
        assert done.code == 0, done.err
        await clock.advance(3.0)
        assert source.reads == 4
        done = await c_tool(ioc.server.port, "caput", "-c", "T:R.SCAN", "0")
        assert done.code == 0, done.err
        await clock.advance(3.0)
        assert source.reads == 4
        assert (await c_tool(ioc.server.port, "caget", "-t", "T:R.SCAN", "T:R")).out.split() == ["Passive", "4"]
