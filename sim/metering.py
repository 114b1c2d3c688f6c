"""Three-phase electricity as a meter sees it: what flows, what has flowed, what flowed on average. Pure."""

from __future__ import annotations

import cmath
import math
from collections import deque
from dataclasses import dataclass, field

__all__ = ["Demand", "Flow", "Phase", "Totals", "line_volts", "neutral_amps"]

JOULES_PER_KWH = 3.6e6


@dataclass(slots=True)
class Flow:
    """Power now, and the energy that it has added up to. Export is negative power, counted positive."""

    watts: float = 0.0
    var: float = 0.0
    import_kwh: float = 0.0
    export_kwh: float = 0.0
    import_kvarh: float = 0.0
    export_kvarh: float = 0.0

    @property
    def va(self) -> float:
        """Apparent power."""
        return math.hypot(self.watts, self.var)

    @property
    def pf(self) -> float:
        """Power factor; its sign tells the direction (SDM630 manual, table 1.2.1, note 1)."""
        return self.watts / self.va if self.va else 1.0

    @property
    def angle(self) -> float:
        """Phase angle, degrees."""
        return math.degrees(math.atan2(self.var, self.watts))

    @property
    def total_kwh(self) -> float:
        """Import and export together."""
        return self.import_kwh + self.export_kwh

    @property
    def total_kvarh(self) -> float:
        """Import and export together."""
        return self.import_kvarh + self.export_kvarh

    def count(self, dt: float) -> None:
        """Add what has flowed in the last `dt` seconds."""
        self.import_kwh += max(0.0, self.watts) * dt / JOULES_PER_KWH
        self.export_kwh += max(0.0, -self.watts) * dt / JOULES_PER_KWH
        self.import_kvarh += max(0.0, self.var) * dt / JOULES_PER_KWH
        self.export_kvarh += max(0.0, -self.var) * dt / JOULES_PER_KWH


@dataclass(slots=True)
class Phase(Flow):
    """One phase: its voltage, and a load of `load` watts at power factor `factor` that a simulator varies."""

    load: float = 0.0  # W; negative feeds into the grid
    factor: float = 1.0
    volts: float = 230.0
    volts_thd: float = 1.8  # %
    amps_thd: float = 6.5  # %

    @property
    def amps(self) -> float:
        """Current."""
        return self.va / self.volts if self.volts else 0.0

    def draw(self, watts: float) -> None:
        """Let `watts` flow."""
        self.watts = watts
        self.var = abs(watts) * math.tan(math.acos(self.factor))


@dataclass(slots=True)
class Totals(Flow):
    """The sum over the phases."""

    kvah: float = 0.0
    ah: float = 0.0
    amps: float = 0.0

    def add_up(self, phases: list[Phase]) -> None:
        """Take the sums of what flows now."""
        self.watts = sum(phase.watts for phase in phases)
        self.var = sum(phase.var for phase in phases)
        self.amps = sum(phase.amps for phase in phases)

    def count_with(self, phases: list[Phase], dt: float) -> None:
        """Take the phases' counters, which cannot cancel each other, and count on what only the sum has."""
        self.import_kwh = sum(phase.import_kwh for phase in phases)
        self.export_kwh = sum(phase.export_kwh for phase in phases)
        self.import_kvarh = sum(phase.import_kvarh for phase in phases)
        self.export_kvarh = sum(phase.export_kvarh for phase in phases)
        self.kvah += self.va * dt / JOULES_PER_KWH
        self.ah += self.amps * dt / 3600.0


@dataclass(slots=True)
class Demand:
    """The average over a sliding window of whole minutes, and its maximum. A window of 0 shows the value itself."""

    now: float = 0.0
    most: float = 0.0
    _minutes: deque[float] = field(default_factory=deque)
    _sum: float = 0.0
    _seconds: float = 0.0

    def add(self, value: float, dt: float, minutes: int) -> None:
        """Let `value` last for `dt` seconds."""
        self._sum += value * dt
        self._seconds += dt
        if minutes == 0:
            self.now = value
        else:
            kept = list(self._minutes)[-(minutes - 1) :] if minutes > 1 else []
            self.now = (sum(kept) * 60.0 + self._sum) / (len(kept) * 60.0 + self._seconds)
        if self._seconds >= 60.0:
            self._minutes.append(self._sum / self._seconds)
            self._sum = self._seconds = 0.0
            while len(self._minutes) > 60:
                self._minutes.popleft()
        self.most = max(self.most, self.now)

    def clear(self) -> None:
        """Forget the maximum."""
        self.most = self.now


def neutral_amps(phases: list[Phase]) -> float:
    """The current that the three phases, 120° apart, do not cancel."""
    current = sum(
        cmath.rect(phase.amps, math.radians(-120.0 * place - phase.angle)) for place, phase in enumerate(phases)
    )
    return abs(current)


def line_volts(one: float, two: float) -> float:
    """The voltage between two phases 120° apart."""
    return math.sqrt(one * one + one * two + two * two)
