"""ProcessNotify: what a put with completion has set in motion, record by record, until all of it is done.

Source: ``dbNotify.c`` of EPICS base. Every record that is processed on behalf of such a put belongs to it until its
processing is complete; a record that belongs to one already stays with that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from records.host import Signal
    from records.linked import Linked

__all__ = ["ProcessNotify"]


class ProcessNotify:
    """The records whose processing a put waits for."""

    __slots__ = ("_ended", "waiting")

    def __init__(self) -> None:
        self.waiting: set[Linked] = set()
        self._ended: list[Signal] = []

    def add(self, record: Linked) -> None:
        """Wait for `record` too, unless another put does."""
        if record.ppn is None:
            record.ppn = self
            self.waiting.add(record)

    def remove(self, record: Linked) -> None:
        """The processing of `record` is complete."""
        if record.ppn is self:
            record.ppn = None
            self.waiting.discard(record)
            if not self.waiting:
                for signal in self._ended:
                    signal.set()

    async def wait(self, signal: Signal) -> None:
        """Return when all is done. `signal` is a new one."""
        if self.waiting:
            self._ended.append(signal)
            await signal.wait()
