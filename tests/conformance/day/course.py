"""The course of the day: an IOC with sound and unsound instruments, and what is held against it at the end."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import random
import sys
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field
from typing import Any

from bridge import Ioc, ServerConfig, ai, longin, running
from devices import Instrument
from drivers import Ask, Get, Hear, HttpPort, Input, LinePort
from drivers.modbus.frames import TcpFraming
from drivers.modbus.port import ModbusPort
from records import Record, clock
from tests.conformance.day.instruments import Metronome, ModbusLine, Talker
from tests.drivers.http.servers import answering
from tests.virtualtime import run_virtual

__all__ = ["Day", "live"]

EPOCH_NS = 1_800_000_000 * 10**9
FAST = 0.1  # seconds; as in SCAN below
DEAD = frozenset((9,))
EVENTS = 5.0  # seconds between lines that nobody asked for
TROUBLE = 600.0  # seconds from one fault to the next
SOUND = (0.1, 1.0)  # scan periods at which only instruments are asked that are well
WARMED_UP = 1 / 3  # of the time, after which nothing grows any more: the rings of the traces are full
LOOKS = 10  # at the memory


class Beat(Instrument):
    V = ai(inp=Ask("V?"), scan=".1 second")


class Bath(Instrument):
    A = ai(inp=Ask("A?"), scan="1 second")
    B = ai(inp=Ask("B?"), scan="1 second")
    EVT = longin(inp=Hear(r"EVT (\d+)", int), scan="I/O Intr")


class Meter(Instrument):
    """Two units that live at 1 Hz, and a dead one."""

    A = ai(inp=Input(0, unit=1), scan="1 second")
    B = ai(inp=Input(20, unit=1), scan="1 second")
    C = ai(inp=Input(3, unit=2), scan="1 second")
    DEAD = ai(inp=Input(0, unit=9), scan="5 second")


class Box(Instrument):
    A = ai(inp=Get("/status", "/a"), scan="2 second")
    B = ai(inp=Get("/status", "/b"), scan="2 second")


class Wreck(Instrument):
    A = ai(inp=Ask("A?"), scan="2 second")
    B = ai(inp=Ask("B?"), scan="2 second")


class LoopClock:
    """The runtime's clock goes by the event loop's."""

    def now_ns(self) -> int:
        return EPOCH_NS + round(self.monotonic() * 1e9)

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep_until(self, due: float) -> None:
        await asyncio.sleep(max(0.0, due - self.monotonic()))


@dataclass
class Day:
    """What is known of it when it is over."""

    hours: float
    ticks: dict[float, int] = field(default_factory=dict)  # by scan period
    missed: int = 0  # ticks that were left out
    skipped: int = 0  # records of SOUND periods that were busy when their turn came
    drift: float = 0.0  # seconds that a question was off the beat, at most
    asked: int = 0  # questions to the instrument of the fast scan
    faults: int = 0  # connections that the unsound instrument has seen, and time-outs of it
    events: tuple[int, int] = (0, 0)  # said by the instrument, and seen by the record
    alarms: dict[str, str] = field(default_factory=dict)  # records that do not show what they should in the end
    blocks: list[int] = field(default_factory=list)  # of memory that are in use, from when all is warm
    tasks: list[int] = field(default_factory=list)  # and how many tasks there are
    timers: list[int] = field(default_factory=list)  # and timers

    @property
    def growth(self) -> int:
        """Blocks of memory that are in use in the end, beyond what there was at one time or another before."""
        return self.blocks[-1] - max(self.blocks[: len(self.blocks) // 2])

    def complaints(self) -> list[str]:
        """What is not as it should be."""
        wanted = {period: round(self.hours * 3600 / period) for period in self.ticks}
        found = [
            f"{wanted[p]} scans of {p:g} s were due, {n} were done" for p, n in self.ticks.items() if n != wanted[p]
        ]
        if self.missed or self.skipped:
            found.append(f"{self.missed} scans were left out, {self.skipped} records skipped")
        if self.asked != wanted[FAST]:
            found.append(f"{self.asked} questions instead of {wanted[FAST]}")
        if self.drift > 1e-6:
            found.append(f"a question was off the beat by {self.drift:g} s")
        if self.events[0] != self.events[1] or not self.events[0]:
            found.append(f"of {self.events[0]} events {self.events[1]} were seen")
        if self.faults < 2:
            found.append("the unsound instrument was well all the time")
        found += [f"{name} shows {alarm}" for name, alarm in self.alarms.items()]
        if self.growth > 500:
            found.append(f"{self.growth} more blocks of memory: {self.blocks}")
        if max(self.tasks) > self.tasks[0] + 3 or max(self.timers) > 2 * self.timers[0] + 50:
            found.append(f"tasks {self.tasks}, timers {self.timers}")
        return found


def live(hours: float) -> Day:
    """So many hours from beginning to end, in virtual time."""
    before = clock.now_ns
    try:
        return run_virtual(_live(hours))
    finally:
        clock.now_ns = before  # ours needs a loop that runs


async def _live(hours: float) -> Day:
    beat, bath, wreck, meter = Metronome(FAST), Talker(), Talker(), ModbusLine(DEAD)
    day = Day(hours)
    seconds = hours * 3600
    async with contextlib.AsyncExitStack() as stack:
        for work in (
            beat.serve(),
            bath.serve(),
            wreck.serve(),
            meter.serve(),
            wreck.misbehave(TROUBLE, random.Random(1)),
            _events(bath, day),
        ):
            await stack.enter_async_context(_meanwhile(work))
        url = await stack.enter_async_context(answering({"a": 1.5, "b": 2.5}))
        groups = (
            Beat("D:BEAT:", port=LinePort("beat", beat.wire)),
            Bath("D:BATH:", port=LinePort("bath", bath.wire)),
            Wreck("D:WRECK:", port=LinePort("wreck", wreck.wire, timeout=0.5)),
            Meter("D:METER:", port=ModbusPort(meter.wire, TcpFraming, {"timeout": 0.3, "name": "meter"})),
            Box("D:BOX:", port=HttpPort(url)),
        )
        config = ServerConfig(interfaces=("127.0.0.1",), port=0, auto_beacon=False)
        ioc = await stack.enter_async_context(running(*groups, config=config, wall=LoopClock()))
        begin = asyncio.get_running_loop().time()
        await asyncio.sleep(FAST / 2)
        busy = _skipped(ioc)  # with the reading that each makes when its link comes up
        for number in range(LOOKS + 1):
            share = WARMED_UP + (1 - WARMED_UP) * number / LOOKS
            await _until(begin + share * seconds - FAST / 2)
            _look(day)
        _judge(day, ioc)
        day.skipped = _skipped(ioc) - busy
        day.drift, day.asked = beat.worst, beat.asked
        day.faults = wreck.wire.far.connections + groups[2].port.statistics.timeouts
    return day


async def _events(bath: Talker, day: Day) -> None:
    for number in itertools.count(1):
        await asyncio.sleep(EVENTS)
        bath.say(f"EVT {number}")
        day.events = (number, day.events[1])


async def _until(due: float) -> None:
    await asyncio.sleep(due - asyncio.get_running_loop().time())


@contextlib.asynccontextmanager
async def _meanwhile(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


def _look(day: Day) -> None:
    gc.collect()
    loop = asyncio.get_running_loop()
    day.tasks.append(len(asyncio.all_tasks()))
    day.timers.append(len(loop._scheduled))  # type: ignore[attr-defined]
    day.blocks.append(sys.getallocatedblocks())


def _skipped(ioc: Ioc) -> int:
    return sum(one.skipped for period, one in ioc.scans.statistics.items() if period in SOUND)


def _judge(day: Day, ioc: Ioc) -> None:
    for period, one in ioc.scans.statistics.items():
        day.ticks[period] = one.ticks
        day.missed += one.missed_ticks
    records = {record.name: record for record in ioc.records if isinstance(record, Record)}
    day.events = (day.events[0], int(records["D:BATH:EVT"].value))
    for name, record in records.items():
        wanted = "TIMEOUT" if name == "D:METER:DEAD" else "NO_ALARM"
        if record.alarm.status.name != wanted and "WRECK" not in name:
            day.alarms[name] = record.alarm.status.name
