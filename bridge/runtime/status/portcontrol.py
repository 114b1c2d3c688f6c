"""PortControl: what an operator may do to the wire of an instrument: connect, disable, move, trace it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from bridge.runtime.status.shown import show
from records import PV, PVGroup, pvproperty

__all__ = ["PortControl"]

PERIOD = 0.1  # seconds between two posts of the trace; faster than an eye, slower than a wire
MAX_TRACE = 16_000  # bytes, below the 16,384 that old clients take by default (EPICS_CA_MAX_ARRAY_BYTES)


class PortControl(PVGroup):
    """PVs that act on `service`. A put fails if that kind of port cannot do it."""

    enable = pvproperty(
        name="ENABLE",
        value=1,
        record="bo",
        enum_strings=("Disable", "Enable"),
        doc="Disable: nothing is asked, all is in DISABLE alarm; the link stays",
    )
    connect = pvproperty(
        name="CONNECT",
        value=1,
        record="bo",
        enum_strings=("Disconnect", "Connect"),
        doc="Disconnect: closes the link for others to use; Connect: again, and at once",
    )
    address = pvproperty(
        name="ADDRESS", value="", record="waveform", dtype=str, max_length=256, doc="host:port or device; can be put"
    )
    baud = pvproperty(name="BAUD", value=0, record="longout", doc="Of a serial line; can be put")
    trace = pvproperty(
        name="TRACE", value=0, record="bo", enum_strings=("Off", "On"), doc="Shows what goes over the wire"
    )
    trace_lines = pvproperty(
        name="TRACE_LINES", value="", record="waveform", dtype=str, max_length=MAX_TRACE, read_only=True,
        doc="While TRACE is on: the last lines, each with number, time, direction and bytes",
    )  # fmt: skip

    @property
    def service(self) -> Any:
        """The port, None if there is none."""
        return None

    @enable.putter
    async def _enable(self, instance: PV, value: Any) -> None:
        self._has("enabled")
        self.service.enabled = bool(self._state(value))

    @connect.putter
    async def _connect(self, instance: PV, value: Any) -> None:
        self._has("disconnect")
        if self._state(value):
            self.service.connect()
        else:
            self.service.disconnect()

    @address.putter
    async def _move(self, instance: PV, value: Any) -> None:
        self._has("change")
        text = bytes(value).split(b"\0")[0].decode() if isinstance(value, bytes | bytearray) else str(value)
        if text.strip() != self.service.where:
            self.service.change(address=text.strip())

    @baud.putter
    async def _set_baud(self, instance: PV, value: Any) -> None:
        self._has("change")
        self.service.change(baudrate=int(value))

    @staticmethod
    def _state(value: Any) -> int:
        return value in (1, "Enable", "Connect", "On")

    def _has(self, what: str) -> None:
        if not hasattr(self.service, what):
            raise PermissionError(f"{self.prefix}: this port cannot do that")

    def _show_control(self) -> None:
        service = self.service
        show(self.enable, int(getattr(service, "enabled", True)))
        show(self.connect, int(getattr(service, "wanted", True)))
        show(self.address, str(getattr(service, "where", ""))[:255])
        show(self.baud, int(getattr(service, "baudrate", None) or 0))

    # --- trace --------------------------------------------------------------------------------------------------

    @trace.startup
    async def _follow(self, instance: PV, async_lib: Any) -> None:
        lines: deque[str] = deque()
        leave: Callable[[], None] | None = None
        fresh: list[Any] = []
        size = 0
        try:
            while True:
                await async_lib.sleep(PERIOD)
                trace = getattr(self.service, "trace", None)
                if instance.value and leave is None and trace is not None:
                    fresh = trace.recent()  # what led to somebody's wish to look
                    leave = trace.listen(fresh.append)
                    lines.clear()
                    size = 0
                elif not instance.value and leave is not None:
                    leave()
                    leave = None
                if leave is None or not fresh:
                    continue
                for event in fresh:
                    line = str(event)[:MAX_TRACE]
                    lines.append(line)
                    size += len(line) + 1
                fresh.clear()
                while size > MAX_TRACE:
                    size -= len(lines.popleft()) + 1
                self.trace_lines.post("\n".join(lines))
        finally:
            if leave is not None:
                leave()
