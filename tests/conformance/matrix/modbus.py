"""Seeded sequences of Modbus faults, in virtual time: a bus of three units that fails in every way, and six records.

Each register says which unit, function and address it belongs to, and how many requests had come when it was read. So
a reply that reached the wrong record shows, and so does one that is older than its question.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge import ai
from devices import Instrument
from drivers import INT64, UINT32, Backoff, DriverError, Holding, Input, MemoryTransport
from drivers.modbus.ascii import AsciiFraming
from drivers.modbus.frames import RtuFraming, TcpFraming, UdpFraming
from drivers.modbus.port import Frames, ModbusPort
from records import Record
from tests.drivers.modbus.servers import ascii_, crc, mbap
from tests.virtualtime import run_virtual

__all__ = ["WIRES", "run_case"]

TIMEOUT = 0.2
RECOVERY = 100.0  # seconds of virtual time until all is well again
WIRES = ("tcp", "udp", "rtu", "ascii", "rtu over tcp")
FRAMES: dict[str, Frames] = {
    "tcp": TcpFraming,
    "udp": UdpFraming,
    "rtu": lambda late: RtuFraming(),
    "ascii": lambda late: AsciiFraming(),
    "rtu over tcp": lambda late: RtuFraming(),
}


class Bus(Instrument):
    H1A = ai(inp=Holding(0, INT64, unit=1))
    H1B = ai(inp=Holding(4, INT64, unit=1))
    I1 = ai(inp=Input(0, INT64, unit=1))
    H2 = ai(inp=Holding(0, INT64, unit=2))
    I2 = ai(inp=Input(0, INT64, unit=2))
    H3 = ai(inp=Holding(0, INT64, unit=3))


PLACES = {"H1A": (1, 3, 0), "H1B": (1, 3, 4), "I1": (1, 4, 0), "H2": (2, 3, 0), "I2": (2, 4, 0), "H3": (3, 3, 0)}

# What the record of the one question that meets a fault shows. A set where chance decides.
SHOWN: dict[str, set[str]] = {
    "silence": {"TIMEOUT"},
    "late": {"TIMEOUT"},
    "checksum": {"READ"},
    "transaction": {"TIMEOUT"},
    "foreign": {"TIMEOUT"},
    "truncated": {"TIMEOUT"},
    "duplicate": {"NO_ALARM"},
    "split": {"NO_ALARM"},
    "garbage": {"TIMEOUT", "READ", "COMM"},
    "noise": {"NO_ALARM", "TIMEOUT", "READ"},
    "drop": {"COMM"},
    **{f"exception {code}": {"READ"} for code in (1, 2, 3, 4, 5, 6, 11)},
}
SERIAL = {"checksum", "noise"}
ONLY = {"tcp": {"transaction", "drop"}, "udp": {"transaction"}, "rtu": SERIAL, "ascii": SERIAL, "rtu over tcp": SERIAL}
SPECIAL = {"transaction", "drop"} | SERIAL


def kinds(wire: str) -> list[str]:
    """The faults that this wire can have."""
    return [kind for kind in SHOWN if kind not in SPECIAL or kind in ONLY[wire]]


@dataclass
class Units:
    """Three units on one wire. `fault` decides what becomes of each reply."""

    wire: str
    transport: MemoryTransport
    rnd: random.Random
    fault: Callable[[int], str] = lambda unit: ""
    requests: int = 0
    written: list[int] = field(default_factory=list)
    late: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self) -> None:
        while True:
            with contextlib.suppress(EOFError):
                frame = await self.transport.far.receive()
                self.requests += 1
                await self._reply(*self._parsed(frame))

    def _parsed(self, frame: bytes) -> tuple[int, int, bytes]:
        """Transaction, unit and PDU."""
        if self.wire in ("tcp", "udp"):
            return struct.unpack(">H", frame[:2])[0], frame[6], frame[7:]
        if self.wire == "ascii":
            raw = bytes.fromhex(frame[1:-2].decode())
            return 0, raw[0], raw[1:-1]
        return 0, frame[0], frame[1:-2]

    def _framed(self, transaction: int, unit: int, pdu: bytes) -> bytes:
        if self.wire in ("tcp", "udp"):
            return mbap(transaction, unit, pdu.hex())
        if self.wire == "ascii":
            return ascii_(unit, pdu.hex())
        return bytes((unit,)) + pdu + crc(bytes((unit,)) + pdu)

    def _answer(self, unit: int, pdu: bytes) -> bytes:
        function, address, count = struct.unpack(">BHH", pdu[:5])
        if function == 16:
            self.written.append(int.from_bytes(pdu[6:10], "big"))
            return pdu[:5]
        image = b"".join(
            struct.pack(">q", value(unit, function, at, self.requests)) for at in range(address, address + count, 4)
        )
        return bytes((function, len(image))) + image

    async def _reply(self, transaction: int, unit: int, pdu: bytes) -> None:
        kind, rnd = self.fault(unit), self.rnd
        if kind.startswith("exception"):
            self._send(self._framed(transaction, unit, bytes((pdu[0] | 0x80, int(kind[10:])))))
            return
        answer = self._answer(unit, pdu)
        good = self._framed(transaction, unit, answer)
        match kind:
            case "silence":
                return
            case "drop":
                self.transport.far.hang_up()
                return
            case "late":
                longest = 6.0 if self.wire in ("tcp", "udp") else 1.9  # docs/adr/0004 says what RTU cannot tell
                task = asyncio.create_task(self._later(rnd.uniform(1.05, longest) * TIMEOUT, good))
                self.late.add(task)
                task.add_done_callback(self.late.discard)
                return
            case "checksum":
                at = -4 if self.wire == "ascii" else -1
                good = good[:at] + bytes((good[at] ^ 1,)) + good[at:][1:]
            case "transaction":
                good = struct.pack(">H", transaction % 0xFFFF + 1) + good[2:]
            case "foreign":
                good = self._framed(transaction, unit + 4, answer)
            case "truncated":
                good = good[: rnd.randrange(1, len(good))]
                if self.wire == "ascii" and good.endswith(b"\r"):
                    good = good[:-1]
            case "duplicate":
                self._send(good)
            case "garbage":
                good = rnd.randbytes(len(good))
            case "noise":
                good = rnd.randbytes(rnd.randrange(1, 9)) + good
            case "split":
                await self._split(good)
                return
        self._send(good)

    async def _split(self, data: bytes) -> None:
        if self.wire == "udp":  # datagrams are whole
            self._send(data)
            return
        at = self.rnd.randrange(1, len(data))
        for piece in (data[:at], data[at:]):
            self._send(piece)
            await asyncio.sleep(0.01)

    async def _later(self, seconds: float, data: bytes) -> None:
        connection = self.transport.far.connections
        await asyncio.sleep(seconds)
        # what carries serial frames hands them to whoever is connected then
        if connection == self.transport.far.connections or self.wire not in ("tcp", "udp"):
            self._send(data)

    def _send(self, data: bytes) -> None:
        with contextlib.suppress(ConnectionError):
            self.transport.far.send(data)


def value(unit: int, function: int, address: int, number: int) -> int:
    """What a register says of itself; a record's double holds it exactly."""
    return unit << 44 | function << 40 | address << 24 | number


class Case:
    """One sequence: a fault by itself, then many, then none."""

    def __init__(self, wire: str, seed: int) -> None:
        self.rnd = random.Random(f"{wire} {seed}")
        transport = MemoryTransport()
        transport.reopens = wire not in ("rtu", "ascii")
        self.units = Units(wire, transport, self.rnd)
        options = {"timeout": TIMEOUT, "backoff": Backoff(first=0.02, longest=0.1), "retries": 0, "name": "bus"}
        self.port = ModbusPort(transport, FRAMES[wire], options)  # type: ignore[arg-type]
        self.records: dict[str, Record] = {}
        for record in Bus("", port=self.port).records():
            assert isinstance(record, Record)
            self.records[record.name] = record
        self.kinds = kinds(wire)
        self.number = 0

    async def run(self) -> None:
        serving = asyncio.create_task(self.units.serve())
        async with self.port:
            await self._round()
            assert self._shown() == {"NO_ALARM"}, self._shown()
            await self._one_fault()
            await self._chaos()
            await self._recovery()
        serving.cancel()
        for task in tuple(self.units.late):
            task.cancel()

    async def _round(self) -> None:
        """All six at once. A value that is not its own is the worst that can happen."""
        await asyncio.gather(*(self._read(name) for name in self.records))

    async def _read(self, name: str) -> None:
        record, before = self.records[name], self.units.requests
        done = record.process()
        assert done is not None
        await done
        if record.alarm.status.name != "NO_ALARM":
            return
        number = int(record.value) & 0xFFFFFF
        assert int(record.value) >> 24 == value(*PLACES[name], 0) >> 24, f"{name} got another's value {record.value:x}"
        assert number > before, f"{name} got a value {before - number} requests too old"

    def _shown(self) -> set[str]:
        return {record.alarm.status.name for record in self.records.values()}

    async def _one_fault(self) -> None:
        kind = self.rnd.choice(self.kinds)
        left = [kind]
        self.units.fault = lambda unit: left.pop() if left else ""
        await self._read("I2")
        shown = self.records["I2"].alarm.status.name
        expected = {"NO_ALARM"} if kind == "split" and self.units.wire == "udp" else SHOWN[kind]
        assert shown in expected, f"{kind}: {shown}"
        self.units.fault = lambda unit: ""

    async def _chaos(self) -> None:
        chance, dead = self.rnd.choice((0.2, 0.5, 0.8)), self.rnd.choice((0, 0, 1, 2, 3))

        def fault(unit: int) -> str:
            if unit == dead:
                return "silence"
            return self.rnd.choice(self.kinds) if self.rnd.random() < chance else ""

        self.units.fault = fault
        for _ in range(self.rnd.randrange(2, 6)):
            await asyncio.gather(self._round(), self._write(self.rnd.choice((1, 2, 3))))
            await asyncio.sleep(self.rnd.choice((0.0, 0.1, 0.5)))

    async def _write(self, unit: int) -> None:
        self.number += 1
        number = self.number
        try:
            await self.port.write(Holding(100, UINT32, unit=unit), number)
        except DriverError:
            assert self.units.written.count(number) <= 1, "a write was sent twice"
            return
        assert self.units.written.count(number) == 1, "a write was confirmed that was not carried out, or twice"

    async def _recovery(self) -> None:
        self.units.fault = lambda unit: ""
        async with asyncio.timeout(RECOVERY):
            await self._round()
            pause = 0.2
            while self._shown() != {"NO_ALARM"}:
                await asyncio.sleep(pause)
                await self._round()
                pause *= 1.5
        for _ in range(2):
            await self._round()
            assert self._shown() == {"NO_ALARM"}, f"well, and then {self._shown()}"
        await self._write(1)
        assert self.number in self.units.written
        assert all(self.units.written.count(each) == 1 for each in self.units.written)


def run_case(wire: str, seed: int) -> None:
    """Raises AssertionError or TimeoutError if the sequence ends badly."""
    run_virtual(Case(wire, seed).run())
