"""Scaled: the coordinates of a motor (user, dial, raw), its travel limits and its speeds, and what ties them together.

    user = dial * DIR + OFF        dial = raw * MRES

Source: ``special``, ``check_speed_and_resolution`` and ``set_userlimits`` of motorRecord.cc.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from records.field import Field
from records.metadata import NO_LIMITS, Metadata
from records.motion.fields import NEGATIVE
from records.rec.soft import Soft

__all__ = ["Scaled", "nearest"]

#: Speeds in EGU/s with the same in revolutions/s.
_SPEEDS: Final = {"velo": "s", "vbas": "sbas", "vmax": "smax", "bvel": "sbak"}
_TURNS: Final = {turns: speed for speed, turns in _SPEEDS.items()}


def nearest(number: float) -> int:
    """The nearest whole number, halves away from zero (``NINT``)."""
    return int(number + 0.5) if number >= 0.0 else int(number - 0.5)


class Scaled(Soft):
    """What a motor record knows of units."""

    dval: float
    rval: int
    lval: float
    ldvl: float
    rbv: float
    drbv: float
    off: float
    foff: int
    dir: int
    set: int
    mres: float
    eres: float
    urev: float
    srev: int
    ueip: int
    urip: int
    hlm: float
    llm: float
    dhlm: float
    dllm: float
    rhlm: float
    rllm: float
    velo: float
    vbas: float
    vmax: float
    s: float
    sbas: float
    accl: float
    accs: float
    accu: int
    bacc: float
    bdst: float
    bvel: float
    jvel: float
    jar: float
    hvel: float
    frac: float
    rdbd: float
    ntmf: int
    egu: str
    prec: int

    _resolution_changed = False  # MRES, UREV, SREV or ERES was written, and the axis does not know yet

    @property
    def sign(self) -> int:
        """DIR as a factor."""
        return -1 if self.dir == NEGATIVE else 1

    def user(self, dial: float) -> float:
        """A position in user coordinates."""
        return dial * self.sign + self.off

    def describe(self) -> Metadata:
        """The travel limits are those of display and control."""
        limits = (self.llm, self.hlm)
        return Metadata(self.egu, self.prec, limits, NO_LIMITS, NO_LIMITS, limits)

    # --- at the beginning ---------------------------------------------------------------------------------------

    def reconcile(self) -> None:
        """Make resolution, speeds and limits agree, however they were given (``check_speed_and_resolution``)."""
        if self.srev <= 0:
            self.srev = 200
        if self.urev:
            self.mres = self.urev / self.srev
        self.mres = self.mres or 1.0
        self.urev = self.mres * self.srev
        self.eres = self.eres or self.mres
        for speed in ("vmax", "vbas", "velo", "bvel"):
            turns = _SPEEDS[speed]
            if getattr(self, turns):
                setattr(self, speed, getattr(self, turns) * abs(self.urev))
            self._in_range(speed)
            setattr(self, turns, getattr(self, speed) / abs(self.urev))
        if self.accs > 0.0:
            self._time_of_acceleration()
        else:
            self.accl = self.accl or 0.1
            self._acceleration_of_time()
        self.bacc = self.bacc or 0.1
        self.jvel = self.jvel or self.velo
        self.jar = self.jar or self.velo / self.accl
        self.hvel = self.hvel or self.vbas
        for speed in ("jvel", "hvel"):
            self._in_range(speed)
        self._least_deadband()
        if (self.hlm or self.llm) and not self.limited:
            self._limits_from_user()  # base wants DHLM and DLLM in a database, and forgets these
        self._limits_from_dial()

    def _in_range(self, speed: str) -> None:
        """Between VBAS and VMAX, if there is a VMAX (``range_check``)."""
        least = 0.0 if speed in ("vbas", "vmax") else self.vbas
        value = max(getattr(self, speed), least)
        if self.vmax and speed != "vmax":
            value = min(value, self.vmax)
        setattr(self, speed, value)

    # --- when a field was written -------------------------------------------------------------------------------

    def field_stored(self, row: Field) -> None:
        """Let the other fields follow (``special``)."""
        followed = _FOLLOWING.get(row.name)
        if followed is not None:
            followed(self)
            self.notify(0)
        super().field_stored(row)

    def _speed_written(self, name: str) -> None:
        speed = _TURNS.get(name, name)
        if name in _TURNS:
            setattr(self, speed, max(getattr(self, name), 0.0) * abs(self.urev))
        self._in_range(speed)
        if speed == "vmax" and 0.0 < self.vmax < self.vbas:
            self.vbas = self.vmax
        elif speed == "vbas" and 0.0 < self.vmax < self.vbas:
            self.vmax = self.vbas
        for other in ("velo", "bvel", "jvel", "hvel") if speed in ("vmax", "vbas") else ():
            self._in_range(other)
        if self.urev:
            for one, turns in _SPEEDS.items():
                setattr(self, turns, getattr(self, one) / abs(self.urev))
        if self.accu and self.accs > 0.0:
            self._time_of_acceleration()
        else:
            self._acceleration_of_time()

    def _resolution_written(self, name: str) -> None:
        """Speeds in revolutions and limits in steps stay as they are."""
        if name == "mres":
            self.urev = self.mres * self.srev
        else:
            if self.srev <= 0:
                self.srev = 200
            self.mres = self.urev / self.srev
        self.mres = self.mres or 1.0
        self._resolution_changed = True
        if name == "srev":
            return
        for speed, turns in _SPEEDS.items():
            setattr(self, speed, getattr(self, turns) * abs(self.urev))
        low, high = self.rllm * self.mres, self.rhlm * self.mres
        self.dllm, self.dhlm = (low, high) if self.mres > 0.0 else (high, low)
        self.user_limits()

    def _encoder_resolution_written(self) -> None:
        self.eres = self.eres or self.mres
        self._resolution_changed = True

    def _direction_written(self) -> None:
        if self.foff:
            self.value = self.user(self.dval)
        else:
            self.off = float(self.value) - self.dval * self.sign  # type: ignore[arg-type]  # a number
        self.rbv = self.user(self.drbv)
        self.user_limits()

    def _offset_written(self) -> None:
        self.value = self.user(self.dval)
        self.lval = self.user(self.ldvl)
        self.rbv = self.user(self.drbv)
        self.user_limits()

    def user_limits(self) -> None:
        """HLM and LLM from DHLM and DLLM (``set_userlimits``)."""
        ends = (self.user(self.dllm), self.user(self.dhlm))
        self.llm, self.hlm = ends if self.sign > 0 else ends[::-1]
        self.metadata = self.describe()

    def _limits_from_user(self) -> None:
        ends = ((self.llm - self.off) * self.sign, (self.hlm - self.off) * self.sign)
        self.dllm, self.dhlm = ends if self.sign > 0 else ends[::-1]
        self._limits_from_dial()

    def _limits_from_dial(self) -> None:
        ends = (self.dllm / self.mres, self.dhlm / self.mres)
        self.rllm, self.rhlm = ends if self.mres > 0.0 else ends[::-1]
        self.user_limits()

    @property
    def limited(self) -> bool:
        """Whether the travel limits are in force: they are not while both are 0."""
        return not self.dhlm == self.dllm == 0.0

    # --- accelerations ------------------------------------------------------------------------------------------

    def acceleration(self, speed: float, seconds: float) -> float:
        """In EGU/s², to reach `speed` from VBAS in so many seconds."""
        return ((speed - self.vbas) if speed > self.vbas else speed) / seconds

    def _acceleration_of_time(self) -> None:
        if self.accl <= 0.0:
            self.accl = 0.1
        self.accs = self.acceleration(self.velo, self.accl)

    def _time_of_acceleration(self) -> None:
        if self.accs <= 0.0:
            self._acceleration_of_time()
        self.accl = self.acceleration(self.velo, self.accs) or self.accl

    def _least_deadband(self) -> None:
        """No retry can come nearer than a step (``enforceMinRetryDeadband``)."""
        self.rdbd = max(self.rdbd, abs(self.mres))

    def _encoder_wanted(self) -> None:
        if self.ueip:
            self.urip = 0

    def _link_wanted(self) -> None:
        if self.urip:
            self.ueip = 0

    def _fraction_written(self) -> None:
        self.frac = min(max(self.frac, 0.1), 1.5)

    def _put(self, attr: str, value: Any) -> None:
        setattr(self, attr, value)


_FOLLOWING: Final[dict[str, Callable[[Scaled], Any]]] = {
    **{name.upper(): lambda one, name=name: one._speed_written(name) for name in (*_SPEEDS, *_TURNS)},  # type: ignore[misc]
    **{name.upper(): lambda one, name=name: one._resolution_written(name) for name in ("mres", "urev", "srev")},  # type: ignore[misc]
    **dict.fromkeys(("HLM", "LLM"), Scaled._limits_from_user),
    **dict.fromkeys(("DHLM", "DLLM"), Scaled._limits_from_dial),
    **dict.fromkeys(("RDBD", "BDST"), Scaled._least_deadband),
    "ERES": Scaled._encoder_resolution_written,
    "DIR": Scaled._direction_written,
    "OFF": Scaled._offset_written,
    "ACCL": Scaled._acceleration_of_time,
    "ACCS": Scaled._time_of_acceleration,
    "BACC": lambda one: one._put("bacc", one.bacc if one.bacc > 0.0 else 0.1),
    "JAR": lambda one: one._put("jar", one.jar if one.jar > 0.0 else one.jvel / 0.1),
    "JVEL": lambda one: one._in_range("jvel"),
    "HVEL": lambda one: one._in_range("hvel"),
    "NTMF": lambda one: one._put("ntmf", max(one.ntmf, 2)),
    "FRAC": Scaled._fraction_written,
    "UEIP": Scaled._encoder_wanted,
    "URIP": Scaled._link_wanted,
    "SSET": lambda one: one._put("set", 1),
    "SUSE": lambda one: one._put("set", 0),
    "FOF": lambda one: one._put("foff", 1),
    "VOF": lambda one: one._put("foff", 0),
}
