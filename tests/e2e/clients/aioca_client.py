"""aioca, on libca and asyncio. Its own event loop runs whenever it is asked something."""

from __future__ import annotations

import asyncio
from typing import Any

import aioca
from talk import obey

DEADLINE = 10.0
latest: dict[str, Any] = {}
loop = asyncio.new_event_loop()


def run(work: Any) -> Any:
    return loop.run_until_complete(work)


async def connect(names: list[str]) -> list[str]:
    """Those of `names` that did not connect."""
    await aioca.connect(names, timeout=DEADLINE)
    return []


async def read(names: list[str]) -> dict[str, Any]:
    values = await aioca.caget(names, timeout=DEADLINE)
    return dict(zip(names, values, strict=True))


async def write(name: str, value: Any) -> bool:
    result = await aioca.caput(name, value, wait=True, timeout=DEADLINE)
    return bool(result.ok)


async def monitor(names: list[str]) -> None:
    aioca.camonitor(names, lambda value, index: latest.update({names[index]: value}))
    await asyncio.sleep(0)


async def seen() -> dict[str, Any]:
    await asyncio.sleep(0.05)  # what libca's threads have heard comes in now
    return dict(latest)


obey(
    connect=lambda names: run(connect(names)),
    read=lambda names: run(read(names)),
    write=lambda name, value: run(write(name, value)),
    monitor=lambda names: run(monitor(names)),
    seen=lambda: run(seen()),
)
