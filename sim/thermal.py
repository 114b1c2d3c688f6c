"""A heated stage on a cold finger, and the controller that drives its heater. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Pid", "Stage"]


@dataclass(slots=True)
class Stage:
    """A lump of metal: `capacity` J/K, joined to a cold place by `conductance` W/K.

    C dT/dt = P - G (T - T_cold): over a step with constant power the exact solution is an exponential, so any step
    length is stable.
    """

    kelvin: float
    capacity: float
    conductance: float

    def step(self, dt: float, watts: float, cold: float) -> None:
        """Let `dt` seconds pass with `watts` of heating and the cold end at `cold` kelvin."""
        end = cold + watts / self.conductance
        self.kelvin = end + (self.kelvin - end) * math.exp(-dt * self.conductance / self.capacity)


@dataclass(slots=True)
class Pid:
    """Output in percent = P [e + I ∫ e dt + D de/dt], e in kelvin: the form that Lake Shore's controllers use.

    As settings, `i` counts in 1/1000 s ("1 to 1000 (1000/s)", Model 331 manual, page 1-7) and `d` in percent; 100 %
    is taken as a quarter of the integral time 1000/I, the Ziegler-Nichols ratio.
    """

    p: float = 50.0
    i: float = 20.0
    d: float = 0.0
    reset: float = 0.0  # the integral's share, in percent of output
    _last: float | None = None

    def output(self, error: float, dt: float) -> float:
        """The next output, 0 to 100 percent."""
        rate = 0.0 if self._last is None else (error - self._last) / dt
        self._last = error
        rate_time = self.d / 100.0 * (1000.0 / self.i) / 4.0 if self.i else 0.0
        wanted = self.p * (error + rate_time * rate) + self.reset
        # Integrating while the heater is at its end would overshoot by what was piled up meanwhile.
        if 0.0 <= wanted <= 100.0 or (wanted > 100.0) != (error > 0.0):
            self.reset = min(100.0, max(0.0, self.reset + self.p * self.i / 1000.0 * error * dt))
        return min(100.0, max(0.0, wanted))

    def start(self) -> None:
        """Forget the past: the heater was just switched on."""
        self.reset, self._last = 0.0, None
