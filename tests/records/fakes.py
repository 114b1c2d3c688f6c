"""What records stand between in these tests: an instrument, a listener, a clock."""

import asyncio
from typing import Any, NamedTuple

from records import ALARM, LOG, PROPERTY, PV, VALUE

VLOG = VALUE | LOG
ALL = VALUE | LOG | ALARM
__all__ = ["ALARM", "ALL", "LOG", "PROPERTY", "VALUE", "VLOG", "HandClock", "Heard", "Instrument", "R", "Trouble"]


class R(NamedTuple):
    """A reading."""

    value: Any
    time_ns: int | None = None


class Trouble(Exception):
    def __init__(self, message: str, stat: str = "COMM") -> None:
        super().__init__(message)
        self.stat = stat


class Instrument:
    """One register that can be read and written. `fault` is raised; while `closed` nobody gets through."""

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value
        self.fault: Exception | None = None
        self.written: list[Any] = []
        self.reads = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def read(self) -> R:
        self.reads += 1
        answer = self.value
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        return answer if isinstance(answer, R) else R(answer)

    async def write(self, value: Any, /) -> None:
        await self.gate.wait()
        if self.fault is not None:
            raise self.fault
        self.written.append(value)
        self.value = value


class Heard:
    """A listener that keeps (changes, value, severity) of each call."""

    def __init__(self, pv: PV) -> None:
        self.calls: list[tuple[int, Any, str]] = []
        pv.listen(self)

    def __call__(self, pv: PV, changes: int) -> None:
        self.calls.append((changes, pv.value, pv.alarm.severity.name))

    @property
    def changes(self) -> list[int]:
        """What changed, call by call, since this was last asked."""
        calls, self.calls = self.calls, []
        return [call[0] for call in calls]


class HandClock:
    def __init__(self) -> None:
        self.ns = 1_000

    def __call__(self) -> int:
        self.ns += 1
        return self.ns


def said(pv: PV) -> tuple[str, str, str]:
    """Status, severity and message of a PV's alarm."""
    return pv.alarm.status.name, pv.alarm.severity.name, pv.alarm.message
