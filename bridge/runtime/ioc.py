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
from bridge.runtime.watch import LOOK_EVERY, DatabaseWatch
from bridge.server import CaServer, EagerRunner, ServerConfig, serving
from records import MENU_PINI, PV, SCAN_PASSIVE, Hook, PVGroup, Record, Service, Watched, clock

if TYPE_CHECKING:
    from bridge.client import ClientConfig

__all__ = ["Ioc", "groups_of", "running"]

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
        self._watch = DatabaseWatch(pvdb)
        self._follower: asyncio.Task[None] | None = None
        self._adopted: dict[int, tuple[PVGroup | PV, list[Hook]]] = {}  # with the hooks of each, by identity
        self._services: list[Service] = []
        self._unwatch: dict[Record, Callable[[], None]] = {}

    @property
    def records(self) -> Iterable[Record]:
        """All records, in the order of the database."""
        return _records(self.pvdb.values())

    async def start(self) -> None:
        """Bring everything up behind the server."""
        come, _ = self._watch.look()
        for saver in self.view.savers:
            saver.start()
        await self._welcome(come)
        self.resume()
        asyncio.get_running_loop().call_soon(self._host.run)  # after the first scans
        self._follower = asyncio.create_task(self._follow(), name="PVs that come and go")

    def resume(self) -> None:
        """Let records be scanned (``iocRun``), at first or after `pause`."""
        records = self.records
        self._process_pini(records, "RUN")
        self.scans.start()
        self._process_pini(records, "RUNNING")

    async def pause(self) -> None:
        """Scan no records until `resume` (``iocPause``); clients and links are served on."""
        self._process_pini(self.records, "PAUSE")
        await self.scans.stop()
        self._process_pini(self.records, "PAUSED")

    async def _follow(self) -> None:
        while True:
            await self.clock.sleep_until(self.clock.monotonic() + LOOK_EVERY)
            try:
                come, gone = self._watch.look()
                if gone:
                    await self._part(gone)
                if come:
                    for saver in self.view.savers:
                        saver.adopt(come)
                    try:
                        await self._welcome(come)
                        for choice in ("RUN", "RUNNING"):
                            self._process_pini(_records(come), choice)
                    finally:
                        asyncio.get_running_loop().call_soon(self._host.run)
                    self.server.announce()
            except Exception:  # of a database that is a program's own
                log.exception("PVs that were added or removed: their hooks and scans may not run")

    async def _welcome(self, pvs: list[PV]) -> None:
        """Begin with PVs that are new: ports first, then hooks and PINI."""
        groups = [group for group in groups_of(pvs) if id(group) not in self._adopted]
        loose = [pv for pv in pvs if pv.group is None]
        known = {id(service) for service in self._services}
        services = {id(one): one for group in groups for one in group.services if id(one) not in known}
        self._services += services.values()
        records = _records(pvs)
        self._host.hold(records)
        for record in records:
            self._adopt(record)
        for record in records:  # which have their targets' names by now
            record.attach(self._host)
        for service in services.values():
            await service.start()
        for group in groups:
            self._run_hooks(group, list(group.hooks()))
        for pv in loose:
            hooks = list(pv.pvspec.hooks(None, pv)) if pv.pvspec is not None else []
            if hooks:
                self._run_hooks(pv, hooks)
        self._process_pini(records, "YES")

    def _run_hooks(self, owner: PVGroup | PV, hooks: list[Hook]) -> None:
        self._adopted[id(owner)] = (owner, hooks)
        self._hooks.start(hooks)

    async def _part(self, pvs: list[PV]) -> None:
        """Be done with PVs that were removed. A group's hooks and ports end with the last of its PVs."""
        for saver in self.view.savers:
            saver.abandon(pvs)
        for record in _records(pvs):
            self._abandon(record)
        present = {id(owner) for owner in (*groups_of(self.pvdb.values()), *self.pvdb.values())}
        ends = [owner for key, (owner, _) in self._adopted.items() if key not in present]
        await self._hooks.stop({hook for owner in ends for hook in self._adopted.pop(id(owner))[1]})
        kept = {id(one) for owner, _ in self._adopted.values() if isinstance(owner, PVGroup) for one in owner.services}
        services = [one for one in self._services if id(one) not in kept]
        self._services = [one for one in self._services if id(one) in kept]
        await _stop(services)

    def _adopt(self, record: Record) -> None:
        if record.scan != SCAN_PASSIVE:
            self._scan_changed(record)
        for link in (record.inp, getattr(record, "out", None)):
            # without a link, don't ask: isinstance() with a protocol takes longer than making the record
            if link is not None and isinstance(link, Watched):
                self._unwatch[record] = link.watch(partial(self._link_changed, record))
                break  # one wire per record is what there is; INP speaks for OUT

    def _abandon(self, record: Record) -> None:
        self.scans.remove(record)
        self.interrupts.remove(record)
        self._host.events.remove(record)
        record.detach()
        unwatch = self._unwatch.pop(record, None)
        if unwatch is not None:
            unwatch()

    def _scan_changed(self, record: Record) -> None:
        self.scans.add(record)
        self.interrupts.add(record)
        self._host.events.add(record)

    def _link_changed(self, record: Record, fault: Exception | None) -> None:
        self._process(record, record.link_changed(fault))

    def _process_pini(self, records: Iterable[Record], when: str) -> None:
        choice = MENU_PINI.index(when)
        for record in sorted(records, key=lambda one: one.phas):
            if record.pini == choice:
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
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.gather(self._follower, return_exceptions=True)
        await self.scans.stop()
        await self.interrupts.stop()
        for record in self.records:
            record.detach()
        await self._host.stop()
        for unwatch in self._unwatch.values():
            unwatch()
        self._unwatch.clear()
        await self._hooks.stop()
        await _stop(self._services)


async def _stop(services: Iterable[Service]) -> None:
    try:
        async with asyncio.timeout(STOP_DEADLINE):
            await asyncio.gather(*(service.stop() for service in services), return_exceptions=True)
    except TimeoutError:
        log.warning("an instrument did not close within %g s", STOP_DEADLINE)


def _records(pvs: Iterable[PV]) -> list[Record]:
    return list({id(pv): pv for pv in pvs if isinstance(pv, Record)}.values())  # one with aliases comes once


def groups_of(pvs: Iterable[PV]) -> list[PVGroup]:
    """The groups that the PVs belong to and all above them, each once."""
    found: dict[int, PVGroup] = {}
    for pv in pvs:
        group = pv.group
        while group is not None and id(group) not in found:
            found[id(group)] = group
            group = group.parent
    return list(found.values())


def _date(pvs: Iterable[PV], now_ns: int) -> None:
    """Give PVs a time that were made before there was a clock."""
    for pv in pvs:
        if not pv.time_ns:
            pv.time_ns = now_ns


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

    Several groups make one IOC. Where it serves says `config`, and `links`, which is called if there are such, where
    links look for PVs of other IOCs; what is not given is as the environment says (EPICS_CAS_..., EPICS_CA_...). With
    `autosave`, a file or an Autosave, PVs get their saved values before the server answers anybody, and are saved until
    it has ended. `on_exit` is called if a client asks the IOC to end (SYSRESET).

    Raises DuplicateName, CannotListen or ConfigError if it cannot serve; an instrument that is away is no reason not to
    start, and neither is a save file that cannot be read.
    """
    pvdb = database(*targets)
    config = config or ServerConfig.from_environment(os.environ)
    clock.now_ns = wall.now_ns
    _date(pvdb.values(), wall.now_ns())
    runner = EagerRunner(asyncio.get_running_loop())
    async with (
        autosaving(autosaves_of(groups_of(pvdb.values()), pvdb, autosave), wall) as savers,
        serving(pvdb, config) as server,
    ):
        view = IocView(pvdb, server, wall.now_ns(), site=site, savers=savers, on_exit=on_exit)
        ioc = Ioc(pvdb, server, runner, wall, view, links or _links)
        try:
            await ioc.start()
            yield ioc
        finally:
            await ioc.stop()
            await runner.close()


def _links() -> ClientConfig:
    from bridge.client import ClientConfig  # few IOCs have such links

    return ClientConfig.from_environment(os.environ)
