"""I/O interrupts: once per event, in order, bounded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bridge import PVGroup, SubGroup, ai, longin, running
from bridge.runtime.iointr import MAX_EVENTS, InterruptQueue, Interrupts
from drivers import Reading
from records import Record
from tests.clients import C_TOOLS, c_tool
from tests.logs import logged
from tests.runtime.fakes import Chatty, Counter
from tests.runtime.handclock import settle
from tests.server.serving import loopback


@pytest.fixture
async def interrupts() -> AsyncIterator[Interrupts]:
    made = Interrupts()
    yield made
    await made.stop()


def pair(source: Any) -> PVGroup:
    class Group(PVGroup):
        ONE = longin(inp=source, scan="I/O Intr")
        TWO = ai(inp=source, scan="I/O Intr")

    return Group("T:")


def shown(record: Record) -> list[Any]:
    """A list that grows with each value that the record shows."""
    seen: list[Any] = []
    record.listen(lambda pv, changes: seen.append(pv.value))
    return seen


async def test_every_record_once_per_event_in_order(interrupts: Interrupts) -> None:
    source = Chatty()
    group = pair(source)
    one, two = (shown(record) for record in group.records())
    for record in group.records():
        interrupts.add(record)
    for value in range(100):
        source.say(value)
    await settle()
    assert one == list(range(100))
    assert two == [float(value) for value in range(100)]


async def test_values_take_the_time_of_their_event(interrupts: Interrupts) -> None:
    source = Chatty()
    group = pair(source)
    record = next(group.records())
    interrupts.add(record)
    source.callbacks[0](Reading(7, 123_000_000_000))
    await settle()
    assert (record.value, record.time_ns) == (7, 123_000_000_000)


async def test_a_full_queue_drops_the_oldest_and_says_so_once() -> None:
    class Group(PVGroup):
        R = longin(scan="I/O Intr")

    record = Group("T:").R
    seen = shown(record)
    queue = InterruptQueue("T:", size=4)
    try:
        with logged() as log:
            for value in range(10):
                queue.put(record, Reading(value))
            assert queue.lost == 6
            await settle()
            assert seen == [6, 7, 8, 9]
            assert len(log.about("T:", "4 events")) == 1
            for value in range(20, 26):
                queue.put(record, Reading(value))
            await settle()
            assert seen[4:] == [22, 23, 24, 25]
            assert len(log.about("T:", "4 events")) == 2  # it had emptied in between
    finally:
        await queue.close()


def test_the_bound_is_what_the_documentation_says() -> None:
    assert MAX_EVENTS == 4096


async def test_a_chatty_instrument_fills_its_own_queue_only(interrupts: Interrupts) -> None:
    loud, quiet = Chatty(), Chatty()
    groups = [pair(loud), pair(quiet)]
    for group in groups:
        for record in group.records():
            interrupts.add(record)
    seen = shown(next(groups[1].records()))
    quiet.say(1)
    with logged() as log:
        for value in range(MAX_EVENTS):  # two records each
            loud.say(value)
        await settle()
    assert len(log.about("events are waiting")) == 1
    assert seen == [1]


async def test_subgroups_share_the_queue_of_their_instrument(interrupts: Interrupts) -> None:
    """So that events of one wire keep their order from group to group."""
    source = Chatty()
    order: list[str] = []

    class Channel(PVGroup):
        R = ai(inp=source, scan="I/O Intr")

    class Instrument(PVGroup):
        A = SubGroup(Channel)
        B = SubGroup(Channel)

    group = Instrument("T:")
    for record in group.records():
        record.listen(lambda pv, changes: order.append(pv.name))
        interrupts.add(record)
    source.say(1.0)
    source.say(2.0)
    await settle()
    assert order == ["T:A:R", "T:B:R", "T:A:R", "T:B:R"]


async def test_a_failing_record_is_logged_and_the_others_go_on(interrupts: Interrupts) -> None:
    source = Chatty()
    group = pair(source)
    first, second = group.records()
    first.listen(lambda pv, changes: 1 / 0)  # type: ignore[arg-type, return-value]
    seen = shown(second)
    for record in group.records():
        interrupts.add(record)
    with logged() as log:
        source.say(1)
        source.say(2)
        await settle()
    assert seen == [1.0, 2.0]
    assert log.about("T:ONE", "processing failed")


async def test_a_source_that_never_speaks(interrupts: Interrupts) -> None:
    class Group(PVGroup):
        R = ai(inp=Counter(), scan="I/O Intr")

    with logged() as log:
        interrupts.add(Group("T:").R)
    assert len(log.about("T:R", "never speaks unasked")) == 1


async def test_stop_ends_subscriptions_and_tasks() -> None:
    source = Chatty()
    interrupts = Interrupts()
    for record in pair(source).records():
        interrupts.add(record)
    assert len(source.callbacks) == 2
    await interrupts.stop()
    assert source.callbacks == []
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only")
async def test_a_client_changes_scan() -> None:
    source = Chatty()
    group = pair(source)
    async with running(group, config=loopback()) as ioc:
        source.say(5)
        await settle()
        for scan in ("Passive", "I/O Intr"):
            done = await c_tool(ioc.server.port, "caput", "-c", "T:ONE.SCAN", scan)
            assert done.code == 0, done.err
            source.say(6 if scan == "Passive" else 7)
            await settle()
            expected = {"Passive": ["5", "6"], "I/O Intr": ["7", "7"]}[scan]
            assert (await c_tool(ioc.server.port, "caget", "-t", "T:ONE", "T:TWO")).out.split() == expected
