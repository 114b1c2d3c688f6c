"""What mbbiDirect and mbboDirect share: a number, its 32 bits as fields, the way to the raw value."""

from __future__ import annotations

from typing import Any, Final

from records.common import soft_channels
from records.field import DESCRIBES, PROCESSES, Field, numbered
from records.linkcast import number
from records.metadata import Metadata
from records.pv import LOG, VALUE
from records.record import Record
from records.types import FieldType, Value

__all__ = ["BITS", "DIRECT", "DirectBits", "signed"]

LONG: Final = FieldType.LONG
ULONG: Final = FieldType.ULONG
ALL: Final = 0xFFFFFFFF
BITS: Final = tuple(f"B{bit:X}" for bit in range(32))
_ATTRIBUTES: Final = tuple(bit.lower() for bit in BITS)

DIRECT: Final = (
    Field("VAL", LONG, 0, changes=PROCESSES),
    soft_channels("Raw Soft Channel", "Async Soft Channel"),
    Field("NOBT", FieldType.SHORT, 0, writable=False, changes=DESCRIBES),
    Field("ORAW", ULONG, 0, writable=False),
    Field("MASK", ULONG, 0, writable=False),
    Field("MLST", LONG, 0, writable=False),
    Field("SHFT", FieldType.USHORT, 0),
    *numbered(FieldType.UCHAR, 0, *BITS, changes=PROCESSES),
)


class DirectBits(Record):
    """A number with its bits. MASK, when not set, has NOBT bits; DTYP "Raw Soft Channel" shifts both by SHFT."""

    value_type = LONG

    dtyp: int
    nobt: int
    mask: int
    shft: int
    rval: int
    oraw: int
    mlst: Any

    def init_record(self) -> None:
        """Make MASK."""
        if not self.mask and 0 <= self.nobt <= 32:
            self.mask = (1 << self.nobt) - 1
        if self.dtyp == self.raw_soft:
            self.mask = (self.mask if self.nobt else ALL) << (self.shft & 31) & ALL

    def describe(self) -> Metadata:
        """NOBT shows as the precision, as in base."""
        return Metadata(precision=self.nobt)

    def accept(self, value: Any) -> Value:
        """A whole number; the top bit is its sign."""
        return signed(value) if isinstance(value, int) else super().accept(value)

    def set_bits(self) -> None:
        """Make the fields B0 to B1F of VAL."""
        value = self.value
        assert isinstance(value, int)
        for bit, name in enumerate(_ATTRIBUTES):
            one = value >> bit & 1
            if getattr(self, name) != one:
                setattr(self, name, one)

    @property
    def bits(self) -> int:
        """The number that the fields B0 to B1F make."""
        return sum(1 << bit for bit, name in enumerate(_ATTRIBUTES) if getattr(self, name))

    def monitor(self) -> int:
        """VALUE and LOG when the number has changed; the bits follow it."""
        self.set_bits()
        self.oraw = self.rval
        if self.value == self.mlst:
            return 0
        self.mlst = self.value
        return VALUE | LOG

    def remember_value(self) -> None:
        """Begin at the present value."""
        self.mlst = self.value
        self.oraw = self.rval
        self.set_bits()


def signed(value: int) -> int:
    """An unsigned number as the LONG that VAL is."""
    return int(number(value, LONG))
