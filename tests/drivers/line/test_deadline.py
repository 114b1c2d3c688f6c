from __future__ import annotations

import asyncio

import pytest

from drivers.line.deadline import Deadline
from tests.drivers.wires import eventually


class Late:
    def __init__(self) -> None:
        self.times: list[float] = []
        self.deadline = Deadline(lambda: self.times.append(asyncio.get_running_loop().time()))


async def test_late_once_and_not_before_its_time() -> None:
    late = Late()
    begin = asyncio.get_running_loop().time()
    late.deadline.begin(0.02)
    await eventually(lambda: late.times)
    assert late.times[0] - begin >= 0.019
    await asyncio.sleep(0.03)
    assert len(late.times) == 1


async def test_what_ends_in_time_is_never_late() -> None:
    late = Late()
    for _ in range(20):
        late.deadline.begin(0.01)
        await asyncio.sleep(0.002)
        late.deadline.end()
    await asyncio.sleep(0.02)
    assert late.times == []


async def test_the_timer_of_an_earlier_wait_serves_a_later_one() -> None:
    late = Late()
    begin = asyncio.get_running_loop().time()
    late.deadline.begin(0.02)
    late.deadline.end()
    await asyncio.sleep(0.01)
    late.deadline.begin(0.03)
    await eventually(lambda: late.times)
    assert late.times[0] - begin >= 0.039


async def test_a_shorter_wait_does_not_have_to_wait_for_a_longer_one() -> None:
    late = Late()
    late.deadline.begin(60.0)
    late.deadline.end()
    late.deadline.begin(0.01)
    await eventually(lambda: late.times, within=1.0)


async def test_uvloop_whose_handles_for_the_shortest_waits_do_not_know_when() -> None:
    uvloop = pytest.importorskip("uvloop")

    def run() -> int:
        """Of a wait that began just after an earlier one, next to nothing is left when the timer of that fires."""

        async def body() -> int:
            late = Late()
            late.deadline.begin(0.01)
            late.deadline.end()
            await asyncio.sleep(0.0002)
            late.deadline.begin(0.01)
            await eventually(lambda: late.times, within=5.0)
            late.deadline.begin(0.0)  # and one that is over at once, twice
            late.deadline.begin(-1.0)
            await eventually(lambda: len(late.times) == 2, within=5.0)
            return len(late.times)

        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(body())

    assert await asyncio.to_thread(run) == 2


async def test_cancel() -> None:
    late = Late()
    late.deadline.begin(0.01)
    late.deadline.cancel()
    late.deadline.cancel()
    await asyncio.sleep(0.02)
    assert late.times == []
    late.deadline.begin(0.01)
    await eventually(lambda: late.times)
