"""bo: binary output. HIGH makes it a pulse of so many seconds."""

from __future__ import annotations

from collections.abc import Callable
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

    high: float
    rbv: int
    orbv: int

    _pulse: Callable[[], None] | None = None  # calls off the end of the pulse

    def not_desired(self) -> None:
        """RVAL is made of VAL all the same."""
        self.convert_output(self.value)

    def link_value(self) -> tuple[Value, FieldType]:
        """The number of the state."""
        return self.value, FieldType.USHORT

    def finish(self) -> None:
        """HIGH seconds after it has become 1, it is to become 0."""
        if self.high > 0.0 and self.value == 1 and self.host is not None:
            if self._pulse is not None:
                self._pulse()
            self._pulse = self.host.later(self.high, self._pulse_over)
        super().finish()

    def _pulse_over(self) -> None:
        host = self.host
        if host is None:
            return
        if self._active:  # busy with its instrument: try again later (``myCallbackFunc`` of boRecord.c)
            if self.value == 1 and self.high > 0.0:
                self._pulse = host.later(self.high, self._pulse_over)
            return
        self._pulse = None
        if self.out is not None:
            work = self.take_put(0)
        else:
            self.value = 0
            work = self.process()
        if work is not None:
            host.start(self, work)

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
