"""What is peculiar to a wire: settings of lines, device servers, connections dialled in, datagrams of strangers."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import termios
from pathlib import Path

import pytest

from drivers import LinkDown, ListenPort, Rfc2217Port, Rs485, SerialPort, UdpPort, UsageError
from drivers.backoff import Backoff
from tests.drivers.wires import DEADLINE, DeviceServerFar, PtyFar, eventually, pty, rfc2217, udp

QUICK = Backoff(0.01, 0.05)


async def test_another_baud_rate_while_running(tmp_path: Path) -> None:
    async with pty(tmp_path) as wire:
        assert isinstance(wire.far, PtyFar)
        assert wire.far._fds is not None
        wire.far.answer = str.lower
        port = await wire.up(backoff=QUICK)
        assert (await port.ask("A?"), port.baudrate) == ("a?", 115200)
        port.change(baudrate=19200)
        await eventually(lambda: port.statistics.connects == 2)
        assert termios.tcgetattr(wire.far._fds[1])[4] == termios.B19200
        assert await port.ask("B?") == "b?"
        with pytest.raises(UsageError, match="has no colour"):
            port.change(colour="red")
        with pytest.raises(UsageError, match="baud rate"):
            port.change(baudrate=0)
        assert port.baudrate == 19200


async def test_rs485_needs_a_driver_that_can(tmp_path: Path) -> None:
    async with pty(tmp_path) as wire:
        assert isinstance(wire.far, PtyFar)
        port = SerialPort(str(wire.far.path), rs485=Rs485(delay_before_send=0.001))
        with pytest.raises(LinkDown, match="has no RS-485 mode"):
            async with port:
                pass


async def test_a_device_server_sets_its_line(tmp_path: Path) -> None:
    async with rfc2217(tmp_path) as wire:
        far = wire.far
        assert isinstance(far, DeviceServerFar)
        assert far.line is not None
        far.answer = lambda line: "\xff\xfe"
        async with Rfc2217Port(
            "127.0.0.1", far.port, 4800, stopbits=2, timeout=DEADLINE, encoding="latin-1", backoff=QUICK
        ) as port:
            assert (far.line.baudrate, far.line.stopbits) == (4800, 2)
            assert (await port.ask("\xff?")).encode("latin-1") == "\xff\xfe".encode()  # the far end speaks UTF-8
            port.change(baudrate=9600)
            await eventually(lambda: port.statistics.connects == 2)
            assert far.line.baudrate == 9600


async def test_a_server_that_knows_no_serial_lines() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"\xff\xfe\x2c")  # DONT com port option
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        ended.set()

    ended = asyncio.Event()
    server = await asyncio.start_server(refuse, "127.0.0.1", 0)
    with pytest.raises(LinkDown, match="is no RFC 2217 server"):
        async with Rfc2217Port("127.0.0.1", server.sockets[0].getsockname()[1]):
            pass
    await asyncio.wait_for(ended.wait(), DEADLINE)
    server.close()


async def dialled(port: ListenPort) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    await eventually(lambda: port.transport.port)  # type: ignore[attr-defined]
    return await asyncio.open_connection("127.0.0.1", port.transport.port)  # type: ignore[attr-defined]


async def test_who_dials_in_last_is_the_instrument() -> None:
    port = ListenPort(0, "127.0.0.1", timeout=DEADLINE, backoff=QUICK)
    await port.start()
    old_reader, old_writer = await dialled(port)
    await port.wait_up(DEADLINE)
    new_reader, new_writer = await dialled(port)
    with contextlib.suppress(ConnectionError):
        assert await old_reader.read() == b""
    await eventually(lambda: port.statistics.connects == 2)
    asking = asyncio.create_task(port.ask("A?"))
    assert await new_reader.readuntil(b"\r\n") == b"A?\r\n"
    new_writer.write(b"1\r\n")
    assert await asking == "1"
    await port.stop()
    for writer in (old_writer, new_writer):
        writer.close()
    with pytest.raises(ConnectionRefusedError):
        await dialled(port)


async def test_others_are_turned_away() -> None:
    port = ListenPort(0, "127.0.0.1", only="127.9.9.9", backoff=QUICK)
    await port.start()
    reader, writer = await dialled(port)
    with contextlib.suppress(ConnectionError):  # whether it learns of the end by a reset is a matter of luck
        assert await reader.read() == b""
    assert isinstance(port.fault, LinkDown)
    writer.close()
    await port.stop()


async def test_datagrams_of_strangers_are_not_let_in(tmp_path: Path) -> None:
    async with udp(tmp_path) as wire:
        port = await wire.up()
        asking = asyncio.create_task(port.ask("A?"))
        heard = await wire.far.heard("A?")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"666\r\n", wire.far._peer)  # type: ignore[attr-defined]
        heard.reply("1")
        assert await asking == "1"
        assert port.statistics.unclaimed == 0


async def test_a_datagram_without_its_end_is_damaged(tmp_path: Path) -> None:
    async with udp(tmp_path) as wire:
        port = await wire.up()
        asking = asyncio.create_task(port.ask("A?"))
        (await wire.far.heard("A?")).send(b"12.")
        with pytest.raises(Exception, match=r"the reply to 'A\?' is not complete: b'12\.'"):
            await asking


async def test_udp_alone() -> None:
    async with UdpPort("127.0.0.1", 9, timeout=0.05) as port:
        assert port.fault is None


@pytest.mark.skipif(shutil.which("socat") is None, reason="socat is not installed")
async def test_over_a_pair_of_terminals_of_socat(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    process = await asyncio.create_subprocess_exec(
        "socat", f"pty,raw,echo=0,link={ours}", f"pty,raw,echo=0,link={theirs}"
    )
    try:
        await eventually(lambda: ours.exists() and theirs.exists())
        async with (
            SerialPort(str(ours), timeout=DEADLINE) as port,
            SerialPort(str(theirs), timeout=DEADLINE) as instrument,
        ):
            heard: asyncio.Queue[str] = asyncio.Queue()
            instrument.subscribe_lines(None, lambda event: heard.put_nowait(event.value))
            asking = asyncio.create_task(port.ask("A?"))
            assert await asyncio.wait_for(heard.get(), DEADLINE) == "A?"
            await instrument.tell("42")
            assert await asking == "42"
    finally:
        process.terminate()
        await process.wait()
