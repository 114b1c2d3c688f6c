"""What ports and questions are told: options that there are not, texts where numbers are meant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from drivers import (
    Ask,
    Command,
    Events,
    Get,
    HttpPort,
    LinePort,
    ListenPort,
    MemoryTransport,
    ModbusRtuPort,
    ModbusTcpPort,
    ModbusUdpPort,
    Port,
    Post,
    Push,
    Pushed,
    Query,
    Rfc2217Port,
    SerialPort,
    TcpPort,
    Tell,
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


@pytest.mark.parametrize(
    "make",
    [
        lambda **options: ModbusTcpPort("127.0.0.1", **options),
        lambda **options: TcpPort("127.0.0.1", 502, **options),
        lambda **options: HttpPort("http://127.0.0.1:502", **options),
    ],
)
@pytest.mark.parametrize("option", ["timeout", "connect_timeout", "queue_timeout"])
@pytest.mark.parametrize("value", ["2s", "2", True, float("nan"), 0])
def test_seconds_that_are_none(make: Callable[..., Port], option: str, value: Any) -> None:
    with pytest.raises(UsageError, match=rf"^127\.0\.0\.1:502: {option} is a number of seconds above 0, not "):
        make(**{option: value})


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ModbusTcpPort("127.0.0.1", "25020"), r"127\.0\.0\.1: port is a number of 1 to 65535, not '25020'"),
        (lambda: TcpPort("a", port="7777"), "a: port is a number"),
        (lambda: ListenPort("7777"), r"\*: port is a number of 0 to 65535"),
        (lambda: UdpPort("a", 1, local_port="2"), "a: local_port is a number of 0 to 65535"),
        (lambda: ModbusTcpPort("a", retries="1"), "retries is 0 or more, not '1'"),
        (lambda: ModbusTcpPort("a", pause="1"), "pause is 0 or more seconds, not '1'"),
        (lambda: ModbusTcpPort("a", max_block="10"), "max_block is .* not '10'"),
        (lambda: ModbusTcpPort("a", max_gap="10"), "max_gap is .* not '10'"),
        (lambda: TcpPort("a", 1, delay="1"), "a:1: delay is 0 or more seconds, not '1'"),
        (lambda: TcpPort("a", 1, wake_delay="1"), "wake_delay is 0 or more seconds"),
        (lambda: TcpPort("a", 1, quiet="1"), "quiet is a number of seconds above 0"),
        (lambda: TcpPort("a", 1, max_line="1"), "max_line is 1 byte or more, not '1'"),
        (lambda: TcpPort("a", 1).point(Ask("T?", timeout="2s")), r"a:1: Ask\('T\?'\): timeout is a number"),
        (lambda: TcpPort("a", 1).point(Tell("T", timeout="2s")), r"a:1: Tell\('T'\): timeout is a number"),
        (lambda: HttpPort("http://a", interval="1"), "a: interval is 0 or more seconds, not '1'"),
        (lambda: HttpPort("http://a", push=Push("/", heartbeat="1")), "a push: heartbeat is a number of seconds"),
        (lambda: HttpPort("http://a", push=Events("/", silence="1")), "a push: silence is a number of seconds"),
        (lambda: Get("/a", scale="0.1"), r"Get\('/a'\): scale is a number other than 0, not '0\.1'"),
        (lambda: Query("/a", scale="0.1"), r"Query\('/a'\): scale"),
        (lambda: Pushed("/a", scale="0.1"), r"Pushed\('/a'\): scale"),
        (lambda: Post("/a", scale=0), r"Post\('/a'\): scale"),
        (lambda: Command("/a", scale="0.1"), r"Command\('/a'\): scale"),
        (lambda: Get("/a", "/b", as_="bool"), r"Get\('/a'\): as_ is a type or a function, .* not 'bool'"),
        (lambda: Post("/a", as_="bool"), r"Post\('/a'\): as_ is a type or a function"),
        (lambda: Pushed("/a", as_="bool"), r"Pushed\('/a'\): as_ is a type or a function"),
    ],
)
def test_texts_in_place_of_numbers_and_types(make: Callable[[], object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        make()
