"""Waiting on the wire: never shorter than the instrument needs."""

from __future__ import annotations

import asyncio
from typing import Final

__all__ = ["pause"]

UVLOOP: Final = 0.002  # seconds: it counts whole milliseconds, from the beginning of the loop's turn


async def pause(seconds: float) -> None:
    """Sleep for `seconds`, and not less under any event loop."""
    coarse = type(asyncio.get_running_loop()).__module__.startswith("uvloop")
    await asyncio.sleep(seconds + UVLOOP if coarse else seconds)
