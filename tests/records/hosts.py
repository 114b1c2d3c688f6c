"""A Host for records without a server: names, a queue of records to process, and tasks."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from records import PV, Link, LinkError, PvLink, Record, resolve


class Nowhere:
    """A link to a PV that is not there."""

    state = None
    elements = None
    field_type = None

    def __init__(self, text: PvLink) -> None:
        self.text = text

    def get(self, source: Any, wanted: Any, count: int, /) -> Any:
        raise LinkError(f"{self.text.target} is not connected")

    def put(self, source: Any, value: Any, kind: Any, /) -> None:
        raise LinkError(f"{self.text.target} is not connected")

    def put_notify(self, source: Any, value: Any, kind: Any, done: Any, /) -> bool:
        raise LinkError(f"{self.text.target} is not connected")

    def forward(self, source: Any, /) -> None:
        pass

    def close(self) -> None:
        pass


class Hosting:
    """Records that run in no IOC but here."""

    def __init__(self, *records: Record) -> None:
        self.pvdb: dict[str, PV] = {record.name: record for record in records}
        self.asked: list[Record] = []
        self.traced: list[str] = []
        self.scans: list[tuple[int, float | None]] = []
        self.tasks: list[asyncio.Task[Any]] = []
        for record in records:
            record.attach(self)

    def find(self, name: str, /) -> PV | None:
        return resolve(self.pvdb, name)

    def far_link(self, record: Any, field: str, text: PvLink, /) -> Link:
        return Nowhere(text)

    def start(self, record: Any, work: Coroutine[Any, Any, Any], /) -> None:
        self.tasks.append(asyncio.get_running_loop().create_task(work))

    def once(self, record: Any, /) -> None:
        self.asked.append(record)

    def later(self, seconds: float, call: Callable[[], None], /) -> Callable[[], None]:
        return asyncio.get_running_loop().call_later(seconds, call).cancel

    def signal(self) -> asyncio.Event:
        return asyncio.Event()

    def post_event(self, event: str | float, /) -> None:
        self.traced.append(f"event {event}")

    def trace(self, text: str, /) -> None:
        self.traced.append(text)

    def scan_changed(self, record: Any, /) -> None:
        self.scans.append((record.scan, record.period))
