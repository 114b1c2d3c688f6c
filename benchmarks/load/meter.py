"""Meter: how long something took, and the CPU time that server and generator spent on it."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.procfs import cpu_seconds

__all__ = ["Measured", "Meter", "Target"]


@dataclass(frozen=True, slots=True)
class Target:
    """A server to be loaded. `exact` is False for a reference that answers without looking at the question."""

    port: int
    pid: int
    exact: bool = True


@dataclass(slots=True)
class Measured:
    """What came out of one measurement. Seconds, unless a name says otherwise."""

    operations: float = 0.0
    seconds: float = 0.0
    server_cpu: float = 0.0
    generator_cpu: float = 0.0
    p50_us: float | None = None
    p99_us: float | None = None
    lost: float | None = None  # part of the events that never came
    trouble: str = ""

    @property
    def rate(self) -> float | None:
        """Operations a second."""
        return self.operations / self.seconds if self.operations and self.seconds else None

    @property
    def cpu_us(self) -> float | None:
        """Microseconds of server CPU for one operation."""
        return self.server_cpu * 1e6 / self.operations if self.operations else None

    @property
    def server_share(self) -> float | None:
        """Per cent of one core that the server used."""
        return self.server_cpu / self.seconds * 100 if self.seconds else None

    @property
    def generator_share(self) -> float | None:
        """Per cent of one core that the load generator used: near 100 it was the bottleneck."""
        return self.generator_cpu / self.seconds * 100 if self.seconds else None

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        derived = {"rate": self.rate, "cpu_us": self.cpu_us, "generator_share": self.generator_share}
        return {key: value for key, value in (asdict(self) | derived).items() if value not in (None, "")}


class Meter:
    """Runs between `start` and `stop`; started again, it adds up."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._began = (0.0, 0.0, 0.0)
        self.measured = Measured()

    def _now(self) -> tuple[float, float, float]:
        return time.perf_counter(), cpu_seconds(self._pid), time.process_time()

    def start(self) -> None:
        """From here."""
        self._began = self._now()

    def stop(self, operations: float) -> Measured:
        """To here, with `operations` done meanwhile."""
        seconds, server, generator = (now - began for now, began in zip(self._now(), self._began, strict=True))
        self.measured.operations += operations
        self.measured.seconds += seconds
        self.measured.server_cpu += server
        self.measured.generator_cpu += generator
        return self.measured
