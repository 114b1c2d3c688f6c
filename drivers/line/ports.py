"""The spellings of a line port that people type: one for each kind of wire."""

from __future__ import annotations

from typing import Unpack

from drivers.line.port import LineOptions, LinePort
from drivers.transports.listen import ListenTransport
from drivers.transports.rfc2217 import Rfc2217Transport
from drivers.transports.serial import Rs485, SerialTransport
from drivers.transports.tcp import TcpTransport, host_and_port
from drivers.transports.udp import UdpTransport
from drivers.transports.unix import UnixTransport

__all__ = ["ListenPort", "Rfc2217Port", "SerialPort", "TcpPort", "UdpPort", "UnixPort"]


class SerialPort(LinePort):
    """Lines of text over a serial device: ``SerialPort("/dev/ttyUSB0", 9600, parity="E")``.

    `device` and the settings of the line are those of `SerialTransport`, the rest those of `LinePort`. Better than
    /dev/ttyUSB0 are the names in /dev/serial/by-id, which do not depend on the order of plugging in.
    """

    def __init__(
        self,
        device: str,
        baudrate: int = 9600,
        *,
        name: str | None = None,
        bytesize: int = 8,
        parity: str = "N",
        stopbits: float = 1,
        xonxoff: bool = False,
        rtscts: bool = False,
        exclusive: bool = True,
        rs485: Rs485 | None = None,
        **options: Unpack[LineOptions],
    ) -> None:
        transport = SerialTransport(
            device,
            baudrate,
            bytesize=bytesize,
            parity=parity,
            stopbits=stopbits,
            xonxoff=xonxoff,
            rtscts=rtscts,
            exclusive=exclusive,
            rs485=rs485,
        )
        super().__init__(name or transport.where, transport, **options)


class TcpPort(LinePort):
    """Lines of text over TCP: ``TcpPort("192.168.1.20", 7777)`` or ``TcpPort("192.168.1.20:7777")``."""

    def __init__(
        self, host: str, port: int | None = None, *, name: str | None = None, **options: Unpack[LineOptions]
    ) -> None:
        transport = TcpTransport(*host_and_port(host, port))
        super().__init__(name or transport.where, transport, **options)


class ListenPort(LinePort):
    """Lines of text from an instrument that dials in by TCP: ``ListenPort(7000)``; see `ListenTransport`."""

    def __init__(
        self,
        port: int,
        host: str = "",
        *,
        only: str | None = None,
        name: str | None = None,
        **options: Unpack[LineOptions],
    ) -> None:
        transport = ListenTransport(port, host, only)
        super().__init__(name or transport.where, transport, **options)


class UdpPort(LinePort):
    """Lines of text in datagrams: ``UdpPort("192.168.1.20", 7777)``; ``terminator=""`` if they end without one."""

    def __init__(
        self,
        host: str,
        port: int | None = None,
        *,
        local_port: int = 0,
        name: str | None = None,
        **options: Unpack[LineOptions],
    ) -> None:
        transport = UdpTransport(*host_and_port(host, port), local_port)
        super().__init__(name or transport.where, transport, **options)


class UnixPort(LinePort):
    """Lines of text over a UNIX socket: ``UnixPort("/run/instrument.sock")``."""

    def __init__(self, path: str, *, name: str | None = None, **options: Unpack[LineOptions]) -> None:
        super().__init__(name or path, UnixTransport(path), **options)


class Rfc2217Port(LinePort):
    """Lines of text over the serial line of a device server: ``Rfc2217Port("moxa:4001", baudrate=19200)``."""

    def __init__(
        self,
        host: str,
        port: int | None = None,
        baudrate: int = 9600,
        *,
        name: str | None = None,
        bytesize: int = 8,
        parity: str = "N",
        stopbits: float = 1,
        xonxoff: bool = False,
        rtscts: bool = False,
        **options: Unpack[LineOptions],
    ) -> None:
        transport = Rfc2217Transport(
            *host_and_port(host, port),
            baudrate,
            bytesize=bytesize,
            parity=parity,
            stopbits=stopbits,
            xonxoff=xonxoff,
            rtscts=rtscts,
        )
        super().__init__(name or transport.where, transport, **options)
