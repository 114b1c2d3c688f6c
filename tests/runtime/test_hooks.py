"""Start-up, scan and shutdown hooks of a running IOC, on a clock that stands still until it is moved."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from bridge import PVGroup, SubGroup, pvproperty, running
from records import Severity, Status
from tests.logs import logged
from tests.runtime.handclock import HandClock, settle
from tests.server.serving import loopback
from tests.waiting import AT_ONCE


async def test_startup_scan_and_shutdown() -> None:
    happened: list[str] = []

    class Channel(PVGroup):
        level = pvproperty(value=0.0)

        @level.startup
        async def level(self, instance: Any, async_lib: Any) -> None:
            happened.append(f"start {instance.name}")
            await instance.write(7.0)

        @level.shutdown
        async def level(self, instance: Any, async_lib: Any) -> None:
            happened.append(f"end {instance.name}")

    class Group(PVGroup):
        A = SubGroup(Channel)
        count = pvproperty(value=0)

        @count.scan(period=0.5)
        async def count(self, instance: Any, async_lib: Any) -> None:
            await instance.write(instance.value + 1)

    clock, group = HandClock(), Group("T:")
    async with running(group, config=loopback(), wall=clock):
        await clock.advance(2.0)
        assert happened == ["start T:A:level"]
        assert group.A.level.value == 7.0
        assert group.count.value == 5
        assert group.count.time_ns == clock.now_ns()
    assert happened == ["start T:A:level", "end T:A:level"]
    await clock.advance(2.0)
    assert group.count.value == 5


async def test_a_failing_startup_marks_its_own_pv() -> None:
    class Group(PVGroup):
        bad = pvproperty(value=0.0)
        good = pvproperty(value=0.0)

        @bad.startup
        async def bad(self, instance: Any, async_lib: Any) -> None:
            raise RuntimeError("no such motor")

        @good.startup
        async def good(self, instance: Any, async_lib: Any) -> None:
            await instance.write(1.0)

    group = Group("T:")
    with logged() as log:
        async with running(group, config=loopback()):
            await settle()
            assert group.bad.alarm == (Status.SOFT, Severity.MAJOR, "startup: no such motor")
            assert group.good.value == 1.0
            assert not group.good.alarm.severity
    assert len(log.about("T:bad", "startup hook failed")) == 1


async def test_a_failing_scan_hook_goes_on_and_recovers() -> None:
    class Group(PVGroup):
        calls = 0
        broken = True
        level = pvproperty(value=0.0)

        @level.scan(period=1.0, failure_severity=Severity.MINOR)
        async def level(self, instance: Any, async_lib: Any) -> None:
            self.calls += 1
            if self.broken:
                raise ValueError("sensor off")
            instance.post(5.0)

    clock, group = HandClock(), Group("T:")
    with logged() as log:
        async with running(group, config=loopback(), wall=clock):
            await clock.advance(10.0)
            assert group.calls == 11
            assert group.level.alarm == (Status.SCAN, Severity.MINOR, "scan: sensor off")
            assert len(log.about("T:level", "failed")) == 1  # once, not once per period
            group.broken = False
            await clock.advance(1.0)
            assert group.level.value == 5.0
            assert not group.level.alarm.severity
            assert len(log.about("T:level", "works again")) == 1


async def test_a_scan_hook_that_is_to_stop_on_error() -> None:
    class Group(PVGroup):
        calls = 0
        level = pvproperty(value=0.0)

        @level.scan(period=1.0, stop_on_error=True)
        async def level(self, instance: Any, async_lib: Any) -> None:
            self.calls += 1
            raise ValueError("once is enough")

    clock, group = HandClock(), Group("T:")
    async with running(group, config=loopback(), wall=clock):
        await clock.advance(5.0)
    assert group.calls == 1
    assert group.level.alarm.severity is Severity.MAJOR


async def test_a_slow_scan_hook_keeps_its_period_or_its_pause() -> None:
    clock = HandClock()

    class Group(PVGroup):
        kept: list[float]
        paused: list[float]
        one = pvproperty(value=0.0)
        two = pvproperty(value=0.0)

        @one.scan(period=1.0)
        async def one(self, instance: Any, async_lib: Any) -> None:
            self.kept.append(clock.monotonic())
            await clock.sleep_until(clock.monotonic() + 0.25)

        @two.scan(period=1.0, subtract_elapsed=False)
        async def two(self, instance: Any, async_lib: Any) -> None:
            self.paused.append(clock.monotonic())
            await clock.sleep_until(clock.monotonic() + 0.25)

    group = Group("T:")
    group.kept, group.paused = [], []
    begin = clock.monotonic()
    async with running(group, config=loopback(), wall=clock):
        await clock.advance(4.0)
    assert [time_ - begin for time_ in group.kept] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert [time_ - begin for time_ in group.paused] == [0.0, 1.25, 2.5, 3.75]


async def test_a_scan_hook_at_the_rate_of_the_scan_field() -> None:
    class Group(PVGroup):
        calls = 0
        level = pvproperty(value=0.0, record="ai")

        @level.scan(use_scan_field=True)
        async def level(self, instance: Any, async_lib: Any) -> None:
            self.calls += 1

    clock, group = HandClock(), Group("T:")
    async with running(group, config=loopback(), wall=clock):
        await clock.advance(5.0)
        assert group.calls == 0
        await group.level.field("SCAN").write("1 second")  # type: ignore[union-attr]
        await clock.advance(5.0)
        assert 5 <= group.calls <= 6


async def test_shutdown_hooks_that_fail_or_hang_stop_nobody() -> None:
    happened: list[str] = []

    class Group(PVGroup):
        bad = pvproperty(value=0.0)
        stuck = pvproperty(value=0.0)
        good = pvproperty(value=0.0)

        @bad.shutdown
        async def bad(self, instance: Any, async_lib: Any) -> None:
            raise RuntimeError("the valve is stuck")

        @stuck.shutdown
        async def stuck(self, instance: Any, async_lib: Any) -> None:
            await asyncio.Event().wait()

        @good.shutdown
        async def good(self, instance: Any, async_lib: Any) -> None:
            happened.append("good")

    with logged() as log:
        async with running(Group("T:"), config=loopback()):
            begin = time.monotonic()
    assert time.monotonic() - begin < AT_ONCE
    assert happened == ["good"]
    assert log.about("T:bad", "shutdown hook failed")
    assert log.about("shutdown hooks took more than")
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_hooks_that_swallow_their_cancellation_are_broken_off() -> None:
    class Group(PVGroup):
        starting = pvproperty(value=0.0)
        ending = pvproperty(value=0.0)
        said = ""

        @starting.startup
        async def starting(self, instance: Any, async_lib: Any) -> None:
            try:
                while True:
                    try:
                        await async_lib.sleep(3600)
                    except asyncio.CancelledError:
                        instance.post(instance.value + 1)
            finally:
                self.said = "closed the valve"

        @ending.shutdown
        async def ending(self, instance: Any, async_lib: Any) -> None:
            while True:
                try:
                    await async_lib.sleep(3600)
                except asyncio.CancelledError:
                    instance.post(1.0)

    group = Group("T:")
    with logged() as log:
        async with running(group, config=loopback()):
            await settle()
            begin = time.monotonic()
    assert time.monotonic() - begin < 8.0  # half a second, a second, half a second, on a busy machine
    assert (group.starting.value, group.ending.value, group.said) == (1.0, 1.0, "closed the valve")
    assert len(log.about("T:starting", "the startup hook does not end when it is cancelled")) == 1
    assert len(log.about("T:ending", "the shutdown hook does not end when it is cancelled")) == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_plain_functions_are_hooks_too() -> None:
    class Group(PVGroup):
        level = pvproperty(value=0.0)

        @level.startup
        def level(self, instance: Any, async_lib: Any) -> None:
            instance.post(3.0)

    group = Group("T:")
    async with running(group, config=loopback()):
        await settle()
        assert group.level.value == 3.0
