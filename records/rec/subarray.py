"""subArray: NELM elements of an array, from the one with index INDX on."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import Any, ClassVar, Final

from records.common import COMMON, INPUT
from records.field import DESCRIBES, PROCESSES, Field, Table, table
from records.link import LinkError
from records.linkcast import elements
from records.rec.arrays import ARRAY, ArrayRecord
from records.types import FieldType, Value

__all__ = ["SubArrayRecord"]

ULONG: Final = FieldType.ULONG


class SubArrayRecord(ArrayRecord):
    """Part of an array: reads INDX + NELM elements of INP and drops the first INDX. MALM is the most it can read.

    FTVL and MALM, when not set, come from the first value, as FTVL and NELM of a waveform.
    """

    record_type = "subArray"
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", FieldType.DOUBLE, (), changes=PROCESSES),
        ARRAY,
        Field("MALM", ULONG, 0, writable=False, changes=DESCRIBES),
        Field("NELM", ULONG, 1, changes=PROCESSES),
        Field("INDX", ULONG, 0, changes=PROCESSES),
        Field("BUSY", FieldType.SHORT, 0, writable=False),
        Field("NORD", FieldType.LONG, 0, writable=False),
        INPUT,
    )

    malm: int
    nelm: int
    indx: int
    nord: int

    _buffer: list[Any]  # MALM elements; those beyond NORD are no more in VAL, but may move into it again

    def __init__(self, name: str, value: Any = None, **options: Any) -> None:
        super().__init__(name, value, **options)
        if value is not None:
            self.nord = self._store(self.value)

    def settle(self, value: Any) -> int:
        """MALM; when not set it is the length of the first value."""
        if not self.malm:
            self.malm = max(len(value), 1) if hasattr(value, "__len__") and not isinstance(value, str) else 1
        if "_buffer" not in self.__dict__:
            self.nelm = min(self.nelm, self.malm)
            self._buffer = ["" if self.field_type is FieldType.STRING else 0] * self.malm
        return self.malm

    def _check_links(self) -> Any:
        """What a constant INP begins VAL with."""
        if super()._check_links() is None:
            return None
        self._read_subset()
        return self._buffer[: self.nord]

    # --- processing ---------------------------------------------------------------------------------------------

    def take_put(self, value: Value) -> Coroutine[Any, Any, None] | None:
        """A put fills the buffer; processing then takes its part of that."""
        self.nord = self._store(value)
        return super().take_put(value)

    def from_reading(self, reading: Any) -> Value:
        """The part of what an instrument says."""
        return self._subset(self._store(super().from_reading(reading)))

    def process_soft(self) -> None:
        """Read INP; without an element VAL is undefined (``process`` of subArrayRecord.c)."""
        self.nelm = min(self.nelm, self.malm)
        self.indx = min(self.indx, self.malm - 1)
        try:
            self.value = self._read_subset()
        except LinkError:
            self.udf = 1
        else:
            self.udf = 0 if self.nord > 0 else 1
        if self.udf:
            self.value = self.accept(())
        self.evaluate()

    def field_stored(self, row: Field) -> None:
        """UDF decides whether VAL shows anything (``get_array_info``)."""
        if row.name == "UDF":
            self.value = self.accept(() if self.udf else self._buffer[: self.nord])
            self.notify(0)  # nobody is told, but what was shown is out of date
        super().field_stored(row)

    def _read_subset(self) -> Value:
        wanted = min(self.indx + self.nelm, self.malm)
        some = max(wanted, 2)  # an array, whatever its length
        if self.is_linked("INP"):
            read = self.read_link("INP", self.field_type, None, some)
        else:
            read = self.constant_link("INP", self.field_type, some)
        return self._subset(self.nord if read is None else self._store(read[:wanted]))

    def _store(self, value: Any) -> int:
        """Fill the buffer from its beginning; returns with how many elements."""
        read: Sequence[Any] = elements(value, self.field_type) if hasattr(value, "__len__") else [value]
        read = [read] if isinstance(read, str) else read
        count = min(len(read), self.malm)
        self._buffer[:count] = read[:count]
        return count

    def _subset(self, count: int) -> Value:
        """Drop the first INDX of `count` elements, and give NELM of the others (``subset`` of devSASoft.c)."""
        self.nord = min(max(count - self.indx, 0), self.nelm)
        part = self._buffer[self.indx : self.indx + self.nord]
        self._buffer[: self.nord] = part
        return self.accept(part if part or self.max_count > 1 else self.initial_value())
