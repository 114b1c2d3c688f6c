"""Instruments for a day that lasts minutes: all in this process, on wires of memory, slow by the virtual clock."""

from __future__ import annotations

import asyncio
import contextlib
import random

from benchmarks.load.gateway import Gateway
from drivers.transports.memory import MemoryTransport

__all__ = ["Metronome", "ModbusLine", "Talker"]

DELAY = 0.02  # seconds for a reply


class Talker:
    """Answers each line with the number of lines so far. `mood` spoils that: "silent", "garbage", or "" for neither."""

    def __init__(self) -> None:
        self.wire = MemoryTransport()
        self.mood = ""
        self.asked = 0
        self.said = 0

    async def serve(self) -> None:
        """Until cancelled."""
        rest = b""
        while True:
            with contextlib.suppress(EOFError):
                rest += await self.wire.far.receive()
                *lines, rest = rest.split(b"\r\n")
                for _ in lines:
                    await self._answer()

    async def _answer(self) -> None:
        self.asked += 1
        self.heard()
        await asyncio.sleep(DELAY)
        if self.mood != "silent":
            self.say("?!" if self.mood == "garbage" else str(self.asked))

    def heard(self) -> None:
        """A question has come."""

    def say(self, line: str) -> None:
        """Whether it was asked or not."""
        with contextlib.suppress(ConnectionError):
            self.wire.far.send(f"{line}\r\n".encode())
            self.said += 1

    async def misbehave(self, period: float, rnd: random.Random) -> None:
        """Something else goes wrong each `period` seconds, and is mended within the half of it."""
        while True:
            await asyncio.sleep(period / 2)
            match rnd.choice(("silent", "garbage", "unplug", "hang up")):
                case "unplug":
                    self.wire.far.plugged = False
                    self.wire.far.hang_up("unplugged")
                case "hang up":
                    self.wire.far.hang_up()
                case mood:
                    self.mood = mood
            await asyncio.sleep(rnd.uniform(0.1, 0.5) * period)
            self.mood, self.wire.far.plugged = "", True


class Metronome(Talker):
    """Looks how even the questions come: one each `period` seconds."""

    def __init__(self, period: float) -> None:
        super().__init__()
        self._period = period
        self._first: float | None = None
        self.worst = 0.0  # seconds off the beat

    def heard(self) -> None:
        now = asyncio.get_running_loop().time()
        if self._first is None:
            self._first = now
        self.worst = max(self.worst, abs(now - self._first - (self.asked - 1) * self._period))


class ModbusLine:
    """A gateway with units behind it; those of `dead` never answer."""

    def __init__(self, dead: frozenset[int]) -> None:
        self.wire = MemoryTransport()
        self._gateway = Gateway(dead=dead, patience=0.1)

    async def serve(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(EOFError):
                answer = await self._gateway.answer(await self.wire.far.receive())
                self._gateway.requests.clear()
                if answer:
                    with contextlib.suppress(ConnectionError):
                        self.wire.far.send(answer)
