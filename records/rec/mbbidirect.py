"""mbbiDirect: a number read, and its 32 bits."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar

from records.alarm import Severity, Status
from records.common import COMMON, INPUT, simulation
from records.convert import convert, decimal
from records.field import PROCESSES, Field, Table, table
from records.link import LinkError
from records.menus import MENU_SIMM
from records.rec.directbits import DIRECT, DirectBits, signed
from records.simulated import RAW
from records.types import FieldType, Value

__all__ = ["MbbiDirectRecord"]

ULONG = FieldType.ULONG


class MbbiDirectRecord(DirectBits):
    """Bits input: reads INP; what an instrument says is masked by MASK, if that is set, and shifted right by SHFT."""

    record_type = "mbbiDirect"
    fields: ClassVar[Table] = table(
        COMMON, DIRECT, Field("RVAL", ULONG, 0, changes=PROCESSES), INPUT, simulation(FieldType.LONG, MENU_SIMM)
    )

    def from_reading(self, reading: Any) -> Value:
        """RVAL is what the instrument says."""
        self.rval = int(convert(decimal(reading), FieldType.INT64)) & (self.mask or 0xFFFFFFFF)  # type: ignore[arg-type]
        return self._converted()

    def _converted(self) -> int:
        return signed(self.rval >> (self.shft & 31))

    def read_now(self) -> None:
        """Read INP into VAL, or into RVAL if DTYP is raw (devMbbiDirectSoft.c, devMbbiDirectSoftRaw.c)."""
        if self.dtyp == self.raw_soft:
            with suppress(LinkError):  # what was read before is converted again then
                self.rval = self.read_link("INP", ULONG, self.rval) & self.mask
            self.value = self._converted()
            self.udf = 0
        else:
            with suppress(LinkError):
                self.value = signed(self.read_link("INP", ULONG, self.value))
                self.udf = 0
        self.evaluate()

    def process_simulated(self) -> None:
        """Take VAL from SIOL, or RVAL if SIMM is RAW."""
        try:
            self.sval = signed(self.read_link("SIOL", ULONG, self.sval))
        except LinkError:
            pass
        else:
            if self.simm == RAW:
                self.rval = self.sval & 0xFFFFFFFF
                self.value = self._converted()
            else:
                self.value = self.sval
            self.udf = 0
        self.evaluate()

    def check_alarms(self, value: Any) -> None:
        """Undefined is INVALID, whatever UDFS (``process`` of mbbiDirectRecord.c)."""
        if self.udf:
            self.raise_alarm(Status.UDF, Severity.INVALID, self.undefined)
