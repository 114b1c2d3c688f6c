"""waveform: an array of one type, of up to NELM elements."""

from __future__ import annotations

import zlib
from array import array
from typing import Any, ClassVar, Final

from records.common import COMMON, INPUT, display, menu, simulation
from records.convert import as_field_type
from records.field import PROCESSES, Field, Table, table
from records.menus import MENU_FTYPE
from records.metadata import NO_LIMITS, Metadata
from records.pv import LOG, VALUE
from records.record import Record
from records.types import FieldType

__all__ = ["WaveformRecord"]

DOUBLE: Final = FieldType.DOUBLE
ULONG: Final = FieldType.ULONG
POST: Final = ("Always", "On Change")  # in the other order than menuPost
ON_CHANGE: Final = 1


class WaveformRecord(Record):
    """Array: reads INP, or keeps what it is given.

    FTVL and NELM, when not set, come from the first value; without one FTVL is DOUBLE (base: STRING) and NELM 1.
    """

    record_type = "waveform"
    value_type = DOUBLE
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", DOUBLE, (), changes=PROCESSES),
        menu("FTVL", MENU_FTYPE, FieldType.DOUBLE, writable=False),
        Field("NELM", ULONG, 0, writable=False),
        Field("NORD", ULONG, 0, writable=False),
        Field("BUSY", FieldType.SHORT, 0, writable=False),
        Field("RARM", FieldType.SHORT, 0, changes=PROCESSES),
        display(DOUBLE),
        INPUT,
        menu("MPST", POST),
        menu("APST", POST),
        Field("HASH", ULONG, 0),
        simulation(None),
    )

    ftvl: int
    nelm: int
    egu: str
    prec: int
    hopr: float
    lopr: float
    mpst: int
    apst: int
    hash: int

    def configure(self, value: Any) -> None:
        """Settle type and size."""
        if "ftvl" not in self.__dict__ and value is not None:
            self.ftvl = as_field_type(value)
        self.field_type = FieldType(self.ftvl)
        if not self.nelm:
            self.nelm = self._length(value)
        self.max_count = self.nelm

    def _length(self, value: Any) -> int:
        if isinstance(value, str):
            return max(len(value.encode()), 1) if self.field_type in (FieldType.CHAR, FieldType.UCHAR) else 1
        return max(len(value), 1) if hasattr(value, "__len__") else 1

    def initial_value(self) -> Any:
        """Nothing; NELM = 1 always has its one element."""
        return () if self.nelm > 1 else "" if self.field_type is FieldType.STRING else 0

    @property
    def nord(self) -> int:
        """Number of elements there are."""
        return self.count

    def describe(self) -> Metadata:
        """Units and limits; base's waveform has no alarm limits."""
        limits = (self.lopr, self.hopr)
        return Metadata(self.egu, self.prec, limits, NO_LIMITS, NO_LIMITS, limits)

    def monitor(self) -> int:
        """VALUE and LOG always, or when the contents have changed (MPST, APST)."""
        changes = (0 if self.mpst == ON_CHANGE else VALUE) | (0 if self.apst == ON_CHANGE else LOG)
        if changes != VALUE | LOG:
            now = self._digest()
            if now != self.hash:
                self.hash = now
                changes = VALUE | LOG
        return changes

    def _digest(self) -> int:
        value = self.value
        if isinstance(value, array):
            return zlib.crc32(value.tobytes())
        return zlib.crc32(value if isinstance(value, bytes) else repr(value).encode())
