"""Link: one end of a connection between two records, as the record that has the link field sees it.

`DbLink` leads to a PV of the same IOC (``dbDbLink.c`` of EPICS base). The runtime makes those that go by CA.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Protocol

from records.alarm import Alarm, Severity, Status
from records.convert import convert, reads_numbers, text_elements
from records.fielded import Fielded
from records.fieldpv import FieldPV
from records.linkcast import cast
from records.menus import SCAN_PASSIVE
from records.metadata import Metadata
from records.pv import PV
from records.types import FieldType, Value

if TYPE_CHECKING:
    from records.linked import Linked
    from records.linktext import PvLink

__all__ = ["DbLink", "Link", "LinkError"]


class LinkError(Exception):
    """A link could not be read or written; the record has its LINK alarm already when a record type sees this."""


class Link(Protocol):
    """What a link field with a target does. `source` is always the record that has the field."""

    text: PvLink

    def get(self, source: Linked, wanted: FieldType, count: int, /) -> Value:
        """Read the target as type `wanted`, processing it first if the link says so. Raises LinkError."""
        ...

    def put(self, source: Linked, value: Value, kind: FieldType, /) -> None:
        """Write `value`, of type `kind`, and process the target if the link says so. Raises LinkError."""
        ...

    def put_notify(self, source: Linked, value: Value, kind: FieldType, done: Callable[[], None], /) -> bool:
        """As `put`, and call `done` later, when all that this sets in motion has ended, or has failed.

        Returns False if the link cannot tell: only those by CA can (``dbCaPutLinkCallback``). Raises LinkError.
        """
        ...

    def forward(self, source: Linked, /) -> None:
        """Process the target if its SCAN is Passive."""
        ...

    @property
    def state(self) -> tuple[Alarm, int] | None:
        """Alarm and time (ns) of the target; None while it is not there."""
        ...

    @property
    def elements(self) -> int | None:
        """Most elements that the target can have; None while it is not there."""
        ...

    @property
    def field_type(self) -> FieldType | None:
        """The type of the target (``dbGetLinkDBFtype``); None while it is not there."""
        ...

    def close(self) -> None:
        """Let go of the target."""
        ...


def _reads_back(record: Any) -> bool:
    """Whether its scan reads what an instrument has been set to.

    In base the next scan of an output writes what a link has put there; here it would read over it.
    """
    return getattr(record, "out", None) is not None and record.inp is not None


class DbLink:
    """A link to a PV of the same IOC."""

    __slots__ = ("origin", "pv", "record", "text")

    def __init__(self, text: PvLink, pv: PV) -> None:
        self.text = text
        self.pv = pv
        #: The field that is meant: behind the filters of a view, through which it is only read.
        self.origin: PV = getattr(pv, "origin", pv)
        self.record: Any = _record_of(self.origin)

    def get(self, source: Linked, wanted: FieldType, count: int, /) -> Value:
        """Read the target as it is; one that takes time to process is read as it was before (as in base)."""
        record = self.record
        if self.text.mode == "PP" and record is not None and record.scan == SCAN_PASSIVE:
            source.process_target(record)
        pv = self.pv
        if pv is not self.origin:
            pv.refresh()  # type: ignore[attr-defined]  # a view
        try:
            value = cast(pv.value, pv.field_type, pv.metadata, wanted, count)
        except ValueError as error:
            raise LinkError(f"{pv.name}: {error}") from None
        if self.text.severity != "NMS" and record is not source:
            source.inherit(self.text.severity, pv.alarm)
        return value

    def put(self, source: Linked, value: Value, kind: FieldType, /) -> None:
        """Store the value (``dbPut``), hand on the severity of `source`, and process."""
        pv, record = self.origin, self.record
        processes = record is not None and (
            (isinstance(pv, FieldPV) and pv.row.name == "PROC")
            or (self.text.mode == "PP" if record.scan == SCAN_PASSIVE else pv is record and _reads_back(record))
        )
        if self.text.severity != "NMS" and record is not None:
            record.inherit(self.text.severity, Alarm(source.nsta, source.nsev, source.namsg))
        try:
            if record is None or pv.putter is not None or not hasattr(record, "take_from_link"):
                source.start_put(pv, value)
                return
            row = pv.row if isinstance(pv, FieldPV) else None
            if pv.max_count == 1 and isinstance(value, (array, bytes, list)) and not len(value):
                _take_nothing(record, row is None)
                begin = None
            else:
                begin = record.take_from_link(row, _converted(value, kind, pv, record), processes)
        except (ValueError, TypeError, PermissionError) as error:
            raise LinkError(f"{pv.name}: {error}") from None
        if processes:
            source.process_target(record, begin)

    def put_notify(self, source: Linked, value: Value, kind: FieldType, done: Callable[[], None], /) -> bool:
        """As `put`: nobody can wait for a link within the IOC."""
        self.put(source, value, kind)
        return False

    def process(self, source: Linked) -> Coroutine[Any, Any, None] | None:
        """Process the target on behalf of `source`, and return what to await until all it set going is done."""
        record = self.record
        if record is None or record is source or record.scan != SCAN_PASSIVE or not hasattr(record, "notified"):
            return None
        work: Coroutine[Any, Any, None] | None = record.notified(record.process_for_put)
        return work

    def forward(self, source: Linked, /) -> None:
        """Process the target record."""
        record = self.record
        if record is not None and record.scan == SCAN_PASSIVE:
            source.process_target(record)

    @property
    def state(self) -> tuple[Alarm, int]:
        """Alarm and time of the target."""
        return self.pv.alarm, self.pv.time_ns

    @property
    def elements(self) -> int:
        """Most elements that the target can have."""
        return self.pv.most

    @property
    def field_type(self) -> FieldType:
        """The type of the target."""
        return self.pv.field_type

    def close(self) -> None:
        """Nothing to let go of."""


def _record_of(pv: PV) -> Any:
    return pv.record if isinstance(pv, FieldPV) else pv if isinstance(pv, Fielded) else None


def _take_nothing(record: Any, defines: bool) -> None:
    """An empty array for a scalar is an alarm of the target (``dbPut``)."""
    record.raise_alarm(Status.LINK, Severity.INVALID)
    if defines:
        record.udf = 0


def _about(pv: PV, record: Any) -> Metadata:
    """The metadata that a put converts by: a number as text has PREC digits, or six if there is no PREC."""
    if pv.field_type is not FieldType.STRING:
        return pv.metadata
    return Metadata(precision=getattr(record, "prec", 6) if "PREC" in record.fields else 6)


def _converted(value: Value, kind: FieldType, pv: PV, record: Any) -> Value:
    """What a put stores; text for numbers and choices is understood by the field itself."""
    if kind is not FieldType.STRING or pv.field_type is FieldType.STRING:
        return cast(value, kind, _about(pv, record), pv.field_type, pv.max_count)
    if reads_numbers(pv.field_type, pv.max_count, pv.metadata.states):  # the field itself would take the characters
        texts = [value] if isinstance(value, str) else value
        return convert(text_elements(texts, pv.field_type), pv.field_type, pv.max_count)  # type: ignore[arg-type]
    return value
