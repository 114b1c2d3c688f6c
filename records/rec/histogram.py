"""histogram: how often a signal was in each of NELM equal parts of LLIM .. ULIM."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Coroutine
from contextlib import suppress
from math import isfinite
from typing import Any, ClassVar, Final

from records.alarm import Alarm, Severity, Status
from records.common import COMMON, link, menu, simulation
from records.convert import convert
from records.field import DESCRIBES, Field, Table, numbered, table
from records.host import Host
from records.link import LinkError
from records.metadata import NO_LIMITS, Metadata
from records.pv import LOG, VALUE, clock
from records.record import Record
from records.types import FieldType, Value

__all__ = ["HistogramRecord"]

DOUBLE: Final = FieldType.DOUBLE
SHORT: Final = FieldType.SHORT
ULONG: Final = FieldType.ULONG
CMD: Final = ("Read", "Clear", "Start", "Stop")
READ, CLEAR, START, STOP = range(4)


class HistogramRecord(Record):
    """Histogram: reads SVL into SGNL and counts it, as it counts every put of SGNL, while CSTA is 1.

    Clients are told when more than MDEL values were counted, and every SDEL seconds of what is new.
    """

    record_type = "histogram"
    value_type = ULONG
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", ULONG, ()),
        Field("NELM", FieldType.USHORT, 1, writable=False),
        Field("CSTA", SHORT, 1, writable=False),
        menu("CMD", CMD),
        *numbered(DOUBLE, 0.0, "ULIM", "LLIM", changes=DESCRIBES),
        Field("WDTH", DOUBLE, 0.0, writable=False),
        Field("SGNL", DOUBLE, 0.0),
        Field("PREC", SHORT, 0, changes=DESCRIBES),
        link("SVL"),
        Field("MDEL", SHORT, 0),
        Field("MCNT", SHORT, 0, writable=False),
        Field("SDEL", DOUBLE, 0.0),
        *numbered(ULONG, 0, "HOPR", "LOPR", changes=DESCRIBES),
        simulation(DOUBLE),
    )

    nelm: int
    csta: int
    cmd: int
    ulim: float
    llim: float
    wdth: float
    sgnl: float
    sval: float
    prec: int
    mdel: int
    mcnt: int
    sdel: float
    hopr: int
    lopr: int

    _counts: array[int]
    _timer: Callable[[], None] | None = None

    def __init__(self, name: str, value: Any = None, **options: Any) -> None:
        super().__init__(name, value, **options)
        signal = self.constant_link("SVL", DOUBLE) if "svl" in self.__dict__ else None
        if signal is not None:
            self.sgnl = signal
            self.udf = 0

    def configure(self, value: Any) -> None:
        """Room for the counts."""
        if "_counts" in self.__dict__:
            return
        self.nelm = self.max_count = max(self.nelm, 1)
        self._counts = array("I", bytes(4 * self.nelm))
        self._measure()

    def _measure(self) -> None:
        self.wdth = (self.ulim - self.llim) / self.nelm

    def accept(self, value: Any) -> Value:
        """Counts; where there are fewer than NELM the others stay as they are."""
        counts: array[int] = convert(value, ULONG, max(self.nelm, 2))  # type: ignore[assignment]  # not of one element
        self._counts = counts[: self.nelm] + self._counts[len(counts) :]
        return self._value()

    def _value(self) -> Value:
        return self._counts[:] if self.nelm > 1 else self._counts[0]

    def describe(self) -> Metadata:
        """Limits; there are no units."""
        limits = (float(self.lopr), float(self.hopr))
        return Metadata("", self.prec, limits, NO_LIMITS, NO_LIMITS, limits)

    def monitor(self) -> int:
        """VALUE and LOG after more than MDEL counts."""
        if self.mcnt <= self.mdel:
            return 0
        self.mcnt = 0
        return VALUE | LOG

    # --- puts ---------------------------------------------------------------------------------------------------

    def take_put(self, value: Value) -> Coroutine[Any, Any, None] | None:
        """Take a put of VAL, which processes nothing."""
        self.value = value
        self.udf = 0
        self._puts += 1
        self.notify(VALUE | LOG)
        return None

    def field_stored(self, row: Field) -> None:
        """A signal is counted, a command carried out; new limits clear the counts."""
        if row.name == "SGNL":
            self._count()
        elif row.name == "CMD":
            self._command()
        elif row.name in ("ULIM", "LLIM"):
            self._measure()
            self._clear()
        elif row.name == "SDEL":
            self._watch()
        super().field_stored(row)
        if row.name in ("SGNL", "CMD", "ULIM", "LLIM"):
            self.notify(0)  # nobody is told, but what was shown is out of date

    def _command(self) -> None:
        if self.cmd <= CLEAR:  # Read clears too, in base
            self._clear()
        else:
            self.csta = 1 if self.cmd == START else 0
        self.cmd = READ

    def _clear(self) -> None:
        self._counts = array("I", bytes(4 * self.nelm))
        self.value = self._value()
        self.mcnt = _short(self.mdel + 1)  # so that the next processing tells of it
        self.udf = 0

    # --- processing ---------------------------------------------------------------------------------------------

    def process_soft(self) -> None:
        """Read SVL and count it; a link that cannot be read makes the last signal count again, as in base."""
        with suppress(LinkError):
            self.sgnl = self.read_link("SVL", DOUBLE, self.sgnl)
        self._counted()

    def process_simulated(self) -> None:
        """Count SIOL instead."""
        try:
            self.sgnl = self.simulated_value(DOUBLE)
        except LinkError:
            self._told()
        else:
            self.udf = 0
            self._counted()

    def _counted(self) -> None:
        self._count()
        self._told()

    def _told(self) -> None:
        self.time_ns = clock.now_ns()
        self.finish()

    def _count(self) -> None:
        """``add_count`` of histogramRecord.c; base writes outside of its memory for NaN, which we do not count."""
        if not self.csta:
            return
        if self.llim >= self.ulim and self.nsev < Severity.INVALID:
            self.alarm = Alarm(Status.SOFT, Severity.INVALID, "LLIM is not below ULIM")
            return
        if not self.llim <= self.sgnl < self.ulim:
            return
        distance, width = self.sgnl - self.llim, self.wdth
        part = max(int(distance / width) - 1, 1) if isfinite(distance / width) else 1
        while part < self.nelm and not distance <= part * width:
            part += 1
        self._counts[part - 1] = (self._counts[part - 1] % 0xFFFFFFFF) + 1
        self.value = self._value()
        self.mcnt = _short(self.mcnt + 1)

    # --- news at intervals --------------------------------------------------------------------------------------

    def attach(self, host: Host) -> None:
        """The IOC has come to life."""
        super().attach(host)
        self._watch()

    def detach(self) -> None:
        """The IOC ends."""
        super().detach()
        if self._timer is not None:
            self._timer()
            self._timer = None

    def _watch(self) -> None:
        """Look again in SDEL seconds."""
        if self.sdel > 0 and self.host is not None:
            if self._timer is not None:
                self._timer()
            self._timer = self.host.later(self.sdel, self._elapsed)

    def _elapsed(self) -> None:
        if self.mcnt > 0:
            self.time_ns = clock.now_ns()
            self.mcnt = 0
            self.notify(VALUE | LOG)
        self._timer = None
        self._watch()


def _short(number: int) -> int:
    return (number + 0x8000) % 0x10000 - 0x8000
