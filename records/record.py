"""Record: a PV that processes. It reads its link, converts, checks alarms and deadbands, and tells its listeners.

The order of things is that of EPICS base (``dbProcess``, ``recGblResetAlarms``, ``monitor`` of the record types), with
one liberty: nothing is written or shown before the instrument has accepted it (`records.output`).
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from contextlib import suppress
from math import floor
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from records.alarm import NO_ALARM, Alarm, Severity, Status
from records.calc import compile_calc
from records.link import LinkError
from records.links import Reading, Source, status_of
from records.metadata import PLAIN
from records.pv import ALARM, LOG, VALUE, Getter, clock
from records.simulated import RAW
from records.types import FieldType, Value
from records.written import Written, usual

if TYPE_CHECKING:
    from records.group import PVGroup

__all__ = ["RAW_ALWAYS", "RAW_TOLD", "Record"]

DEVICE_TIME = -2  # TSE
NEVER_NS = 631_152_000 * 1_000_000_000  # 1990, when EPICS's time begins: base's clients show it as <undefined>
RAW_TOLD, RAW_ALWAYS = 1, 2
MAX_LOCK = 10  # scans that may find a record busy before it goes into SCAN alarm (dbAccess.c)


class Record(Written):
    """What all record types share. A type sets `record_type`, `fields` and the methods of the second section."""

    record_type: str | None = "record"
    value_type: ClassVar[FieldType] = FieldType.DOUBLE
    undefined: ClassVar[str] = "never read"  # what AMSG says while UDF is set

    diss: Severity
    tse: int
    tsel: str
    oraw: int
    init: int = 0  # whether a conversion begins anew, of the types that convert
    udfs: Severity

    info: Mapping[str, str] = MappingProxyType({})  # the info tags of a database file
    _unread = False  # whether NaN is not to set UDF just now
    expressions: ClassVar[tuple[str, ...]] = ()  # fields that hold an expression

    def __init__(
        self,
        name: str,
        value: Any = None,
        *,
        group: PVGroup | None = None,
        inp: Source | str | None = None,
        links: dict[str, str] | None = None,
        converted: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> None:
        """Make a record; `fields` are by their names in lower case, `links` the texts of INP and OUT.

        `converted` are fields too, already as the record holds them: of thousands alike nobody converts each.

        Raises TypeError for a field that the type does not have, ValueError for a value that does not fit.
        """
        self.name = name
        self.fill_slots()
        if links:
            self._texts = links
        if isinstance(inp, str):  # a link text
            self._texts = {**(self._texts or {}), "INP": inp}
            inp = None
        self.inp = inp
        if converted:
            self.take_fields(converted)
        if fields:
            self.set_fields(fields)
        self.metadata = PLAIN
        self.field_type = self.value_type
        self.max_count = 1
        self.init_record()
        self.configure(value)
        # not __dict__: whoever has asked for that has slow attributes from then on (CPython's inline values)
        if self._texts is not None or getattr(self, "dol", None):
            constant = self._check_links()
            value = constant if value is None else value
        self.metadata = self.describe()
        initial = self.initial_value() if value is None else value
        super().__init__(name, initial, self.field_type, max_count=self.max_count, metadata=self.metadata, group=group)
        if value is not None and inp is None:
            self.udf = 0
        self.remember_value()
        self.check_alarms(self.value)
        self.reset_alarms()
        if self.udf:
            self.acks = Severity.NO_ALARM  # nothing has happened yet that one might acknowledge
            self.time_ns = NEVER_NS

    def _check_links(self) -> Any:
        """The constant in INP, or in DOL of an output, None if there is none. Raises ValueError for texts of no use."""
        for name in self._texts or ():
            if not self.has_point(name):
                self.parsed_link(name, self.raw_link(name))
        if self.dtyp and self.dtyp == self.raw_soft and self.constant_field == "INP":
            raw = self.constant_link("INP", self.raw_type)  # processing makes VAL of it (init_record of dev*SoftRaw.c)
            if raw is not None:
                self.rval = raw
            return None
        return self.constant_link(self.constant_field, self.field_type, self.max_count)

    @classmethod
    def compile_expression(cls, text: str) -> object:
        """Compile what one of `expressions` holds. Raises CalcError."""
        return compile_calc(text)

    @property
    def speaker(self) -> object:
        """What processes the record when its SCAN is I/O Intr: a Speaker, or there is none."""
        return self.inp

    # --- what a record type brings ------------------------------------------------------------------------------

    defines: ClassVar[bool] = True  # whether processing alone defines the value, as in all inputs of numbers
    simulation_type: ClassVar[FieldType] = FieldType.DOUBLE  # of SVAL
    has_raw: ClassVar[int] = 0  # whether ORAW follows RVAL when listeners are told (RAW_TOLD), or RAW_ALWAYS
    raw_type: ClassVar[FieldType] = FieldType.ULONG  # of RVAL
    out_method: ClassVar[str] = "write"  # what the point in OUT must be able to do
    constant_field: ClassVar[str] = "INP"  # the link field whose constant VAL begins with

    def init_record(self) -> None:
        """Settle what depends on fields, once, before anybody knows the record."""

    def initial_value(self) -> Any:
        """VAL for a record that was given none."""
        return self.fields["VAL"].default

    def check_alarms(self, value: Any) -> None:
        """Find the alarms of `value`, with `raise_alarm`."""
        if self.udf and self.lacks_value():
            self.raise_alarm(Status.UDF, self.udfs, self.undefined)

    def monitor(self) -> int:
        """Which of VALUE and LOG listeners are to be told, now that VAL has its new value."""
        return VALUE | LOG

    def remember_value(self) -> None:
        """Take the present value as the one that listeners and alarms were last told of."""

    # --- processing ---------------------------------------------------------------------------------------------

    @usual
    def process(self, reading: Reading | None = None) -> Coroutine[Any, Any, None] | None:
        """Process once: ask the link and take its answer. Never raises; failures become alarms.

        Returns None if that is done already, else what to await. With a `reading` (an I/O interrupt) nothing is
        asked. While the record is busy nothing happens, except that a reading is always taken.
        """
        if reading is None:
            if self._active:
                self._still_active()
                return None
            self.lcnt = 0
        if self._links is not None and "SDIS" in self._links:
            with suppress(LinkError):  # which has raised its alarm, and is no reason not to process
                before, self.disa = self.disa, self.read_link("SDIS", FieldType.SHORT)
                if self.disa != before:
                    self.notify(0)  # a disabled record tells nobody else
        if self.tpro and self.host is not None:
            self.host.trace(f"process {self.name}{' (disabled)' if self.disa == self.disv else ''}")
        if self.disa == self.disv:
            self._disabled()
            return None
        if reading is not None:
            self.take(reading)
            return None
        return self.begin()

    @usual
    def begin(self) -> Coroutine[Any, Any, None] | None:
        """Process, now that nothing is in the way."""
        if (self.simm or self._links is not None) and "OUT" not in self.fields and self.in_simulation():
            self.simulate(self.process_simulated)
        elif self.inp is not None:
            return self._read(self.inp)
        elif self.getter is not None:
            return self._by_getter(self.getter)
        else:
            self.process_soft()
        return None

    async def _by_getter(self, getter: Getter) -> None:
        puts = self._puts
        await self._ask_getter(getter)
        if puts == self._puts:  # else the value that it gave has processed FLNK
            self.forward_link("FLNK")

    def process_soft(self) -> None:
        """Process a record that has no instrument: read INP, if that leads to another record."""
        if not self.dtyp and self._links is None:
            if self.udf and self.defines:
                self.udf = 0  # a constant INP is as good as a value
            self.evaluate()
            return
        if not (self.dtyp and self.read_later()):
            self.read_now()

    def read_now(self) -> None:
        """Read INP, and look at what it says."""
        try:
            if self.dtyp and self.dtyp == self.raw_soft:
                self.rval = self.read_link("INP", self.raw_type, self.rval)
                self.mask_raw()
                self.value = self.from_rval()
                self.udf = 0
            elif self.is_linked("INP"):
                self.take_soft(self.read_link("INP", self.field_type, None, self.max_count))
            elif self.udf and self.defines:
                self.udf = 0
        except LinkError:  # which has raised its alarm; the value stays
            self.not_read()
            self.evaluate_unread()
        else:
            self.evaluate()

    def mask_raw(self) -> None:
        """Leave of RVAL what another record is to say (Raw Soft Channel)."""

    def from_rval(self) -> Any:
        """VAL for the RVAL that another record said (Raw Soft Channel)."""
        return self.from_reading(self.rval)

    def not_read(self) -> None:
        """INP did not answer."""

    def take_soft(self, value: Any) -> None:
        """Take what another record says: it is in our units already. NaN undefines a number again."""
        self.value = self.accept(value)
        self.udf = 0

    def process_simulated(self) -> None:
        """Process in simulation mode: SIOL is INP, or the raw value of SIMM is RAW."""
        try:
            value = self.simulated_value(self.simulation_type, self.max_count)
            if value is not None:
                if self.simm == RAW:
                    self.rval = floor(value)
                    value = self.from_rval()
                self.value = self.accept(value)
            self.udf = 0
        except (LinkError, ValueError):
            self.evaluate_unread()
        else:
            self.evaluate()

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
        """Look at the present value again."""
        self.time_ns = self.stamp() if self.tse or self._links is not None else clock.now_ns()
        self.check_alarms(self.value)
        self.finish()

    def evaluate_unread(self) -> None:
        """Look at the present value again, which is the old one: UDF stays as it is, even if that is NaN."""
        self._unread = True
        self.evaluate()
        self._unread = False

    def stamp(self) -> int:
        """The time of this processing, by TSEL and TSE (``recGblGetTimeStamp``).

        TSE of -2 leaves it to the source of the value. A positive TSE wants the time of an event; without event
        hardware there is none, and the time stays as it is.
        """
        links = self._links or {}
        if "TSEL" in links:
            if ".TIME" in self.tsel:
                state = links["TSEL"].state
                return state[1] if state is not None else self.time_ns
            with suppress(LinkError):
                self.tse = self.read_link("TSEL", FieldType.SHORT)
        if self.tse == DEVICE_TIME:
            state = links["INP"].state if "INP" in links and "TSEL" not in links else None
            return state[1] if state is not None else self.time_ns
        return clock.now_ns() if self.tse <= 0 else self.time_ns

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
            self.leave()

    def _still_active(self) -> None:
        self.lcnt = min(self.lcnt + 1, 255)
        if self.lcnt > MAX_LOCK and self.alarm.status is not Status.SCAN and self.alarm.severity < Severity.INVALID:
            self.raise_alarm(Status.SCAN, Severity.INVALID, "Async in progress")
            self.finish()

    def _disabled(self) -> None:
        self.rpro = 0
        self.processed()
        if self.alarm.status is not Status.DISABLE:
            self.alarm = Alarm(Status.DISABLE, self.diss, "DISA = DISV")  # nothing that one might acknowledge
            self.nsta, self.nsev, self.namsg = Status.NO_ALARM, Severity.NO_ALARM, ""
            self.notify(VALUE | ALARM)

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

    # --- listeners ----------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """End processing: tell everybody what changed, all at once."""
        changes = self.monitor()
        if self.nsev or self.alarm is not NO_ALARM:
            changes |= self.reset_alarms()
        for listen in self.listeners:
            listen(self, changes)
        raw = self.has_raw
        if raw:
            if self.oraw != self.rval and (changes or raw == RAW_ALWAYS):
                self.oraw = self.rval
            if self.init:
                self.init = 0
        if self._watched:
            for field in self._watched:
                field.refresh(changes)
        if self._links is not None:
            self.forward_link("FLNK")

    @property
    def puts(self) -> int:
        """How many values were put or posted so far; what the instrument said by itself does not count."""
        return self._puts

    def notify(self, changes: int) -> None:
        """Tell the listeners of the record, and those of its fields."""
        super().notify(changes)
        for field in self._watched:
            field.refresh(changes)

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
