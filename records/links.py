"""The seam to the instruments: what a record may know of the thing it reads from or writes to.

A driver's point satisfies these protocols without importing this module. Deadlines belong to the point's port, alarms
to the record: a point raises, and an exception may carry the alarm status it stands for in an attribute ``stat``
(``"COMM"``, ``"TIMEOUT"``, ``"READ"``, ``"WRITE"``). One that can only be written or only be read says why in
``unreadable`` or ``unwritable``: then no record is made that would do the other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

from records.alarm import Status

__all__ = ["Reading", "Service", "Sink", "Source", "Speaker", "Unsubscribe", "Watched", "status_of"]

Unsubscribe = Callable[[], None]


class Reading(Protocol):
    """One value from an instrument. `time_ns` is when it was true (ns since 1970), None for "now"."""

    @property
    def value(self) -> Any: ...
    @property
    def time_ns(self) -> int | None: ...


@runtime_checkable
class Source(Protocol):
    """Something to read."""

    async def read(self) -> Reading:
        """Ask the instrument. Raises an exception with a `stat` when there is no good answer."""
        ...


@runtime_checkable
class Sink(Protocol):
    """Something to write."""

    async def write(self, value: Any, /) -> None:
        """Tell the instrument, and return when it has accepted. Raises when it has not.

        Calls that overlap are carried out in the order in which they were made.
        """
        ...


@runtime_checkable
class Speaker(Protocol):
    """Something that speaks unasked: the source of I/O interrupts."""

    def subscribe(self, callback: Callable[[Reading], None], /) -> Unsubscribe:
        """Call `callback` once per event, in the order of the wire, from the event loop."""
        ...


@runtime_checkable
class Watched(Protocol):
    """Something that knows whether its wire is up."""

    def watch(self, callback: Callable[[Exception | None], None], /) -> Unsubscribe:
        """Call `callback` with the fault when the link goes down and with None when it is up, once per change."""
        ...


class Service(Protocol):
    """Something that has to run while an IOC runs, such as a port: groups list theirs, the runtime runs them."""

    async def start(self) -> None:
        """Begin, without waiting for any instrument."""
        ...

    async def stop(self) -> None:
        """End in bounded time."""
        ...


def status_of(error: BaseException, otherwise: Status) -> Status:
    """The alarm status an exception stands for: its `stat`, or what Python's own exceptions say, or `otherwise`."""
    stat = getattr(error, "stat", None)
    if isinstance(stat, str) and stat in Status.__members__:
        return Status[stat]
    if isinstance(error, TimeoutError):
        return Status.TIMEOUT
    if isinstance(error, OSError):
        return Status.COMM
    return otherwise
