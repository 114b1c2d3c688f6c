"""What the record types share that no instrument is behind: they read and write other records, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, Final

from records.alarm import Alarm, Severity, Status
from records.common import link, menu
from records.field import PROCESSES, Field
from records.link import LinkError
from records.menus import SCAN_PASSIVE
from records.pv import LOG, VALUE, clock
from records.record import Record
from records.types import FieldType, Value

__all__ = ["ALL", "ALPHABET", "MASK", "SELECTION", "SPECIFIED", "Soft", "link_rows", "selected"]

ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTU"  # the arguments that a record may have

ALL, SPECIFIED, MASK = range(3)  # SELM of fanout, dfanout and seq
SELECTION: Final = (
    menu("SELM", ("All", "Specified", "Mask")),
    Field("SELN", FieldType.USHORT, 1),
    link("SELL"),
)


def link_rows(prefix: str, names: str) -> list[Field]:
    """Rows for links that differ in their last character."""
    return [link(prefix + name) for name in names]


class Soft(Record):
    """A record type without device support.

    A type brings `process_record`, which ends with `finish`, or with `resume` and `complete` if it takes time.
    """

    #: Links whose constant is the first value of a field: (link, field).
    constants: ClassVar[tuple[tuple[str, str], ...]] = ()

    def __init__(self, name: str, value: Any = None, *, out: Any = None, **options: Any) -> None:
        """Make a record; see Record. Raises TypeError for an `out` that is an instrument's."""
        if out is not None:
            if not isinstance(out, str):
                raise TypeError(f"{name}: OUT of a {self.record_type} leads to another PV, not to an instrument")
            options["links"] = {**(options.get("links") or {}), "OUT": out}
        if "OUT" in self.fields:
            self.out = None
        super().__init__(name, value, **options)
        self.init_soft()
        if not self.udf:
            self.alarm = Alarm(Status.UDF, Severity.NO_ALARM)  # until it processes, as in base
        self.begin_writable(self.fields["VAL"].writable)

    # --- what a type brings -------------------------------------------------------------------------------------

    def process_record(self) -> None:
        """Process once."""
        raise NotImplementedError

    def init_soft(self) -> None:
        """Begin with the constants in links; what is measured from VAL begins at zero, and not at VAL."""
        for link_name, name in self.constants:
            row = self.fields[name]
            constant = self.constant_link(link_name, row.type)
            if constant is not None:
                setattr(self, row.attr, constant)
        for name in ("LALM", "MLST", "ALST", "OVAL"):
            if name in self.fields:
                setattr(self, name.lower(), self.fields[name].default)

    def monitor(self) -> int:
        """VAL says nothing by itself."""
        return 0

    # --- for a type ---------------------------------------------------------------------------------------------

    def read_into(self, link_name: str, name: str) -> bool:
        """Read a link into a field, which keeps its value if the link is a constant. Returns whether that was good."""
        row = self.fields[name]
        try:
            setattr(self, row.attr, self.read_link(link_name, row.type, getattr(self, row.attr)))
        except LinkError:
            return False
        return True

    def drive(self, name: str, value: Value, kind: FieldType) -> bool:
        """Write a link; returns whether that was good."""
        try:
            self.write_link(name, value, kind)
        except LinkError:
            return False
        return True

    def end(self) -> None:
        """End processing: VAL is defined, and everybody is told."""
        self.udf = 0
        self.time_ns = clock.now_ns()
        self.finish()

    def resume(self, seconds: float, call: Callable[[], None]) -> None:
        """Go on later: call `call` in so many seconds, or at once while no IOC runs."""
        if self.host is None:
            call()
        else:
            self.host.later(seconds, call)

    def complete(self) -> None:
        """Processing that took time has ended; `_active` was raised when it began (``recGblFwdLink``)."""
        self._active -= 1
        again, self.rpro = self.rpro, 0
        if not self._active:
            self.processed()
            if again and self.host is not None:
                self.host.once(self)

    # --- as a record --------------------------------------------------------------------------------------------

    def begin(self) -> Coroutine[Any, Any, None] | None:
        """Process."""
        self.process_record()
        return None

    def evaluate(self) -> None:
        """Process."""
        self.process_record()

    def take_put(self, value: Value) -> Coroutine[Any, Any, None] | None:
        """Take a put of VAL as one of any field (``dbPutField``)."""
        row = self.fields["VAL"]
        if not row.writable:
            raise PermissionError(f"{self.name}.VAL cannot be written")
        self._take_value(value)
        if not row.changes & PROCESSES:
            self.notify(VALUE | LOG)
            return None
        self.notify(0)  # processing tells, unless the record is disabled or busy; what was shown is out of date anyhow
        return self.process_for_put() if self.scan == SCAN_PASSIVE else None

    def take_from_link(self, row: Field | None, value: Any, processes: bool) -> Any:
        """As for a Record; VAL is a field as any other."""
        if row is not None:
            return super().take_from_link(row, value, processes)
        if not self.fields["VAL"].writable:
            raise PermissionError("cannot be written")
        self._take_value(self.accept(value))
        self.notify(0)
        return None

    def _take_value(self, value: Value) -> None:
        self.value = value
        self.udf = 0
        self._puts += 1
        self.value_stored()

    def value_stored(self) -> None:
        """VAL was written (``special``)."""


def selected(number: int, mechanism: int, offset: int, shift: int) -> int | None:
    """A bit for each of sixteen groups that SELM, SELN, OFFS and SHFT choose; None if there is no such choice."""
    if mechanism == ALL:
        return 0xFFFF
    if mechanism == SPECIFIED:
        index = number + offset
        return 1 << index if 0 <= index < 16 else None
    if mechanism == MASK and -15 <= shift <= 15:
        return (number >> shift if shift >= 0 else number << -shift) & 0xFFFF
    return None
