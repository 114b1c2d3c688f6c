"""The meter inside a smart plug: power, energy by the minute, and the warmth of its case. Pure."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import Any

__all__ = ["PlugMeter"]

ROOM = 25.0  # °C
WARMTH = 0.02  # °C above the room for each watt
SLOWNESS = 300.0  # seconds


@dataclass(slots=True)
class PlugMeter:
    """`load` watts at power factor `factor` flow while the relay is closed, give or take `flicker` of it."""

    random: random.Random
    load: float = 60.0
    factor: float = 0.95
    flicker: float = 0.002
    voltage: float = 230.0
    apower: float = 0.0  # W, as last measured
    energy_wh: float = 110.046
    celsius: float = ROOM
    minute: int = 0  # since 1970
    by_minute: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])  # mWh, the last minute first
    _this_minute: float = 0.0

    @property
    def current(self) -> float:
        """A."""
        return self.apower / (self.voltage * self.factor)

    def step(self, dt: float, closed: bool, now: float) -> None:
        """Count what has flowed for `dt` seconds until `now`, then measure again."""
        flowed = self.apower * dt / 3600.0
        self.energy_wh += flowed
        self._this_minute += 1000.0 * flowed
        if int(now // 60.0) != self.minute:
            self.minute = int(now // 60.0)
            self.by_minute = [self._this_minute, *self.by_minute[:2]]
            self._this_minute = 0.0
        end = ROOM + WARMTH * self.apower
        self.celsius = end + (self.celsius - end) * math.exp(-dt / SLOWNESS)
        self.voltage += 0.02 * (230.0 - self.voltage) + self.random.gauss(0.0, 0.1)
        self.apower = max(0.0, self.load * self.random.gauss(1.0, self.flicker)) if closed else 0.0

    def status(self) -> dict[str, Any]:
        """The metering keys of Switch.GetStatus."""
        return {
            "apower": round(self.apower, 1),
            "voltage": round(self.voltage, 1),
            "current": round(self.current, 3),
            "aenergy": {
                "total": round(self.energy_wh, 3),
                "by_minute": [round(energy, 3) for energy in self.by_minute],
                "minute_ts": self.minute * 60,
            },
            "temperature": {"tC": round(self.celsius, 1), "tF": round(self.celsius * 1.8 + 32.0, 1)},
        }
