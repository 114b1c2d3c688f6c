"""Waiting for a condition instead of for a time."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar

__all__ = ["AT_ONCE", "eventually"]

T = TypeVar("T")

# What does not wait for something slower is done within so many seconds, even on a busy machine; what it would wait
# for otherwise takes much longer. How fast things are is measured by the benchmarks.
AT_ONCE = 5.0

PERIOD = 0.01  # seconds between looks


async def eventually(condition: Callable[[], T | Awaitable[T]], deadline: float = 10.0) -> T:
    """Look again and again until `condition` returns something true, and return that.

    An AssertionError inside counts as "not yet"; at the deadline it is raised, so that the message says what is amiss.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + deadline
    while True:
        late = loop.time() > end
        try:
            found = condition()
            if inspect.isawaitable(found):
                found = await found
        except AssertionError:
            if late:
                raise
        else:
            if found:
                return found  # type: ignore[return-value]
            assert not late, f"{_source(condition)} is still {found!r} after {deadline:g} s"
        await asyncio.sleep(PERIOD)


def _source(condition: Callable[..., object]) -> str:
    try:
        return inspect.getsource(condition).strip()
    except OSError:
        return repr(condition)
