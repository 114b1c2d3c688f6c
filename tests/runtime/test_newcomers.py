"""PVs that come into a running IOC, and that go: hooks, scans, ports and autosave begin and end with them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from bridge import PVGroup, ao, calc, pvproperty, running
from bridge.runtime.autosave import Autosave, parse, render
from bridge.runtime.watch import LOOK_EVERY, DatabaseWatch
from records import PV, Record
from tests.logs import logged
from tests.runtime.fakes import Counter
from tests.runtime.handclock import HandClock
from tests.server.serving import loopback
from tests.waiting import eventually


class First(PVGroup):
    x = pvproperty(value=1)


class Late(PVGroup):
    ended = False
    begun = pvproperty(value=0)
    count = pvproperty(value=0)
    level = ao(5.0, autosave=True)

    @begun.startup
    async def begun(self, instance: Any, async_lib: Any) -> None:
        instance.post(instance.value + 1)

    @begun.shutdown
    async def begun(self, instance: Any, async_lib: Any) -> None:
        self.ended = True

    @count.scan(period=1.0)
    async def count(self, instance: Any, async_lib: Any) -> None:
        instance.post(instance.value + 1)


async def test_hooks_of_a_group_that_comes_and_goes() -> None:
    clock, first, late = HandClock(), First("f:"), Late("l:")
    async with running(first, config=loopback(), wall=clock):
        await clock.advance(3.0)
        first.pvdb.update(late.pvdb)
        await clock.advance(LOOK_EVERY + 2.5)
        assert (late.begun.value, late.count.value) == (1, 3)
        for name in late.pvdb:
            del first.pvdb[name]
        await clock.advance(LOOK_EVERY)
        # the shutdown hooks of what has gone are waited for, off the hand clock
        await eventually(lambda: late.ended)
        counted = late.count.value
        await clock.advance(5.0)
        assert late.count.value == counted
        assert late.begun.value == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_pvs_without_a_group_have_hooks_too() -> None:
    said: list[str] = []

    async def begin(instance: PV, async_lib: Any) -> None:
        said.append(f"begin {instance.name}")

    async def end(instance: PV, async_lib: Any) -> None:
        said.append(f"end {instance.name}")

    def made(name: str) -> PV:
        return pvproperty(name=name, value=1, startup=begin, shutdown=end).create()

    clock, pvdb = HandClock(), {"a": made("a")}
    async with running(pvdb, config=loopback(), wall=clock):
        await clock.advance(0.0)
        assert said == ["begin a"]
        pvdb["b"] = made("b")
        await clock.advance(LOOK_EVERY)
        assert said == ["begin a", "begin b"]
        del pvdb["a"]
        await clock.advance(LOOK_EVERY)
        await eventually(lambda: said[2:] == ["end a"])
    assert said[3:] == ["end b"]


async def test_records_that_come_are_scanned_until_they_go() -> None:
    source = Counter()
    record = pvproperty(name="r", value=0.0, record="ai").create()
    assert isinstance(record, Record)
    record.inp = source
    await record.field_inst.SCAN.write("1 second")
    clock, pvdb = HandClock(), dict(First("f:").pvdb)
    async with running(pvdb, config=loopback(), wall=clock):
        pvdb["r"] = record
        await clock.advance(LOOK_EVERY + 3.0)
        read = record.value
        assert read >= 3
        del pvdb["r"]
        await clock.advance(LOOK_EVERY)
        read = record.value
        await clock.advance(5.0)
        assert record.value == read


async def test_a_cp_link_of_a_record_that_comes_processes_once() -> None:
    class Counts(PVGroup):
        pini = calc(calc="VAL+3", pini="YES")
        run = calc(calc="VAL+3", pini="RUN")
        count = calc(calc="VAL+1", inpa="c:pini CP", inpb="c:run CPP")

    clock, first, counts = HandClock(), First("f:"), Counts("c:")
    async with running(first, config=loopback(), wall=clock):
        first.pvdb.update(counts.pvdb)
        await clock.advance(LOOK_EVERY)
        await clock.advance(LOOK_EVERY)
        assert counts.count.value == 2.0  # once for each of its links
        counts.pini.process()
        await eventually(lambda: counts.count.value == 3.0)


async def test_autosave_of_a_pv_that_comes_later(tmp_path: Path) -> None:
    path = tmp_path / "ioc.sav"
    path.write_bytes(render({"f:y.VAL": "3", "l:level.VAL": "7.5", "gone:for": "1"}, serial=1, when=""))

    class Saved(PVGroup):
        y = pvproperty(value=1, autosave=True)

    clock, first, late = HandClock(), Saved("f:"), Late("l:")
    async with running(first, config=loopback(), wall=clock, autosave=Autosave(path, period=10.0)) as ioc:
        [saver] = ioc.view.savers
        await eventually(lambda: saver.state.saves == 1)
        # until its PV has come, a killed IOC must not cost the value
        assert parse(path.read_bytes()).values["l:level.VAL"] == "7.5"
        first.pvdb.update(late.pvdb)
        await clock.advance(LOOK_EVERY)
        assert (first.y.value, late.level.value) == (3, 7.5)
        assert saver.state.restored == 2
        assert [line.partition(" ")[0] for line in saver.state.refused] == ["gone:for"]
        await late.level.write(8.5)
        await clock.advance(10.0)
        await eventually(lambda: saver.state.saves == 2)
        assert parse(path.read_bytes()).values == {"f:y.VAL": "3", "l:level.VAL": "8.5", "gone:for": "1"}
    assert parse(path.read_bytes()).values == {"f:y.VAL": "3", "l:level.VAL": "8.5"}


async def test_a_database_that_cannot_be_listed_is_said_and_served() -> None:
    class Odd(dict[str, PV]):
        broken = False

        def values(self) -> Any:
            if self.broken:
                raise RuntimeError("not now")
            return super().values()

    clock, pvdb = HandClock(), Odd(First("f:").pvdb)
    with logged() as log:
        async with running(pvdb, config=loopback(), wall=clock):
            pvdb.broken = True
            pvdb.update(Late("l:").pvdb)
            await clock.advance(LOOK_EVERY)
            assert log.about("their hooks and scans may not run")
            pvdb.broken = False
            await clock.advance(LOOK_EVERY)
            assert pvdb["l:begun"].value == 1


def test_what_the_watch_sees() -> None:
    first, late = First("f:"), Late("l:")
    pvdb = dict(first.pvdb)
    watch = DatabaseWatch(pvdb)
    assert watch.look() == ([first.x], [])
    assert watch.look() == ([], [])
    pvdb["l:begun"] = late.begun
    assert watch.look() == ([late.begun], [])
    del pvdb["f:x"]
    pvdb["l:count"] = late.count
    assert watch.look() == ([late.count], [first.x])
