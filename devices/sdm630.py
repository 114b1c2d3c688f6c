"""Eastron SDM630 three-phase energy meter: Modbus RTU over RS-485, or TCP through a gateway.

Source: Eastron "SDM630-Modbus V2 Protocol". All measurements are input registers (function 4) of float32 in two
registers, high word first; one request may take 80 registers. 9600 baud, 8N1 and unit 1 as delivered.
"""

from __future__ import annotations

from typing import Any

from devices.instrument import Instrument
from drivers import FLOAT32, Input, ModbusRtuPort, ModbusTcpPort, Port
from records import ai

__all__ = ["SDM630"]

MAX_BLOCK = 80  # registers in one request
# EN 50160: 230 V + 10 % - 10 %
MAINS: dict[str, Any] = {"egu": "V", "prec": 1, "hihi": 253, "hhsv": "MAJOR", "lolo": 207, "llsv": "MAJOR"}


class SDM630(Instrument):
    """One meter; reach it by `device` (an RS-485 adapter), `host` (a gateway), or a `port` of your own."""

    V1 = ai(inp=Input(0x00, FLOAT32), scan="1 second", doc="Phase 1 to neutral", **MAINS)
    V2 = ai(inp=Input(0x02, FLOAT32), scan="1 second", doc="Phase 2 to neutral", **MAINS)
    V3 = ai(inp=Input(0x04, FLOAT32), scan="1 second", doc="Phase 3 to neutral", **MAINS)
    I1 = ai(inp=Input(0x06, FLOAT32), scan="1 second", egu="A", prec=3, doc="Phase 1 current")
    I2 = ai(inp=Input(0x08, FLOAT32), scan="1 second", egu="A", prec=3, doc="Phase 2 current")
    I3 = ai(inp=Input(0x0A, FLOAT32), scan="1 second", egu="A", prec=3, doc="Phase 3 current")
    P1 = ai(inp=Input(0x0C, FLOAT32), scan="1 second", egu="W", prec=1, doc="Phase 1 active power")
    P2 = ai(inp=Input(0x0E, FLOAT32), scan="1 second", egu="W", prec=1, doc="Phase 2 active power")
    P3 = ai(inp=Input(0x10, FLOAT32), scan="1 second", egu="W", prec=1, doc="Phase 3 active power")
    PF1 = ai(inp=Input(0x1E, FLOAT32), scan="1 second", prec=3, doc="Phase 1 power factor")
    PF2 = ai(inp=Input(0x20, FLOAT32), scan="1 second", prec=3, doc="Phase 2 power factor")
    PF3 = ai(inp=Input(0x22, FLOAT32), scan="1 second", prec=3, doc="Phase 3 power factor")
    POWER = ai(inp=Input(0x34, FLOAT32), scan="1 second", egu="W", prec=1, doc="Total active power")
    FREQ = ai(inp=Input(0x46, FLOAT32), scan="1 second", egu="Hz", prec=2, doc="Mains frequency")
    IMPORT = ai(inp=Input(0x48, FLOAT32), scan="5 second", egu="kWh", prec=3, doc="Energy imported")
    EXPORT = ai(inp=Input(0x4A, FLOAT32), scan="5 second", egu="kWh", prec=3, doc="Energy exported")
    ENERGY = ai(inp=Input(0x156, FLOAT32), scan="5 second", egu="kWh", prec=3, doc="Energy in all")

    def __init__(
        self,
        prefix: str = "",
        *,
        device: str | None = None,
        host: str | None = None,
        unit: int = 1,
        port: Port | None = None,
        **options: Any,
    ) -> None:
        if device is not None:
            port = ModbusRtuPort(device, 9600, unit=unit, max_block=MAX_BLOCK)
        elif host is not None:
            port = ModbusTcpPort(host, unit=unit, max_block=MAX_BLOCK)
        super().__init__(prefix, port=port, **options)
