"""What ports are told: options that there are not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from drivers import (
    LinePort,
    ListenPort,
    MemoryTransport,
    ModbusRtuPort,
    ModbusTcpPort,
    ModbusUdpPort,
    Port,
    Rfc2217Port,
    SerialPort,
    TcpPort,
    UdpPort,
    UnixPort,
    UsageError,
)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: SerialPort(device="/dev/x", baud=9600), r"SerialPort /dev/x: .*'baud' \(did you mean 'baudrate'\?\)"),
        (lambda: SerialPort("/dev/x", 9600, baud=3), "'baudrate'"),
        (lambda: TcpPort("a", 1, terminater="x"), r"TcpPort a:1: .*'terminater' \(did you mean 'terminator'\?\)"),
        (lambda: UdpPort("a", 1, localport=2), "'local_port'"),
        (lambda: ListenPort(1, hots="a"), "'host'"),
        (lambda: UnixPort("/x", timout=1), "'timeout'"),
        (lambda: Rfc2217Port("a", 1, baud=3), "'baudrate'"),
        (lambda: LinePort("bath", MemoryTransport(), dellay=1), "LinePort bath: .*'delay'"),
        (lambda: ModbusTcpPort("a", prt=1), r"ModbusTcpPort a:502: .*'prt' \(did you mean 'port'\?\)"),
        (lambda: ModbusUdpPort("a", unitt=1), "'unit'"),
        (lambda: ModbusRtuPort("/dev/x", baud=1), "'baudrate'"),
        (lambda: TcpPort("a", 1, qqq=1), "'qqq' \\(it takes .*terminator"),
    ],
)
def test_options_that_there_are_not(make: Callable[[], Port], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make()
