"""What is particular to each transport; what they have in common is in tests/conformance/line.py."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import subprocess
import sys
import termios
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from drivers import LinePort, LinkDown, MemoryTransport, ReplyTimeout, SerialPort, SerialTransport, TcpPort, UsageError
from drivers.backoff import Backoff
from drivers.transports.tcp import TcpTransport, host_and_port
from tests.drivers.wires import MAKERS, PtyFar, TcpFar, Wire, eventually, pty, tcp, udp
from tests.waiting import AT_ONCE


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Wire]:
    async with pty(tmp_path) as wire:
        yield wire


@pytest.fixture
async def net(tmp_path: Path) -> AsyncIterator[Wire]:
    async with tcp(tmp_path) as wire:
        yield wire


async def tell_for_ever(port: LinePort, size: int) -> None:
    for _ in range(10_000):
        await port.tell("X" * size)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


# --- all of them ------------------------------------------------------------------------------------------------


async def port_connected(port: LinePort, times: int) -> None:
    await eventually(lambda: port.statistics.connects >= times)


@pytest.mark.parametrize("make", [make for make in MAKERS if make is not udp], ids=lambda make: make.__name__)
async def test_a_hundred_flaps_leave_nothing_behind(make: object, tmp_path: Path) -> None:
    async with make(tmp_path) as wire:  # type: ignore[operator]
        wire.far.answer = str.lower
        port = await wire.up(backoff=Backoff(0.0005, 0.001))
        assert await port.ask("A?") == "a?"
        before = descriptors(), len(asyncio.all_tasks())
        for flap in range(100):
            asking = asyncio.create_task(port.ask("A?"))
            if flap % 3 == 0:
                await asyncio.sleep(0)
            await wire.far.noticed()
            await wire.far.drop()
            await port_connected(port, flap + 2)
            assert isinstance((await asyncio.gather(asking, return_exceptions=True))[0], (str, LinkDown))
        assert await port.ask("A?") == "a?"
        assert (descriptors(), len(asyncio.all_tasks())) == before


# --- serial -----------------------------------------------------------------------------------------------------


async def test_the_line_is_set_as_asked(line: Wire) -> None:
    assert isinstance(line.far, PtyFar)
    assert line.far._fds is not None
    async with SerialPort(str(line.far.path), 4800, bytesize=7, parity="E", stopbits=2, xonxoff=True):
        iflag, _, cflag, lflag, ispeed, ospeed, _ = termios.tcgetattr(line.far._fds[1])
        assert ispeed == ospeed == termios.B4800
        assert cflag & termios.CSTOPB
        assert iflag & termios.IXON
        assert not lflag & (termios.ICANON | termios.ECHO)


async def test_a_pseudo_terminal_takes_any_settings_again_and_again(line: Wire) -> None:
    """Lake Shore speaks 7O1; the simulator of one must do so on a pseudo-terminal, which does not know parity."""
    assert isinstance(line.far, PtyFar)
    line.far.answer = str.lower
    for _ in range(3):
        async with SerialPort(str(line.far.path), 57600, bytesize=7, parity="O") as port:
            assert await port.ask("A?") == "a?"


async def test_a_device_that_is_pulled_is_noticed_at_once(line: Wire) -> None:
    port = await line.up()
    begin = time.monotonic()
    await line.far.hang_up()
    await eventually(lambda: port.fault)
    assert time.monotonic() - begin < AT_ONCE
    assert "the device is gone" in str(port.fault)


async def test_writing_to_a_device_that_was_just_pulled_is_quiet(line: Wire, caplog: pytest.LogCaptureFixture) -> None:
    """The loop sees the write before it sees the end of the line."""
    port = await line.up()
    await line.far.hang_up()
    with pytest.raises(LinkDown):
        await port.ask("A?")
    await eventually(lambda: port.fault)
    assert "Fatal" not in caplog.text


async def test_an_instrument_that_takes_no_data_stops_nobody(line: Wire) -> None:
    """pyserial's own write would spin here for ever."""
    assert isinstance(line.far, PtyFar)
    assert line.far._fds is not None
    asyncio.get_running_loop().remove_reader(line.far._fds[0])
    port = await line.up(timeout=0.1)
    with pytest.raises(ReplyTimeout, match="takes no data"):
        await tell_for_ever(port, 100)
    begin = time.monotonic()
    await port.stop()
    assert time.monotonic() - begin < AT_ONCE


async def test_what_was_told_last_is_sent_before_the_line_is_closed(line: Wire) -> None:
    port = await line.up()
    await port.tell("OUTP 0")
    await port.stop()
    await line.far.heard("OUTP 0")


async def test_a_line_has_one_user(line: Wire) -> None:
    await line.up()
    assert isinstance(line.far, PtyFar)
    with pytest.raises(LinkDown, match=r"ttyTEST is in use by another program"):
        async with SerialPort(str(line.far.path)):
            pass


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("/dev/ttyNOPE", r"^/dev/ttyNOPE does not exist: is it plugged in\?"),
        ("/dev/null", r"^/dev/null is not a serial device$"),
        ("/tmp", r"^/tmp is not a serial device$"),
    ],
)
async def test_devices_that_cannot_be_opened(device: str, words: str) -> None:
    before = descriptors()
    with pytest.raises(LinkDown, match=words):
        async with SerialPort(device):
            pass
    assert descriptors() == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"device": "socket://127.0.0.1:4000"},
        {"parity": "X"},
        {"parity": "none"},
        {"bytesize": 9},
        {"stopbits": 3},
        {"baudrate": 0},
    ],
)
def test_settings_that_no_line_has(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=str(wrong.get("device", "/dev/ttyS0"))):
        SerialTransport(**{"device": "/dev/ttyS0", **wrong})  # type: ignore[arg-type]


async def test_stopped_while_the_device_is_being_opened(line: Wire) -> None:
    assert isinstance(line.far, PtyFar)
    port = SerialPort(str(line.far.path))
    before = descriptors()
    for steps in range(4):
        await port.start()
        for _ in range(steps):
            await asyncio.sleep(0)
        await port.stop()
    async with port:
        pass
    await eventually(lambda: descriptors() == before)


def test_pyserial_is_loaded_by_those_who_use_it() -> None:
    code = "import sys, drivers; drivers.SerialPort('/dev/ttyS0'); print('serial' in sys.modules)"
    root = Path(__file__).parents[2]
    assert subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    ).stdout == ("False\n")


# --- TCP --------------------------------------------------------------------------------------------------------


async def test_dead_peers_are_probed_for(net: Wire) -> None:
    port = await net.up()
    link = port.transport._current  # type: ignore[attr-defined]
    sock = link.stream.get_extra_info("socket")
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 30


async def test_a_reset_is_noticed(net: Wire) -> None:
    assert isinstance(net.far, TcpFar)
    port = await net.up()
    asking = asyncio.create_task(port.ask("A?"))
    await net.far.heard("A?")
    assert net.far.stream is not None
    sock = net.far.stream.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    net.far.stream.abort()
    with pytest.raises(LinkDown, match=r"bath: no reply to 'A\?': connection lost"):
        await asking


async def test_a_server_that_takes_no_data(net: Wire) -> None:
    assert isinstance(net.far, TcpFar)
    port = await net.up(timeout=0.1, max_line=100)
    await eventually(lambda: net.far.open_streams)  # type: ignore[attr-defined]
    assert net.far.stream is not None
    net.far.stream.pause_reading()
    with pytest.raises(ReplyTimeout, match="takes no data"):
        await tell_for_ever(port, 10_000)
    begin = time.monotonic()
    await port.stop()
    assert time.monotonic() - begin < AT_ONCE


async def test_lost_while_it_takes_no_data(net: Wire) -> None:
    assert isinstance(net.far, TcpFar)
    port = await net.up(timeout=30.0)
    await eventually(lambda: net.far.open_streams)  # type: ignore[attr-defined]
    assert net.far.stream is not None
    net.far.stream.pause_reading()
    telling = asyncio.create_task(tell_for_ever(port, 10_000))
    await eventually(lambda: port.transport.full)
    net.far.stream.abort()
    async with asyncio.timeout(1.0):
        with pytest.raises(LinkDown):
            await telling


async def test_a_time_out_is_no_change_of_state(net: Wire) -> None:
    """The port connects anew to be rid of the late reply; neither log nor watchers hear of that."""
    assert isinstance(net.far, TcpFar)
    port = await net.up(timeout=0.02)
    told: list[object] = []
    port.watch(told.append)
    for _ in range(3):
        with pytest.raises(ReplyTimeout):
            await port.ask("A?")
    await eventually(lambda: net.far.greeted == 4)
    assert told == []
    assert port.statistics.connects == 1
    net.far.server.close()  # type: ignore[union-attr]
    with pytest.raises(ReplyTimeout):
        await port.ask("A?")
    with pytest.raises(LinkDown, match="refuses the connection"):
        await port.ask("A?")
    assert len(told) == 1


async def test_who_cannot_be_reached(net: Wire) -> None:
    assert isinstance(net.far, TcpFar)
    await net.far.hang_up()
    with pytest.raises(LinkDown, match=rf"^127\.0\.0\.1:{net.far.port} refuses the connection"):
        async with TcpPort("127.0.0.1", net.far.port):
            pass
    with pytest.raises(LinkDown, match=r"is not known|cannot reach"):
        async with TcpPort("no-such-host.invalid:7777"):
            pass


@pytest.mark.parametrize(
    ("host", "port", "parts"),
    [
        ("192.168.1.20", 7777, ("192.168.1.20", 7777)),
        ("192.168.1.20:7777", None, ("192.168.1.20", 7777)),
        ("bath.lab:1", None, ("bath.lab", 1)),
        ("[::1]:7777", None, ("::1", 7777)),
        ("::1", 7777, ("::1", 7777)),
        ("[::1]", 7777, ("::1", 7777)),
    ],
)
def test_host_and_port(host: str, port: int | None, parts: tuple[str, int]) -> None:
    assert host_and_port(host, port) == parts


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("192.168.1.20", None),
        ("::1", None),
        (":7", None),
        ("", 7),
        ("a", 0),
        ("a", 65536),
        ("a", "7"),
        ("a", True),
        ("a:b", None),
        ("a:b", 7),
    ],
)
def test_host_and_port_that_cannot_be(host: str, port: int | None) -> None:
    with pytest.raises(UsageError):
        host_and_port(host, port)


@pytest.mark.parametrize(
    ("host", "parts"),
    [
        ("plc", ("plc", 502)),
        ("plc:1502", ("plc", 1502)),
        ("::1", ("::1", 502)),
        ("[::1]", ("::1", 502)),
        ("[::1]:1502", ("::1", 1502)),
    ],
)
def test_a_default_port_gives_way_to_the_one_in_the_text(host: str, parts: tuple[str, int]) -> None:
    assert host_and_port(host, None, 502) == parts


@pytest.mark.parametrize("host", ["127.0.0.1:99", "[::1]:99"])
def test_a_port_in_the_text_and_another_beside_it(host: str) -> None:
    with pytest.raises(UsageError, match=r"names its port already, and port=25 another one"):
        TcpPort(host, 25)


def test_moving_to_a_host_with_a_port() -> None:
    transport = TcpTransport("a", 1)
    transport.change(host="b")
    assert transport.where == "b:1"
    transport.change(host="c:2")
    assert transport.where == "c:2"
    transport.change(port=3)
    assert transport.where == "c:3"


def test_where_names_the_wire() -> None:
    assert TcpPort("[::1]:7777").name == "[::1]:7777"
    assert TcpPort("a", 1, name="bath").name == "bath"
    assert SerialPort("/dev/ttyS0").name == "/dev/ttyS0"


# --- memory -----------------------------------------------------------------------------------------------------


async def test_memory_is_a_wire_too() -> None:
    transport = MemoryTransport()
    with pytest.raises(ConnectionError):
        transport.send(b"x")
    with pytest.raises(ConnectionError):
        transport.far.send(b"x")
    async with LinePort("bath", transport) as port:
        await port.tell("A")
        assert await transport.far.receive() == b"A\r\n"
    with pytest.raises(EOFError):
        await transport.far.receive()
    assert transport.far.connections == 1
