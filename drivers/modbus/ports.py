"""Modbus over TCP, UDP and serial lines."""

from __future__ import annotations

from typing import Final, Literal, Unpack

from drivers.errors import UsageError
from drivers.modbus.ascii import AsciiFraming
from drivers.modbus.frames import RtuFraming, TcpFraming, UdpFraming
from drivers.modbus.port import Frames, ModbusOptions, ModbusPort
from drivers.transports.serial import SerialTransport
from drivers.transports.tcp import TcpTransport, host_and_port
from drivers.transports.udp import UdpTransport

__all__ = ["ModbusAsciiPort", "ModbusRtuPort", "ModbusTcpPort", "ModbusUdpPort"]

MODBUS: Final = 502  # the port that IANA has given it

Framer = Literal["socket", "rtu", "ascii"]

FRAMES: Final[dict[str, Frames]] = {
    "socket": TcpFraming,
    "rtu": lambda late: RtuFraming(),
    "ascii": lambda late: AsciiFraming(),
}
DATAGRAMS: Final[dict[str, Frames]] = {**FRAMES, "socket": UdpFraming}


class ModbusTcpPort(ModbusPort):
    """A Modbus TCP server (or a gateway with units behind it), port 502 if not said otherwise.

    ``ModbusTcpPort("192.168.1.30:1502")`` takes the port from the text; `tcp_port` is another name of it.
    ``framer="rtu"`` or ``"ascii"`` is for device servers that pass the frames of a serial line through a plain TCP
    connection. See `ModbusOptions` for the other arguments. Raises UsageError if they make no sense.
    """

    def __init__(
        self,
        host: str,
        port: int | None = None,
        *,
        tcp_port: int | None = None,
        framer: Framer = "socket",
        **options: Unpack[ModbusOptions],
    ) -> None:
        transport = TcpTransport(*_address(host, port, tcp_port=tcp_port))
        super().__init__(transport, _framing(FRAMES, framer, host), options)


class ModbusUdpPort(ModbusPort):
    """As `ModbusTcpPort`, by datagrams, and with `udp_port` as the other name of `port`.

    A read whose answer got lost is asked again once, if not said otherwise.
    """

    def __init__(
        self,
        host: str,
        port: int | None = None,
        *,
        udp_port: int | None = None,
        framer: Framer = "socket",
        **options: Unpack[ModbusOptions],
    ) -> None:
        options.setdefault("retries", 1)
        transport = UdpTransport(*_address(host, port, udp_port=udp_port))
        super().__init__(transport, _framing(DATAGRAMS, framer, host), options)


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
        line = SerialTransport(device, baudrate, bytesize=bytesize, parity=parity, stopbits=stopbits)
        super().__init__(line, lambda late: RtuFraming(local_echo), options)


class ModbusAsciiPort(ModbusPort):
    """A serial line with Modbus ASCII units on it, with 7 bits and even parity as the standard wants it.

    The arguments are those of `ModbusRtuPort`.
    """

    first_unit = 1

    def __init__(
        self,
        device: str,
        baudrate: int = 9600,
        *,
        bytesize: int = 7,
        parity: str = "E",
        stopbits: float = 1,
        local_echo: bool = False,
        **options: Unpack[ModbusOptions],
    ) -> None:
        line = SerialTransport(device, baudrate, bytesize=bytesize, parity=parity, stopbits=stopbits)
        super().__init__(line, lambda late: AsciiFraming(local_echo), options)


def _address(host: str, port: int | None, **other: int | None) -> tuple[str, int]:
    """Where to connect. `other` is the port by its other name."""
    ((name, same),) = other.items()
    if port is not None and same is not None:
        raise UsageError(f"{host}: port={port!r} and {name}={same!r} are the same thing; give one of them")
    return host_and_port(host, same if port is None else port, MODBUS)


def _framing(known: dict[str, Frames], framer: str, host: str) -> Frames:
    if framer not in known:
        raise UsageError(f"{host}: framer is 'socket', 'rtu' or 'ascii', not {framer!r}")
    return known[framer]
