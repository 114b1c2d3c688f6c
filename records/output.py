"""Output: a record that writes. A put is complete when the instrument has accepted it, and only then is it shown."""

from __future__ import annotations

from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, ClassVar

from records.alarm import Severity, Status
from records.link import LinkError
from records.links import Sink
from records.pv import clock
from records.record import Record
from records.simulated import RAW
from records.types import FieldType, Value
from records.written import usual

__all__ = ["CLOSED_LOOP", "Output"]

CLOSED_LOOP = 1  # OMSL
CONTINUE, DO_NOT_DRIVE, USE_IVOV = range(3)  # IVOA


class Output(Record):
    """A record with an OUT link.

    A put goes to the instrument first. If that accepts, the value is posted; if not, the value stays as it was, the
    record goes WRITE/INVALID, until a value is written or read, and the put fails. A record with an INP besides reads
    the instrument's own setting whenever it processes for another reason (PINI, SCAN, the link coming back); one
    without writes its value again. One that never had a value writes nothing.
    """

    undefined: ClassVar[str] = "never written"

    constant_field: ClassVar[str] = "DOL"
    defines: ClassVar[bool] = False  # whether processing alone defines the value, as in ao

    converts_ivov: ClassVar[bool] = True  # whether IVOV is limited, and made into RVAL, as any value

    on_connect: str | None = None  # "device", "push" or "leave"; None is "device" with an INP, else "leave"

    _unwritten = ""  # why the last put failed, until a value is written

    _minds: ClassVar[bool] = False  # what is written, even if there is nobody to write to

    ivoa: int
    ivov: Any
    lalm: Any
    omsl: int

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._minds = cls.write_value is not Output.write_value

    def __init__(self, name: str, value: Any = None, *, out: Sink | str | None = None, **options: Any) -> None:
        """Make a record; for `options` see Record."""
        if isinstance(out, str):  # a link text
            options["links"] = {**(options.get("links") or {}), "OUT": out}
            out = None
        self.out = out
        super().__init__(name, value, **options)

    # --- what an output type brings -----------------------------------------------------------------------------

    def limit(self, value: Any) -> Any:
        """`value` brought within what may be written."""
        return value

    def to_raw(self, value: Any) -> Any:
        """What the instrument is told for `value`."""
        return value

    def convert_output(self, value: Any) -> None:
        """Make VAL, and what follows from it, of the value wanted (``convert`` of the record types)."""
        self.value = self.limit(value)
        try:  # noqa: SIM105  # suppress() takes longer than all of this
            self.to_raw(self.value)
        except ValueError:  # no raw value: it stays
            pass

    def link_value(self) -> tuple[Value, FieldType]:
        """What OUT gets if it is a link to a PV (soft device support)."""
        return self.value, self.field_type

    # --- processing ---------------------------------------------------------------------------------------------

    def process_soft(self) -> None:
        """Process a record that has no instrument: fetch DOL, convert, write OUT unless IVOA objects."""
        linked = self._links is not None
        if not self.omsl:  # or DOL would say
            self.convert_output(self.value)
        else:
            self._convert_desired()
        if self.defines:
            self.udf = 0  # NaN undefines a number again
        self.time_ns = self.stamp() if linked or self.tse else clock.now_ns()
        self.check_alarms(self.value)
        if self.nsev and self.nsev >= Severity.INVALID and not self.drives():
            self.finish()
        elif linked or self.simm:
            self.drive()
        else:
            if self._minds:
                self.write_value()
            self.finish()

    def _convert_desired(self) -> None:
        try:
            value = self.desired()
        except LinkError:
            self.not_desired()
        else:
            self.convert_output(value)

    def drive(self) -> None:
        """Write OUT, or SIOL in simulation mode, and end processing."""
        if (self.simm or self._links is not None) and self.in_simulation():
            self.simulate(self._write_simulated)
            return
        try:  # noqa: SIM105  # as above
            self.write_value()
        except LinkError:  # which has raised its alarm
            pass
        if self._unfinished is None:
            self.finish()
        else:
            self.finish_written()

    def write_value(self) -> None:
        """Write OUT, which leads to another record. Raises LinkError."""
        if self._links is not None:
            raw = self.dtyp and self.dtyp == self.raw_soft
            self.write_link("OUT", *((self.raw_output(), self.raw_type) if raw else self.link_value()))

    def raw_output(self) -> int:
        """What OUT gets if DTYP is raw."""
        return self.rval

    def not_desired(self) -> None:
        """DOL did not answer: VAL stays."""

    def _write_simulated(self) -> None:
        with suppress(LinkError):
            self.write_link("SIOL", *((self.rval, self.raw_type) if self.simm == RAW else self.link_value()))
        self.finish()

    def desired(self) -> Any:
        """The value to be written: VAL, or that of DOL if OMSL is closed_loop. Raises LinkError."""
        if self.omsl != CLOSED_LOOP or not self.is_linked("DOL"):
            return self.value
        value = self.accept(self.read_link("DOL", self.field_type))
        self.udf = 0
        return value

    def drives(self) -> bool:
        """Whether to write although the alarm is INVALID (IVOA); sets IVOV where that says so."""
        if self.ivoa == CONTINUE:
            return True
        if self.ivoa == DO_NOT_DRIVE:
            return False
        value = self.accept(self.ivov)
        if self.converts_ivov:
            self.convert_output(value)
        else:
            self.value = value
        return True

    @usual
    def take_put(self, value: Value) -> Coroutine[Any, Any, None] | None:
        """Write a put to the instrument, then post it."""
        if self.out is None or self.simm:
            return super().take_put(value)
        if self.disa == self.disv:
            self.check_enabled()
        drive, value = self._checked(self.limit(value))
        if drive:
            return self._put(self.out, value)
        self._done(value)
        return None

    async def _put(self, out: Sink, value: Value) -> None:
        self._active += 1
        try:
            await out.write(self.to_raw(value))
        except Exception as error:
            # WRITE whatever the cause: it is the put that failed; AMSG has the cause
            self.failed(error, Status.WRITE, Status.WRITE)
            self._unwritten = str(error) or type(error).__name__
            raise
        else:
            self._done(value)
        finally:
            self.leave()
        if self.rpro and not self._active:
            self.rpro = 0
            work = self.process()
            if work is not None:
                await work

    def _done(self, value: Value) -> None:
        self._puts += 1
        self._unwritten = ""
        self.store(value, clock.now_ns())

    def reprocess(self) -> Coroutine[Any, Any, None] | None:
        """Look at the alarms again because a limit was written.

        Base would write the value to the instrument once more; nobody who moves an alarm limit expects that.
        """
        if self.inp is not None or self.out is None:
            return super().reprocess()
        if self.alarm.severity < Severity.INVALID or self.alarm.status is Status.UDF:
            self.evaluate()
        return None

    @usual
    def begin(self) -> Coroutine[Any, Any, None] | None:
        """Process for another reason than a put: read INP if there is one, else write the value again."""
        if self.out is None and self.inp is None:
            return super().begin()
        if (self.simm or self._links is not None) and self.in_simulation():
            self.process_soft()
            return None
        if self.out is None or self.inp is not None:
            return super().begin()
        if self.omsl == CLOSED_LOOP and self.is_linked("DOL"):
            try:
                return self._put(self.out, self.limit(self.desired()))
            except LinkError:
                self.evaluate()
                return None
        if self.udf:
            self.evaluate()
            return None
        return self._write_again(self.out)

    async def _write_again(self, out: Sink) -> None:
        if self._active:
            return
        self._active += 1
        try:
            again = True
            while again:
                self.rpro = 0
                drive, value = self._checked(self.limit(self.value))
                puts = self._puts
                try:
                    if drive:
                        await out.write(self.to_raw(value))
                except Exception as error:
                    self.failed(error, Status.WRITE)
                else:
                    if puts == self._puts:
                        self._unwritten = ""
                        self.store(value, clock.now_ns())
                again = bool(self.rpro)
        finally:
            self.leave()

    def _checked(self, value: Any) -> tuple[bool, Any]:
        """Apply IVOA: whether to drive the output, and with what. Only limits can make a defined value INVALID."""
        if not self.ivoa:
            return True, value
        udf, lalm = self.udf, getattr(self, "lalm", None)
        self.udf = 0
        self.check_alarms(value)
        self.udf, self.lalm = udf, lalm
        invalid = self.nsev >= Severity.INVALID
        self.nsta, self.nsev, self.namsg = Status.NO_ALARM, Severity.NO_ALARM, ""
        if not invalid or self.ivoa == CONTINUE:
            return True, value
        return (False, value) if self.ivoa == DO_NOT_DRIVE else (True, self.accept(self.ivov))

    async def link_changed(self, fault: Exception | None) -> None:
        """As for a Record; an output that is only written does not write again by itself when the link comes back.

        An operator may have turned the knob meanwhile. Its COMM alarm goes, back to UDF if it was never written and to
        WRITE if the last put failed: the instrument still has not what was asked of it. With ``on_connect="push"`` it
        does write, whoever turned what; with "leave" it does not even read its INP.
        """
        if self.alarm.severity < Severity.INVALID:
            self._unwritten = ""  # a value has come from elsewhere since
        if fault is None and self.on_connect == "push" and self.out is not None and not self.udf:
            await self._write_again(self.out)
            return
        if fault is None and (self.inp is None or self.on_connect == "leave"):
            if self._unwritten:
                self.raise_alarm(Status.WRITE, Severity.INVALID, self._unwritten)
            self.evaluate()
            return
        await super().link_changed(fault)
