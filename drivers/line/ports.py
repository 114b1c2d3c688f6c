"""The two spellings of a line port that people type: a serial device, or a TCP host."""

from __future__ import annotations

from typing import Unpack

from drivers.line.port import LineOptions, LinePort
from drivers.transports.serial import SerialTransport
from drivers.transports.tcp import TcpTransport, host_and_port

__all__ = ["SerialPort", "TcpPort"]


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
        )
        super().__init__(name or transport.where, transport, **options)


class TcpPort(LinePort):
    """Lines of text over TCP: ``TcpPort("192.168.1.20", 7777)`` or ``TcpPort("192.168.1.20:7777")``."""

    def __init__(
        self, host: str, port: int | None = None, *, name: str | None = None, **options: Unpack[LineOptions]
    ) -> None:
        transport = TcpTransport(*host_and_port(host, port))
        super().__init__(name or transport.where, transport, **options)
