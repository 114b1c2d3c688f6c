"""calc: the value of an expression of up to 21 inputs. AFTC filters alarms."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, ClassVar

from records.calc import CalcError, compile_calc
from records.common import COMMON
from records.field import Field, Table, table
from records.menus import SCAN_PASSIVE
from records.pv import clock
from records.rec.calculating import Calculating, calculation
from records.types import FieldType

__all__ = ["CalcRecord"]


class CalcRecord(Calculating):
    """Calculation: reads INPA to INPU and makes VAL of CALC."""

    record_type = "calc"
    value_type = FieldType.DOUBLE
    from_zero = True
    expressions: ClassVar[tuple[str, ...]] = ("CALC",)
    fields: ClassVar[Table] = table(
        COMMON,
        calculation(),
        Field("AFTC", FieldType.DOUBLE, 0.0),
        Field("AFVL", FieldType.DOUBLE, 0.0, writable=False),
    )

    def evaluate(self) -> None:
        """Calculate, by ``process`` of calcRecord.c."""
        self.calculate()
        self.time_ns = clock.now_ns()
        self.check_alarms(self.value)
        self.finish()

    process_soft = evaluate

    def put_field(self, name: str, value: Any) -> Coroutine[Any, Any, None] | None:
        """As for any record; after a CALC that is none it processes all the same, and then shows its alarm."""
        try:
            return super().put_field(name, value)
        except CalcError:
            if self.scan == SCAN_PASSIVE:
                self.reprocess()
            raise

    def field_stored(self, row: Field) -> None:
        """A new CALC is compiled. Raises CalcError if it is none; it stays, and the record goes into CALC alarm."""
        if row.name == "CALC":
            self._calc = None
            try:
                self._calc = compile_calc(self.calc)
            except CalcError:
                self.outdate()  # no monitor is told, as in base
                raise
        super().field_stored(row)
