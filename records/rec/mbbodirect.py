"""mbboDirect: a number to be written, which can be put bit by bit."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from records.alarm import Severity, Status
from records.common import COMMON, INPUT, menu, output, raw, simulation
from records.field import PROCESSES, Field, Table, table
from records.link import LinkError
from records.menus import MENU_OMSL, MENU_SIMM
from records.output import CLOSED_LOOP, DO_NOT_DRIVE, USE_IVOV, Output
from records.pv import clock
from records.rec.directbits import BITS, DIRECT, DirectBits, signed
from records.types import FieldType, Value

__all__ = ["MbboDirectRecord"]

LONG: Final = FieldType.LONG
ULONG: Final = FieldType.ULONG


class MbboDirectRecord(DirectBits, Output):
    """Bits output: tells OUT the number shifted left by SHFT; a put of B0 to B1F changes one bit of it."""

    record_type = "mbboDirect"
    defines = True
    fields: ClassVar[Table] = table(
        COMMON,
        DIRECT,
        INPUT,
        output(LONG),
        menu("OMSL", MENU_OMSL, changes=PROCESSES),
        raw(ULONG, readback=True),
        Field("RVAL", ULONG, 0, writable=False, changes=PROCESSES),
        Field("OBIT", LONG, 0, writable=False),
        simulation(None, MENU_SIMM),
    )

    rbv: int
    orbv: int
    obit: int

    def remember_value(self) -> None:
        """A record that has bits but no value begins with what the bits make."""
        if self.udf and self.bits:
            self.value = signed(self.bits)
            self.udf = 0
        super().remember_value()

    def to_raw(self, value: Any) -> int:
        """RVAL for a VAL."""
        self.rval = (value & 0xFFFFFFFF) << (self.shft & 31) & 0xFFFFFFFF
        return self.rval & (self.mask or 0xFFFFFFFF)

    def link_value(self) -> tuple[Value, FieldType]:
        """What SIOL gets, unless SIMM is RAW."""
        return self.value, LONG

    def write_value(self) -> None:
        """Write VAL, or RVAL within MASK if DTYP is raw (devMbboDirectSoft.c, devMbboDirectSoftRaw.c)."""
        if self.dtyp == self.raw_soft:
            self.write_link("OUT", self.rval & self.mask, ULONG)
        else:
            self.write_link("OUT", self.value & 0xFFFFFFFF, ULONG)  # type: ignore[operator]  # a whole number

    def process_soft(self) -> None:
        """Fetch DOL, convert, write unless IVOA objects (``process`` of mbboDirectRecord.c)."""
        if self._fetched():
            self.udf = 0
            self.to_raw(self.value)
            self.time_ns = clock.now_ns()
        if self.nsev >= Severity.INVALID:
            if self.ivoa == DO_NOT_DRIVE:
                self.finish()
                return
            if self.ivoa == USE_IVOV:
                self.value = self.ivov
                self.to_raw(self.value)
        self.drive()

    def _fetched(self) -> bool:
        if self.omsl == CLOSED_LOOP and self.is_linked("DOL"):
            try:
                self.value = signed(self.read_link("DOL", ULONG))
            except LinkError:
                return False
        elif self.udf:
            self.raise_alarm(Status.UDF, self.udfs, self.undefined)
            return False
        return True

    def monitor(self) -> int:
        """OBIT and ORBV follow too."""
        self.obit, self.orbv = self.value, self.rbv  # type: ignore[assignment]  # a whole number in this type
        return super().monitor()

    def field_stored(self, row: Field) -> None:
        """A bit changes VAL; in closed loop it is not to be written. Raises PermissionError then."""
        if row.name in BITS:
            if self.omsl == CLOSED_LOOP:
                setattr(self, row.attr, self.obit >> BITS.index(row.name) & 1)  # OBIT has the bits as they were
                raise PermissionError(f"{self.name}.{row.name} cannot be written in closed loop")
            bit = 1 << BITS.index(row.name)
            assert isinstance(self.value, int)
            if getattr(self, row.attr):
                self.value, self.obit = signed(self.value | bit), signed(self.obit | bit)
            else:
                self.value, self.obit = self.value & ~bit, self.obit & ~bit
            self.value, self.obit = signed(self.value), signed(self.obit)
            self.udf = 0
            self.to_raw(self.value)
            self.notify(0)  # nobody is told, but what was shown is out of date
        super().field_stored(row)
