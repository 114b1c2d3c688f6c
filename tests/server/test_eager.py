"""Coroutines that are stepped at once, and become tasks if they wait: they must not notice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from bridge.server.eager import EagerRunner

Work = Callable[[], Coroutine[Any, Any, None]]


async def ended(runner: EagerRunner, work: Work) -> BaseException | None:
    """How it ends."""
    end: asyncio.Future[BaseException | None] = asyncio.get_running_loop().create_future()
    runner.run(work(), end.set_result)
    return await asyncio.wait_for(end, 5)


async def nothing() -> None:
    """What ends in its first step, so that its task waits for the next one."""


async def late() -> None:
    async with asyncio.timeout(0):
        await asyncio.sleep(5)


async def cancels_itself() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(5)


async def cancels_itself_without_waiting() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


async def thinks_better_of_it() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.sleep(5)
    task.uncancel()
    await asyncio.sleep(0.001)


@pytest.mark.parametrize("slept", [False, True])
@pytest.mark.parametrize(
    ("work", "end"),
    [
        (late, TimeoutError),
        (cancels_itself, asyncio.CancelledError),
        (cancels_itself_without_waiting, asyncio.CancelledError),
        (thinks_better_of_it, type(None)),
    ],
)
async def test_a_cancel_before_the_second_step(work: Work, end: type, slept: bool) -> None:
    runner = EagerRunner(asyncio.get_running_loop())
    if slept:
        assert await ended(runner, nothing) is None
        await asyncio.sleep(0)  # its task sleeps now
    assert isinstance(await ended(runner, work), end)
    assert await ended(runner, nothing) is None
    await runner.close()


async def test_what_is_waited_for_is_cancelled_with_it() -> None:
    runner = EagerRunner(asyncio.get_running_loop())
    assert await ended(runner, nothing) is None
    await asyncio.sleep(0)
    inner = asyncio.ensure_future(asyncio.sleep(5))

    async def work() -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().call_soon(task.cancel)
        await inner

    assert isinstance(await ended(runner, work), asyncio.CancelledError)
    assert inner.cancelled()
    await runner.close()


@pytest.mark.parametrize("refused", [False, True])
async def test_a_task_that_somebody_keeps_is_not_the_next_one_s(refused: bool) -> None:
    """As a putter does that stops the ramp which the put before has begun."""
    runner = EagerRunner(asyncio.get_running_loop())
    ramps: list[asyncio.Task[Any] | None] = []

    async def short() -> None:
        ramps.append(asyncio.current_task())
        if refused:
            raise ValueError("no")

    async def ramp() -> None:
        previous = ramps[-1]
        assert previous is not None
        previous.cancel()
        ramps.append(asyncio.current_task())
        await asyncio.sleep(0.001)

    assert isinstance(await ended(runner, short), ValueError if refused else type(None))
    assert await ended(runner, ramp) is None
    assert await ended(runner, ramp) is None
    assert len(set(ramps)) == 3
    await runner.close()


async def test_a_task_that_nobody_keeps_is_used_again() -> None:
    runner = EagerRunner(asyncio.get_running_loop())
    seen = set()

    async def work() -> None:
        async with asyncio.timeout(1):
            seen.add(id(asyncio.current_task()))

    for _ in range(5):
        assert await ended(runner, work) is None
    assert len(seen) == 1
    await runner.close()
