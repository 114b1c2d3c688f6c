from __future__ import annotations

import asyncio

import pytest

from drivers import LinkDown
from drivers.turns import URGENT_RUN, Priority, Turns


async def queue(turns: Turns, order: list[str], name: str, *, urgent: bool = False) -> None:
    if not turns.take():
        await turns.wait(Priority.HIGH if urgent else Priority.MEDIUM)
    order.append(name)
    await asyncio.sleep(0)
    turns.give()


async def run(turns: Turns, plan: list[tuple[str, bool]]) -> list[str]:
    order: list[str] = []
    tasks = [asyncio.create_task(queue(turns, order, name, urgent=urgent)) for name, urgent in plan]
    await asyncio.gather(*tasks)
    return order


async def test_first_come_first_served_and_writes_first() -> None:
    plan = [("r1", False), ("r2", False), ("w1", True), ("r3", False), ("w2", True)]
    assert await run(Turns(), plan) == ["r1", "w1", "w2", "r2", "r3"]


async def test_writes_do_not_starve_reads() -> None:
    plan = [("r0", False), ("r1", False), *((f"w{n}", True) for n in range(3 * URGENT_RUN))]
    order = await run(Turns(), plan)
    assert order.index("r1") == URGENT_RUN + 1


async def test_the_turn_cannot_be_snatched_while_it_is_handed_over() -> None:
    turns = Turns()
    assert turns.take()
    waiting = asyncio.create_task(turns.wait(Priority.MEDIUM))
    await asyncio.sleep(0)
    turns.give()
    assert not turns.take()
    await waiting
    turns.give()
    assert turns.take()


async def test_cancelled_waiters_lose_no_turn() -> None:
    turns = Turns()
    assert turns.take()
    first, second = (asyncio.create_task(turns.wait(Priority.MEDIUM)) for _ in range(2))
    await asyncio.sleep(0)
    turns.give()  # to the first, who is cancelled before he runs
    first.cancel()
    await second
    assert first.cancelled()
    turns.give()
    assert turns.take()


async def test_cancelled_in_the_queue() -> None:
    turns = Turns()
    assert turns.take()
    first, second = (asyncio.create_task(turns.wait(Priority.MEDIUM)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    turns.give()
    await second


async def test_fail_sends_everybody_away_but_the_one_at_work() -> None:
    turns = Turns()
    assert turns.take()
    tasks = [asyncio.create_task(turns.wait(Priority.HIGH if urgent else Priority.MEDIUM)) for urgent in (False, True)]
    await asyncio.sleep(0)
    turns.fail(LinkDown("gone"))
    for task in tasks:
        with pytest.raises(LinkDown, match="gone"):
            await task
    assert not turns.take()
    turns.give()
    assert turns.take()
