"""Record: a PV that processes. It reads its link, converts, checks alarms and deadbands, and tells its listeners.

The order of things is that of EPICS base (``dbProcess``, ``recGblResetAlarms``, ``monitor`` of the record types), with
one liberty: nothing is written or shown before the instrument has accepted it (`records.output`).
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ClassVar

from records.alarm import NO_ALARM, Alarm, Severity, Status
from records.common import COMMON
from records.field import ACTS, CONFIGURES, DESCRIBES, PROCESSES, RESCANS, Field, Table, table
from records.fieldpv import FieldPV
from records.links import Reading, Source, status_of
from records.menus import SCAN_PASSIVE, scan_period
from records.metadata import PLAIN, Metadata
from records.pv import ALARM, LOG, PROPERTY, PV, VALUE, clock
from records.types import FieldType, Value

if TYPE_CHECKING:
    from records.group import PVGroup

__all__ = ["Record"]

MAX_LOCK = 10  # scans that may find a record busy before it goes into SCAN alarm (dbAccess.c)


class Record(PV):
    """What all record types share. A type sets `record_type`, `fields` and the methods of the second section.

    `inp` is what is read, or None. Fields are attributes in lower case; set them with `put_field`, which checks them
    and tells whoever watches. Assigning an attribute works too, but units and limits then keep their old looks.
    """

    record_type: str | None = "record"
    fields: ClassVar[Table] = table(COMMON)
    value_type: ClassVar[FieldType] = FieldType.DOUBLE
    undefined: ClassVar[str] = "never read"  # what AMSG says while UDF is set

    desc: str
    scan: int
    pini: int
    phas: int
    evnt: str
    prio: int
    disa: int
    disv: int
    diss: Severity
    disp: int
    acks: Severity
    ackt: int
    nsta: Status
    nsev: Severity
    namsg: str
    lcnt: int
    rpro: int
    udf: int
    udfs: Severity
    flnk: str

    out: Any = None  # what is written: outputs have one
    #: Set by the runtime: called when SCAN, PHAS, EVNT or PRIO has changed.
    scan_changed: Callable[[Record], None] | None = None

    _active = 0  # coroutines that work for this record
    _puts = 0  # puts done: a reading asked for before the last one is out of date
    _shown: dict[str, FieldPV] | None = None  # the fields that somebody has asked for
    _texts: dict[str, str] | None = None  # of links

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _set_defaults(cls)

    def __init__(
        self,
        name: str,
        value: Any = None,
        *,
        group: PVGroup | None = None,
        inp: Source | None = None,
        links: dict[str, str] | None = None,
        **fields: Any,
    ) -> None:
        """Make a record; `fields` are by their names in lower case, `links` the texts of INP and OUT.

        Raises TypeError for a field that the type does not have, ValueError for a value that does not fit.
        """
        self.inp = inp
        if links:
            self._texts = links
        for attr, given in fields.items():
            row = self.fields.get(attr.upper())
            if row is None:
                raise TypeError(f"{name}: a record of type {self.record_type} has no field {attr.upper()}")
            setattr(self, row.attr, row.convert(given))
        self.metadata = PLAIN
        self.field_type = self.value_type
        self.max_count = 1
        self.configure(value)
        self.metadata = self.describe()
        initial = self.initial_value() if value is None else value
        super().__init__(name, initial, self.field_type, max_count=self.max_count, metadata=self.metadata, group=group)
        if value is not None and inp is None:
            self.udf = 0
        self.remember_value()
        self.check_alarms(self.value)
        self.reset_alarms()
        self.acks = NO_ALARM.severity  # nothing has happened yet that one might acknowledge

    # --- what a record type brings ------------------------------------------------------------------------------

    def configure(self, value: Any) -> None:
        """Work out what depends on fields: type and size of VAL, tables of states. `value` is VAL, at first or None."""

    def initial_value(self) -> Any:
        """VAL for a record that was given none."""
        return self.fields["VAL"].default

    def describe(self) -> Metadata:
        """Units, limits and states from the fields."""
        return PLAIN

    def from_reading(self, reading: Any) -> Value:
        """What VAL becomes when the instrument says `reading`. Raises ValueError if that is no value."""
        return self.accept(reading)

    def check_alarms(self, value: Any) -> None:
        """Find the alarms of `value`, with `raise_alarm`."""
        if self.udf:
            self.raise_alarm(Status.UDF, self.udfs, self.undefined)

    def monitor(self) -> int:
        """Which of VALUE and LOG listeners are to be told, now that VAL has its new value."""
        return VALUE | LOG

    def remember_value(self) -> None:
        """Take the present value as the one that listeners and alarms were last told of."""

    # --- processing ---------------------------------------------------------------------------------------------

    def process(self, reading: Reading | None = None) -> Coroutine[Any, Any, None] | None:
        """Process once: ask the link and take its answer. Never raises; failures become alarms.

        Returns None if that is done already, else what to await. With a `reading` (an I/O interrupt) nothing is
        asked. While the record is busy nothing happens, except that a reading is always taken.
        """
        if self.disa == self.disv:
            self._disabled()
            return None
        if reading is not None:
            self.take(reading)
            return None
        if self._active:
            self._still_active()
            return None
        self.lcnt = 0
        if self.inp is not None:
            return self._read(self.inp)
        if self.getter is not None:
            return self._ask_getter(self.getter)
        self.evaluate()
        return None

    def take(self, reading: Reading) -> None:
        """Take what the instrument says."""
        try:
            value = self.from_reading(reading.value)
        except (ValueError, TypeError) as error:
            self.failed(error, Status.READ)
            return
        time_ns = reading.time_ns
        self.store(value, clock.now_ns() if time_ns is None else time_ns)

    def store(self, value: Value, time_ns: int) -> None:
        """Take a good value: alarms, deadbands, and one call to each listener."""
        self.value = value
        self.time_ns = time_ns
        self.udf = 0
        self.check_alarms(value)
        self.finish()

    def evaluate(self) -> None:
        """Process without a link: look at the present value again."""
        self.time_ns = clock.now_ns()
        self.check_alarms(self.value)
        self.finish()

    def failed(self, error: BaseException, otherwise: Status, status: Status | None = None) -> None:
        """Keep the value and go into INVALID alarm; `status` overrides what the error stands for."""
        why = str(error) or type(error).__name__
        self.raise_alarm(status or status_of(error, otherwise), Severity.INVALID, why)
        self.time_ns = clock.now_ns()
        self.finish()

    async def _read(self, source: Source) -> None:
        if self._active:
            return
        self._active += 1
        try:
            again = True
            while again:
                self.rpro = 0
                puts = self._puts
                try:
                    reading = await source.read()
                except Exception as error:
                    self.failed(error, Status.READ)
                else:
                    if puts == self._puts:  # else it was asked before the latest put, and says what was then
                        self.take(reading)
                again = bool(self.rpro)
        finally:
            self._active -= 1

    def _still_active(self) -> None:
        self.lcnt = min(self.lcnt + 1, 255)
        if self.lcnt > MAX_LOCK and self.alarm.status is not Status.SCAN and self.alarm.severity < Severity.INVALID:
            self.raise_alarm(Status.SCAN, Severity.INVALID, "Async in progress")
            self.finish()

    def _disabled(self) -> None:
        self.rpro = 0
        if self.alarm.status is not Status.DISABLE:
            self.post_alarm(Alarm(Status.DISABLE, self.diss, "DISA = DISV"))

    async def link_changed(self, fault: Exception | None) -> None:
        """The wire has gone down (`fault` says why) or come up (None). Called by the runtime once per change."""
        if fault is not None:
            self.failed(fault, Status.COMM)
            return
        if self._active:
            self.rpro = 1  # what is under way will most likely fail: ask once more after it
            return
        work = self.process()
        if work is not None:
            await work

    # --- alarms and listeners -----------------------------------------------------------------------------------

    def raise_alarm(self, status: Status, severity: Severity, message: str = "") -> bool:
        """Raise the alarm that is being gathered, if this one is worse (``recGblSetSevr``); returns whether it was."""
        if severity <= self.nsev:
            return False
        self.nsta = status
        self.nsev = severity
        self.namsg = message
        return True

    def reset_alarms(self) -> int:
        """Make the gathered alarm the current one (``recGblResetAlarms``). Returns ALARM if it is a different one."""
        severity = self.nsev
        now = self.alarm
        if not severity:
            if now is NO_ALARM:
                return 0
            new = NO_ALARM
        else:
            new = Alarm(self.nsta, severity, self.namsg)
            self.nsta, self.nsev, self.namsg = Status.NO_ALARM, Severity.NO_ALARM, ""
            if new == now:
                return 0
        self._set_alarm(new)
        return ALARM

    def _set_alarm(self, alarm: Alarm) -> None:
        self.alarm = alarm
        if not self.ackt or alarm.severity >= self.acks:
            self.acks = alarm.severity

    def finish(self) -> None:
        """End processing: tell everybody what changed, all at once."""
        changes = self.reset_alarms() | self.monitor()
        for listen in self.listeners:
            listen(self, changes)
        if self._shown:
            for shown in self._shown.values():
                shown.refresh(changes)

    def notify(self, changes: int) -> None:
        """Tell the listeners of the record, and those of its fields."""
        super().notify(changes)
        if self._shown:
            for shown in self._shown.values():
                shown.refresh(changes)

    def post(self, value: Any, *, time_ns: int | None = None, alarm: Alarm | None = None) -> None:
        """Take a value as if the instrument had said it in these very units; limits may make its alarm worse."""
        value = self.accept(value)
        if alarm is not None:
            self.raise_alarm(*alarm)
        self._puts += 1
        self.store(value, clock.now_ns() if time_ns is None else time_ns)

    def post_alarm(self, alarm: Alarm, *, time_ns: int | None = None) -> None:
        """Change the alarm until the record processes next, and keep the value."""
        if alarm != self.alarm:
            self._set_alarm(alarm)
            self.time_ns = clock.now_ns() if time_ns is None else time_ns
            self.notify(ALARM)

    # --- puts ---------------------------------------------------------------------------------------------------

    def put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        """A client's write of VAL. Raises PermissionError if the record has DISP set or is disabled (DISA = DISV)."""
        self.check_disp("VAL")
        return self.begin_put(value)

    def take_put(self, value: Value) -> Coroutine[Any, Any, None] | None:
        """Take a put of VAL. A record with an INP reads it instead, as in base: the instrument knows better."""
        self.check_enabled()
        if self.inp is not None:
            return self.process_for_put()
        self._puts += 1
        self.store(value, clock.now_ns())
        return None

    def process_for_put(self) -> Coroutine[Any, Any, None] | None:
        """Process because a field was written; a record that is busy processes once more when it is done (RPRO)."""
        if self._active:
            self.rpro = 1
            return None
        return self.process()

    def check_disp(self, name: str) -> None:
        """Raise PermissionError if clients may not write field `name` now."""
        if self.disp and name != "DISP":
            raise PermissionError(f"{self.name}.{name}: puts are disabled (DISP = 1)")

    def check_enabled(self) -> None:
        """Raise PermissionError if the record does not process at present."""
        if self.disa == self.disv:
            raise PermissionError(f"{self.name}: the record is disabled (DISA = DISV = {self.disv})")

    def put_field(self, name: str, value: Any) -> Coroutine[Any, Any, None] | None:
        """Set field `name` and do what that entails. Returns None when all is done, else what to await.

        Raises ValueError if there is no such field or the value does not fit, PermissionError if it is read-only.
        """
        if name == "VAL":
            return self.begin_put(value)
        row = self.fields.get(name)
        if row is None:
            raise ValueError(f"{self.name}: a record of type {self.record_type} has no field {name}")
        if row.changes & ACTS:
            act: Callable[[Any], Coroutine[Any, Any, None] | None] = getattr(self, f"put_{row.attr}")
            return act(row.convert(value))
        if not row.writable:
            raise PermissionError(f"{self.name}.{name} cannot be written")
        setattr(self, row.attr, row.convert(value))
        return self._field_changed(row)

    def _field_changed(self, row: Field) -> Coroutine[Any, Any, None] | None:
        if row.changes & (CONFIGURES | DESCRIBES):
            self.configure(self.value)
        if row.changes & DESCRIBES:
            self.metadata = self.describe()
        shown = self._shown.get(row.name) if self._shown else None
        if shown is not None:
            shown.notify(VALUE | LOG)
        if row.changes & DESCRIBES:
            self.notify(PROPERTY)
        if row.changes & RESCANS and self.scan_changed is not None:
            self.scan_changed(self)
        if row.changes & PROCESSES and self.scan == SCAN_PASSIVE:
            return self.reprocess()
        return None

    def reprocess(self) -> Coroutine[Any, Any, None] | None:
        """Process because a field that matters for it was written."""
        return self.process_for_put()

    def put_proc(self, value: int) -> Coroutine[Any, Any, None] | None:
        """PROC: process, whatever the value."""
        return self.process_for_put()

    def put_acks(self, severity: Severity) -> None:
        """Acknowledge the highest alarm so far, if `severity` is not below it (``putAcks`` of base)."""
        if severity >= self.acks:
            self.acks = Severity.NO_ALARM
            self.notify(ALARM)

    def put_ackt(self, transient: int) -> None:
        """Whether alarms that are gone must be acknowledged too (``putAckt`` of base)."""
        if transient != self.ackt:
            self.ackt = transient
            if not transient and self.acks > self.alarm.severity:
                self.acks = self.alarm.severity
            self.notify(ALARM)

    # --- fields -------------------------------------------------------------------------------------------------

    def field(self, name: str) -> PV | None:
        """The PV of field `name` (``"HIHI"``), made on demand; None if the type has no such field."""
        if name == "VAL":
            return self
        if self._shown is None:
            self._shown = {}
        found = self._shown.get(name)
        if found is None:
            row = self.fields.get(name)
            if row is None:
                return None
            found = self._shown[name] = FieldPV(self, row)
        return found

    def link_text(self, name: str) -> str:
        """What a client reads of a link field."""
        if self._texts is not None and name in self._texts:
            return self._texts[name]
        value = getattr(self, name.lower(), "")
        return value if isinstance(value, str) else "" if value is None else str(value)

    @property
    def period(self) -> float | None:
        """Seconds between scans, None if SCAN is not periodic."""
        return scan_period(self.scan)

    @property
    def rtyp(self) -> str:
        """The record type."""
        return self.record_type or ""

    @property
    def stat(self) -> Status:
        """Alarm status."""
        return self.alarm.status

    @property
    def sevr(self) -> Severity:
        """Alarm severity."""
        return self.alarm.severity

    @property
    def amsg(self) -> str:
        """What the alarm is about, in words."""
        return self.alarm.message

    @property
    def pact(self) -> int:
        """1 while a coroutine works for the record."""
        return 1 if self._active else 0


def _set_defaults(cls: type[Record]) -> None:
    """Make the defaults of the table attributes of the class, where the class has nothing better (a property)."""
    for row in cls.fields.values():
        present = getattr(cls, row.attr, None)
        if callable(present):
            raise TypeError(f"{cls.__name__}: field {row.name} would hide the method {row.attr}")
        if row.name not in ("NAME", "VAL") and not isinstance(present, property):
            setattr(cls, row.attr, row.default)


_set_defaults(Record)
