"""Modbus over TCP and over serial lines."""

from __future__ import annotations

from typing import Literal, Unpack

from drivers.errors import UsageError
from drivers.modbus.frames import RtuFraming, TcpFraming
from drivers.modbus.port import ModbusOptions, ModbusPort
from drivers.transports.serial import SerialTransport
from drivers.transports.tcp import TcpTransport, host_and_port

__all__ = ["ModbusRtuPort", "ModbusTcpPort"]


class ModbusTcpPort(ModbusPort):
    """A Modbus TCP server (or a gateway with units behind it), port 502 if not said otherwise.

    ``ModbusTcpPort("192.168.1.30:1502", None)`` takes the port from the text.
    ``framer="rtu"`` is for device servers that pass RTU frames through a plain TCP connection. See `ModbusOptions` for
    the other arguments. Raises UsageError if they make no sense.
    """

    def __init__(
        self,
        host: str,
        tcp_port: int | None = 502,
        *,
        framer: Literal["socket", "rtu"] = "socket",
        **options: Unpack[ModbusOptions],
    ) -> None:
        if framer not in ("socket", "rtu"):
            raise UsageError(f"{host}: framer is 'socket' or 'rtu', not {framer!r}")
        frames = TcpFraming if framer == "socket" else lambda late: RtuFraming()
        super().__init__(TcpTransport(*host_and_port(host, tcp_port)), frames, 0.0, options)


class ModbusRtuPort(ModbusPort):
    """A serial line with Modbus RTU units on it.

    `local_echo` is for RS-485 adapters that send back what they were given. See `ModbusOptions` for the arguments
    beyond the line's settings. Raises UsageError if they make no sense.
    """

    first_unit = 1  # 0 is every unit at once, and then none answers

    def __init__(
        self,
        device: str,
        baudrate: int = 9600,
        *,
        bytesize: int = 8,
        parity: str = "N",
        stopbits: float = 1,
        local_echo: bool = False,
        **options: Unpack[ModbusOptions],
    ) -> None:
        transport = SerialTransport(device, baudrate, bytesize=bytesize, parity=parity, stopbits=stopbits)
        byte_time = (1 + bytesize + (parity != "N") + stopbits) / baudrate
        super().__init__(transport, lambda late: RtuFraming(local_echo), byte_time, options)
