"""A Modbus gateway of 20 ms with 32 units behind it, 50 points on each, and how few requests could read them all."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass, field

from drivers import FLOAT32, UINT16, DriverError, Input
from drivers.modbus.port import ModbusPort

__all__ = ["DEVICE_LIMIT", "UNITS", "Gateway", "Polled", "fewest", "points", "poll"]

UNITS = range(1, 33)
DELAY = 0.02  # seconds on the line behind the gateway, for a question and its answer
DEVICE_LIMIT = 125  # registers in one answer
LATE = 0.05  # seconds; a record that is busy when it should be scanned is left out then
HOLES = {31: 70, 32: 70}  # unit: a register that it does not have, in the middle of those that are wanted


def points(unit: int) -> list[Input]:
    """Fifty values of a unit, with gaps as register maps have them."""
    volts = [Input(address, FLOAT32, unit=unit) for address in range(0, 50, 2)]
    counts = [Input(address, UINT16, unit=unit) for address in range(56, 66)]
    more = [Input(address, UINT16, unit=unit) for address in range(74, 89)]
    return volts + counts + more


def fewest(unit: int) -> int:
    """How many requests at least read the points of a unit: from the left, as far as limit and holes allow."""
    requests, begin, end = 0, -1, -1
    for point in sorted(points(unit), key=lambda each: each.address):
        hole = HOLES.get(unit, -1)
        if begin < 0 or point.address + point.size - begin > DEVICE_LIMIT or end <= hole < point.address:
            requests += 1
            begin = point.address
        end = point.address + point.size
    return requests


@dataclass
class Gateway:
    """One question at a time on its line. A dead unit keeps it for `patience` seconds; then it says so, or nothing."""

    dead: frozenset[int] = frozenset()
    patience: float = 0.5
    tells: bool = False
    requests: list[int] = field(default_factory=list)  # their units
    line: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def answer(self, frame: bytes) -> bytes:
        """The answer to an MBAP frame, or nothing. Register n of unit u holds 256 u + n."""
        transaction, unit, function, address, count = struct.unpack(">HxxxxBBHH", frame)
        async with self.line:
            self.requests.append(unit)
            if unit in self.dead:
                await asyncio.sleep(self.patience)
                return struct.pack(">HHHBBB", transaction, 0, 3, unit, function | 0x80, 11) if self.tells else b""
            await asyncio.sleep(DELAY)
        if address <= HOLES.get(unit, -1) < address + count:
            return struct.pack(">HHHBBB", transaction, 0, 3, unit, function | 0x80, 2)
        words = struct.pack(f">{count}H", *(256 * unit + n for n in range(address, address + count)))
        return struct.pack(">HHHBBB", transaction, 0, 3 + 2 * count, unit, function, 2 * count) + words


@dataclass
class Polled:
    """What came of polling: good readings of each unit, and how many there should have been."""

    rounds: int
    points: int  # of each unit
    good: dict[int, int]

    def rate(self, units: frozenset[int]) -> float:
        """The worst of these units' share of the readings that it should have given."""
        return min(self.good[unit] / (self.rounds * self.points) for unit in units)

    def total(self, units: frozenset[int]) -> int:
        """Good readings of all of these."""
        return sum(self.good[unit] for unit in units)


async def poll(port: ModbusPort, rounds: int, first: int = 50) -> Polled:
    """Each unit's points (or its `first`) once a second, as records do: who is busy is not asked again meanwhile."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    good = dict.fromkeys(UNITS, 0)

    async def one(unit: int) -> None:
        bound = [port.point(question) for question in points(unit)[:first]]
        for number in range(rounds):
            if loop.time() > begin + number + LATE:
                continue  # still busy when this second began
            await asyncio.sleep(begin + number - loop.time())
            readings = await asyncio.gather(*(point.read() for point in bound), return_exceptions=True)
            for reading in readings:
                if isinstance(reading, BaseException) and not isinstance(reading, DriverError):
                    raise reading
            good[unit] += sum(not isinstance(reading, BaseException) for reading in readings)

    await asyncio.gather(*(one(unit) for unit in UNITS))
    return Polled(rounds, len(points(1)[:first]), good)
