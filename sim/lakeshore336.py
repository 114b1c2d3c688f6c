"""Lake Shore Model 336: four sensors, two heated loops, asked in lines of ASCII.

Sources: commands, arguments and reply formats from the comments of epics-modules/ip, ``LakeShore336.proto``, and from
mp49/lakeshore, ``ls336.proto`` (OUTMODE, HTRSET, the layout of ``*IDN?``); what the numbers of INTYPE, OUTMODE and
RANGE mean from lakeshorecryotronics/python-driver, ``model_336_enums.py``; RDGST? bits and the ranges of PID, RAMP
and MOUT from the Model 331 manual, pages 6-28 to 6-38. As on its sisters, set commands get no reply, and neither does
a query that the instrument does not understand: bit 5 of ``*ESR?`` tells (IEEE 488.2). Power of the ranges: 100 W and
50 W outputs in decades. How many digits it prints (``+077.350``) is the usual firmware's way; the manual promises
±nnnnnn.

The cryostat behind it: stages A and B hang on a cold finger C at liquid nitrogen's 77.35 K, which warms a little
under load; D looks at the room. Each control step, ten a second, the loops heat towards their setpoints.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable

from sim.clock import Clock
from sim.cryostat import CLOSED_LOOP, MONITOR, NITROGEN, OPEN_LOOP, ZERO_CELSIUS, Input, Output
from sim.simulator import Simulator
from sim.thermal import Stage

__all__ = ["Lakeshore336"]

POWER_ON, COMMAND_ERROR, EXECUTION_ERROR = 128, 32, 16  # bits of *ESR?
INPUTS = "ABCD"


class Lakeshore336(Simulator):
    """The instrument. `input` has keys A to D, `output` 1 to 4; `esr` is the standard event status register."""

    STEP = 0.1

    def __init__(self, *, clock: Clock | None = None, seed: int = 1) -> None:
        super().__init__(clock=clock, seed=seed)
        self.identity = f"LSCI,MODEL336,SIM{seed % 10_000:04d}/#######,2.11"
        self.esr = POWER_ON
        self.remote = 1  # MODE: 0 local, 1 remote, 2 remote with lockout
        self.input = {
            "A": Input("Sample", Stage(NITROGEN, capacity=10.0, conductance=0.1)),
            "B": Input("Radiation can", Stage(NITROGEN, capacity=8.0, conductance=0.05)),
            "C": Input("Cold finger", Stage(NITROGEN, capacity=1500.0, conductance=50.0)),
            "D": Input("Room", Stage(295.0, capacity=1.0, conductance=1.0)),
        }
        self.output = {
            1: Output((0.0, 1.0, 10.0, 100.0), mode=CLOSED_LOOP, source=1),
            2: Output((0.0, 0.5, 5.0, 50.0), mode=CLOSED_LOOP, source=2),
            3: Output((0.0, 0.0), mode=0, source=3),
            4: Output((0.0, 0.0), mode=0, source=4),
        }
        self._measure()

    # --- physics --------------------------------------------------------------------------------------------------

    def tick(self, dt: float) -> None:
        """One control step."""
        cold = self.input["C"].stage.kelvin
        for output in self.output.values():
            output.step(dt, self.input[INPUTS[output.source - 1]].kelvin if output.source else 0.0)
        for number, letter in ((1, "A"), (2, "B")):
            self.input[letter].stage.step(dt, self.output[number].watts, cold)
        self.input["C"].stage.step(dt, self.output[1].watts + self.output[2].watts, NITROGEN)
        self.input["D"].stage.kelvin = 295.0 + 0.2 * math.sin(self.elapsed * 2.0 * math.pi / 1200.0)
        self._measure()

    def _measure(self) -> None:
        for sensor in self.input.values():
            sensor.measure(self.random.gauss(0.0, sensor.noise))
        if any(sensor.limit and sensor.kelvin > sensor.limit for sensor in self.input.values()):
            self.heaters_off()

    def heaters_off(self) -> None:
        """Every range to 0, as the temperature limit and the front panel's All Off key do."""
        for output in self.output.values():
            output.range, output.percent = 0, 0.0

    def switch(self, output: Output, number: int) -> None:
        """Set a heater range; a heater that comes on starts without its integral."""
        if output.range == 0:
            output.pid.start()
        output.range = number

    # --- the wire -------------------------------------------------------------------------------------------------

    def answer(self, line: str) -> str | None:
        """The reply to one line, without terminators, or None. Commands may be chained with semicolons."""
        self.advance()
        replies = [reply for command in line.split(";") if (reply := self._perform(command.strip())) is not None]
        return ";".join(replies) if replies else None

    def _perform(self, command: str) -> str | None:
        if not command:
            return None
        header, _, rest = command.partition(" ")
        args = [part.strip() for part in next(csv.reader([rest.strip()], skipinitialspace=True), [])]
        try:
            if header.endswith("?"):
                return QUERIES[header[:-1].upper()](self, *args)
            COMMANDS[header.upper()](self, *args)
        except OutOfRange:
            self.esr |= EXECUTION_ERROR
        except (LookupError, TypeError, ValueError):  # unknown header or name, too few or many, not a number
            self.esr |= COMMAND_ERROR
        return None


class OutOfRange(Exception):
    """A number is outside what the command takes: the instrument ignores the command."""


def _integer(text: str, low: int, high: int) -> int:
    return int(_number(text, low, high))


def _number(text: str, low: float, high: float) -> float:
    value = float(text)
    if not low <= value <= high:
        raise OutOfRange
    return value


def _in(device: Lakeshore336, letter: str) -> Input:
    return device.input[letter.upper()]


def _out(device: Lakeshore336, number: str) -> Output:
    return device.output[int(number)]


# --- queries: one line of the manual each ---------------------------------------------------------------------------


def _esr(device: Lakeshore336) -> str:
    device.esr, value = 0, device.esr
    return str(value)


def _celsius(device: Lakeshore336, letter: str) -> str:
    sensor = _in(device, letter)
    return f"{sensor.kelvin - ZERO_CELSIUS if sensor.kelvin else 0.0:+08.3f}"


def _pid(device: Lakeshore336, number: str) -> str:
    pid = _out(device, number).pid
    return f"{pid.p:+07.1f},{pid.i:+07.1f},{pid.d:+07.1f}"


def _outmode(device: Lakeshore336, number: str) -> str:
    output = _out(device, number)
    return f"{output.mode},{output.source},{output.powerup}"


def _ramp(device: Lakeshore336, number: str) -> str:
    output = _out(device, number)
    return f"{output.ramping:d},{output.rate:+08.3f}"


def _htrset(device: Lakeshore336, number: str) -> str:
    resistance, most, user, shows = _out(device, number).setup
    return f"{resistance:.0f},{most:.0f},{user:+.3f},{shows:.0f}"


def _analog(device: Lakeshore336, number: str) -> str:
    output = device.output[_integer(number, 3, 4)]
    return f"{output.manual if output.range and output.mode == OPEN_LOOP else 0.0:+08.3f}"


QUERIES: dict[str, Callable[..., str]] = {
    "*IDN": lambda device: device.identity,
    "*ESR": _esr,
    "*OPC": lambda device: "1",
    "*TST": lambda device: "0",
    "MODE": lambda device: str(device.remote),
    "KRDG": lambda device, letter: f"{_in(device, letter).kelvin:+08.3f}",
    "CRDG": _celsius,
    "SRDG": lambda device, letter: f"{_in(device, letter).volts:+08.5f}",
    "RDGST": lambda device, letter: f"{_in(device, letter).status:03d}",
    "INNAME": lambda device, letter: f"{_in(device, letter).name:<15.15}",
    "INTYPE": lambda device, letter: ",".join(map(str, _in(device, letter).sensor)),
    "INCRV": lambda device, letter: f"{_in(device, letter).curve:02d}",
    "TLIMIT": lambda device, letter: f"{_in(device, letter).limit:+08.3f}",
    "SETP": lambda device, number: f"{_out(device, number).setpoint:+08.3f}",
    "RANGE": lambda device, number: str(_out(device, number).range),
    "HTR": lambda device, number: f"{device.output[_integer(number, 1, 2)].shown:+06.1f}",
    "HTRST": lambda device, number: str(device.output[_integer(number, 1, 2)].fault),
    "HTRSET": _htrset,
    "AOUT": _analog,
    "MOUT": lambda device, number: f"{_out(device, number).manual:+08.3f}",
    "PID": _pid,
    "RAMP": _ramp,
    "RAMPST": lambda device, number: f"{_out(device, number).moving:d}",
    "OUTMODE": _outmode,
}

# --- commands: no reply ---------------------------------------------------------------------------------------------


def _set_setpoint(device: Lakeshore336, number: str, kelvin: str) -> None:
    output = _out(device, number)
    output.target = _number(kelvin, 0.0, 1000.0)
    if not output.ramping:
        output.setpoint = output.target


def _set_range(device: Lakeshore336, number: str, choice: str) -> None:
    output = _out(device, number)
    device.switch(output, _integer(choice, 0, len(output.full) - 1))


def _set_pid(device: Lakeshore336, number: str, p: str, i: str, d: str) -> None:
    pid = _out(device, number).pid
    pid.p, pid.i, pid.d = _number(p, 0.1, 1000.0), _number(i, 0.0, 1000.0), _number(d, 0.0, 200.0)


def _set_ramp(device: Lakeshore336, number: str, on: str, rate: str) -> None:
    output = _out(device, number)
    output.rate, output.ramping = _number(rate, 0.0, 100.0), bool(_integer(on, 0, 1))


def _set_outmode(device: Lakeshore336, number: str, mode: str, source: str, powerup: str) -> None:
    output = _out(device, number)
    highest = OPEN_LOOP if int(number) <= 2 else MONITOR + 1
    settings = _integer(mode, 0, highest), _integer(source, 0, 4), _integer(powerup, 0, 1)
    output.mode, output.source, output.powerup = settings


def _set_manual(device: Lakeshore336, number: str, percent: str) -> None:
    _out(device, number).manual = _number(percent, -100.0 if int(number) > 2 else 0.0, 100.0)


def _set_htrset(device: Lakeshore336, number: str, resistance: str, most: str, user: str, shows: str) -> None:
    device.output[_integer(number, 1, 2)].setup = [
        _integer(resistance, 1, 2),
        _integer(most, 0, 4),
        _number(user, 0.0, 2.0),
        _integer(shows, 1, 2),
    ]


def _set_name(device: Lakeshore336, letter: str, name: str) -> None:
    _in(device, letter).name = name[:15]


def _set_intype(device: Lakeshore336, letter: str, *numbers: str) -> None:
    sensor, auto, span, compensation, units = (int(number) for number in numbers)
    if not (0 <= sensor <= 5 and auto in (0, 1) and 0 <= span <= 8 and compensation in (0, 1) and 1 <= units <= 3):
        raise OutOfRange
    _in(device, letter).sensor = [sensor, auto, span, compensation, units]


def _set_curve(device: Lakeshore336, letter: str, number: str) -> None:
    _in(device, letter).curve = _integer(number, 0, 59)


def _set_limit(device: Lakeshore336, letter: str, kelvin: str) -> None:
    _in(device, letter).limit = _number(kelvin, 0.0, 1505.0)


def _set_mode(device: Lakeshore336, mode: str) -> None:
    device.remote = _integer(mode, 0, 2)


def _clear(device: Lakeshore336) -> None:
    device.esr = 0


COMMANDS: dict[str, Callable[..., None]] = {
    "*CLS": _clear,
    "*RST": Lakeshore336.heaters_off,
    "MODE": _set_mode,
    "SETP": _set_setpoint,
    "RANGE": _set_range,
    "PID": _set_pid,
    "RAMP": _set_ramp,
    "OUTMODE": _set_outmode,
    "MOUT": _set_manual,
    "HTRSET": _set_htrset,
    "INNAME": _set_name,
    "INTYPE": _set_intype,
    "INCRV": _set_curve,
    "TLIMIT": _set_limit,
}
