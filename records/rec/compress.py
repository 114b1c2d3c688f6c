"""compress: a buffer of the values that INP had, or of what an algorithm makes of N of them."""

from __future__ import annotations

from array import array
from collections.abc import Coroutine, Sequence
from typing import Any, ClassVar, Final

from records.alarm import Severity, Status
from records.common import COMMON, INPUT, display, menu
from records.field import PROCESSES, Field, Table, table
from records.link import LinkError
from records.menus import MENU_YES_NO
from records.metadata import NO_LIMITS, Metadata
from records.pv import LOG, VALUE, clock
from records.rec.compression import ALG, AVERAGE, CIRCULAR, accumulated, in_limits, reduced
from records.record import Record
from records.types import FieldType, Value

__all__ = ["CompressRecord"]

DOUBLE: Final = FieldType.DOUBLE
ULONG: Final = FieldType.ULONG
BALG: Final = ("FIFO Buffer", "LIFO Buffer")
FIFO, LIFO = range(2)
RESETS: Final = frozenset(("RES", "ALG", "PBUF", "BALG", "N"))


class CompressRecord(Record):
    """Buffer of NSAM values: reads INP, which may be an array, and adds what ALG makes of N values.

    INP is a link to another record, such as ``"TEMP CP"``; an instrument's point has a record of its own.
    """

    record_type = "compress"
    value_type = DOUBLE
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", DOUBLE, (), changes=PROCESSES),
        INPUT,
        Field("RES", FieldType.SHORT, 0),
        menu("ALG", ALG),
        menu("PBUF", MENU_YES_NO),
        menu("BALG", BALG),
        Field("NSAM", ULONG, 1, writable=False),
        Field("N", ULONG, 1),
        Field("IHIL", DOUBLE, 0.0),
        Field("ILIL", DOUBLE, 0.0),
        display(DOUBLE),
        Field("OFF", ULONG, 0, writable=False),
        Field("NUSE", ULONG, 0, writable=False),
        Field("OUSE", ULONG, 0, writable=False),
        Field("INPN", FieldType.LONG, 0, writable=False),
        Field("CVB", DOUBLE, 0.0, writable=False),
        Field("INX", ULONG, 0, writable=False),
    )

    res: int
    alg: int
    pbuf: int
    balg: int
    nsam: int
    n: int
    ihil: float
    ilil: float
    egu: str
    prec: int
    hopr: float
    lopr: float
    off: int
    nuse: int
    ouse: int
    inpn: int
    cvb: float
    inx: int

    _buffer: array[float]  # a ring of NSAM values; OFF is where the next one goes, with LIFO where the last one is
    _sums: list[float]  # ALG Average

    def configure(self, value: Any) -> None:
        """Make the buffer."""
        if "_buffer" in self.__dict__:
            return
        self.nsam = self.max_count = max(self.nsam, 1)
        self._buffer = array("d", bytes(8 * self.nsam))
        self._sums = [0.0] * self.nsam

    def initial_value(self) -> Any:
        """Nothing yet."""
        return () if self.nsam > 1 else 0.0

    def describe(self) -> Metadata:
        """Units and limits; there are no alarm limits."""
        limits = (self.lopr, self.hopr)
        return Metadata(self.egu, self.prec, limits, NO_LIMITS, NO_LIMITS, limits)

    def monitor(self) -> int:
        """Always."""
        self.ouse = self.nuse
        return VALUE | LOG

    # --- the ring -----------------------------------------------------------------------------------------------

    @property
    def _first(self) -> int:
        """Where the first valid value is (``get_array_info``)."""
        return (self.off + self.nsam - self.nuse) % self.nsam if self.balg == FIFO else self.off

    def _add(self, values: Sequence[float]) -> None:
        for value in values:
            if self.balg == FIFO:
                self._buffer[self.off] = value
                self.off = (self.off + 1) % self.nsam
            else:
                self.off = (self.off + self.nsam - 1) % self.nsam
                self._buffer[self.off] = value
        self.nuse = min(self.nuse + len(values), self.nsam)

    def _show(self) -> None:
        """Make VAL of the ring."""
        first = self._first
        values = (self._buffer[first:] + self._buffer[:first])[: self.nuse]
        self.value = values if self.max_count > 1 else self._buffer[0] if self.nuse else 0.0

    def field_stored(self, row: Field) -> None:
        """Some fields begin the buffer anew, which everybody is told."""
        if row.name in RESETS:
            self._reset()
            self.notify(self.reset_alarms() | self.monitor())
        super().field_stored(row)

    def _reset(self) -> None:
        self.nuse = self.off = self.inx = self.res = 0
        self.cvb = 0.0
        self._buffer = array("d", bytes(8 * self.nsam))
        self._show()

    # --- puts ---------------------------------------------------------------------------------------------------

    def take_put(self, value: Value) -> Coroutine[Any, Any, None] | None:
        """Take a put of VAL: it overwrites from the first valid value on, as in base. A LIFO buffer takes none."""
        if self.balg == LIFO:
            raise PermissionError(f"{self.name}: a LIFO buffer cannot be written")
        values: Any = value if isinstance(value, array) else [value]
        first = self._first
        for index, one in enumerate(values):
            self._buffer[(first + index) % self.nsam] = one
        self.off = (self.off + len(values)) % self.nsam
        self.nuse = min(self.nuse + len(values), self.nsam)
        self._show()
        return super().take_put(self.value)

    # --- processing ---------------------------------------------------------------------------------------------

    def process_soft(self) -> None:
        """Read INP and compress it; nothing is shown before N values have become one (``process``)."""
        if not self._compressed():
            self.notify(0)
            return
        self._show()
        self.udf = 0
        self.time_ns = clock.now_ns()
        self.finish()

    def _compressed(self) -> bool:
        """Whether this has come to an end: a new value in the buffer, or an alarm."""
        most = self.link_elements("INP")
        if not most:
            self.raise_alarm(Status.LINK, Severity.INVALID)
            return True
        if most != self.inpn:
            if self.inpn:
                self._reset()
            self.inpn = most
        try:
            read = self.read_link("INP", DOUBLE, None, most)
        except LinkError:
            return True
        values: Sequence[float] = read if isinstance(read, array) else [read]
        if not len(values):
            self.raise_alarm(Status.LINK, Severity.INVALID)
            return True
        if self.alg == AVERAGE:
            return self._average(values)
        if self.alg == CIRCULAR:
            self._add(values)
            return True
        return self._compress(values) if len(values) > 1 else self._accumulate(values[0])

    def _compress(self, values: Sequence[float]) -> bool:
        self.n = max(self.n, 1)
        values = in_limits(values, self.ilil, self.ihil)[: self.nsam * self.n]
        some = False
        for begin in range(0, len(values), self.n):
            part = values[begin : begin + self.n]
            if len(part) < self.n and not self.pbuf:
                break
            self._add([reduced(part, self.alg)])
            some = True
        return some

    def _accumulate(self, value: float) -> bool:
        self.cvb = accumulated(self.cvb, value, self.inx, self.alg)
        self.inx += 1
        full = self.inx >= self.n
        if full or self.pbuf:
            self._add([self.cvb])
        if full:
            self.inx = 0
        return bool(full or self.pbuf)

    def _average(self, values: Sequence[float]) -> bool:
        """Average N arrays, element by element."""
        values = values[: self.nsam]
        for index, value in enumerate(values):
            self._sums[index] = value + self._sums[index] if self.inx else value
        self.inx += 1
        self.n = max(self.n, 1)
        if self.inx < self.n:
            return False
        if self.n > 1:
            multiplier = 1.0 / self.n
            for index in range(len(values)):
                self._sums[index] *= multiplier
        self._add(self._sums[: len(values)])
        self.inx = 0
        return True
