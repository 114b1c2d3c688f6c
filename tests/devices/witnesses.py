"""What each PV of the three instruments should show, by the simulators' backdoor: rounded as the wire rounds it."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["LAKESHORE336", "OUTPUTS", "SDM630", "SHELLYPLUG"]

Witness = Callable[[Any], Any]


def _decimals(path: str, digits: int) -> Witness:
    """A decimal number with so many digits behind the point."""
    return lambda device: float(f"{device.get(path):.{digits}f}")


def _whole(path: str) -> Witness:
    return lambda device: int(device.get(path))


def _float32(path: str) -> Witness:
    return lambda device: struct.unpack(">f", struct.pack(">f", device.get(path)))[0]


def _identity(place: int) -> Witness:
    return lambda device: device.get("identity").split(",")[place]


def _inputs() -> Mapping[str, Witness]:
    found: dict[str, Witness] = {}
    for letter in "ABCD":
        found[f"{letter}:TEMP"] = _decimals(f"input.{letter}.kelvin", 3)
        found[f"{letter}:SENSOR"] = _decimals(f"input.{letter}.volts", 5)
        found[f"{letter}:STATUS"] = _whole(f"input.{letter}.status")
    return found


def _loops() -> Mapping[str, Witness]:
    found: dict[str, Witness] = {}
    for number in (1, 2):
        found[f"LOOP{number}:SP"] = _decimals(f"output.{number}.setpoint", 3)
        found[f"LOOP{number}:RANGE"] = _whole(f"output.{number}.range")
        found[f"LOOP{number}:HEATER"] = _decimals(f"output.{number}.shown", 1)
        for letter in "PID":
            found[f"LOOP{number}:{letter}"] = _decimals(f"output.{number}.pid.{letter.lower()}", 1)
    return found


LAKESHORE336: Mapping[str, Witness] = {"MODEL": _identity(1), "SERIAL": _identity(2), **_inputs(), **_loops()}

SDM630: Mapping[str, Witness] = {
    **{f"V{number}": _float32(f"phase.{number}.volts") for number in (1, 2, 3)},
    **{f"I{number}": _float32(f"phase.{number}.amps") for number in (1, 2, 3)},
    **{f"P{number}": _float32(f"phase.{number}.watts") for number in (1, 2, 3)},
    **{f"PF{number}": _float32(f"phase.{number}.pf") for number in (1, 2, 3)},
    "POWER": _float32("total.watts"),
    "FREQ": _float32("hertz"),
    "IMPORT": _float32("total.import_kwh"),
    "EXPORT": _float32("total.export_kwh"),
    "ENERGY": _float32("total.total_kwh"),
}

SHELLYPLUG: Mapping[str, Witness] = {
    "RELAY": _whole("output"),
    "POWER": _decimals("meter.apower", 1),
    "CURRENT": _decimals("meter.current", 3),
    "VOLTAGE": _decimals("meter.voltage", 1),
    "ENERGY": _decimals("meter.energy_wh", 3),
    "TEMP": _decimals("meter.celsius", 1),
}

#: The outputs among them.
OUTPUTS = (
    *(("LS336:", f"LOOP{number}:{name}") for number in (1, 2) for name in ("SP", "RANGE")),
    ("PLUG:", "RELAY"),
)
