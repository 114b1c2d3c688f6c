"""mbbo: multi-bit binary output."""

from __future__ import annotations

from typing import Any, ClassVar

from records.alarm import Severity, Status
from records.common import COMMON, INPUT, output, raw, simulation
from records.convert import convert
from records.field import Table, table
from records.menus import MENU_SIMM
from records.output import Output
from records.rec.multibit import SIXTEEN_STATES, MultiBit
from records.types import FieldType, Value

__all__ = ["MbboRecord"]


def _leading_number(value: Any) -> int | None:
    """The number that a text begins with; None if there is none."""
    try:
        return int(convert(value, FieldType.USHORT)) if value and isinstance(value, str) else None  # type: ignore[arg-type]
    except ValueError:
        return None


class MbboRecord(MultiBit, Output):
    """Multi-bit output: tells OUT the raw value of the state, shifted by SHFT, or the state's number."""

    record_type = "mbbo"
    fields: ClassVar[Table] = table(
        COMMON,
        SIXTEEN_STATES,
        INPUT,
        output(FieldType.USHORT),
        raw(FieldType.ULONG, readback=True),
        simulation(None, MENU_SIMM),
    )

    defines: ClassVar[bool] = False
    udf_suffices: ClassVar[bool] = False

    rbv: int
    orbv: int

    def accept(self, value: Any) -> Value:
        """As for any record with states, but a number may be followed by anything (``put_enum_str`` of base)."""
        try:
            return super().accept(value)
        except ValueError:
            number = _leading_number(value)
            if number is None or number >= len(self.metadata.states):
                raise
            return number

    def convert_output(self, value: Any) -> None:
        """RVAL, once there is a value; IVOV is one."""
        if not self.udf or value != self.value:
            super().convert_output(value)

    def link_value(self) -> tuple[Value, FieldType]:
        """The number of the state."""
        return self.value, FieldType.USHORT

    def raw_output(self) -> int:
        """RVAL within MASK (devMbboSoftRaw.c)."""
        return self.rval & self.mask

    def illegal(self) -> tuple[int, str] | None:
        """Without names and values VAL is a number (``cvt_dbaddr`` of mbboRecord.c)."""
        return super().illegal() if self.sdef else None

    def keep_raw(self, raw: int) -> None:
        """What is read back shows as RBV."""
        self.orbv = self.rbv
        self.rbv = raw

    def to_raw(self, value: Any) -> Any:
        """RVAL for a state. Raises ValueError for a state that has no raw value."""
        if self._values and value >= len(self._values):
            raise ValueError(f"{self.name}: state {value} has no raw value")
        raw_value = self._values[value] if self._values else value
        self.rval = raw_value << (self.shft & 31) & 0xFFFFFFFF  # as CPUs shift
        return self.rval

    def check_alarms(self, value: Any) -> None:
        """A state beyond the sixteenth is SOFT/INVALID, if there are states at all (``convert`` of mbboRecord.c)."""
        if value > 15 and self.sdef and not self.udf:
            self.raise_alarm(Status.SOFT, Severity.INVALID, f"state {value} does not exist")
        super().check_alarms(value)

    def put_raw(self, value: int) -> None:
        """RVAL is made from VAL."""
        raise PermissionError(f"{self.name}.RVAL follows from VAL; write that")
