"""MemoryTracing: which lines of the program hold how much memory, by tracemalloc, while somebody wants to know."""

from __future__ import annotations

import asyncio
import linecache
import tracemalloc
from collections.abc import Sequence
from typing import Any

from records import PV, PVGroup, pvproperty

__all__ = ["MemoryTracing"]

MAX_TEXT = 20_000
FILTERS = (
    tracemalloc.Filter(False, "<frozen importlib._bootstrap>"),
    tracemalloc.Filter(False, "<unknown>"),
    tracemalloc.Filter(False, tracemalloc.__file__),
)


class MemoryTracing(PVGroup):
    """Off until EnableTracing is set: it makes everything slower."""

    enable_tracing = pvproperty(
        name="EnableTracing", value=0, record="bo", enum_strings=("Disable", "Enable"), doc="Trace memory"
    )
    diff_results = pvproperty(
        name="TraceDiffResults", value="Unset", record="waveform", dtype=str, max_length=MAX_TEXT, read_only=True
    )
    top_allocations = pvproperty(
        name="TraceTopAllocations", value="Unset", record="waveform", dtype=str, max_length=MAX_TEXT, read_only=True
    )
    trace_count = pvproperty(name="TraceCount", value=10, record="ao", drvl=1, drvh=1000, doc="How many lines to show")

    def __init__(self, prefix: str = "", *, filters: Sequence[tracemalloc.Filter] = FILTERS, **options: Any) -> None:
        super().__init__(prefix, **options)
        self._filters = tuple(filters)
        self._last: tracemalloc.Snapshot | None = None
        self._started = False

    @enable_tracing.scan(period=10.0)
    async def _trace(self, instance: PV, async_lib: Any) -> None:
        if not instance.value:
            self._stop()
            return
        if not tracemalloc.is_tracing():
            tracemalloc.start()
            self._started = True
        # a snapshot of a large program takes seconds
        top, diff = await asyncio.to_thread(self._look, int(self.trace_count.value))
        self.top_allocations.post(top[:MAX_TEXT])
        self.diff_results.post(diff[:MAX_TEXT])

    def _look(self, count: int) -> tuple[str, str]:
        snapshot = tracemalloc.take_snapshot().filter_traces(self._filters)
        last, self._last = self._last, snapshot
        lines: list[str] = []
        for number, entry in enumerate(snapshot.statistics("lineno")[:count], 1):
            frame = entry.traceback[0]
            lines.append(f"#{number}: {frame.filename}:{frame.lineno}: {entry.size / 1024:.1f} KiB")
            source = linecache.getline(frame.filename, frame.lineno).strip()
            if source:
                lines.append(f"    {source}")
        differences = snapshot.compare_to(last, "lineno")[:count] if last is not None else []
        return "\n".join(lines), "\n".join(map(str, differences))

    @enable_tracing.shutdown
    async def _end(self, instance: PV, async_lib: Any) -> None:
        self._stop()

    def _stop(self) -> None:
        self._last = None
        if self._started:  # not if somebody else had turned it on
            self._started = False
            tracemalloc.stop()
