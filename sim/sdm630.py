"""Eastron SDM630-Modbus: a three-phase energy meter over RTU or TCP.

Registers, limits and exceptions after "SDM630Modbus Smart Meter Modbus Protocol Implementation" in the *SDM630-Modbus
MID V2* user manual (sections 1.2, 1.3 and 3.11): each parameter is a big-endian IEEE 754 float in two registers, most
significant first; function 4 reads what it measures, 3 and 16 its settings, one setting per write; at most 40
parameters (80 registers) in one request; half a float or an unknown address gives exception 2, an invalid setting 3.
Addresses and names were compared with nmakel/sdm_modbus, ``sdm.py``.

Where the manual is silent: reserved addresses between two parameters read 0 (ESPHome asks for 80 registers in one go);
too many registers give exception 3, as the Modbus specification says; a locked setting gives exception 2; writing 0 to
0xF010 resets the maximum demands. Not simulated: the "instrument type specific value" in answer to a single register,
which the manual does not print.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.clock import Clock
from sim.metering import Demand, Phase, Totals, line_volts, neutral_amps
from sim.modbus import ILLEGAL_ADDRESS, ILLEGAL_VALUE, Bank, ModbusError, floats, words
from sim.paths import look
from sim.simulator import Simulator

__all__ = ["INPUTS", "SETTINGS", "Sdm630", "Setting"]

UNLOCKED_FOR = 60.0  # seconds ("password timeout ... one minute", register 40015)
RESET = 0xF010  # a 16-bit register of its own: writing 0 resets the maximum demands
SERIAL = 0xFC00  # two registers, an unsigned integer


def _each(start: int, name: str) -> dict[int, str]:
    """One register pair for each phase, one after the other."""
    return {start + 2 * place: f"phase.{place + 1}.{name}" for place in range(3)}


# Modbus start address -> where the value is found in the simulator (manual, table 1.2.1)
INPUTS: Mapping[int, str] = {
    **_each(0x0000, "volts"),
    **_each(0x0006, "amps"),
    **_each(0x000C, "watts"),
    **_each(0x0012, "va"),
    **_each(0x0018, "var"),
    **_each(0x001E, "pf"),
    **_each(0x0024, "angle"),
    0x002A: "mean_volts",
    0x002E: "mean_amps",
    0x0030: "total.amps",
    0x0034: "total.watts",
    0x0038: "total.va",
    0x003C: "total.var",
    0x003E: "total.pf",
    0x0042: "total.angle",
    0x0046: "hertz",
    0x0048: "total.import_kwh",
    0x004A: "total.export_kwh",
    0x004C: "total.import_kvarh",
    0x004E: "total.export_kvarh",
    0x0050: "total.kvah",
    0x0052: "total.ah",
    0x0054: "demand.watts.now",
    0x0056: "demand.watts.most",
    0x0064: "demand.va.now",
    0x0066: "demand.va.most",
    0x0068: "demand.neutral.now",
    0x006A: "demand.neutral.most",
    0x00C8: "line_volts.0",  # L1 to L2
    0x00CA: "line_volts.1",  # L2 to L3
    0x00CC: "line_volts.2",  # L3 to L1
    0x00CE: "mean_line_volts",
    0x00E0: "neutral_amps",
    **_each(0x00EA, "volts_thd"),
    **_each(0x00F0, "amps_thd"),
    **{0x0102 + 2 * place: f"demand.amps{place + 1}.now" for place in range(3)},
    **{0x0108 + 2 * place: f"demand.amps{place + 1}.most" for place in range(3)},
    0x0156: "total.total_kwh",
    0x0158: "total.total_kvarh",
    **_each(0x015A, "import_kwh"),
    **_each(0x0160, "export_kwh"),
    **_each(0x0166, "total_kwh"),
    **_each(0x016C, "import_kvarh"),
    **_each(0x0172, "export_kvarh"),
    **_each(0x0178, "total_kvarh"),
}
LAST_INPUT = max(INPUTS)


@dataclass(frozen=True, slots=True)
class Setting:
    """A holding register pair: its name, factory value, what may be written, and whether it is locked."""

    name: str
    default: float
    valid: frozenset[float]
    locked: bool = False


def _range(low: int, high: int) -> frozenset[float]:
    return frozenset(float(number) for number in range(low, high + 1))


# Modbus start address -> setting (manual, table 1.3.1)
SETTINGS: Mapping[int, Setting] = {
    0x0002: Setting("demand_period", 60.0, frozenset((0.0, 5.0, 8.0, 10.0, 15.0, 20.0, 30.0, 60.0))),  # minutes
    0x000A: Setting("system_type", 3.0, _range(1, 3), locked=True),  # 1: 1P2W, 2: 3P3W, 3: 3P4W
    0x000C: Setting("pulse_width", 100.0, frozenset((60.0, 100.0, 200.0))),  # ms
    0x000E: Setting("unlocked", 0.0, frozenset()),  # read only: 0 locked, 1 unlocked
    0x0012: Setting("parity_stop", 0.0, _range(0, 3)),  # 0: 8N1, 1: 8E1, 2: 8O1, 3: 8N2; from the next restart
    0x0014: Setting("node", 1.0, _range(1, 247)),  # from the next restart
    0x0016: Setting("pulse_divisor", 0.0, _range(0, 5)),
    0x0018: Setting("password", 1000.0, _range(0, 9999)),  # writing it unlocks
    0x001C: Setting("baud", 2.0, _range(0, 4)),  # 0: 2400 to 4: 38400; from the next restart
}
LAST_SETTING = max(SETTINGS)


class Sdm630(Simulator, Bank):
    """The meter. A new reading each second; with `steady` set the loads stay as `phase[n].load` says, without noise.

    Its house: a stove that comes and goes on phase 1, a workshop on phase 2, a solar roof on phase 3 that feeds in.
    """

    STEP = 1.0
    functions = frozenset((3, 4, 8, 16))
    most_read = 80

    def __init__(self, *, clock: Clock | None = None, seed: int = 1, unit: int = 1) -> None:
        super().__init__(clock=clock, seed=seed)
        self.unit = unit
        self.serial = 20_000_000 + seed
        self.steady = False
        self.hertz = 50.0
        self.phase = {
            1: Phase(load=400.0, factor=0.98, import_kwh=1234.5, import_kvarh=210.25),
            2: Phase(load=1500.0, factor=0.85, import_kwh=2345.25, import_kvarh=980.5),
            3: Phase(load=300.0, factor=0.95, import_kwh=345.75, export_kwh=812.0, import_kvarh=120.0),
        }
        self.total = Totals()
        self.demand = {name: Demand() for name in ("watts", "va", "neutral", "amps1", "amps2", "amps3")}
        self.setting = {setting.name: setting.default for setting in SETTINGS.values()}
        self.setting["node"] = float(unit)
        self._unlocked_until = -math.inf
        self._measure()
        self.total.count_with(self._phases, 0.0)

    # --- physics --------------------------------------------------------------------------------------------------

    def tick(self, dt: float) -> None:
        """Count what has flowed since the last reading, then take the next."""
        for phase in self._phases:
            phase.count(dt)
        self.total.count_with(self._phases, dt)
        minutes = int(self.setting["demand_period"])
        for name, demand in self.demand.items():
            demand.add(self._demanded(name), dt, minutes)
        self._measure()

    def _measure(self) -> None:
        for number, phase in self.phase.items():
            phase.draw(self._load(number))
            if not self.steady:
                slow = math.sin(self.elapsed / 140.0 + 2.0 * number)
                phase.volts = 230.0 + 1.5 * slow + self.random.gauss(0.0, 0.1)
        if not self.steady:
            self.hertz = 50.0 + self.random.gauss(0.0, 0.01)
        self.total.add_up(self._phases)

    def _load(self, number: int) -> float:
        phase, t = self.phase[number], self.elapsed
        if self.steady:
            return phase.load
        watts = phase.load * (1.0 + 0.2 * math.sin(t / 47.0 + number) + self.random.gauss(0.0, 0.01))
        if number == 1 and int(t / 40.0) % 3 == 1:
            return watts + 2000.0  # the stove
        if number == 3:
            return watts - 1800.0 * max(0.0, math.sin(t / 190.0))  # the roof
        return watts

    def _demanded(self, name: str) -> float:
        if name == "neutral":
            return self.neutral_amps
        if name.startswith("amps"):
            return self.phase[int(name[4:])].amps
        return self.total.watts if name == "watts" else self.total.va

    @property
    def _phases(self) -> list[Phase]:
        return list(self.phase.values())

    @property
    def mean_volts(self) -> float:
        """Average line to neutral."""
        return sum(phase.volts for phase in self._phases) / 3.0

    @property
    def mean_amps(self) -> float:
        """Average line current."""
        return self.total.amps / 3.0

    @property
    def line_volts(self) -> tuple[float, float, float]:
        """L1 to L2, L2 to L3, L3 to L1."""
        one, two, three = (phase.volts for phase in self._phases)
        return line_volts(one, two), line_volts(two, three), line_volts(three, one)

    @property
    def mean_line_volts(self) -> float:
        """Average line to line."""
        return sum(self.line_volts) / 3.0

    @property
    def neutral_amps(self) -> float:
        """Neutral current."""
        return neutral_amps(self._phases)

    # --- the wire -------------------------------------------------------------------------------------------------

    def read_input(self, address: int, count: int) -> Sequence[int]:
        """Function 4: what it measures."""
        self.advance()
        _whole(address, count, LAST_INPUT)
        found: list[int] = []
        for place in range(address, address + count, 2):
            path = INPUTS.get(place)
            found += words(float(look(self, path))) if path else (0, 0)
        return found

    def read_holding(self, address: int, count: int) -> Sequence[int]:
        """Function 3: its settings."""
        self.advance()
        if (address, count) == (SERIAL, 2):
            return self.serial >> 16, self.serial & 0xFFFF
        _whole(address, count, LAST_SETTING)
        self.setting["unlocked"] = float(self.clock.now() < self._unlocked_until)
        found: list[int] = []
        for place in range(address, address + count, 2):
            found += words(self.setting[SETTINGS[place].name]) if place in SETTINGS else (0, 0)
        return found

    def write_registers(self, address: int, values: Sequence[int]) -> None:
        """Function 16: one setting."""
        self.advance()
        if address == RESET and len(values) == 1:
            self._reset(values[0])
            return
        setting = SETTINGS.get(address)
        if setting is None or len(values) != 2:
            raise ModbusError(ILLEGAL_ADDRESS)
        (value,) = floats(values)
        if setting.name == "password":
            self._unlock(value)
        elif setting.locked and self.clock.now() >= self._unlocked_until:
            raise ModbusError(ILLEGAL_ADDRESS)
        elif value not in setting.valid:
            raise ModbusError(ILLEGAL_VALUE)
        else:
            self.setting[setting.name] = value

    def _unlock(self, password: float) -> None:
        if password != self.setting["password"]:
            raise ModbusError(ILLEGAL_VALUE)
        self._unlocked_until = self.clock.now() + UNLOCKED_FOR

    def _reset(self, what: int) -> None:
        if what != 0:
            raise ModbusError(ILLEGAL_VALUE)
        for demand in self.demand.values():
            demand.clear()

    def restart(self) -> None:
        """Switch it off and on: a new node address counts from now."""
        self.unit = int(self.setting["node"])
        self._unlocked_until = -math.inf


def _whole(address: int, count: int, last: int) -> None:
    """Whole parameters only, and none beyond the last ("part of a floating point value", section 3.11)."""
    if address % 2 or count % 2 or address + count > last + 2:
        raise ModbusError(ILLEGAL_ADDRESS)
