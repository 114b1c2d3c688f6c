"""The curio shell: a CaServer among curio's tasks. Needs curio, which does not import on Python 3.12 and later."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from functools import partial
from time import monotonic
from typing import Any

import curio  # pyright: ignore[reportMissingImports]
from curio.traps import _read_wait  # pyright: ignore[reportMissingImports]

from bridge.server.config import ServerConfig
from bridge.server.server import CaServer
from bridge.server.wakeup import Wakeup
from records import PV

__all__ = ["serving"]

Done = Callable[[BaseException | None], None]


class _Runner:
    """curio starts tasks from coroutines only, so that starting one has to wait for the loop's next look."""

    def __init__(self) -> None:
        self.wakeup = Wakeup()
        self.call_soon = self.wakeup.call_soon
        self.waiting: list[tuple[Coroutine[Any, Any, Any], Done]] = []
        self.sooner = False  # the server's next tick is due earlier than it said

    def start(self, work: Coroutine[Any, Any, Any], /) -> Callable[[Done], None]:
        return partial(self._later, work)

    def _later(self, work: Coroutine[Any, Any, Any], done: Done) -> None:
        self.waiting.append((work, done))
        self.wakeup.call_soon(lambda: None)

    def tick_sooner(self) -> None:
        self.sooner = True
        self.wakeup.call_soon(lambda: None)


@contextlib.asynccontextmanager
async def serving(pvdb: Mapping[str, PV], config: ServerConfig | None = None) -> AsyncIterator[CaServer]:
    """Serve `pvdb` while the block runs. Raises CannotListen, ConfigError."""
    runner = _Runner()
    server = CaServer(pvdb, config or ServerConfig(), runner, monotonic)
    server.open()
    try:
        async with curio.TaskGroup() as tasks:
            server.sooner = runner.tick_sooner
            await tasks.spawn(_sockets, server)
            await tasks.spawn(_work, runner, server, tasks)
            try:
                yield server
            finally:
                await tasks.cancel_remaining()
    finally:
        server.close()
        runner.wakeup.close()


async def _sockets(server: CaServer) -> None:
    while True:
        await _read_wait(server.fileno())
        server.ready()


async def _ticks(server: CaServer) -> None:
    while True:
        due = server.tick()
        await curio.sleep(max(0.0, due - monotonic()))


async def _work(runner: _Runner, server: CaServer, tasks: curio.TaskGroup) -> None:
    ticks = await curio.spawn(_ticks, server)
    try:
        while True:
            await _read_wait(runner.wakeup.fileno())
            runner.wakeup.ready()
            if runner.sooner:
                runner.sooner = False
                await ticks.cancel()
                ticks = await curio.spawn(_ticks, server)
            waiting, runner.waiting = runner.waiting, []
            for work, done in waiting:
                await tasks.spawn(_run, work, done)
    finally:
        await ticks.cancel()


async def _run(work: Coroutine[Any, Any, Any], done: Done) -> None:
    try:
        await work
    except curio.CancelledError as error:
        done(error)
        raise
    except Exception as error:
        done(error)
    else:
        done(None)
