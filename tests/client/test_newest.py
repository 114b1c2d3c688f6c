"""The queue of a monitor."""

from __future__ import annotations

import asyncio

import pytest

from bridge.client.newest import Newest


async def test_what_is_put_is_taken_in_order() -> None:
    queue: Newest[int] = Newest(4)
    for number in range(3):
        queue.put(number)
    assert [await queue.get() for _ in range(3)] == [0, 1, 2]


async def test_the_newest_takes_the_place_of_the_last() -> None:
    queue: Newest[int] = Newest(3)
    for number in range(10):
        queue.put(number)
    assert len(queue) == 3
    assert [await queue.get() for _ in range(3)] == [0, 1, 9]


async def test_taking_waits_for_putting() -> None:
    queue: Newest[int] = Newest(1)
    taking = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    assert not taking.done()
    queue.put(5)
    assert await taking == 5


async def test_the_end_comes_after_what_is_there() -> None:
    queue: Newest[int] = Newest(2)
    queue.put(1)
    queue.end()
    assert await queue.get() == 1
    assert await queue.get() is None
    assert await queue.get() is None


def test_a_queue_for_nothing_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="queue of 0"):
        Newest(0)
