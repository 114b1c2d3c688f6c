"""Real wires with a scripted instrument at the far end: memory, TCP both ways, UNIX, UDP, and pseudo-terminals, one of
them behind a device server.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import tty
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, cast

from serial import Serial
from serial.rfc2217 import PortManager

from drivers import LinePort, MemoryTransport, SerialTransport, TcpTransport, Transport
from drivers.transports.listen import ListenTransport
from drivers.transports.rfc2217 import Rfc2217Transport
from drivers.transports.udp import UdpTransport
from drivers.transports.unix import UnixTransport

__all__ = ["MAKERS", "Far", "Heard", "Wire", "eventually"]

DEADLINE = 5.0  # seconds; for what has to happen at all


async def eventually(condition: Callable[[], object], within: float = DEADLINE) -> None:
    """Wait until something is true."""
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.002)


class Heard:
    """A line that the instrument heard. `reply` answers on the connection by which it came, however late."""

    def __init__(self, text: str, send: Callable[[bytes], None]) -> None:
        self.text = text
        self._send = send

    def reply(self, text: str) -> None:
        self.send(text.encode() + b"\r\n")

    def send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # that connection may be gone
            self._send(data)


class Far:
    """The instrument's end of a wire: `answer` replies by itself, else a test takes lines by `heard`."""

    def __init__(self) -> None:
        self.answer: Callable[[str], str | None] | None = None
        self.log: list[str] = []  # every line heard, in order
        self.greeted = 0  # connections so far, where there are any
        self._lines: asyncio.Queue[Heard] = asyncio.Queue()
        self._tail = b""

    async def heard(self, text: str | None = None) -> Heard:
        """The next line, which must be `text` if given."""
        async with asyncio.timeout(DEADLINE):
            line = await self._lines.get()
        assert text is None or line.text == text
        return line

    async def next(self) -> Heard:
        """The next line, however long it takes."""
        return await self._lines.get()

    def say(self, data: bytes) -> None:
        raise NotImplementedError

    async def noticed(self) -> None:
        """Return when the far end knows of the connection, where there is one."""

    async def hang_up(self) -> None:
        """End the connection, and be gone until `plug_in`."""
        raise NotImplementedError

    async def plug_in(self) -> None:
        raise NotImplementedError

    async def drop(self) -> None:
        """End the connection; the next attempt succeeds."""
        await self.hang_up()
        await self.plug_in()

    async def close(self) -> None:
        raise NotImplementedError

    def _bytes(self, data: bytes, send: Callable[[bytes], None]) -> None:
        *lines, self._tail = (self._tail + data).split(b"\r\n")
        for raw in lines:
            heard = Heard(raw.decode("latin-1"), send)
            self.log.append(heard.text)
            if self.answer is None:
                self._lines.put_nowait(heard)
            elif (reply := self.answer(heard.text)) is not None:
                heard.reply(reply)


class Wire:
    """A far end and how to make the port that talks to it."""

    timeout = 2.0  # not met by chance

    def __init__(self, kind: str, far: Far, transport: Transport) -> None:
        self.kind = kind
        self.far = far
        self.transport = transport
        self.ports: list[LinePort] = []

    def port(self, **options: Any) -> LinePort:
        """A port on this wire, stopped at the end of the test, with a time-out that is not met by chance."""
        port = LinePort("bath", self.transport, **{"timeout": self.timeout} | options)
        self.ports.append(port)
        return port

    async def up(self, **options: Any) -> LinePort:
        port = self.port(**options)
        await port.start()
        await port.wait_up(DEADLINE)
        await self.far.noticed()
        return port


class MemoryFar(Far):
    def __init__(self, transport: MemoryTransport) -> None:
        super().__init__()
        self._transport = transport
        self._task = asyncio.create_task(self._listen())

    async def _listen(self) -> None:
        far = self._transport.far
        while True:
            try:
                data = await far.receive()
            except EOFError:
                self._tail = b""
                continue
            self._bytes(data, self._answer_on(far.connections))

    def _answer_on(self, connection: int) -> Callable[[bytes], None]:
        far = self._transport.far
        return lambda reply: far.send(reply) if far.connections == connection else None

    def say(self, data: bytes) -> None:
        self._transport.far.send(data)

    async def hang_up(self) -> None:
        self._transport.far.plugged = False
        self._transport.far.hang_up()

    async def plug_in(self) -> None:
        self._transport.far.plugged = True

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.wait([self._task])


class TcpFar(Far):
    def __init__(self) -> None:
        super().__init__()
        self.stream: asyncio.Transport | None = None
        self.open_streams: set[asyncio.Transport] = set()
        self.server: asyncio.Server | None = None
        self.port = 0

    async def noticed(self) -> None:
        await eventually(lambda: self.open_streams)

    async def plug_in(self) -> None:
        loop = asyncio.get_running_loop()
        self.server = await loop.create_server(lambda: TcpSession(self), "127.0.0.1", self.port)
        self.port = self.server.sockets[0].getsockname()[1]

    async def hang_up(self) -> None:
        assert self.server is not None
        self.server.close()
        await self.drop()

    async def drop(self) -> None:
        for stream in tuple(self.open_streams):
            stream.close()

    def say(self, data: bytes) -> None:
        assert self.stream is not None
        self.stream.write(data)

    async def close(self) -> None:
        await self.hang_up()
        await eventually(lambda: not self.open_streams)


class TcpSession(asyncio.Protocol):
    def __init__(self, far: TcpFar) -> None:
        self.far = far

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop's does not derive from it
        self.stream = self.far.stream = transport
        self.far.open_streams.add(transport)
        self.far.greeted += 1
        self.far._tail = b""

    def data_received(self, data: bytes) -> None:
        self.far._bytes(data, self.stream.write)

    def connection_lost(self, exc: Exception | None) -> None:
        self.far.open_streams.discard(self.stream)


class UnixFar(TcpFar):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path

    async def plug_in(self) -> None:
        loop = asyncio.get_running_loop()
        self.path.unlink(missing_ok=True)
        self.server = await loop.create_unix_server(lambda: TcpSession(self), str(self.path))


class DiallingFar(TcpFar):
    """An instrument that dials in, again and again until it succeeds."""

    def __init__(self, transport: ListenTransport) -> None:
        super().__init__()
        self._transport = transport
        self._dialling: asyncio.Task[None] | None = None

    async def plug_in(self) -> None:
        self._dialling = asyncio.create_task(self._dial())

    async def _dial(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            if not self.open_streams and self._transport.port:
                with contextlib.suppress(OSError):
                    await loop.create_connection(lambda: TcpSession(self), "127.0.0.1", self._transport.port)
            await asyncio.sleep(0.01)

    async def hang_up(self) -> None:
        if self._dialling is not None:
            self._dialling.cancel()
            await asyncio.wait([self._dialling])
            self._dialling = None
        await self.drop()


class UdpFar(Far, asyncio.DatagramProtocol):
    """Has no connection: `hang_up` only makes it deaf and dumb."""

    def __init__(self) -> None:
        super().__init__()
        self.port = 0
        self._socket: asyncio.DatagramTransport | None = None
        self._peer: Any = None

    async def plug_in(self) -> None:
        loop = asyncio.get_running_loop()
        self._socket, _ = await loop.create_datagram_endpoint(lambda: self, ("127.0.0.1", self.port))
        self.port = self._socket.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._peer = addr
        self._bytes(data, lambda reply: self._send(reply, addr))

    def _send(self, data: bytes, addr: Any) -> None:
        if self._socket is not None:
            self._socket.sendto(data, addr)

    def say(self, data: bytes) -> None:
        self._send(data, self._peer)

    async def hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            await eventually(lambda: self._socket is None)

    def connection_lost(self, exc: Exception | None) -> None:
        self._socket = None

    async def close(self) -> None:
        await self.hang_up()


class PtyFar(Far):
    """Keeps the instrument's side of a pseudo-terminal; `path` is a link to the other, as udev makes them."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self._fds: tuple[int, int] | None = None
        self.reading = True

    async def plug_in(self) -> None:
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        self._fds = master, slave  # ours of the slave stays open: without any, the master reads EIO in a loop
        self._tail = b""
        self.path.symlink_to(os.ttyname(slave))
        if self.reading:
            self.listen()

    def listen(self) -> None:
        assert self._fds is not None
        asyncio.get_running_loop().add_reader(self._fds[0], self._read)

    async def hang_up(self) -> None:
        if self._fds is None:
            return
        self.path.unlink()
        asyncio.get_running_loop().remove_reader(self._fds[0])
        for fd in self._fds:
            os.close(fd)
        self._fds = None

    def say(self, data: bytes) -> None:
        assert self._fds is not None
        os.write(self._fds[0], data)

    def _read(self) -> None:
        assert self._fds is not None
        self._bytes(os.read(self._fds[0], 4096), self.say)

    async def close(self) -> None:
        await self.hang_up()


class ModemlessSerial(Serial):
    """A pseudo-terminal has no modem lines, and the server asks for them."""

    cts = dsr = ri = cd = False


class DeviceServerFar(PtyFar):
    """The serial line of a `PtyFar` behind pyserial's RFC 2217 server."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.port = 0
        self.line: ModemlessSerial | None = None
        self.sessions: set[asyncio.Transport] = set()
        self._server: asyncio.Server | None = None

    async def plug_in(self) -> None:
        await super().plug_in()
        self.line = ModemlessSerial(str(self.path), timeout=0)
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: DeviceServerSession(self), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        loop.add_reader(self.line.fileno(), self._from_line)

    def _from_line(self) -> None:
        assert self.line is not None
        data = self.line.read(4096)
        for session in self.sessions:
            session.write(data.replace(b"\xff", b"\xff\xff"))

    async def hang_up(self) -> None:
        if self._server is None:
            return
        assert self.line is not None
        self._server.close()
        self._server = None
        asyncio.get_running_loop().remove_reader(self.line.fileno())
        for session in tuple(self.sessions):
            session.close()
        self.line.close()
        await super().hang_up()
        await eventually(lambda: not self.sessions)


class DeviceServerSession(asyncio.Protocol):
    def __init__(self, far: DeviceServerFar) -> None:
        self._far = far

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop's does not derive from it
        self._transport = transport
        self._far.sessions.add(transport)
        assert self._far.line is not None
        self._manager = PortManager(self._far.line, transport)

    def data_received(self, data: bytes) -> None:
        assert self._far.line is not None
        self._far.line.write(b"".join(self._manager.filter(data)))

    def connection_lost(self, exc: Exception | None) -> None:
        self._far.sessions.discard(self._transport)


@contextlib.asynccontextmanager
async def _serving(kind: str, far: Far, transport: Transport) -> AsyncIterator[Wire]:
    wire = Wire(kind, far, transport)
    try:
        yield wire
    finally:
        for port in wire.ports:
            await port.stop()
        await far.close()


@contextlib.asynccontextmanager
async def memory(_tmp_path: Path) -> AsyncIterator[Wire]:
    transport = MemoryTransport()
    async with _serving("memory", MemoryFar(transport), transport) as wire:
        yield wire


@contextlib.asynccontextmanager
async def memory_line(tmp_path: Path) -> AsyncIterator[Wire]:
    """Memory that behaves as a serial line does: opening it anew loses nothing that is under way."""
    async with memory(tmp_path) as wire:
        wire.transport.reopens = False
        yield wire


@contextlib.asynccontextmanager
async def tcp(_tmp_path: Path) -> AsyncIterator[Wire]:
    far = TcpFar()
    await far.plug_in()
    async with _serving("tcp", far, TcpTransport("127.0.0.1", far.port)) as wire:
        yield wire


@contextlib.asynccontextmanager
async def pty(tmp_path: Path) -> AsyncIterator[Wire]:
    far = PtyFar(tmp_path / "ttyTEST")
    await far.plug_in()
    async with _serving("pty", far, SerialTransport(str(far.path), 115200)) as wire:
        yield wire


@contextlib.asynccontextmanager
async def unix(tmp_path: Path) -> AsyncIterator[Wire]:
    far = UnixFar(tmp_path / "socket")
    await far.plug_in()
    async with _serving("unix", far, UnixTransport(str(far.path))) as wire:
        yield wire


@contextlib.asynccontextmanager
async def listen(_tmp_path: Path) -> AsyncIterator[Wire]:
    transport = ListenTransport(0, "127.0.0.1")
    far = DiallingFar(transport)
    await far.plug_in()
    async with _serving("listen", far, transport) as wire:
        yield wire


@contextlib.asynccontextmanager
async def udp(_tmp_path: Path) -> AsyncIterator[Wire]:
    far = UdpFar()
    await far.plug_in()
    async with _serving("udp", far, UdpTransport("127.0.0.1", far.port)) as wire:
        yield wire


@contextlib.asynccontextmanager
async def rfc2217(tmp_path: Path) -> AsyncIterator[Wire]:
    far = DeviceServerFar(tmp_path / "ttyTEST")
    await far.plug_in()
    async with _serving("rfc2217", far, Rfc2217Transport("127.0.0.1", far.port, 115200)) as wire:
        yield wire


MAKERS = (memory, memory_line, tcp, pty, unix, listen, udp, rfc2217)
