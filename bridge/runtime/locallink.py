"""LocalLink: a link by Channel Access (CA, CP, CPP) whose PV is in this very IOC, without the way over the network.

It behaves as base's does that goes through the IOC's own server: it gives the value of the latest monitor event, a put
is a client's put, and CP processes the record soon after each event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from records import (
    ALARM,
    PV,
    SCAN_PASSIVE,
    VALUE,
    Alarm,
    FieldType,
    Linked,
    LinkError,
    Metadata,
    PvLink,
    Record,
    Value,
    cast,
)

if TYPE_CHECKING:
    from bridge.runtime.recordhost import RecordHost

__all__ = ["MAX_SCANS", "NO_PRECISION", "LocalLink", "scans"]

MAX_SCANS: Final = 5  # of one record that wait because of one link (dbCa.c scanLinkOnce)
NO_PRECISION: Final = Metadata(precision=6)  # what a number becomes text with when nobody knows its PREC


def scans(text: PvLink, record: Record) -> bool:
    """Whether an event of the link processes the record."""
    return text.mode == "CP" or (text.mode == "CPP" and record.scan == SCAN_PASSIVE)


class LocalLink:
    """One such link."""

    def __init__(self, host: RecordHost, record: Record, text: PvLink, pv: PV) -> None:
        self.text = text
        self._host = host
        self._owner = record
        self._pv = pv
        self._value: Any = pv.value
        self._alarm: Alarm = pv.alarm
        self._time_ns = pv.time_ns
        pv.listen(self._event)
        self._scan()  # the first event comes with the connection

    def _event(self, pv: PV, changes: int) -> None:
        if changes & (VALUE | ALARM):
            self._value, self._alarm, self._time_ns = pv.value, pv.alarm, pv.time_ns
            self._scan()

    def _scan(self) -> None:
        self._owner.link_event(self)
        if scans(self.text, self._owner):
            self._host.link_scan(self, self._owner)

    def get(self, source: Linked, wanted: FieldType, count: int, /) -> Value:
        """The value of the latest event."""
        pv = self._pv
        about = pv.metadata if pv.field_type is FieldType.ENUM else NO_PRECISION
        try:
            value = cast(self._value, pv.field_type, about, wanted, count)
        except ValueError as error:
            raise LinkError(f"{pv.name}: {error}") from None
        if self.text.severity != "NMS":
            source.inherit(self.text.severity, self._alarm)
        return value

    def put(self, source: Linked, value: Value, kind: FieldType, /) -> None:
        """Write as a client does, which nobody waits for."""
        host = self._host
        host.soon(lambda: self._pv.submit(value), source)

    def put_notify(self, source: Linked, value: Value, kind: FieldType, done: Callable[[], None], /) -> bool:
        """Write as a client does that waits."""
        self._host.soon(lambda: self._pv.put(value), source, done)
        return True

    def forward(self, source: Linked, /) -> None:
        """Only a link to PROC processes (dbCa.c ``scanForward``)."""
        if self._pv.name.endswith(".PROC"):
            self.put(source, 1, FieldType.SHORT)

    @property
    def state(self) -> tuple[Alarm, int]:
        """Alarm and time of the latest event."""
        return self._alarm, self._time_ns

    @property
    def elements(self) -> int:
        """Most elements that the PV can have."""
        return self._pv.most

    @property
    def field_type(self) -> FieldType:
        """The type of the PV."""
        return self._pv.field_type

    def close(self) -> None:
        """No event processes any more."""
        self._pv.unlisten(self._event)
