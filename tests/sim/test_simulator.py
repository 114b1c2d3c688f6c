from __future__ import annotations

from sim import HandClock
from sim.simulator import Simulator


class Counter(Simulator):
    STEP = 0.1

    def __init__(self, clock: HandClock) -> None:
        super().__init__(clock=clock)
        self.seconds = 0.0
        self.count = 0

    def tick(self, dt: float) -> None:
        self.seconds += dt
        self.count += 1


def test_state_catches_up_when_looked_at():
    clock = HandClock()
    counter = Counter(clock)
    clock.advance(100.0)
    assert counter.count == 0
    assert counter.get("count") == 1000
    assert counter.elapsed == 100.0


def test_no_tick_is_lost_to_rounding():
    clock = HandClock()
    counter = Counter(clock)
    for _ in range(1000):
        clock.advance(0.1)
        counter.advance()
    assert counter.count == 1000


def test_between_two_ticks_nothing_moves():
    clock = HandClock()
    counter = Counter(clock)
    clock.advance(0.09)
    assert counter.get("count") == 0
    clock.advance(0.02)
    assert counter.get("count") == 1


def test_set_goes_through_the_backdoor():
    counter = Counter(HandClock())
    counter.set("seconds", 7)
    assert counter.seconds == 7.0
