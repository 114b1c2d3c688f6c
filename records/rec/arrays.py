"""What the record types with an array in VAL share: FTVL, a greatest number of elements, when listeners are told."""

from __future__ import annotations

from array import array
from typing import Any, Final

from records.common import display, menu
from records.convert import as_field_type, decimal
from records.field import Field
from records.menus import MENU_FTYPE
from records.metadata import NO_LIMITS, Metadata
from records.pv import LOG, VALUE
from records.record import Record
from records.types import ARRAY_CODE, FieldType, Value

__all__ = ["ARRAY", "POSTED", "ArrayRecord", "PostedArray"]

DOUBLE: Final = FieldType.DOUBLE
ULONG: Final = FieldType.ULONG
POST: Final = ("Always", "On Change")  # in the other order than menuPost
ON_CHANGE: Final = 1

ARRAY: Final = (menu("FTVL", MENU_FTYPE, FieldType.DOUBLE, writable=False), *display(DOUBLE))
POSTED: Final = (
    Field("NELM", ULONG, 0, writable=False),
    Field("NORD", ULONG, 0, writable=False),
    menu("MPST", POST),
    menu("APST", POST),
    Field("HASH", ULONG, 0),
)


class ArrayRecord(Record):
    """A record whose VAL is an array.

    FTVL, when not set, comes from the first value; without one it is DOUBLE (base: STRING).
    """

    value_type = DOUBLE

    ftvl: int
    egu: str
    prec: int
    hopr: float
    lopr: float

    def configure(self, value: Any) -> None:
        """Settle type and size."""
        if "ftvl" not in self.__dict__ and value is not None:
            self.ftvl = as_field_type(value)
        self.field_type = FieldType(self.ftvl)
        self.max_count = self.settle(value)

    def settle(self, value: Any) -> int:
        """Set the field that has the greatest number of elements, and return that number."""
        raise NotImplementedError

    def initial_value(self) -> Any:
        """Nothing; one with room for a single element always has that."""
        return () if self.max_count > 1 else "" if self.field_type is FieldType.STRING else 0

    def from_reading(self, reading: Any) -> Value:
        """Texts for numbers are decimal."""
        if self.field_type in ARRAY_CODE:
            several = isinstance(reading, (list, tuple)) and reading and isinstance(reading[0], str)
            reading = [decimal(one) for one in reading] if several else decimal(reading)
        return super().from_reading(reading)

    def describe(self) -> Metadata:
        """Units and limits; there are no alarm limits."""
        limits = (self.lopr, self.hopr)
        return Metadata(self.egu, self.prec, limits, NO_LIMITS, NO_LIMITS, limits)


class PostedArray(ArrayRecord):
    """What waveform, aai and aao share: NELM, NORD, and monitors always or on change."""

    nelm: int
    mpst: int
    apst: int

    _hash: int | None = 0  # None: to be worked out
    _hashed: bytes | None = None

    def settle(self, value: Any) -> int:
        """NELM; when not set it is the length of the first value."""
        if not self.nelm:
            self.nelm = _length(value, self.field_type)
        return self.nelm

    @property
    def nord(self) -> int:
        """Number of elements there are."""
        return self.count

    def evaluate(self) -> None:
        """Process without a link. A soft record is defined by that, whatever it holds."""
        if self.inp is None and self.out is None:
            self.udf = 0
        super().evaluate()

    def monitor(self) -> int:
        """VALUE and LOG always, or when the contents have changed (MPST, APST)."""
        changes = (0 if self.mpst == ON_CHANGE else VALUE) | (0 if self.apst == ON_CHANGE else LOG)
        if changes != VALUE | LOG and self._changed():
            changes = VALUE | LOG
        return changes

    def _changed(self) -> bool:
        now = _memory(self.value, self.field_type)
        if self._hashed is not None:
            changed = now != self._hashed
        else:
            changed = _hash(now) != self._hash
        if changed:
            self._hashed = now
            self._hash = None
        return changed

    @property
    def hash(self) -> int:
        """Hash of the contents that listeners were last told (``epicsMemHash``); slow, so only when asked for."""
        if self._hash is None:
            self._hash = _hash(self._hashed or b"")
        return self._hash

    @hash.setter
    def hash(self, value: int) -> None:
        self._hash = value
        self._hashed = None


def _length(value: Any, field_type: FieldType) -> int:
    if isinstance(value, str):
        return max(len(value.encode()), 1) if field_type in (FieldType.CHAR, FieldType.UCHAR) else 1
    return max(len(value), 1) if hasattr(value, "__len__") else 1


def _memory(value: Any, field_type: FieldType) -> bytes:
    """The elements as a C program would have them."""
    if isinstance(value, array):
        return value.tobytes()
    if isinstance(value, bytes):
        return value
    if field_type is FieldType.STRING:
        texts = value if isinstance(value, list) else [value]
        return b"".join(text.encode("utf-8", "surrogateescape").ljust(40, b"\0") for text in texts)
    if field_type in ARRAY_CODE:
        return array(ARRAY_CODE[field_type], [value]).tobytes()
    return bytes([value & 0xFF])


def _hash(memory: bytes) -> int:
    """``epicsMemHash`` of epicsString.c; its bytes are chars, which have a sign on x86."""
    result = 0
    for index, byte in enumerate(array("b", memory)):
        if index % 2:
            result ^= ((result << 7) ^ byte ^ (result >> 3)) & 0xFFFFFFFF
        else:
            result ^= ~((result << 11) ^ byte ^ (result >> 5)) & 0xFFFFFFFF
    return result
