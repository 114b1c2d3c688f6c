"""The asyncio shell: a CaServer on a running loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from bridge.server.config import ServerConfig
from bridge.server.eager import EagerRunner
from bridge.server.server import CaServer
from records import PV

__all__ = ["serving"]


@contextlib.asynccontextmanager
async def serving(pvdb: Mapping[str, PV], config: ServerConfig | None = None) -> AsyncIterator[CaServer]:
    """Serve `pvdb` while the block runs, inside the caller's own event loop. Raises CannotListen, ConfigError."""
    loop = asyncio.get_running_loop()
    runner = EagerRunner(loop)
    server = CaServer(pvdb, config or ServerConfig(), runner, loop.time)
    server.open()
    timer: asyncio.TimerHandle | None = None

    def tick() -> None:
        nonlocal timer
        if timer is not None:
            timer.cancel()
        timer = loop.call_at(server.tick(), tick)

    server.sooner = tick
    loop.add_reader(server.fileno(), server.ready)
    tick()
    try:
        yield server
    finally:
        if timer is not None:
            timer.cancel()
        loop.remove_reader(server.fileno())
        await runner.close()
        server.close()
