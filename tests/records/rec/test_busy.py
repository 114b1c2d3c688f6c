"""busy, as the documentation of synApps has it; base's IOC does not know the type."""

import asyncio

from records import PVGroup, busy
from records.rec.ao import AoRecord
from records.rec.busy import BusyRecord
from records.rec.longout import LongoutRecord
from tests.records.hosts import Hosting
from tests.waiting import eventually


class Group(PVGroup):
    scanning = busy(znam="Done", onam="Busy")


def test_in_a_group() -> None:
    assert Group("T:").scanning.metadata.states == ("Done", "Busy")


async def test_a_put_waits_until_it_is_zero() -> None:
    record = BusyRecord("T:busy", znam="Done", onam="Busy", flnk="T:after")
    after = LongoutRecord("T:after", 5)
    Hosting(record, after)
    work = record.put(1)
    assert work is not None
    waiting = asyncio.create_task(work)  # type: ignore[arg-type]  # a coroutine
    await asyncio.sleep(0)
    before = after.time_ns, after.udf
    assert not waiting.done()
    done = record.put("Done")
    await asyncio.wait_for(waiting, 10)
    if done is not None:
        await done
    assert (record.value, before[1]) == (0, 0)


async def test_without_links_too() -> None:
    record = BusyRecord("T:busy")
    Hosting(record)
    work = record.put(1)
    assert work is not None
    waiting = asyncio.create_task(work)  # type: ignore[arg-type]
    await asyncio.sleep(0)
    assert not waiting.done()
    record.put(0)
    await asyncio.wait_for(waiting, 10)


async def test_a_chain_waits_for_it() -> None:
    first = LongoutRecord("T:first", out="T:busy PP")
    record = BusyRecord("T:busy")
    Hosting(first, record)
    work = first.put(1)
    assert work is not None
    waiting = asyncio.create_task(work)  # type: ignore[arg-type]
    await asyncio.sleep(0)
    assert (record.value, waiting.done()) == (1, False)
    record.put(0)
    await asyncio.wait_for(waiting, 10)


async def test_high_ends_it() -> None:
    record = BusyRecord("T:busy", high=0.01)
    Hosting(record)
    work = record.put(1)
    assert work is not None
    await asyncio.wait_for(work, 10)
    await eventually(lambda: record.value == 0)


async def test_forward_link_at_the_end_only() -> None:
    source = AoRecord("T:source", 1.0)
    counter = AoRecord("T:counter", dol="T:source", omsl="closed_loop")
    record = BusyRecord("T:busy", flnk="T:counter")
    Hosting(source, counter, record)
    waiting = asyncio.create_task(record.put(1))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    source.post(2.0)
    assert counter.value != 2.0
    record.put(0)
    await asyncio.wait_for(waiting, 10)
    assert counter.value == 2.0
