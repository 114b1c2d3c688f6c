"""RecordHost: what the records of a running IOC see of it: each other, time, and the PVs of other IOCs."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from bridge.runtime.events import Events
from bridge.runtime.linklog import LinkLog
from bridge.runtime.locallink import LocalLink
from bridge.server import MODIFIERS, EagerRunner, View, open_view
from records import PV, Link, Linked, PvLink, Record, resolve

if TYPE_CHECKING:
    from bridge.client import Client, ClientConfig
    from bridge.runtime.farlink import FarLink

__all__ = ["RecordHost"]

log = logging.getLogger("iocbridge.links")
trace = logging.getLogger("iocbridge.trace")


class RecordHost:
    """The IOC for its records. `on_scan_changed` is told of records that are to be scanned differently.

    `links` tells the log of links to other IOCs.
    """

    def __init__(
        self,
        pvdb: Mapping[str, PV],
        runner: EagerRunner,
        on_scan_changed: Callable[[Record], None],
        config: Callable[[], ClientConfig] | None = None,
    ) -> None:
        self._pvdb = pvdb
        self._runner = runner
        self._on_scan_changed = on_scan_changed
        self._config = config
        self._loop = asyncio.get_running_loop()
        self.events = Events(self.once)
        self._queue: deque[Record] = deque()
        self._new: set[Record] = set()  # records that have just come
        self._held: dict[LocalLink, Record] = {}  # what their links are to process, see `run`
        self._stop = asyncio.Event()
        self._client: Client | None = None
        self._client_task: asyncio.Task[None] | None = None
        self._waiting: list[FarLink] = []  # for the client to open
        self._timers: set[asyncio.TimerHandle] = set()
        self.links = LinkLog(self.later)

    def find(self, name: str, /) -> PV | None:
        """The PV of `name` in this IOC; one with channel filters or ``$`` is a view of it."""
        found = resolve(self._pvdb, name)
        if found is None and not MODIFIERS.isdisjoint(name):
            found = open_view(self._pvdb, name)
            if isinstance(found, View):
                found.open()
        return found

    def far_link(self, record: Record, field: str, text: PvLink, /) -> Link:
        """A link by Channel Access; a short cut if the PV is one of this IOC."""
        pv = self.find(text.target)
        if pv is not None:
            return LocalLink(self, record, text, pv)
        from bridge.runtime.farlink import FarLink  # see _live_as_client

        link = FarLink(self, record, field, text)
        self._connect(link)
        return link

    def _connect(self, link: FarLink) -> None:
        if self._client is not None:
            link.connect(self._client)
            return
        self._waiting.append(link)
        if self._client_task is None:
            self._client_task = self._loop.create_task(self._live_as_client(), name="CA links")

    async def _live_as_client(self) -> None:
        try:
            from bridge.client import Client  # few IOCs have such links, and the client takes its time to load

            async with Client(self._config() if self._config is not None else None) as client:
                self._client = client
                for link in self._waiting:
                    link.connect(client)
                self._waiting.clear()
                await self._stop.wait()
        except (OSError, ValueError) as error:
            log.error("links to other IOCs do not work: %s", error)
        finally:
            self._client = None

    def start(self, record: Linked, work: Coroutine[Any, Any, Any], /) -> None:
        """Run the rest of a record's processing."""

        def done(error: BaseException | None) -> None:
            if isinstance(error, Exception):
                log.error("%s: processing failed: %s", record.name, error)

        self._runner.run(work, done)

    def once(self, record: Record, /) -> None:
        """Process a record in one of the next turns of the loop."""
        if not self._queue:
            self._loop.call_soon(self._process_queue)
        self._queue.append(record)

    def link_scan(self, link: LocalLink, record: Record) -> None:
        """Process a record because of an event of its link."""
        if record in self._new:
            self._held[link] = record
        else:
            self.once(record)

    def hold(self, records: Iterable[Record]) -> None:
        """Records have come: until `run`, no link processes them."""
        self._new.update(records)

    def run(self) -> None:
        """Let links process the records that have come. Whatever came before is one event of each, as in base.

        Base's connect only now, and are told first of what PINI and the first scans have made.
        """
        held, self._held = self._held, {}
        self._new.clear()
        for record in held.values():
            self.once(record)

    def _process_queue(self) -> None:
        for _ in range(len(self._queue)):
            record = self._queue.popleft()
            try:
                work = record.process()
            except Exception:  # one record's bug is that record's
                log.exception("%s: processing failed", record.name)
                continue
            if work is not None:
                self.start(record, work)
        if self._queue:
            self._loop.call_soon(self._process_queue)

    def soon(
        self,
        put: Callable[[], Coroutine[Any, Any, None] | None],
        source: Linked,
        done: Callable[[], None] | None = None,
    ) -> None:
        """Write a PV on behalf of `source`, from no record's processing. `done` is called when that is complete."""

        def write() -> None:
            try:
                work = put()
            except (ValueError, TypeError, PermissionError) as error:
                self.failed(source, error)
                work = None
            if work is not None:
                self.start(source, work if done is None else _then(work, done))
            elif done is not None:
                done()

        self._loop.call_soon(write)

    def failed(self, record: Linked, error: Exception) -> None:
        """A link could not write; nobody else is there to be told."""
        log.warning("%s: a link could not write: %s", record.name, error)

    def later(self, seconds: float, call: Callable[[], None], /) -> Callable[[], None]:
        """Call `call` in so many seconds."""

        def due() -> None:
            self._timers.discard(timer)
            call()

        def cancel() -> None:
            timer.cancel()
            self._timers.discard(timer)

        timer = self._loop.call_later(seconds, due)
        self._timers.add(timer)
        return cancel

    def signal(self) -> asyncio.Event:
        """A new signal."""
        return asyncio.Event()

    def post_event(self, event: str | float, /) -> None:
        """Process the records of an event."""
        self.events.post(event)

    def trace(self, text: str, /) -> None:
        """A line of TPRO."""
        trace.info("%s", text)

    def scan_changed(self, record: Record, /) -> None:
        """Scan a record differently."""
        self._on_scan_changed(record)

    async def stop(self) -> None:
        """Let go of everything outside."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._queue.clear()
        self._stop.set()
        if self._client_task is not None:
            await asyncio.gather(self._client_task, return_exceptions=True)


async def _then(work: Coroutine[Any, Any, None], done: Callable[[], None]) -> None:
    try:
        await work
    finally:
        done()
