"""The queue between a thread and the event loop."""

from __future__ import annotations

import asyncio
import threading

from bridge.runtime.asynclib import AsyncLibrary
from tests.runtime.handclock import settle


async def test_from_a_thread_to_the_loop() -> None:
    queue = AsyncLibrary.ThreadsafeQueue()
    thread = threading.Thread(target=lambda: [queue.put(number) for number in range(1000)])
    thread.start()
    async with asyncio.timeout(10):
        assert [await queue.async_get() for _ in range(1000)] == list(range(1000))
    thread.join()


async def test_from_the_loop_to_a_thread_with_a_bound() -> None:
    queue, found = AsyncLibrary.ThreadsafeQueue(maxsize=2), []
    thread = threading.Thread(target=lambda: [found.append(queue.get()) for _ in range(20)])
    thread.start()
    async with asyncio.timeout(10):
        for number in range(20):
            await queue.async_put(number)
    await asyncio.to_thread(thread.join)
    assert found == list(range(20))


async def test_several_wait_for_one() -> None:
    queue = AsyncLibrary.ThreadsafeQueue()
    waiting = [asyncio.create_task(queue.async_get()) for _ in range(3)]
    await settle()
    for number in range(3):
        await queue.async_put(number)
    async with asyncio.timeout(5):
        assert sorted(await asyncio.gather(*waiting)) == [0, 1, 2]


async def test_the_library_is_asyncio() -> None:
    assert AsyncLibrary.name == "asyncio"
    assert AsyncLibrary.library is asyncio
    assert AsyncLibrary.Event is asyncio.Event
    await AsyncLibrary.sleep(0)
