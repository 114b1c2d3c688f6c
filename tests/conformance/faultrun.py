"""One seeded sequence of faults on one wire: what each record may show after each, and what it must show in the end."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from devices import Instrument
from drivers import Ask, Hear, Tell
from drivers.backoff import Backoff
from drivers.line.checksums import Checksum
from drivers.line.frames import Checked
from drivers.line.framing import Lines
from records import Record, Status, ai, ao, longin
from tests.drivers.wires import Heard, Wire

__all__ = ["KINDS", "Sequence", "Wrong"]

TIMEOUT = 0.2  # seconds for a reply; on real wires, longer
QUIET = 0.5

OK = frozenset((Status.NO_ALARM,))
MISSED = frozenset((Status.TIMEOUT,))
BAD = frozenset((Status.READ,))
GONE = frozenset((Status.COMM,))
ANY = frozenset((Status.NO_ALARM, Status.TIMEOUT, Status.READ, Status.COMM))

#: fault -> what a record that meets it alone may show
KINDS: dict[str, frozenset[Status]] = {
    "none": OK,
    "delay": OK,
    "split": OK,
    "duplicate": OK,
    "unsolicited": OK,
    "silence": MISSED,
    "late": MISSED,
    "truncated": MISSED,
    "garbage": BAD,
    "checksum": BAD,
    "echo": BAD,
    "reset": GONE,
    "refuse": GONE,
    "half-open": MISSED,
}
NEEDS_CONNECTION = ("reset", "refuse")
NEEDS_STREAM = ("split",)


class Wrong(AssertionError):
    """A record shows what it must not."""


class Rig(Instrument):
    Q1 = ai(inp=Ask("Q1?"))
    Q2 = ai(inp=Ask("Q2?"))
    Q3 = ai(inp=Ask("Q3?"))
    SP = ao(out=Tell("SP {:.3f}", reply="OK"), inp=Ask("SP?"))
    EVT = longin(inp=Hear(r"EVT (\d+)", int))


class Sequence:
    """`steps` faults, one or a few at a time, over `wire`, all from `seed`."""

    def __init__(self, wire: Wire, seed: int, steps: int = 6, timeout: float = TIMEOUT) -> None:
        self.random = random.Random(seed)
        self.wire = wire
        self.steps = steps
        self.timeout = timeout
        self.checksum = Checksum("xor", "hex") if self.random.random() < 0.5 else None
        self.echo = self.random.random() < 0.2
        framing = Checked(Lines(b"\r\n", b"\r\n", 1000), self.checksum) if self.checksum else None
        self.port = wire.port(
            timeout=timeout, quiet=QUIET, framing=framing, echo=self.echo and not framing, backoff=Backoff(0.01, 0.05)
        )
        self.echo = self.echo and not framing
        self.rig = Rig("F:", port=self.port)
        self.fault = "none"
        self.events = 0  # said so far
        self.setpoint = 0.0
        self.serial = 0
        self.answers: dict[str, list[float]] = {}  # to each question, oldest first
        self.story: list[str] = []
        self.tasks: set[asyncio.Task[Any]] = set()
        kinds = [kind for kind in KINDS if kind != "checksum" or self.checksum]
        if wire.transport.datagrams:
            kinds = [kind for kind in kinds if kind not in (*NEEDS_CONNECTION, *NEEDS_STREAM)]
        self.kinds = kinds

    # --- the instrument -----------------------------------------------------------------------------------------

    async def serve(self) -> None:
        while True:
            heard = await self.wire.far.next()
            question = heard.text[:-2] if self.checksum else heard.text
            self.reply(heard, question, self.answer(question))

    def answer(self, question: str) -> str:
        """Each reading is another, and says whose it is by its whole part: Q2? is answered 2.000017."""
        if question.startswith("SP "):
            self.setpoint = float(question[3:])
            return "OK"
        self.serial += 1
        text = f"{self.setpoint:.3f}" if question == "SP?" else f"{question[1]}.{self.serial:06}"
        self.answers.setdefault(question, []).append(float(text))
        return text

    def dressed(self, text: str) -> bytes:
        data = text.encode()
        return data + (self.checksum.of(data) if self.checksum else b"") + b"\r\n"

    def reply(self, heard: Heard, question: str, text: str) -> None:
        fault = self.fault
        if fault != "half-open":
            self.fault = "none"  # one reply meets it
        data = (self.dressed(question) if self.echo else b"") + self.dressed(text)
        match fault:
            case "silence" | "half-open":
                return
            case "delay":
                self.later(heard, data, self.timeout * self.random.uniform(0.1, 0.6))
            case "late":
                self.later(heard, data, self.timeout + QUIET * self.random.uniform(0.1, 0.9))
            case "truncated":
                heard.send(data[: self.random.randrange(1, len(data) - 1)])
            case "split":
                self.spawn(self.pieces(heard, data))
            case "duplicate":
                heard.send(data + self.dressed(text))
            case "unsolicited":
                self.events += 1
                heard.send(self.dressed(f"EVT {self.events}") + data)
            case "garbage":
                noise = bytes(self.random.randrange(0x80, 0x100) for _ in range(self.random.randrange(1, 20)))
                heard.send((self.dressed(question) if self.echo else b"") + noise + b"\r\n")
            case "checksum":
                heard.send(data[:-3] + (b"0" if data[-3:-2] != b"0" else b"1") + b"\r\n")
            case "echo":  # one more than the port knows of
                heard.send(self.dressed(question) + data)
            case "reset" | "refuse":
                self.spawn(self.wire.far.drop() if fault == "reset" else self.wire.far.hang_up())
            case _:
                heard.send(data)

    def later(self, heard: Heard, data: bytes, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, heard.send, data)

    async def pieces(self, heard: Heard, data: bytes) -> None:
        for byte in data:
            heard.send(bytes((byte,)))
            await asyncio.sleep(self.timeout / 200)

    def spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    # --- the records --------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Raises Wrong."""
        self.spawn(self.serve())
        unsubscribe = self.rig.EVT.inp.subscribe(self.rig.EVT.process)
        await self.port.start()
        await self.port.wait_up(30.0)
        await self.wire.far.noticed()
        try:
            for _ in range(self.steps):
                await self.step()
            await self.end()
        finally:
            unsubscribe()
            for task in tuple(self.tasks):
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)

    async def step(self) -> None:
        self.fault = kind = self.random.choice(self.kinds)
        action = self.random.choice(("one", "one", "put", "all"))
        self.story.append(f"{kind} {action}")
        if action == "one":
            record = self.random.choice((self.rig.Q1, self.rig.Q2, self.rig.Q3, self.rig.SP))
            await self.process(record, self.allowed(kind))
        elif action == "put":
            await self.put(self.random.randrange(1, 1000) / 8, kind)
        else:
            records = (self.rig.Q1, self.rig.Q2, self.rig.Q3, self.rig.SP)
            await asyncio.gather(*(self.process(record, ANY) for record in records))
        if self.random.random() < 0.3:
            await asyncio.sleep(self.random.uniform(0.0, self.timeout))
        if kind == "half-open":
            self.fault = "none"
        if kind == "refuse":
            await self.wire.far.plug_in()
        if kind in NEEDS_CONNECTION:
            await self.port.wait_up(30.0)
            await self.wire.far.noticed()

    def allowed(self, kind: str) -> frozenset[Status]:
        found = KINDS[kind]
        if kind == "truncated" and self.wire.transport.datagrams:
            found = BAD
        return found | MISSED if self.doubtful else found

    @property
    def doubtful(self) -> bool:
        """A reply is missing on a wire where it may still come: a second line then means that one of two is late."""
        return not self.wire.transport.reopens and (self.port._wire._unresolved or self.port._repairing)

    async def process(self, record: Record, allowed: frozenset[Status]) -> None:
        question = record.inp.question.text  # type: ignore[union-attr]
        before = len(self.answers.get(question, ()))
        work = record.process()
        if work is not None:
            await work
        if record.alarm.status not in allowed:
            raise Wrong(f"{record.name} is in {record.alarm}, not {sorted(one.name for one in allowed)}")
        if record.alarm.status is Status.NO_ALARM and record.value not in self.answers.get(question, [])[before:]:
            raise Wrong(f"{record.name} shows {record.value}, which no reply to {question} said since it was asked")

    async def put(self, value: float, kind: str) -> None:
        record = self.rig.SP
        may_fail = KINDS[kind] != OK or self.doubtful
        try:
            work = record.put(value)
            if work is not None:
                await work
        except Exception as error:
            if not may_fail or record.alarm.status is not Status.WRITE:
                raise Wrong(f"a put failed with {error!r}, the record is in {record.alarm}") from error
        else:
            if record.value != value or self.setpoint != value or record.alarm.status is not Status.NO_ALARM:
                raise Wrong(
                    f"a put of {value} shows {record.value}, {record.alarm}; the instrument has {self.setpoint}"
                )
            if KINDS[kind] != OK:
                raise Wrong(f"a put of {value} succeeded in spite of {kind}")

    async def end(self) -> None:
        """All faults are over: after what may still be under way, all is as it should be."""
        self.fault = "none"
        await asyncio.sleep(self.timeout + 2 * QUIET)
        for record in (self.rig.Q1, self.rig.Q2, self.rig.Q3, self.rig.SP):
            await self.process(record, OK)
        await self.put(62.5, "none")
        if self.events and (self.rig.EVT.value != self.events or self.rig.EVT.alarm.status is not Status.NO_ALARM):
            raise Wrong(f"EVT shows {self.rig.EVT.value}, {self.rig.EVT.alarm} after {self.events} events")
        if self.port.waiting:
            raise Wrong(f"{self.port.waiting} still wait")
