"""AutosaveStatus: whether the settings of an IOC are safe on the disk, and what came back at its start."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

from bridge.runtime.status.shown import show
from records import PV, PVGroup, ai, bo, longin, lsi, mbbi, stringin

__all__ = ["AutosaveStatus"]

OK, WARNING, FAILED, NOT_IN_USE = range(4)
MAX_TEXT = 400


class AutosaveStatus(PVGroup):
    """One save file; `file` says which, if an IOC has several."""

    status = mbbi(
        NOT_IN_USE,
        name="STATUS",
        zrst="OK",
        onst="Warning",
        twst="Failed",
        thst="Not in use",
        onsv="MINOR",
        twsv="MAJOR",
        thsv="MINOR",
        read_only=True,
        doc="Whether settings are safe",
    )
    message = lsi("", name="MESSAGE", sizv=MAX_TEXT, read_only=True, doc="What is wrong")
    filename = lsi("", name="FILE", sizv=MAX_TEXT, read_only=True, doc="Save file")
    source = lsi("", name="SOURCE", sizv=MAX_TEXT, read_only=True, doc="File that was restored")
    saved = stringin("", name="SAVED", read_only=True, doc="Time of the last save")
    saves = longin(0, name="SAVE_CNT", read_only=True, doc="Saves since start")
    failures = longin(0, name="FAIL_CNT", read_only=True, doc="Saves that failed, since start")
    restored = longin(0, name="RESTORED", read_only=True, doc="Values restored")
    refused = longin(0, name="NOT_RESTORED", high=1, hsv="MINOR", read_only=True, doc="Values not restored")
    period = ai(0, name="PERIOD", egu="s", prec=1, read_only=True, doc="Time between saves")
    save = bo(0, name="SAVE", znam="Done", onam="Save", doc="Save now")

    def __init__(self, prefix: str = "", *, file: str | os.PathLike[str] | None = None, **options: Any) -> None:
        super().__init__(prefix, **options)
        self._file = os.path.realpath(file) if file is not None else None
        self._saver: Any = None

    @status.scan(period=1.0)
    async def _show(self, instance: PV, async_lib: Any) -> None:
        if self._saver is None:
            savers = async_lib.ioc.savers if async_lib.ioc is not None else ()
            self._saver = next((one for one in savers if self._file in (None, one.state.file)), None)
        self._update()

    def _update(self) -> None:
        if self._saver is None:
            show(self.status, NOT_IN_USE)
            show(self.message, "the IOC was started without autosave")
            return
        state = self._saver.state
        broken = state.fault or state.lost
        show(self.status, FAILED if broken else WARNING if state.warning else OK)
        show(self.message, (broken or state.warning)[: MAX_TEXT - 1])
        show(self.filename, state.file)
        show(self.source, state.source)
        if state.saved_ns:
            show(self.saved, f"{datetime.fromtimestamp(state.saved_ns / 1e9):%Y-%m-%d %H:%M:%S}")
        show(self.saves, state.saves)
        show(self.failures, state.failures)
        show(self.restored, state.restored)
        show(self.refused, len(state.refused))
        show(self.period, state.period)

    @save.putter
    async def _save(self, instance: PV, value: int) -> int:
        if value:
            if self._saver is None:
                raise LookupError("the IOC was started without autosave")
            if not await self._saver.save():
                raise OSError(self._saver.state.fault)
            self._update()
        return 0
