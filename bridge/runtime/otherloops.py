"""An IOC of soft PVs under trio or curio, for programs whose hooks are written for one of these.

Whatever waits for instruments or files is asyncio's, as the libraries of instruments are: a database with ports,
links, periodic or interrupted scans, or autosave is refused. Getters, putters, start-up, scan and shutdown hooks run.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final

from bridge.runtime.autosave import Autosave, autosaves_of
from bridge.runtime.hooks import SHUTDOWN_DEADLINE, Hooks
from bridge.runtime.ioc import groups_of
from bridge.runtime.loader import LoadError
from bridge.runtime.otherlibs import OtherLibrary
from bridge.runtime.view import IocView, Site
from bridge.server import CaServer, ServerConfig
from bridge.server.wakeup import Wakeup
from records import PV, SCAN_PASSIVE, Record, clock

__all__ = ["serve_by"]

log = logging.getLogger("iocbridge")

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
Work = Coroutine[Any, Any, Any]


def serve_by(
    library: str,
    pvdb: Mapping[str, PV],
    config: ServerConfig,
    saving: Autosave | None,
    startup_hook: Callable[[Any], Any] | None,
    started: Callable[[CaServer], None],
) -> None:
    """Serve under `library`, "trio" or "curio", until SIGINT or SIGTERM; `started` is called once clients are answered.

    Raises LoadError if the library cannot be had or the database needs asyncio, CannotListen or ConfigError.
    """
    try:
        layer = OtherLibrary(library)
    except Exception as error:  # curio fails in its own ways on newer Pythons
        raise LoadError(f"--async-lib {library}: it cannot be imported: {error}") from None
    why = _asyncio_needed(pvdb, saving)
    if why:
        raise LoadError(f"--async-lib {library}: {why}, which needs asyncio")
    clock.now_ns = time.time_ns
    ioc = _SoftIoc(pvdb, config, layer, startup_hook, started)
    if library == "trio":
        layer.library.run(_under_trio, ioc)
    else:
        layer.library.run(_under_curio, ioc)


def _asyncio_needed(pvdb: Mapping[str, PV], saving: Autosave | None) -> str:
    """What of the database cannot run without asyncio; empty if all of it can."""
    groups = groups_of(pvdb.values())
    for group in groups:
        if group.services:
            return f"{type(group).__name__} {group.prefix!r} has a port"
    for pv in pvdb.values():
        if isinstance(pv, Record) and pv.scan != SCAN_PASSIVE:
            return f"{pv.name} has a SCAN other than Passive"
        if isinstance(pv, Record) and (fields := pv.linked_fields()):
            return f"{pv.name}.{fields[0]} is a link"
    return "values are to be saved" if autosaves_of(groups, pvdb, saving) else ""


class _SoftIoc:
    """What both have in common: the coroutines to run, each of which keeps its errors to itself."""

    def __init__(
        self,
        pvdb: Mapping[str, PV],
        config: ServerConfig,
        layer: OtherLibrary,
        startup_hook: Callable[[Any], Any] | None,
        started: Callable[[CaServer], None],
    ) -> None:
        self.pvdb = pvdb
        self.config = config
        self.layer = layer
        self._hooks = Hooks(_Clock(layer), library=layer)
        self._startup_hook = startup_hook
        self._started = started

    def begin(self, server: CaServer) -> list[Work]:
        """What runs until the end."""
        site = Site(os.environ.get("ENGINEER", ""), os.environ.get("LOCATION", ""))
        self.layer.ioc = IocView(self.pvdb, server, time.time_ns(), site=site, on_exit=_stop)
        self._started(server)
        hooks = [hook for group in groups_of(self.pvdb.values()) for hook in group.hooks()]
        works: list[Work] = [work for _, work in self._hooks.works(hooks)]
        records = [pv for pv in self.pvdb.values() if isinstance(pv, Record) and pv.pini]
        works += filter(None, (record.process() for record in sorted(records, key=lambda one: one.phas)))
        if self._startup_hook is not None:
            works.append(self._startup_hook(self.layer))
        return [_guarded(work) for work in works]

    async def end(self) -> None:
        """The shutdown hooks, one after the other."""
        log.info("Server shutting down...")
        for work in self._hooks.last_works():
            await work


class _Clock:
    """The machine's clocks, and the library's way to wait."""

    now_ns = staticmethod(time.time_ns)
    monotonic = staticmethod(time.monotonic)

    def __init__(self, layer: OtherLibrary) -> None:
        self._layer = layer

    async def sleep_until(self, due: float) -> None:
        await self._layer.sleep(max(0.0, due - time.monotonic()))


def _stop() -> None:
    signal.raise_signal(signal.SIGTERM)


async def _guarded(work: Work) -> None:
    try:
        await work
    except Exception:
        log.exception("a hook failed; everything else serves on")


async def _under_trio(ioc: _SoftIoc) -> None:
    from bridge.server import trioshell

    trio = ioc.layer.library
    with trio.open_signal_receiver(*_SIGNALS) as signals:
        async with trioshell.serving(ioc.pvdb, ioc.config) as server:
            async with trio.open_nursery() as nursery:
                for work in ioc.begin(server):
                    nursery.start_soon(_as_it_is, work)
                async for _ in signals:
                    break
                nursery.cancel_scope.cancel()
            with trio.move_on_after(SHUTDOWN_DEADLINE):
                await ioc.end()


async def _as_it_is(work: Work) -> None:
    await work


async def _under_curio(ioc: _SoftIoc) -> None:
    from curio.traps import _read_wait  # pyright: ignore[reportMissingImports]

    from bridge.server import curioshell

    curio = ioc.layer.library
    told = Wakeup()  # curio has nothing for signals
    for number in _SIGNALS:
        signal.signal(number, lambda *_: told.call_soon(lambda: None))
    async with curioshell.serving(ioc.pvdb, ioc.config) as server:
        async with curio.TaskGroup() as tasks:
            for work in ioc.begin(server):
                await tasks.spawn(work)
            await _read_wait(told.fileno())
            await tasks.cancel_remaining()
        async with curio.ignore_after(SHUTDOWN_DEADLINE):
            await ioc.end()
    told.close()
