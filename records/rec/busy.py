"""busy of synApps: a bo that is not done before something writes 0 to it.

Source: busyRecord.c and documentation of the module epics-modules/busy.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from records.field import Table, table
from records.linked import Linked
from records.rec.bo import BoRecord

__all__ = ["BusyRecord"]

BUSY = 1


class BusyRecord(BoRecord):
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

    def forward_link(self, name: str) -> None:
        """No FLNK while busy."""
        if self.value != BUSY:
            super().forward_link(name)

    def processed(self) -> None:
        """Processing is not complete while busy."""
        if self.value != BUSY:
            super().processed()

    def occupied(self) -> bool:
        """Whoever makes it 0 may wait for that, too."""
        return bool(self._active)

    def _disabled(self) -> None:
        super()._disabled()
        Linked.processed(self)

    def put_field(self, name: str, value: Any) -> Coroutine[Any, Any, None] | None:
        """As for a Linked; without a link too somebody may have to wait."""
        if self._links is not None or name == "VAL":
            return super().put_field(name, value)
        return self.notified(lambda: super(Linked, self).put_field(name, value))

    def begin_put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        """Likewise."""
        if self._links is not None:
            return super().begin_put(value)
        return self.notified(lambda: super(Linked, self).begin_put(value))

    def detach(self) -> None:
        """The IOC ends."""
        if self._calm is not None:
            self._calm()
            self._calm = None
        super().detach()
