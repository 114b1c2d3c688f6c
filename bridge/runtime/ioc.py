"""Ioc: a running IOC. It serves a PV database and keeps it alive: ports, start-up hooks, scans, I/O interrupts.

Start-up never waits for an instrument: the server answers first, everything else comes up behind it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from bridge.runtime.autosave import Autosave, autosaves_of, autosaving
from bridge.runtime.clock import SYSTEM, Clock
from bridge.runtime.database import Target, database
from bridge.runtime.hooks import Hooks
from bridge.runtime.iointr import Interrupts
from bridge.runtime.recordhost import RecordHost
from bridge.runtime.scan import ScanLists
from bridge.runtime.view import IocView, Site
from bridge.server import CaServer, EagerRunner, ServerConfig, serving
from records import PV, PVGroup, Record, Service, Watched, clock

if TYPE_CHECKING:
    from bridge.client import ClientConfig

__all__ = ["Ioc", "running"]

log = logging.getLogger("iocbridge")

STOP_DEADLINE = 1.5  # seconds for instruments to say goodbye; Ctrl-C must not wait longer


class Ioc:
    """What runs while an IOC runs. Made by `running`."""

    def __init__(
        self,
        pvdb: Mapping[str, PV],
        server: CaServer,
        runner: EagerRunner,
        wall: Clock,
        view: IocView | None = None,
        links: Callable[[], ClientConfig] | None = None,
    ) -> None:
        self.pvdb = pvdb
        self.server = server
        self.clock = wall
        self.view = view or IocView(pvdb, server, wall.now_ns())
        self.scans = ScanLists(runner.run, wall)
        self.interrupts = Interrupts()
        self._host = RecordHost(pvdb, runner, self._scan_changed, links)
        self._runner = runner
        self._hooks = Hooks(wall, self.view)
        self._services: list[Service] = []
        self._unwatch: list[Any] = []

    @property
    def records(self) -> Iterable[Record]:
        """All records, in the order of the database."""
        return [pv for pv in self.pvdb.values() if isinstance(pv, Record)]

    async def start(self) -> None:
        """Bring everything up behind the server."""
        groups = _groups(self.pvdb)
        self._services = list({id(service): service for group in groups for service in group.services}.values())
        for record in self.records:
            self._adopt(record)
        for saver in self.view.savers:
            saver.start()
        for service in self._services:
            await service.start()
        self._hooks.start(groups)
        self._process_at_init()
        self.scans.start()

    def _adopt(self, record: Record) -> None:
        self.scans.add(record)
        self.interrupts.add(record)
        record.attach(self._host)
        for link in (record.inp, getattr(record, "out", None)):
            if isinstance(link, Watched):
                self._unwatch.append(link.watch(partial(self._link_changed, record)))
                break  # one wire per record is what there is; INP speaks for OUT

    def _scan_changed(self, record: Record) -> None:
        self.scans.add(record)
        self.interrupts.add(record)

    def _link_changed(self, record: Record, fault: Exception | None) -> None:
        self._process(record, record.link_changed(fault))

    def _process_at_init(self) -> None:
        for record in sorted(self.records, key=lambda one: one.phas):
            if record.pini:
                self._process(record, record.process())

    def _process(self, record: Record, work: Any) -> None:
        if work is None:
            return

        def done(error: BaseException | None) -> None:
            if isinstance(error, Exception):
                log.error("%s: processing failed", record.name, exc_info=error)

        self._runner.run(work, done)

    async def stop(self) -> None:
        """Take everything down in the opposite order; what does not end in time is left behind."""
        await self.scans.stop()
        await self.interrupts.stop()
        for record in self.records:
            record.detach()
        await self._host.stop()
        for unwatch in self._unwatch:
            unwatch()
        self._unwatch.clear()
        await self._hooks.stop()
        try:
            async with asyncio.timeout(STOP_DEADLINE):
                await asyncio.gather(*(service.stop() for service in self._services), return_exceptions=True)
        except TimeoutError:
            log.warning("an instrument did not close within %g s", STOP_DEADLINE)


def _groups(pvdb: Mapping[str, PV]) -> list[PVGroup]:
    """The groups that the PVs belong to and all above them, each once."""
    found: dict[int, PVGroup] = {}
    for pv in pvdb.values():
        group = pv.group
        while group is not None and id(group) not in found:
            found[id(group)] = group
            group = group.parent
    return list(found.values())


@contextlib.asynccontextmanager
async def running(
    *targets: Target,
    config: ServerConfig | None = None,
    wall: Clock = SYSTEM,
    autosave: Autosave | str | os.PathLike[str] | None = None,
    site: Site | None = None,
    on_exit: Callable[[], None] | None = None,
    links: Callable[[], ClientConfig] | None = None,
) -> AsyncIterator[Ioc]:
    """Run an IOC inside the caller's event loop: use it as ``async with running(group) as ioc: ...``.

    Several groups make one IOC. With `autosave`, a file or an Autosave, PVs get their saved values before the server
    answers anybody, and are saved until it has ended. `links` is called to say where links
    look for PVs of other IOCs, if there are such links. `on_exit` is
    called if a client asks the IOC to end (SYSRESET).

    Raises DuplicateName, CannotListen or ConfigError if it cannot serve; an instrument that is away is no reason not to
    start, and neither is a save file that cannot be read.
    """
    pvdb = database(*targets)
    clock.now_ns = wall.now_ns
    runner = EagerRunner(asyncio.get_running_loop())
    async with autosaving(autosaves_of(_groups(pvdb), pvdb, autosave), wall) as savers, serving(pvdb, config) as server:
        view = IocView(pvdb, server, wall.now_ns(), site=site, savers=savers, on_exit=on_exit)
        ioc = Ioc(pvdb, server, runner, wall, view, links)
        try:
            await ioc.start()
            yield ioc
        finally:
            await ioc.stop()
            await runner.close()
