"""The names of `caproto.asyncio.server`: the server inside a loop of the program's own."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from bridge.compat.served import Served
from bridge.runtime.asynclib import AsyncLibrary, ThreadsafeQueue
from bridge.runtime.ioc import Ioc, running
from bridge.server import ServerConfig

__all__ = ["AsyncioAsyncLayer", "Context", "Event", "ServerExit", "start_server"]

GIVEN = ("run",)
log = logging.getLogger("iocbridge")
Event = asyncio.Event


class ServerExit(Exception):
    """For programs that raise it to end the server."""


class AsyncioAsyncLayer(AsyncLibrary):
    """What hooks get as `async_lib`."""

    def ThreadsafeQueue(self, maxsize: int = 0) -> Any:  # type: ignore[override]  # noqa: N802
        """A queue between threads and the loop."""
        return ThreadsafeQueue(maxsize)


class Context:
    """A server: ``await Context(pvdb).run()`` serves until it is cancelled."""

    def __init__(self, pvdb: Mapping[str, Any], interfaces: Sequence[str] | None = None) -> None:
        self.pvdb = pvdb
        self.interfaces = interfaces
        self.ioc: Ioc | None = None
        self.log = log

    @property
    def port(self) -> int | None:
        """Where it listens, while it runs."""
        return self.ioc.server.port if self.ioc is not None else None

    async def run(self, *, log_pv_names: bool = False, startup_hook: Any = None) -> None:
        """Serve until this is cancelled, or SIGTERM comes and the program has no handler of its own."""
        config = ServerConfig.from_environment(os.environ)  # such a program has no command line of ours
        if self.interfaces:
            config = replace(config, interfaces=tuple(self.interfaces))
        log.info("Server starting up...")
        stop = asyncio.Event()
        async with _terminated(stop), running(Served(self.pvdb), config=config, on_exit=stop.set) as ioc:
            self.ioc = ioc
            try:
                log.info("Listening on %s", ", ".join(ioc.server.addresses))
                if startup_hook is not None:
                    await startup_hook(AsyncioAsyncLayer())
                log.info("Server startup complete.")
                if log_pv_names:
                    log.info("PVs available:\n%s", "\n".join(f"    {name}" for name in self.pvdb))
                await stop.wait()
            except asyncio.CancelledError:
                log.info("Server task cancelled. Will shut down.")
            finally:
                self.ioc = None
        log.info("Server exiting....")


@asynccontextmanager
async def _terminated(stop: asyncio.Event) -> AsyncIterator[None]:
    """Have SIGTERM set `stop`, where nobody else has a use for it: without that no last save is done."""
    loop = asyncio.get_running_loop()
    ours = threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    if ours:
        loop.add_signal_handler(signal.SIGTERM, stop.set)
    try:
        yield
    finally:
        if ours:
            loop.remove_signal_handler(signal.SIGTERM)


async def start_server(
    pvdb: Mapping[str, Any],
    *,
    interfaces: Sequence[str] | None = None,
    log_pv_names: bool = False,
    startup_hook: Any = None,
) -> None:
    """Serve until this is cancelled."""
    await Context(pvdb, interfaces).run(log_pv_names=log_pv_names, startup_hook=startup_hook)
