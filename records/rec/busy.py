"""busy of synApps: a bo that is not done before something writes 0 to it.

Source: busyRecord.c and documentation of the module epics-modules/busy.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from records.field import Table, table
from records.rec.bo import BoRecord
from records.rec.lasting import Lasting

__all__ = ["BusyRecord"]

BUSY = 1


class BusyRecord(Lasting, BoRecord):
    """Busy flag: while VAL is 1 FLNK is not processed, and a put with completion that made it 1 waits.

    HIGH seconds after it was set it goes back to 0 by itself, unless HIGH is 0.
    """

    record_type = "busy"
    fields: ClassVar[Table] = table(
        row for row in BoRecord.fields.values() if row.name not in ("OLDSIMM", "SSCN", "SDLY")
    )

    high: float
    sdly = -1.0  # base's simulation delay is younger than this type
    sscn = 65535
    oldsimm = 0

    _calm: Callable[[], None] | None = None  # calls HIGH off

    def finish(self) -> None:
        """End processing; begin HIGH."""
        super().finish()
        if self.value == BUSY and self.high > 0 and self.host is not None:
            if self._calm is not None:
                self._calm()
            self._calm = self.host.later(self.high, self._elapsed)

    def _elapsed(self) -> None:
        self._calm = None
        self.value = 0
        work = self.process()
        if work is not None and self.host is not None:
            self.host.start(self, self.until_processed(work))
        elif not self._active:
            self.processed()

    def is_busy(self) -> bool:
        """VAL says it."""
        return self.value == BUSY

    def detach(self) -> None:
        """The IOC ends."""
        if self._calm is not None:
            self._calm()
            self._calm = None
        super().detach()
