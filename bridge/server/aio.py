"""The asyncio shell: a CaServer on a running loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from bridge.server.config import ServerConfig
from bridge.server.eager import EagerRunner
from bridge.server.reactor import Reactor
from bridge.server.server import CaServer
from bridge.server.serverloop import ServerLoop
from records import PV

__all__ = ["serving"]


@contextlib.asynccontextmanager
async def serving(pvdb: Mapping[str, PV], config: ServerConfig | None = None) -> AsyncIterator[CaServer]:
    """Serve `pvdb` while the block runs, inside the caller's own event loop. Raises CannotListen, ConfigError."""
    loop = asyncio.get_running_loop()
    runner = EagerRunner(loop)
    guest = loop.invite() if isinstance(loop, ServerLoop) else None
    server = CaServer(pvdb, config or ServerConfig(), runner, loop.time, Reactor(guest))
    if guest is not None:
        guest.handle = server.handle
    server.open()
    timer: asyncio.TimerHandle | None = None

    def tick() -> None:
        nonlocal timer
        if timer is not None:
            timer.cancel()
        timer = loop.call_at(server.tick(), tick)

    server.sooner = tick
    if guest is None:
        loop.add_reader(server.fileno(), server.ready)
    tick()
    try:
        yield server
    finally:
        if timer is not None:
            timer.cancel()
        if guest is None:
            loop.remove_reader(server.fileno())
        await runner.close()
        server.close()
