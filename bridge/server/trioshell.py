"""The trio shell: a CaServer in a nursery. Needs trio, which is an extra: ``pip install iocbridge[trio]``."""

from __future__ import annotations

import contextlib
import math
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Any

import trio

from bridge.server.config import ServerConfig
from bridge.server.server import CaServer
from records import PV

__all__ = ["serving"]

Done = Callable[[BaseException | None], None]


class _Runner:
    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery
        self._token = trio.lowlevel.current_trio_token()

    def call_soon(self, function: Callable[[], None], /) -> None:
        self._token.run_sync_soon(function)

    def start(self, work: Coroutine[Any, Any, Any], /) -> Callable[[Done], None]:
        return lambda done: self._nursery.start_soon(_run, work, done)


async def _run(work: Coroutine[Any, Any, Any], done: Done) -> None:
    try:
        await work
    except Exception as error:
        done(error)
    except BaseException as error:
        done(error)
        raise
    else:
        done(None)


@contextlib.asynccontextmanager
async def serving(pvdb: Mapping[str, PV], config: ServerConfig | None = None) -> AsyncIterator[CaServer]:
    """Serve `pvdb` while the block runs. Raises CannotListen, ConfigError."""
    async with trio.open_nursery() as nursery:
        server = CaServer(pvdb, config or ServerConfig(), _Runner(nursery), trio.current_time)
        server.open()
        due = _Due()
        server.sooner = due.now
        nursery.start_soon(_sockets, server)
        nursery.start_soon(_ticks, server, due)
        try:
            yield server
        finally:
            nursery.cancel_scope.cancel()
            server.close()


class _Due:
    """When the server wants its next tick; a sleep on it can be cut short."""

    def __init__(self) -> None:
        self._scope = trio.CancelScope()

    def now(self) -> None:
        self._scope.cancel()

    async def sleep_until(self, when: float) -> None:
        self._scope = trio.CancelScope(deadline=when)
        with self._scope:
            await trio.sleep_until(math.inf)


async def _sockets(server: CaServer) -> None:
    while True:
        await trio.lowlevel.wait_readable(server.fileno())
        server.ready()


async def _ticks(server: CaServer, due: _Due) -> None:
    while True:
        await due.sleep_until(server.tick())
