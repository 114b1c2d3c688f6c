"""The ways in which Channel Access servers are compared, and how fast ours is meant to be in each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from benchmarks.load import channels, clients, monitors, pipeline, searches
from benchmarks.load.meter import Measured, Target
from benchmarks.servers.catalogue import FLOOR, OURS_PUTTERS, Server

__all__ = ["MODES", "Goal", "Mode"]

SUBSCRIBERS_CPU = 25.0  # per cent of a core for a million events a second


@dataclass(frozen=True, slots=True)
class Goal:
    """How many times better than a peer we want to be; 0 for no goal."""

    c_softioc: float = 0.0
    caproto: float = 0.0
    putter_c_softioc: float = 0.0  # the same for puts through a coroutine
    putter_caproto: float = 0.0
    cpu_us: float = 0.0  # server CPU for one operation, at most
    cpu_share: float = 0.0  # per cent of a core, at most
    all_delivered: bool = False
    completes: bool = False  # always


@dataclass(frozen=True, slots=True)
class Mode:
    """One way of loading a server."""

    name: str
    unit: str
    measure: Callable[[Target, float], Measured]
    goal: Goal = Goal()
    figure: str = "rate"  # or p50_us, seconds: what the comparison is of
    one_core: bool = False
    floor: bool = False  # whether the constant-reply reference can do it
    putter: bool = False  # whether an async putter makes a difference
    tick: float = 0.0  # milliseconds: the server must change its PVs by itself
    count: int = 10_000  # PVs that the server has
    longer: float = 1.0  # times the usual seconds
    caproto: bool = True  # False: caproto does not survive it

    @property
    def more_is_better(self) -> bool:
        """Rates, as opposed to times."""
        return self.figure == "rate"

    def fits(self, server: Server) -> bool:
        """Whether it makes sense to measure this server."""
        if server is FLOOR:
            return self.floor
        if server is OURS_PUTTERS:
            return self.putter
        return self.caproto or server.module != "with_caproto"


MODES = (
    Mode(
        "get, window 1000",
        "gets/s",
        partial(pipeline.get, window=1000),
        Goal(0.5, 200, cpu_us=0.25),
        floor=True,
    ),
    Mode("get TIME, window 100", "gets/s", partial(pipeline.get_time, window=100), Goal(0.5, 200), floor=True),
    Mode("get, 50 clients", "gets/s", partial(clients.crowd_get, clients=50), Goal(1.0, 6.5), floor=True),
    Mode(
        "one get, one core, p50",
        "us",
        clients.round_trip,
        Goal(1 / 1.4, 4),
        figure="p50_us",
        one_core=True,
        floor=True,
    ),
    Mode(
        "put, window 1000",
        "puts/s",
        partial(pipeline.put, window=1000),
        Goal(1.0, 120, putter_c_softioc=0.7, putter_caproto=80),
        floor=True,
        putter=True,
    ),
    Mode(
        "put, 50 clients",
        "puts/s",
        partial(clients.crowd_put, clients=50),
        Goal(1.7, 7),
        floor=True,
        putter=True,
    ),
    Mode(
        "monitor, 1 subscriber",
        "events/s",
        partial(monitors.write_driven, subscribers=1, window=100),
        Goal(1.3, 5000, all_delivered=True),
    ),
    Mode(
        "monitor, 10 subscribers",
        "events/s",
        partial(monitors.write_driven, subscribers=10, window=100),
        Goal(2.5, 5000, all_delivered=True),
    ),
    Mode(
        "write to event, one core, p50",
        "us",
        monitors.write_to_event,
        Goal(1 / 0.87, 450),
        figure="p50_us",
        one_core=True,
    ),
    Mode("create 10,000 channels", "ch/s", partial(channels.create, count=10_000), Goal(0.6, 40)),
    Mode("500 connects, 16 at once", "1/s", partial(channels.connect, count=500, at_once=16), Goal(1.5, 8)),
    Mode(
        "500 connects at once",
        "s",
        partial(channels.connect, count=500, at_once=500),
        Goal(0, 20, completes=True),
        figure="seconds",
    ),
    Mode("search, found", "names/s", searches.hits, Goal(0.7, 12)),
    Mode("search, not found", "names/s", searches.misses, Goal(1.0, 12)),
    Mode("search, repeated", "names/s", searches.repeats, Goal(3.0, 12)),
    Mode("array of 8 MB", "MB/s", partial(pipeline.array, window=2, elements=1_000_000), Goal(0.9, 1.5)),
    Mode("1000 elements of it", "MB/s", partial(pipeline.array, window=10, elements=1000), Goal(0.5, 30)),
    Mode(
        "1000 PVs at 100 Hz to 10",
        "events/s",
        partial(monitors.server_driven, subscribers=10, channels=1000),
        Goal(cpu_share=SUBSCRIBERS_CPU, all_delivered=True),
        tick=10.0,
        count=1000,
        longer=4.0,
    ),
)
