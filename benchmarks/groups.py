"""How long it takes to make groups of PVs, and to serve them. In CPU time: nothing here waits for anything."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from bridge import PVGroup, ServerConfig, SubGroup, pvproperty, running

__all__ = ["measure"]

LOOPBACK = ServerConfig(interfaces=("127.0.0.1",), port=0, auto_beacon=False)


def _forty() -> type[PVGroup]:
    body: dict[str, Any] = {f"n{number}": pvproperty(value=float(number)) for number in range(20)}
    body |= {f"r{number}": pvproperty(value=float(number), record="ai", units="K") for number in range(20)}
    return type("Forty", (PVGroup,), body)


class Channel(PVGroup):
    """A few PVs of each kind."""

    a = pvproperty(value=1.0)
    b = pvproperty(value=1)
    c = pvproperty(value="text")
    d = pvproperty(value=1.0, record="ai", units="K", precision=3)
    e = pvproperty(value=1.0, record="ao", units="mm")


Forty = _forty()
Crate = type("Crate", (PVGroup,), {f"ch{number}": SubGroup(Channel) for number in range(100)})
Site = type("Site", (PVGroup,), {f"crate{number}": SubGroup(Crate) for number in range(20)})


def measure() -> tuple[float, float, float]:
    """Seconds for a group of 40 PVs, for 10,000 PVs, and for these until they are served."""
    begin = time.process_time()
    Forty("f:")
    small = time.process_time() - begin
    begin = time.process_time()
    site = Site("s:")
    large = time.process_time() - begin
    return small, large, large + asyncio.run(_start(site))


async def _start(site: PVGroup) -> float:
    begin = time.process_time()
    async with running(site, config=LOOPBACK):
        return time.process_time() - begin
