"""The inside of a Model 336: its sensors and outputs, wired to a cryostat. Pure.

The sensors are diodes; their curve goes through the three points that Lake Shore prints in the SoftCal example of its
Model 331 manual, page 6-38 (4.2 K 1.6260 V, 77.32 K 1.0205 V, 300 K 0.5189 V), and straight on beyond.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

from sim.thermal import Pid, Stage

__all__ = ["CLOSED_LOOP", "MONITOR", "NITROGEN", "OPEN_LOOP", "ZERO_CELSIUS", "ZONE", "Input", "Output"]

NITROGEN = 77.35  # K
ZERO_CELSIUS = 273.15  # K
DIODE = ((1.4, 1.6492), (4.2, 1.6260), (77.32, 1.0205), (300.0, 0.5189), (500.0, 0.0684))  # K, V
CLOSED_LOOP, ZONE, OPEN_LOOP, MONITOR = 1, 2, 3, 4  # OUTMODE
INVALID, UNDERRANGE, OVERRANGE, SENSOR_OVERRANGE = 1, 16, 32, 128  # RDGST? bits 0, 4, 5, 7


@dataclass(slots=True)
class Input:
    """One sensor. `kelvin` is what the instrument shows; setting it moves the metal."""

    name: str
    stage: Stage
    noise: float = 0.002  # K, standard deviation
    broken: bool = False  # an open sensor wire
    pinned: float | None = None  # K; for tests that want an exact reading
    sensor: list[int] = field(default_factory=lambda: [1, 0, 0, 0, 1])  # INTYPE: diode, ..., kelvin
    curve: int = 1
    limit: float = 400.0  # K; TLIMIT: above it all heaters go off, 0 disables
    reading: float = 0.0

    def measure(self, error: float) -> None:
        """Take a reading that is wrong by `error` kelvin."""
        self.reading = self.stage.kelvin + error if self.pinned is None else self.pinned

    @property
    def kelvin(self) -> float:
        """K; 0 if the sensor is disabled or broken."""
        return 0.0 if self.status & (INVALID | SENSOR_OVERRANGE) else self.reading

    @kelvin.setter
    def kelvin(self, value: float) -> None:
        self.stage.kelvin = self.reading = float(value)

    @property
    def volts(self) -> float:
        """What the diode gives."""
        return _diode(self.kelvin) if self.kelvin else 0.0

    @property
    def status(self) -> int:
        """The bits of RDGST?."""
        if self.sensor[0] == 0:
            return INVALID
        if self.broken:
            return SENSOR_OVERRANGE
        if self.reading < DIODE[0][0]:
            return UNDERRANGE
        return OVERRANGE if self.reading > DIODE[-1][0] else 0


@dataclass(slots=True)
class Output:
    """One output. 1 and 2 heat with up to `full[range]` watts; 3 and 4 are voltages with nothing attached."""

    full: tuple[float, ...]  # W by range
    mode: int
    source: int  # 1 to 4 for input A to D, 0 none
    powerup: int = 0
    range: int = 0
    target: float = 100.0  # K; where a ramp is going
    setpoint: float = 100.0  # K; where it is now
    ramping: bool = False  # RAMP is enabled
    rate: float = 5.0  # K/min
    manual: float = 0.0  # %
    percent: float = 0.0  # % of the range's full power
    fault: int = 0  # HTRST?: 0 none, 1 open heater, 2 short
    setup: list[float] = field(default_factory=lambda: [2.0, 2.0, 1.0, 2.0])  # HTRSET: 50 Ω, 1 A, user A, shows power
    pid: Pid = field(default_factory=Pid)

    @property
    def watts(self) -> float:
        """What the heater gives off."""
        return 0.0 if self.fault else self.full[self.range] * self.percent / 100.0

    @property
    def shown(self) -> float:
        """What HTR? says, in percent of power, or of current if HTRSET chose that."""
        return self.percent if self.setup[3] == 2 else 10.0 * math.sqrt(self.percent)

    @property
    def moving(self) -> bool:
        """The setpoint is on its way."""
        return self.setpoint != self.target

    def step(self, dt: float, kelvin: float) -> None:
        """One control step: move the setpoint if it ramps, then drive the heater. `kelvin` 0: no valid sensor."""
        way = self.target - self.setpoint
        most = self.rate / 60.0 * dt if self.ramping and self.rate > 0.0 else math.inf
        self.setpoint = self.target if abs(way) <= most else self.setpoint + math.copysign(most, way)
        if self.range == 0 or (self.mode != OPEN_LOOP and not kelvin):
            self.percent = 0.0
        elif self.mode in (CLOSED_LOOP, ZONE):
            self.percent = self.pid.output(self.setpoint - kelvin, dt)
        else:
            self.percent = self.manual if self.mode == OPEN_LOOP else 0.0


def _diode(kelvin: float) -> float:
    pieces = list(itertools.pairwise(DIODE))
    (t0, v0), (t1, v1) = next((piece for piece in pieces if kelvin <= piece[1][0]), pieces[-1])
    return v0 + (v1 - v0) * (kelvin - t0) / (t1 - t0)
