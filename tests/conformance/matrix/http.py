"""Seeded sequences of HTTP faults: a server on the loopback interface that fails in every way, four polled records,
a pushed one over WebSocket or server-sent events, and writes.

Each value says which place of which document it is, and how many requests had come when it was made. Time is virtual
here too: real bytes over real sockets, but nobody waits for a time-out.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Callable

from bridge import ai
from devices import Instrument
from drivers import VALUE, Backoff, DriverError, Events, Get, HttpPort, Post, Push, Pushed
from records import Record
from sim.hosts.websocket import accept, build
from tests.drivers.http.servers import RawServer, reset, response
from tests.virtualtime import run_virtual

__all__ = ["CHANNELS", "run_case"]

TIMEOUT = 0.5
RECOVERY = 60.0  # seconds of virtual time until all is well again
CHANNELS = ("websocket", "events")


class Box(Instrument):
    A1 = ai(inp=Get("/a", "/one"))
    A2 = ai(inp=Get("/a", "/deep/two"))
    B1 = ai(inp=Get("/b", "/one"))
    B2 = ai(inp=Get("/b", "/deep/two"))


PLACES = {"A1": 1, "A2": 2, "B1": 3, "B2": 4}
PATHS = {"/a": (1, 2), "/b": (3, 4)}

# What the records of the one request that meets a fault show. A set where it may be either.
SHOWN: dict[str, set[str]] = {
    "401": {"READ"},
    "409": {"READ"},
    "429": {"READ"},
    "500": {"READ"},
    "503": {"READ"},
    "redirect": {"READ"},
    "silence": {"TIMEOUT"},
    "slow body": {"TIMEOUT"},
    "slow but whole": {"NO_ALARM"},
    "late": {"TIMEOUT"},
    "split": {"NO_ALARM"},
    "wrong JSON": {"READ"},
    "not JSON": {"READ"},
    "missing": {"READ"},
    "null": {"READ"},
    "truncated": {"READ"},
    # on a kept connection it may be that the server had closed it before it heard the question: asked again, once
    "half a head": {"COMM", "NO_ALARM"},
    "closed": {"COMM", "NO_ALARM"},
    "reset": {"COMM", "NO_ALARM"},
    "garbage": {"READ"},
    "duplicate": {"NO_ALARM"},
}
STATUS = {
    "401": ("401 Unauthorized", 'WWW-Authenticate: Basic realm="box"\r\n'),
    "409": ("409 Conflict", ""),
    "429": ("429 Too Many Requests", "Retry-After: 2\r\n"),
    "500": ("500 Internal Server Error", ""),
    "503": ("503 Service Unavailable", "Retry-After: 1\r\n"),
    "redirect": ("302 Found", "Location: /elsewhere\r\n"),
}
PUSHED = ("drop", "reset", "not JSON", "gap", "null")  # what may become of a frame


class Server:
    """The far end. `fault` decides what becomes of each answer."""

    def __init__(self, rnd: random.Random) -> None:
        self.rnd = rnd
        self.fault: Callable[[str], str] = lambda path: ""
        self.requests = 0
        self.written: list[int] = []
        self.raw = RawServer(self._serve)
        self.listeners: dict[asyncio.StreamWriter, bool] = {}  # who listens, and whether to a WebSocket
        self.number = 0

    def document(self, path: str) -> dict[str, object]:
        """Each value holds its place and the number of requests so far."""
        one, two = (place * 10**9 + self.requests for place in PATHS[path])
        return {"one": one, "deep": {"two": two}}

    async def _serve(self, _server: RawServer, request: bytes, writer: asyncio.StreamWriter) -> None:
        head, _, body = request.partition(b"\r\n\r\n")
        path = head.split(b" ")[1].decode()
        if path in ("/ws", "/events"):
            await self._listen(head, path, writer)
            return
        self.requests += 1
        kind = self.fault(path)
        if path == "/set" and kind not in STATUS:
            self.written.append(json.loads(body)["v"])
        document = self.document(path) if path in PATHS else {"ok": True}
        await self._answer(kind, document, writer)

    async def _answer(self, kind: str, document: dict[str, object], writer: asyncio.StreamWriter) -> None:
        good = response(document)
        if kind in STATUS:
            status, headers = STATUS[kind]
            writer.write(response({"why": kind}, status=status, headers=headers))
            return
        match kind:
            case "silence":
                await asyncio.sleep(10 * TIMEOUT)
                return
            case "late":
                await asyncio.sleep(self.rnd.uniform(1.05, 4.0) * TIMEOUT)
            case "slow but whole":
                await self._drip(good, 0.5 * TIMEOUT, writer)
                return
            case "slow body":
                await self._drip(good, 3.0 * TIMEOUT, writer)
                return
            case "split":
                await self._drip(good, 0.01, writer)
                return
            case "wrong JSON":
                good = response([1, 2, 3])
            case "not JSON":
                good = good.replace(b"{", b"<")
            case "missing":
                good = response({})
            case "null":
                good = response({"one": None, "deep": {"two": None}})
            case "duplicate":
                good += good
            case "garbage":
                good = b"\x00\xff" + self.rnd.randbytes(len(good)).replace(b"\n", b"") + b"\r\n\r\n"
            case "truncated":
                good = good[: -self.rnd.randrange(1, 8)]
            case "half a head":
                good = good[: self.rnd.randrange(1, 20)]
        if kind == "reset":
            reset(writer)
            return
        if kind != "closed":
            writer.write(good)
        if kind in ("closed", "truncated", "half a head", "garbage"):
            writer.close()

    async def _drip(self, data: bytes, seconds: float, writer: asyncio.StreamWriter) -> None:
        pieces = 4
        size = len(data) // pieces + 1
        for n in range(0, len(data), size):
            writer.write(data[n : n + size])
            await asyncio.sleep(seconds / pieces)

    # --- what it pushes -----------------------------------------------------------------------------------------

    async def _listen(self, head: bytes, path: str, writer: asyncio.StreamWriter) -> None:
        if path == "/ws":
            key = next(line for line in head.decode().split("\r\n") if line.lower().startswith("sec-websocket-key:"))
            answer = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept(key.split()[1])}"
            writer.write(f"HTTP/1.1 101 Switching Protocols\r\n{answer}\r\n\r\n".encode())
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        self.listeners[writer] = path == "/ws"
        with contextlib.suppress(OSError):
            await writer.wait_closed()  # the next request would be a frame
        self.listeners.pop(writer, None)

    def push(self, kind: str = "") -> int:
        """A frame with the next number. Returns the number."""
        self.number += 2 if kind == "gap" else 1
        frame = json.dumps({"n": self.number, "p": None if kind == "null" else self.number})
        if kind == "not JSON":
            frame = frame[1:]
        for writer, socket in tuple(self.listeners.items()):
            if kind == "reset":
                reset(writer)
            elif kind == "drop":
                writer.close()
            else:
                writer.write(build(frame.encode()) if socket else f"data: {frame}\n\n".encode())
        return self.number


class Case:
    """One sequence: a fault by itself, then many, then none."""

    def __init__(self, channel: str, seed: int) -> None:
        self.rnd = random.Random(f"{channel} {seed}")
        self.server = Server(self.rnd)
        self.channel = channel
        self.number = 0
        self.heard: list[int] = []

    async def run(self) -> None:
        async with self.server.raw as raw:
            push: Push | Events = (
                Push("/ws", under=(), sequence="/n")
                if self.channel == "websocket"
                else Events("/events", sequence="/data/n")
            )
            self.port = HttpPort(
                raw.url,
                name="box",
                timeout=TIMEOUT,
                push=push,
                keep_alive=self.rnd.random() < 0.5,
                backoff=Backoff(first=0.05, longest=0.2),
            )
            self.records: dict[str, Record] = {}
            for record in Box("", port=self.port).records():
                assert isinstance(record, Record)
                self.records[record.name] = record
            pushed = self.port.point(Pushed("/p"))
            pushed.subscribe(lambda reading: self.heard.append(reading.value))  # type: ignore[attr-defined]
            self.writer = self.port.point(Post("/set", {"v": VALUE}))
            async with self.port:
                await self._recovery()
                await self._one_fault()
                await self._chaos()
                await self._recovery()

    async def _round(self) -> None:
        await asyncio.gather(*(self._read(name) for name in self.records))

    async def _read(self, name: str) -> None:
        record, before = self.records[name], self.server.requests
        done = record.process()
        assert done is not None
        await done
        if record.alarm.status.name != "NO_ALARM":
            return
        place, number = divmod(int(record.value), 10**9)
        assert place == PLACES[name], f"{name} got the value of place {place}"
        # the server may have been asked already, by a reader of the same document, but not answered yet
        assert number >= before, f"{name} got a value {before - number} requests too old"

    def _shown(self) -> set[str]:
        return {record.alarm.status.name for record in self.records.values()}

    async def _one_fault(self) -> None:
        kind = self.rnd.choice(list(SHOWN))
        left = [kind]
        self.server.fault = lambda path: left.pop() if left and path == "/a" else ""
        await asyncio.gather(self._read("A1"), self._read("A2"))
        shown = {self.records[name].alarm.status.name for name in ("A1", "A2")}
        assert shown <= SHOWN[kind], f"{kind}: {shown}"
        self.server.fault = lambda path: ""

    async def _chaos(self) -> None:
        chance = self.rnd.choice((0.2, 0.5, 0.8))
        self.server.fault = lambda path: self.rnd.choice(list(SHOWN)) if self.rnd.random() < chance else ""
        for _ in range(self.rnd.randrange(2, 5)):
            self.server.push(self.rnd.choice(PUSHED) if self.rnd.random() < chance else "")
            await asyncio.gather(self._round(), self._write())
            await asyncio.sleep(self.rnd.choice((0.0, 0.2, 1.0)))

    async def _write(self) -> bool:
        self.number += 1
        number = self.number
        try:
            await self.writer.write(number)
        except DriverError:
            assert self.server.written.count(number) <= 1, "a write was sent twice"
            return False
        assert self.server.written.count(number) == 1, "a write was confirmed that was not carried out, or twice"
        return True

    async def _recovery(self) -> None:
        self.server.fault = lambda path: ""
        async with asyncio.timeout(RECOVERY):
            await self._round()
            pause = 0.1
            while self._shown() != {"NO_ALARM"} or not self.server.listeners or not await self._hears():
                await asyncio.sleep(pause)
                await self._round()
                pause *= 1.5
        await self._round()
        assert self._shown() == {"NO_ALARM"}, f"well, and then {self._shown()}"
        assert await self._write()
        assert len(set(self.server.written)) == len(self.server.written)
        assert self.heard == sorted(set(self.heard)), "frames were heard twice, or out of order"

    async def _hears(self) -> bool:
        number = self.server.push()
        for _ in range(10):
            if number in self.heard:
                return True
            await asyncio.sleep(0.01)
        return False


def run_case(channel: str, seed: int) -> None:
    """Raises AssertionError or TimeoutError if the sequence ends badly."""
    run_virtual(Case(channel, seed).run(), patience=0.002)
