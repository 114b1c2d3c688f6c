"""The simulated axis: where it is at any time of a motion."""

from __future__ import annotations

import pytest

from records import clock
from records.motion import AxisState, Motion, SimulatedAxis

SLOW = Motion(10.0, 20.0)  # half a second to speed up, 2.5 steps long


class Moment:
    now = 0.0

    def __call__(self) -> int:
        return round(self.now * 1e9)


@pytest.fixture
def moment(monkeypatch: pytest.MonkeyPatch) -> Moment:
    found = Moment()
    monkeypatch.setattr(clock, "now_ns", found)
    return found


async def at(moment: Moment, axis: SimulatedAxis, now: float) -> AxisState:
    moment.now = now
    return await axis.state()


@pytest.mark.parametrize(
    ("target", "places"),
    [
        (100.0, [(0.5, 2.5), (1.0, 7.5), (10.0, 97.5), (10.4, 99.9), (10.5, 100.0)]),
        (-100.0, [(0.5, -2.5), (10.0, -97.5), (10.5, -100.0)]),
        (3.2, [(0.2, 0.4), (0.4, 1.6), (0.6, 2.8), (0.81, 3.2)]),  # too short to get up to speed
    ],
)
async def test_trapezoid(moment: Moment, target: float, places: list[tuple[float, float]]) -> None:
    axis = SimulatedAxis()
    await axis.move(target, SLOW)
    for now, place in places:
        state = await at(moment, axis, now)
        assert state.position == pytest.approx(place)
        assert state.moving == (place != target)
        assert state.forward == (target > 0)
    assert (await axis.state()).position == target


async def test_a_new_target_behind_stops_first(moment: Moment) -> None:
    axis = SimulatedAxis()
    await axis.move(100.0, SLOW)
    moment.now = 1.0
    await axis.move(0.0, SLOW)
    assert (await at(moment, axis, 1.5)).position == pytest.approx(10.0)
    assert (await at(moment, axis, 30.0)) == AxisState(0.0, False, home_switch=True, forward=False)


async def test_stop_takes_its_time(moment: Moment) -> None:
    axis = SimulatedAxis()
    await axis.jog(-10.0, SLOW)
    moment.now = 1.0
    await axis.stop()
    assert (await axis.state()).moving
    state = await at(moment, axis, 1.5)
    assert (state.position, state.moving) == (pytest.approx(-10.0), False)


async def test_switches_stop_it_and_let_it_go_back(moment: Moment) -> None:
    axis = SimulatedAxis(high=20.0)
    await axis.jog(10.0, SLOW)
    state = await at(moment, axis, 60.0)
    assert (state.position, state.moving, state.plus_switch) == (20.0, False, True)
    await axis.move(10.0, SLOW)
    assert (await at(moment, axis, 60.1)).moving
    assert (await at(moment, axis, 70.0)).position == 10.0
