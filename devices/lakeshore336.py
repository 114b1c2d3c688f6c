"""Lake Shore Model 336 temperature controller: four inputs, two heater loops, a text line over USB/serial or TCP.

Source: Lake Shore "User's Manual Model 336", chapter 6 (remote operation). USB is a serial port of 57600 baud, 7 data
bits, odd parity, 1 stop bit; Ethernet is TCP port 7777. Lines end in CR LF. A command is not answered, and the
controller wants 50 ms before the next one.
"""

from __future__ import annotations

from typing import Any

from devices.instrument import Instrument
from drivers import Ask, Port, SerialPort, TcpPort, Tell
from records import PVGroup, SubGroup, ai, ao, longin, mbbo, stringin

__all__ = ["LakeShore336"]

AFTER_COMMAND = 0.05  # seconds
RANGES: dict[str, Any] = {"zrst": "Off", "onst": "Low", "twst": "Medium", "thst": "High"}


class Input(PVGroup):
    """A sensor input; macro `input` is its letter."""

    TEMP = ai(inp=Ask("KRDG? $(input)"), scan="1 second", egu="K", prec=3, lopr=0, hopr=330, doc="Temperature")
    SENSOR = ai(inp=Ask("SRDG? $(input)"), scan="2 second", prec=5, doc="Reading in sensor units: V or Ohm")
    STATUS = longin(inp=Ask("RDGST? $(input)", int), scan="2 second", high=1, hsv="MAJOR", doc="Reading status bits")


class Loop(PVGroup):
    """A control loop; macro `loop` is the number of its output."""

    SP = ao(
        out=Tell("SETP $(loop),{:.3f}"),
        inp=Ask("SETP? $(loop)"),
        scan="5 second",
        egu="K",
        prec=3,
        drvl=0,
        drvh=325,
        doc="Setpoint",
    )
    RANGE = mbbo(
        out=Tell("RANGE $(loop),{}"), inp=Ask("RANGE? $(loop)", int), scan="5 second", doc="Heater range", **RANGES
    )
    HEATER = ai(inp=Ask("HTR? $(loop)"), scan="1 second", egu="%", prec=1, lopr=0, hopr=100, doc="Heater output")
    P = ai(inp=Ask("PID? $(loop)", index=0), scan="10 second", prec=1, doc="Proportional gain")
    I = ai(inp=Ask("PID? $(loop)", index=1), scan="10 second", prec=1, doc="Integral gain")  # noqa: E741 - its name
    D = ai(inp=Ask("PID? $(loop)", index=2), scan="10 second", prec=1, doc="Derivative gain")


class LakeShore336(Instrument):
    """One controller; reach it by `device` (its serial port), `host` (its address), or a `port` of your own."""

    MODEL = stringin(inp=Ask("*IDN?", str, index=1), pini="YES", doc="Model")
    SERIAL = stringin(inp=Ask("*IDN?", str, index=2), pini="YES", doc="Serial number")
    A = SubGroup(Input, macros={"input": "A"})
    B = SubGroup(Input, macros={"input": "B"})
    C = SubGroup(Input, macros={"input": "C"})
    D = SubGroup(Input, macros={"input": "D"})
    LOOP1 = SubGroup(Loop, macros={"loop": "1"})
    LOOP2 = SubGroup(Loop, macros={"loop": "2"})

    def __init__(
        self,
        prefix: str = "",
        *,
        device: str | None = None,
        host: str | None = None,
        port: Port | None = None,
        **options: Any,
    ) -> None:
        if device is not None:
            port = SerialPort(device, 57600, bytesize=7, parity="O", delay=AFTER_COMMAND)
        elif host is not None:
            port = TcpPort(host, None if ":" in host else 7777, delay=AFTER_COMMAND)
        super().__init__(prefix, port=port, **options)
