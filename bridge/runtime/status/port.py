"""PortStatus: how the wire of an instrument is doing. Works with whatever has `statistics` and `fault`."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from bridge.runtime.status.portcontrol import PortControl
from bridge.runtime.status.shown import show
from records import PV, PVGroup, bi, int64in, lsi, pvproperty

__all__ = ["Observed", "PortStatus"]

PERIOD = 1.0  # seconds
MAX_FAULT = 256


@runtime_checkable
class Observed(Protocol):
    """A port, as far as this group knows one. What `statistics` lacks is not shown."""

    @property
    def statistics(self) -> Any:
        """Has counts `requests`, `errors`, `timeouts`, `connects`, `late`, and times `last_time`, `max_time` in s."""
        ...

    @property
    def fault(self) -> Exception | None:
        """Why it is down, None while it is up."""
        ...


class PortStatus(PortControl):
    """One port: ``line = SubGroup(PortStatus)`` in an Instrument, or ``PortStatus("P:", service=port)``.

    ENABLE, CONNECT, ADDRESS, BAUD and TRACE can be put, see `PortControl`.
    Without a `service` it is the first of the group above, or of those above that, which is a port.
    """

    connected = bi(0, name="CONNECTED", znam="Disconnected", onam="Connected", zsv="MAJOR", read_only=True)
    fault = lsi("", name="FAULT", sizv=MAX_FAULT, read_only=True, doc="Why it is down")
    requests = int64in(0, name="REQUESTS", read_only=True, doc="Questions asked")
    errors = int64in(0, name="ERRORS", read_only=True, doc="Failures but for time-outs")
    timeouts = int64in(0, name="TIMEOUTS", read_only=True, doc="Questions without a reply in time")
    link_errors = int64in(0, name="LINK_ERRORS", read_only=True, doc="Questions that a lost link left unanswered")
    bad_replies = int64in(0, name="BAD_REPLIES", read_only=True, doc="Replies that make no sense")
    refusals = int64in(0, name="REFUSALS", read_only=True, doc="Writes that were refused")
    busy = int64in(0, name="BUSY", read_only=True, doc="Questions not asked, for the wire was busy too long")
    queue = int64in(0, name="QUEUE", read_only=True, doc="Questions that wait for their turn")
    late = int64in(0, name="LATE", read_only=True, doc="Replies that came too late")
    unclaimed = int64in(0, name="UNCLAIMED", read_only=True, doc="Messages that nobody asked for")
    reconnects = int64in(0, name="RECONNECTS", read_only=True, doc="Connections after the first")
    last_time = pvproperty(
        name="LAST_TIME", value=0.0, record="ai", units="ms", precision=3, read_only=True, doc="Last reply time"
    )
    max_time = pvproperty(
        name="MAX_TIME", value=0.0, record="ai", units="ms", precision=3, read_only=True, doc="Longest reply time"
    )

    mean_time = pvproperty(
        name="MEAN_TIME", value=0.0, record="ai", units="ms", precision=3, read_only=True, doc="Mean reply time"
    )

    def __init__(self, prefix: str = "", *, service: Observed | None = None, **options: Any) -> None:
        super().__init__(prefix, **options)
        self._service = service

    @property
    def service(self) -> Any:
        """The port, None if there is none. An instrument has its own only once it is made."""
        group: PVGroup | None = self
        while self._service is None and group is not None:
            self._service = next((one for one in group.services if isinstance(one, Observed)), None)
            group = group.parent
        return self._service

    @connected.startup
    async def _watch(self, instance: PV, async_lib: Any) -> None:
        service = self.service
        if service is None:
            raise LookupError(f"{self.prefix}: there is no port in the groups above; give one: service=...")
        watch = getattr(service, "watch", None)
        if watch is not None:
            self._unwatch = watch(lambda fault: self._show_link())

    @connected.shutdown
    async def _leave(self, instance: PV, async_lib: Any) -> None:
        unwatch = getattr(self, "_unwatch", None)
        if unwatch is not None:
            unwatch()

    @requests.scan(period=PERIOD)
    async def _show(self, instance: PV, async_lib: Any) -> None:
        if self.service is None:
            return
        self._show_link()
        found = self.service.statistics
        for pv, name in (
            (self.requests, "requests"),
            (self.errors, "errors"),
            (self.timeouts, "timeouts"),
            (self.link_errors, "link_errors"),
            (self.bad_replies, "bad_replies"),
            (self.refusals, "refusals"),
            (self.busy, "busy"),
            (self.late, "late"),
            (self.unclaimed, "unclaimed"),
        ):
            show(pv, getattr(found, name, 0))
        show(self.reconnects, max(getattr(found, "connects", 0) - 1, 0))
        show(self.last_time, 1000.0 * getattr(found, "last_time", 0.0))
        show(self.max_time, 1000.0 * getattr(found, "max_time", 0.0))
        show(self.mean_time, 1000.0 * getattr(found, "mean_time", 0.0))
        show(self.queue, getattr(self.service, "waiting", 0))
        self._show_control()

    def _show_link(self) -> None:
        assert self.service is not None
        fault = self.service.fault
        show(self.connected, int(fault is None))
        show(self.fault, str(fault)[: MAX_FAULT - 1] if fault is not None else "")
