"""The far ends that the Modbus tests talk to: pymodbus's own server over TCP and serial, and two played by hand."""

from __future__ import annotations

import asyncio
import contextlib
import os
import struct
import time
import tty
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

from pymodbus import FramerType
from pymodbus.pdu import ModbusPDU
from pymodbus.server import ModbusSerialServer, ModbusTcpServer, ModbusUdpServer
from pymodbus.simulator import DataType, SimData, SimDevice


async def until(condition: Callable[[], object], timeout: float = 10.0) -> None:
    """Wait for a condition; AssertionError when it does not come."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        await asyncio.sleep(0.005)


def device(unit: int = 1, **blocks: list[SimData]) -> SimDevice:
    """A device with 100 coils and discrete inputs (each third on), 200 holding and input registers (their number)."""
    bits = [SimData(0, values=[n % 3 == 0 for n in range(100)], datatype=DataType.BITS)]
    words = [SimData(0, values=list(range(200)), datatype=DataType.REGISTERS)]
    usual = {"coils": bits, "discrete": bits, "holding": words, "inputs": words} | blocks
    return SimDevice(id=unit, simdata=(usual["coils"], usual["discrete"], usual["holding"], usual["inputs"]))


@dataclass
class Server:
    """A running pymodbus server: where it is, and the requests that came: (unit, function, address, count)."""

    port: int = 0
    path: str = ""
    requests: list[tuple[int, int, int, int]] = field(default_factory=list)

    def trace(self, sending: bool, pdu: ModbusPDU) -> ModbusPDU:
        if not sending:
            address = getattr(pdu, "read_address", pdu.address)  # function 23 has two of them
            self.requests.append((pdu.dev_id, pdu.function_code, address, pdu.count or 1))
        return pdu


@contextlib.asynccontextmanager
async def tcp_server(
    *devices: SimDevice, framer: FramerType = FramerType.SOCKET, port: int = 0
) -> AsyncIterator[Server]:
    server = Server()
    modbus = ModbusTcpServer(
        list(devices) or device(), address=("127.0.0.1", port), framer=framer, trace_pdu=server.trace
    )
    await modbus.serve_forever(background=True)
    server.port = modbus.transport.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        await modbus.shutdown()
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def udp_server(*devices: SimDevice, framer: FramerType = FramerType.SOCKET) -> AsyncIterator[Server]:
    server = Server()
    modbus = ModbusUdpServer(list(devices) or device(), address=("127.0.0.1", 0), framer=framer, trace_pdu=server.trace)
    await modbus.serve_forever(background=True)
    server.port = modbus.transport.get_extra_info("sockname")[1]
    try:
        yield server
    finally:
        await modbus.shutdown()
        await asyncio.sleep(0)


@contextlib.contextmanager
def _pty() -> Iterator[tuple[int, str]]:
    """The near end of a pseudo-terminal and the path of the far one."""
    near, far = os.openpty()
    try:
        tty.setraw(far)
        os.set_blocking(near, False)
        yield near, os.ttyname(far)
    finally:
        os.close(near)
        os.close(far)


@contextlib.contextmanager
def bridged() -> Iterator[tuple[str, str]]:
    """Two serial devices joined by a null-modem cable."""
    loop = asyncio.get_running_loop()
    with _pty() as (one, path_one), _pty() as (other, path_other):
        loop.add_reader(one, lambda: os.write(other, os.read(one, 4096)))
        loop.add_reader(other, lambda: os.write(one, os.read(other, 4096)))
        try:
            yield path_one, path_other
        finally:
            loop.remove_reader(one)
            loop.remove_reader(other)


@contextlib.asynccontextmanager
async def serial_server(*devices: SimDevice, framer: FramerType = FramerType.RTU) -> AsyncIterator[Server]:
    with bridged() as (ours, theirs):
        server = Server(path=ours)
        modbus = ModbusSerialServer(
            list(devices) or device(), port=theirs, framer=framer, baudrate=115200, trace_pdu=server.trace
        )
        await modbus.serve_forever(background=True)
        try:
            yield server
        finally:
            await modbus.shutdown()


# --- played by hand -------------------------------------------------------------------------------------------------


def crc(data: bytes) -> bytes:
    """Modbus over Serial Line V1.02, 6.2.2, bit by bit."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ 0xA001 if value & 1 else value >> 1
    return value.to_bytes(2, "little")


def rtu(unit: int, pdu: str) -> bytes:
    frame = bytes((unit,)) + bytes.fromhex(pdu)
    return frame + crc(frame)


def ascii_(unit: int, pdu: str) -> bytes:
    """Modbus over Serial Line V1.02, 2.5.2 and 6.2.1."""
    data = bytes((unit,)) + bytes.fromhex(pdu)
    return b":" + (data + bytes((-sum(data) & 0xFF,))).hex().upper().encode() + b"\r\n"


def mbap(transaction: int, unit: int, pdu: str, protocol: int = 0) -> bytes:
    data = bytes.fromhex(pdu)
    return struct.pack(">HHHB", transaction, protocol, len(data) + 1, unit) + data


def words(*values: int) -> str:
    """The PDU of a read of registers, after its function code."""
    return f"{2 * len(values):02x}" + struct.pack(f">{len(values)}H", *values).hex()


@dataclass(frozen=True)
class Frame:
    """A request of the port under test."""

    raw: bytes
    transaction: int
    unit: int
    pdu: bytes

    @property
    def where(self) -> tuple[int, int, int, int]:
        """Unit, function, address, count or value."""
        return (self.unit, *struct.unpack(">BHH", self.pdu[:5]))


Answer = Callable[[Frame], Awaitable[bytes | None]]


class RawTcp:
    """A TCP server that answers each MBAP frame with what the test says: bytes as they are, None closes."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[Frame] = []
        self.connections = 0
        self.writers: set[asyncio.StreamWriter] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.port = 0

    async def __aenter__(self) -> RawTcp:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in tuple(self.tasks):
            task.cancel()
        for writer in tuple(self.writers):
            writer.transport.abort()
        await until(lambda: not self.writers)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        try:
            while True:
                head = await reader.readexactly(7)
                transaction, _, length, unit = struct.unpack(">HHHB", head)
                pdu = await reader.readexactly(length - 1)
                frame = Frame(head + pdu, transaction, unit, pdu)
                self.requests.append(frame)
                data = await self.answer(frame)
                if data is None:
                    break
                writer.write(data)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.tasks.discard(task)
            self.writers.discard(writer)
            writer.close()


class RawLine:
    """The far end of a serial line. `answer` gets each request of a read or a single write, None is silence."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[Frame] = []
        self.times: list[float] = []

    async def __aenter__(self) -> RawLine:
        self._stack = contextlib.ExitStack()
        self._near, self.path = self._stack.enter_context(_pty())
        self._loop = asyncio.get_running_loop()
        self._buffer = b""
        self._loop.add_reader(self._near, self._receive)
        self._tasks: set[asyncio.Task[None]] = set()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.pull()

    async def pull(self) -> None:
        """Take the adapter out of its socket."""
        self._loop.remove_reader(self._near)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._stack.close()

    def send(self, data: bytes) -> None:
        os.write(self._near, data)

    def _receive(self) -> None:
        self._buffer += os.read(self._near, 4096)
        while len(self._buffer) >= 8:
            raw, self._buffer = self._buffer[:8], self._buffer[8:]
            assert crc(raw[:6]) == raw[6:], raw.hex(" ")
            frame = Frame(raw, 0, raw[0], raw[1:6])
            self.requests.append(frame)
            self.times.append(self._loop.time())
            task = self._loop.create_task(self._reply(frame))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _reply(self, frame: Frame) -> None:
        data = await self.answer(frame)
        if data:
            self.send(data)
