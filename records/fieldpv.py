"""FieldPV: a field of a record as a PV of its own, made when somebody asks for ``NAME.FIELD``."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Final

from records.alarm import Alarm
from records.field import ACTS, LINK, Field
from records.metadata import NO_LIMITS, PLAIN, Metadata
from records.pv import ALARM, LOG, PROPERTY, PV, VALUE, Listener
from records.types import INTEGER_RANGE, FieldType, Value

if TYPE_CHECKING:
    from records.fielded import Fielded

__all__ = ["FieldPV"]

#: Fields that are shown with the limits of VAL (``get_graphic_double`` of base's analog records).
_LIKE_VALUE: Final = frozenset(
    ("HIHI", "HIGH", "LOW", "LOLO", "LALM", "ALST", "MLST", "SVAL", "OVAL", "PVAL", "IVOV", "RBV")
)
_WITHOUT_UNITS: Final = frozenset(("ASLO", "AOFF", "SMOO", "AFTC", "AFVL", "SDLY", "ESLO"))
_FLOATS: Final = (FieldType.FLOAT, FieldType.DOUBLE)


class FieldPV(PV):
    """A view of one field: value, alarm and time are the record's, a put goes through the record."""

    __slots__ = ("_seen", "record", "row")

    def __init__(self, record: Fielded, row: Field) -> None:
        # not PV.__init__: there is nothing to store
        self.record = record
        self.row = row
        self.name = f"{record.name}.{row.name}"
        self.field_type = row.type
        self.max_count = 1
        self.begin_writable(row.writable and not (row.changes & LINK and record.has_point(row.name)))
        self.listeners = ()
        self.group = record.group
        self.pvspec = None
        self.getter = None
        self.putter = None
        self._seen = self.value

    if not TYPE_CHECKING:  # to a type checker these are the attributes that PV declares

        @property
        def value(self) -> Any:
            value = getattr(self.record, self.row.attr)
            return self.record.link_text(self.row.name) if self.row.changes & LINK else value

        @property
        def text_size(self) -> int:
            return self.row.size

        @property
        def alarm(self) -> Alarm:
            return self.record.alarm

        @property
        def time_ns(self) -> int:
            return self.record.time_ns

        @property
        def metadata(self) -> Metadata:
            return _describe(self.record, self.row)

    def put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        """A client's write. Raises PermissionError if the field cannot be written, or the record has DISP set."""
        return self._put(value, True)

    def submit(self, value: Any) -> Coroutine[Any, Any, None] | None:
        """As `put`; nobody waits for the records that are processed."""
        return self._put(value, False)

    def _put(self, value: Any, waits: bool) -> Coroutine[Any, Any, None] | None:
        record, row = self.record, self.row
        record.check_disp(row.name)
        if self.putter is not None:
            return self._ask_putter(self.putter, self.accept(value))
        if row.changes & LINK:  # waits for nobody
            return record.put_field(row.name, value)
        return record.client_put(row.name, lambda: record.put_field(row.name, value), waits)

    @property
    def takes_turns(self) -> bool:
        """As its record."""
        return self.putter is None and self.record.takes_turns

    def begin_put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        """Write the field on behalf of the IOC itself, which may write those that clients only read."""
        if self.putter is not None:
            return self._ask_putter(self.putter, self.accept(value))
        return self.take_put(value)

    def take_put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        """Set the field; one that acts (RVAL, PROC) only stores if it has a putter, which has acted instead."""
        row = self.row
        if row.writable and not (self.putter is not None and row.changes & ACTS):
            return self.record.put_field(row.name, value)
        try:
            setattr(self.record, row.attr, row.convert(value))
        except AttributeError:
            raise PermissionError(f"{self.name} follows from the record and cannot be written") from None
        self.put_done()
        return None

    def accept(self, value: Any) -> Value:
        """`value` as the field holds it."""
        return self.row.convert(value)

    def post_alarm(self, alarm: Alarm, *, time_ns: int | None = None) -> None:
        """A field shares the alarm of its record."""
        self.record.post_alarm(alarm, time_ns=time_ns)

    def post(self, value: Any, *, time_ns: int | None = None, alarm: Alarm | None = None) -> None:
        """Set the field, as `Record.put_field`; `time_ns` and `alarm` are the record's business."""
        work = self.take_put(value)
        if work is not None:
            work.close()
            raise ValueError(f"{self.name}: this has to be awaited: use `await pv.write(value)`")

    def listen(self, listener: Listener) -> None:
        if not self.listeners:
            self._seen = self.value
            self.record.watched_field(self, True)
        super().listen(listener)

    def unlisten(self, listener: Listener) -> None:
        super().unlisten(listener)
        if not self.listeners:
            self.record.watched_field(self, False)

    def field(self, name: str) -> PV | None:
        """A field has no fields."""
        return None

    def put_done(self) -> None:
        """Tell the listeners that the field was written, even with the value that it had (as base does)."""
        self._seen = self.value
        self.notify(VALUE | LOG)

    def refresh(self, changes: int) -> None:
        """Tell the listeners after the record was processed; 0 means that only time or alarm have moved."""
        now, seen = self.value, self._seen
        if now != seen and (now == now or seen == seen):  # NaN after NaN is no news
            self._seen = now
            self.notify(VALUE | LOG | changes & (ALARM | PROPERTY))
        else:
            self.notify(changes & PROPERTY)


def _describe(record: Fielded, row: Field) -> Metadata:
    """Units, precision and limits of a field, as the record types of base answer them."""
    if row.menu is not None:
        return Metadata(warning=NO_LIMITS, alarm=NO_LIMITS, states=row.menu)
    if row.type is FieldType.STRING:
        return PLAIN
    about = record.metadata
    floating = row.type in _FLOATS
    precision = about.precision if 0 <= about.precision <= 15 else 15
    if row.name in _LIKE_VALUE and row.type is record.field_type:
        return Metadata(about.units, precision if floating else 0, about.display, NO_LIMITS, NO_LIMITS, about.control)
    if row.type in INTEGER_RANGE:
        low, high = INTEGER_RANGE[row.type]
        whole = (float(low), float(high))
    else:
        whole = (-1e300, 1e300)
    units = about.units if row.type is record.field_type and row.name not in _WITHOUT_UNITS else ""
    return Metadata(units, precision if floating else 0, whole, NO_LIMITS, NO_LIMITS, whole)
