"""FarLink: a link to a PV of another IOC, by our own client. Source for what it does: ``dbCa.c`` of EPICS base.

It gives the value of the latest monitor event. While the PV is not connected, reads and writes fail, and the record has
a LINK alarm; a CP link processes its record on every event, the loss of the connection included.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from bridge.ca import ChannelType
from bridge.client import PV, Client, ClientError, Result, Subscription, Update
from bridge.runtime.locallink import NO_PRECISION, scans
from bridge.server import FIELD_TYPE
from records import NO_ALARM, Alarm, FieldType, Linked, LinkError, PvLink, Record, Severity, Status, Value, cast

if TYPE_CHECKING:
    from bridge.runtime.recordhost import RecordHost

__all__ = ["FarLink"]

PUT_TIMEOUT: Final = 5.0  # seconds for a write to get away
NOTIFY_TIMEOUT: Final = 1e7  # seconds for one that is waited for: a scan of a beamline may take days


class FarLink:
    """One such link."""

    def __init__(self, host: RecordHost, record: Record, field: str, text: PvLink) -> None:
        self.owner = record
        self.field = field
        self.text = text
        self._host = host
        self._pv: PV | None = None
        self._subscriptions: list[Subscription] = []
        self._latest: Result | None = None
        self._label: Result | None = None  # of an enumeration, once somebody wants text
        self._closed = False
        self._unknowable = ""  # why no server could know the name
        host.links.missing(self)

    def connect(self, client: Client) -> None:
        """The client is there."""
        if self._closed:
            return
        try:
            self._pv = client.pv(self.text.target)
        except ValueError as error:  # as good as never connected
            self._unknowable = str(error)
            return
        self._subscriptions.append(self._pv.subscribe(self._event))

    @property
    def missing(self) -> bool:
        """Whether it is wanted and not connected."""
        return not self._closed and (self._pv is None or not self._pv.connected)

    @property
    def reason(self) -> str:
        """Why it is not connected."""
        return self._pv.reason if self._pv is not None else self._unknowable or "there is no client for links"

    def _event(self, update: Update) -> None:
        if not update.connected:
            self._host.links.missing(self)
        elif self._latest is None:
            self._host.links.connected(self)
        if update.result is not None or not update.connected:
            self._latest = update.result
            if not update.connected:
                self._label = None
            self._scan()

    def _label_event(self, update: Update) -> None:
        before, self._label = self._label, update.result
        if before is None and update.result is not None:
            self._scan()

    def _scan(self) -> None:
        self.owner.link_event(self)
        if scans(self.text, self.owner):
            self._host.once(self.owner)

    def get(self, source: Linked, wanted: FieldType, count: int, /) -> Value:
        """The value of the latest event."""
        latest = self._latest
        native = self._native
        if latest is None or native is None:
            raise LinkError(f"{self.text.target} is not connected")
        if native is FieldType.ENUM and wanted is FieldType.STRING:
            latest, native = self._as_label(), FieldType.STRING
        try:
            value = cast(latest.value, native, NO_PRECISION, wanted, count)
        except ValueError as error:
            raise LinkError(f"{self.text.target}: {error}") from None
        if self.text.severity != "NMS":
            source.inherit(self.text.severity, _alarm(latest))
        return value

    @property
    def _native(self) -> FieldType | None:
        native = self._pv.native_type if self._pv is not None else None
        return FIELD_TYPE[native] if native is not None else None

    def _as_label(self) -> Result:
        if self._label is None:
            if self._pv is not None and len(self._subscriptions) == 1:
                self._subscriptions.append(self._pv.subscribe(self._label_event, dbr=ChannelType.TIME_STRING))
            raise LinkError(f"the states of {self.text.target} are not known yet")
        return self._label

    def put(self, source: Linked, value: Value, kind: FieldType, /) -> None:
        """Write without waiting for the far IOC to be done."""
        pv, value = self._writable(value, kind)
        self._host.start(source, self._write(pv, value))

    def put_notify(self, source: Linked, value: Value, kind: FieldType, done: Callable[[], None], /) -> bool:
        """Write and wait for the far IOC to be done, or for the connection to be lost."""
        pv, value = self._writable(value, kind)
        self._host.start(source, self._write(pv, value, done))
        return True

    def _writable(self, value: Value, kind: FieldType) -> tuple[PV, Value]:
        pv, native = self._pv, self._native
        if pv is None or native is None:
            raise LinkError(f"{self.text.target} is not connected")
        count = pv.native_count or 1
        try:
            if native is not FieldType.ENUM or kind is not FieldType.STRING:  # a label is for the far side to know
                value = cast(value, kind, NO_PRECISION, native, count)
        except ValueError as error:
            raise LinkError(f"{self.text.target}: {error}") from None
        return pv, value

    async def _write(self, pv: PV, value: Any, done: Callable[[], None] | None = None) -> None:
        try:
            if done is None:
                await pv.put(value, wait=False, timeout=PUT_TIMEOUT)
            else:
                await pv.put(value, wait=True, timeout=NOTIFY_TIMEOUT)
        except ClientError as error:
            self._host.failed(self.owner, error)
        if done is not None:
            done()

    def forward(self, source: Linked, /) -> None:
        """Only a link to PROC processes (``scanForward``)."""
        if self.text.target.endswith(".PROC") and self._native is not None:
            self.put(source, 1, FieldType.SHORT)

    @property
    def state(self) -> tuple[Alarm, int] | None:
        """Alarm and time of the latest event."""
        if self._latest is None:
            return None
        return _alarm(self._latest), round((self._latest.timestamp or 0.0) * 1e9)

    @property
    def elements(self) -> int | None:
        """Most elements that the far PV can have."""
        return self._pv.native_count if self._pv is not None and self._latest is not None else None

    @property
    def field_type(self) -> FieldType | None:
        """The type of the far PV."""
        return self._native if self._latest is not None else None

    def close(self) -> None:
        """No event processes any more. The client keeps the channel for other links to the same PV."""
        self._closed = True
        self._host.links.closed(self)
        for subscription in self._subscriptions:
            subscription.close()


def _alarm(result: Result) -> Alarm:
    severity = Severity(min(int(result.severity), Severity.INVALID))
    status = result.status
    return Alarm(status if isinstance(status, Status) else Status.LINK, severity) if severity else NO_ALARM
