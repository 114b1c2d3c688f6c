"""bo: binary output. HIGH (the pulse), DOL, OMSL and simulation are kept, not acted on."""

from __future__ import annotations

from typing import Any, ClassVar

from records.common import COMMON, INPUT, output, raw, simulation
from records.field import Field, Table, table
from records.menus import MENU_SIMM
from records.output import Output
from records.rec.binary import TWO_STATES, Binary
from records.types import FieldType, Value

__all__ = ["BoRecord"]


class BoRecord(Binary, Output):
    """Binary output: tells OUT 0 or 1, or 0 or MASK if there is a MASK."""

    record_type = "bo"
    fields: ClassVar[Table] = table(
        COMMON,
        TWO_STATES,
        INPUT,
        output(FieldType.USHORT),
        Field("HIGH", FieldType.DOUBLE, 0.0),
        raw(FieldType.ULONG, readback=True),
        simulation(None, MENU_SIMM),
    )

    defines: ClassVar[bool] = False
    udf_suffices: ClassVar[bool] = False

    rbv: int
    orbv: int

    def link_value(self) -> tuple[Value, FieldType]:
        """The number of the state."""
        return self.value, FieldType.USHORT

    def keep_raw(self, raw: int) -> None:
        """What is read back shows as RBV."""
        self.orbv = self.rbv
        self.rbv = raw

    def to_raw(self, value: Any) -> Any:
        """RVAL for a state."""
        self.rval = (self.mask if value else 0) if self.mask else value
        return self.rval

    def put_raw(self, value: int) -> None:
        """RVAL is made from VAL."""
        raise PermissionError(f"{self.name}.RVAL follows from VAL; write that")
