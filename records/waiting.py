"""Waiting: a record whose DTYP is "Async Soft Channel" waits for the other end of its link, with PACT set meanwhile.

OUT by CA is written with completion; INP processes its target and is read when that is done, whatever it set going.
Source: dev*SoftCallback.c of EPICS base. As there, an OUT that is no CA link is written without waiting.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any, ClassVar

from records.host import Signal
from records.link import DbLink
from records.linktext import PvLink
from records.pv import clock
from records.simulated import Simulated
from records.types import FieldType, Value

__all__ = ["ASYNC_SOFT", "RAW_SOFT", "Waiting"]

ASYNC_SOFT = "Async Soft Channel"
RAW_SOFT = "Raw Soft Channel"


class Waiting(Simulated):
    """A record that can wait for a link."""

    raw_soft: ClassVar[int] = -1  # the choices of DTYP, for the types that have them
    async_soft: ClassVar[int] = -1

    dtyp: int

    _unfinished: Signal | None = None  # of a put of OUT that is to be awaited

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        choices = cls.fields["DTYP"].menu or ()
        cls.raw_soft = choices.index(RAW_SOFT) if RAW_SOFT in choices else -1
        cls.async_soft = choices.index(ASYNC_SOFT) if ASYNC_SOFT in choices else -1

    def finish(self) -> None:
        """End processing. Records say how."""
        raise NotImplementedError

    # --- OUT ----------------------------------------------------------------------------------------------------

    def write_link(self, name: str, value: Value, kind: FieldType) -> None:
        """As for a Linked; what is to be awaited of OUT is kept for `finish_written`."""
        if name != "OUT" or not self.dtyp or self.dtyp != self.async_soft or self.host is None:
            super().write_link(name, value, kind)
            return
        ended = self.host.signal()
        if self.write_link_notify(name, value, kind, ended.set):
            self._unfinished = ended

    def finish_written(self) -> None:
        """End processing, when what was written to OUT is done."""
        ended, self._unfinished = self._unfinished, None
        if ended is None or self.host is None:
            self.finish()
        else:
            self._active += 1
            self.host.start(self, self._finish_after(ended))

    async def _finish_after(self, ended: Signal) -> None:
        try:
            await ended.wait()
            self.time_ns = clock.now_ns()
            self.finish()
        finally:
            self._leave_and_repeat()

    # --- INP ----------------------------------------------------------------------------------------------------

    def _connect(self, name: str) -> None:
        """INP leads to the record itself, whatever its text says of CA and PP (``add_record``)."""
        super()._connect(name)
        link = (
            self._links.get(name)
            if name == "INP" and self.dtyp and self.dtyp == self.async_soft and self._links
            else None
        )
        if link is None or self.host is None:
            return
        pv = self.host.find(link.text.target)
        if pv is not None and self._links is not None:
            link.close()
            self._links[name] = DbLink(PvLink(link.text.target, "NPP", link.text.severity), pv)

    def read_later(self) -> bool:
        """Process what INP leads to; whether that takes time, and `read_now` is called when it is over."""
        link = self._links.get("INP") if self.dtyp == self.async_soft and self._links is not None else None
        if not isinstance(link, DbLink) or self.host is None:
            return False
        self._active += 1
        work = link.process(self)
        if work is None:
            self._active -= 1
            return False
        self.host.start(self, self._read_after(work))
        return True

    def read_now(self) -> None:
        """Read INP as it is, and end processing. Inputs say how."""
        raise NotImplementedError

    async def _read_after(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
            self.read_now()
        finally:
            self._leave_and_repeat()

    def _leave_and_repeat(self) -> None:
        again, self.rpro = self.rpro, 0
        self.leave()
        if again and self.host is not None:
            self.host.once(self)
