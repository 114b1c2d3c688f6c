"""Kill a real IOC with SIGKILL while clients change its settings, start it again, and look at what it has restored.

``python -m tests.runtime.autosave_kill --rounds 200`` does so at random moments; ``--steps`` kills it at every step of
the write cycle; ``--strace`` lets the kernel do that at the system calls. Ends with 0 if every PV always had a value
that was acknowledged, all elements of arrays from one put, none older than the save period allows.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import shutil
import signal
import struct
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.ca.header import HEADER, Command, pack_message
from bridge.runtime.autosave import Autosave, History
from bridge.runtime.ioc import running
from records import PVGroup, ao, longout, lso, pvproperty, stringout, waveform
from tests.runtime.disks import DyingDisk
from tests.server.serving import loopback

__all__ = ["Outcome", "kill_at_steps", "kill_at_system_calls", "kill_rounds"]

STRING, DOUBLE = 0, 6  # DBR types
TABLE = 8  # elements
SYSTEM_CALLS = {
    "fsync": 3,
    "rename": 3,
}  # of a save with a dated copy; strace counts by thread, and each has one
START_DEADLINE = 20.0  # seconds
DEATH_DEADLINE = 20.0
SLACK = 0.2  # what a save itself may take on a busy machine


class Settings(PVGroup):
    """One PV of each kind; whatever number a client chooses is written to all of them, in this order."""

    SP = ao(0.0, autosave=True)
    COUNT = longout(0, autosave=True)
    NAME = stringout("0", autosave=True)
    TEXT = lso("0", sizv=100, autosave=True)
    TABLE = waveform([0.0] * TABLE, autosave=True)
    LIMIT = ao(0.0, autosave=("HIHI",))
    PLAIN = pvproperty(value=0.0, autosave=True)


#: What is written, and how: a number, text, or that many numbers.
TARGETS = {"SP": 1, "COUNT": 1, "NAME": 0, "TEXT": 0, "TABLE": TABLE, "LIMIT.HIHI": 1, "PLAIN": 1}


# --- the IOC, in a process of its own -------------------------------------------------------------------------------


async def serve(path: str, period: float, die_at: int) -> None:
    disk = DyingDisk(die_at) if die_at else None
    autosave = Autosave(path, period, History(period=3 * period, per_day=10), disk=disk)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with running(Settings("K:"), config=loopback(), autosave=autosave) as ioc:
        print(ioc.server.port, flush=True)
        await stop.wait()


# --- a client -------------------------------------------------------------------------------------------------------


class Client:
    """Writes and reads a few PVs over one circuit."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.sids: dict[str, int] = {}

    @classmethod
    async def connect(cls, port: int) -> Client:
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        try:
            await client._message()
            for cid, name in enumerate(TARGETS):
                client._send(Command.CREATE_CHAN, f"K:{name}\0".encode(), p1=cid, p2=13)
                await client._message()  # access rights
                client.sids[name] = (await client._message())[5]
        except BaseException:
            client.close()
            raise
        return client

    def _send(self, command: int, body: bytes = b"", dbr: int = 0, count: int = 0, p1: int = 0, p2: int = 0) -> None:
        self.writer.write(pack_message(command, body + b"\0" * (-len(body) % 8), dbr, count, p1, p2))

    async def _message(self) -> tuple[Any, ...]:
        head = HEADER.unpack(await self.reader.readexactly(16))
        return (*head, await self.reader.readexactly(head[1]))

    async def put(self, name: str, number: int) -> None:
        """Write and wait for the acknowledgement."""
        count = TARGETS[name]
        body = struct.pack(f">{count}d", *[number] * count) if count else str(number).encode() + b"\0"
        self._send(Command.WRITE_NOTIFY, body, DOUBLE if count else STRING, count or 1, self.sids[name], 1)
        assert (await self._message())[4] == 1, f"the put of {number} to {name} failed"

    async def get(self, name: str) -> int:
        """The number in a PV. All elements of an array must agree."""
        count = TARGETS[name]
        self._send(Command.READ_NOTIFY, b"", DOUBLE if count else STRING, count or 1, self.sids[name], 2)
        body = (await self._message())[6]
        if not count:
            return int(body.partition(b"\0")[0])
        elements = set(struct.unpack_from(f">{count}d", body))
        assert len(elements) == 1, f"{name} is torn: {elements}"
        return int(elements.pop())

    def close(self) -> None:
        self.writer.transport.abort()


# --- one round ------------------------------------------------------------------------------------------------------


@dataclass
class Log:
    """What a client has written to one PV, and when that was acknowledged."""

    acknowledged: list[tuple[float, int]] = field(default_factory=list)
    under_way: int | None = None  # not acknowledged when the IOC died, and perhaps done all the same


@dataclass
class Outcome:
    """What came of all rounds."""

    rounds: int = 0
    worst_age: float = 0.0  # seconds before the kill that the oldest restored value had been overwritten
    puts: int = 0
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.rounds} kills, {self.puts} puts, {len(self.failures)} failures; "
            f"the oldest restored value had been out of date for {self.worst_age:.3f} s"
        )


@dataclass
class Round:
    """Starts an IOC on a file, writes until it dies, starts it again and judges."""

    path: Path
    period: float
    words: tuple[str, ...] = ()  # before the interpreter: strace ...
    logs: dict[str, Log] = field(default_factory=lambda: {name: Log([(0.0, 0)]) for name in TARGETS})
    number: int = 0

    async def start(self, die_at: int = 0, words: tuple[str, ...] = ()) -> tuple[asyncio.subprocess.Process, int]:
        process = await asyncio.create_subprocess_exec(
            *(*words, sys.executable, "-m", __spec__.name if __spec__ else "tests.runtime.autosave_kill"),
            *("--serve", str(self.path), "--period", str(self.period), "--die-at", str(die_at)),
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # so that what strace runs dies with it
        )
        assert process.stdout is not None
        async with asyncio.timeout(START_DEADLINE):
            line = await process.stdout.readline()
        return process, int(line or b"0")

    async def write_until_death(self, port: int) -> None:
        """Write numbers to all PVs, over and over."""
        if not port:
            return  # it died before it served
        try:
            client = await Client.connect(port)
        except (OSError, asyncio.IncompleteReadError):
            return
        try:
            while True:
                self.number += 1
                for name, log in self.logs.items():
                    log.under_way = self.number
                    await client.put(name, self.number)
                    log.acknowledged.append((time.monotonic(), self.number))
                    log.under_way = None
                await asyncio.sleep(0.001)
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            client.close()

    async def judge(self, killed: float, outcome: Outcome) -> None:
        """Start the IOC once more; it must have what was acknowledged, and not too old."""
        process, port = await self.start()
        client = await Client.connect(port)
        found: dict[str, int] = {}
        try:
            for name, log in self.logs.items():
                found[name] = number = await client.get(name)
                known = {value: when for when, value in log.acknowledged}
                if number not in known and number != log.under_way:
                    outcome.failures.append(f"{name} = {number} was never acknowledged")
                    continue
                # it was the newest until the next one was acknowledged
                later = [when for when, value in log.acknowledged if value > number]
                age = killed - later[0] if later else 0.0
                outcome.worst_age = max(outcome.worst_age, age)
                if age > self.period + SLACK:
                    outcome.failures.append(f"{name} = {number} was out of date for {age:.3f} s")
            # written in this order, so one snapshot of them all never rises and spans no more than two numbers
            values = list(found.values())
            if values != sorted(values, reverse=True) or values[0] - values[-1] > 1:
                outcome.failures.append(f"a mix of saves: {found}")
        finally:
            client.close()
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        # the next round begins with what is there now
        self.logs = {name: Log([(time.monotonic(), number)]) for name, number in found.items()}
        outcome.rounds += 1

    async def once(self, outcome: Outcome, kill_after: float | None, die_at: int = 0) -> bool:
        """One life and what comes after it. Returns False if it did not die by itself although it was to."""
        process, port = await self.start(die_at, self.words if kill_after is None else ())
        before = self.number
        writing = asyncio.create_task(self.write_until_death(port))
        waiting = asyncio.create_task(process.wait())
        await asyncio.wait([waiting], timeout=DEATH_DEADLINE if kill_after is None else kill_after)
        died = process.returncode is not None
        killed = time.monotonic()
        if not died:
            os.killpg(process.pid, signal.SIGKILL)
        await waiting
        await writing
        outcome.puts += (self.number - before) * len(TARGETS)
        await self.judge(killed, outcome)
        return died


# --- the three ways to kill -----------------------------------------------------------------------------------------


async def kill_rounds(folder: Path, rounds: int, period: float, seed: int) -> Outcome:
    """At random moments."""
    rng = random.Random(seed)
    outcome = Outcome()
    one = Round(folder / "kill.sav", period)
    for _ in range(rounds):
        await one.once(outcome, rng.uniform(0.0, 4 * period))
        if outcome.failures:
            break
    return outcome


async def kill_at_steps(folder: Path, steps: range, period: float) -> Outcome:
    """At each step of the write cycle: half a write, before a sync, between two renames ..."""
    outcome = Outcome()
    one = Round(folder / "steps.sav", period)
    for step in steps:
        if not await one.once(outcome, None, step):
            outcome.failures.append(f"it did not come to step {step}")
        if outcome.failures:
            break
    return outcome


async def kill_at_system_calls(folder: Path, calls: dict[str, int], period: float) -> Outcome:
    """By the kernel, at the first, second ... of each of these system calls."""
    outcome = Outcome()
    for call, times in calls.items():
        for when in range(1, times + 1):
            one = Round(folder / f"{call}{when}.sav", period)
            await one.once(outcome, period * 2.5)  # so that there is something to lose
            one.words = (
                *("strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}"),
                *("-e", f"inject={call}:signal=KILL:when={when}", "--"),
            )
            if not await one.once(outcome, None):
                outcome.failures.append(f"no {call} number {when}")
            if outcome.failures:
                return outcome
    return outcome


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=0, help="kill so many times at random moments")
    parser.add_argument("--steps", type=int, default=0, help="kill at each of the first STEPS steps of writing")
    parser.add_argument("--strace", action="store_true", help="kill at fsync and rename, with strace")
    parser.add_argument("--period", type=float, default=0.25, help="seconds between saves")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--die-at", type=int, default=0, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        asyncio.run(serve(args.serve, args.period, args.die_at))
        return 0
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if args.rounds:
            outcome = asyncio.run(kill_rounds(folder, args.rounds, args.period, args.seed))
            failed |= _report("random moments", outcome)
        if args.steps:
            failed |= _report("steps", asyncio.run(kill_at_steps(folder, range(1, args.steps + 1), args.period)))
        if args.strace and shutil.which("strace"):
            calls = SYSTEM_CALLS
            failed |= _report("system calls", asyncio.run(kill_at_system_calls(folder, calls, args.period)))
    return int(failed)


def _report(how: str, outcome: Outcome) -> bool:
    print(f"{how}: {outcome}", flush=True)
    for failure in outcome.failures:
        print(f"  {failure}", flush=True)
    return bool(outcome.failures)


if __name__ == "__main__":
    sys.exit(main())
