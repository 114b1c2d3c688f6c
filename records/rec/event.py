"""event: posts a named event, which processes the records whose SCAN is Event and whose EVNT is that name."""

from __future__ import annotations

from typing import ClassVar, Final

from records.alarm import Severity, Status
from records.common import COMMON, INPUT, simulation
from records.field import Field, Table, table
from records.menus import MENU_YES_NO
from records.pv import VALUE, clock
from records.rec.soft import Soft
from records.types import FieldType

__all__ = ["EventRecord"]

STRING: Final = FieldType.STRING


class EventRecord(Soft):
    """Reads INP into VAL, and posts the event that VAL names, or the one of a number from 1 to 255."""

    record_type = "event"
    value_type = STRING
    constants = (("SIOL", "SVAL"),)
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", STRING, ""),
        INPUT,
        simulation(None, MENU_YES_NO),
        Field("SVAL", STRING, ""),  # without the pp(TRUE) that stringin's has
    )

    def process_record(self) -> None:
        """``process`` of eventRecord.c."""
        if not self.in_simulation():
            if self.is_linked("INP") and self.read_into("INP", "VAL"):
                self.udf = 0
            self._post()
        elif self.simm > 1:
            self.raise_alarm(Status.SOFT, Severity.INVALID, f"there is no SIMM {self.simm}")
            self._post()
        else:
            self.simulate(self._simulated)

    def _simulated(self) -> None:
        if self.read_into("SIOL", "SVAL"):
            self.value = self.sval
            self.udf = 0
        self._post()

    def _post(self) -> None:
        if self.host is not None:
            self.host.post_event(str(self.value))
        self.time_ns = clock.now_ns()
        self.finish()

    def monitor(self) -> int:
        """VALUE always."""
        return VALUE
