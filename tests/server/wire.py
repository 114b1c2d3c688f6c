"""A session without sockets: what a client would send and see, message by message."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from bridge.ca.header import EXTENDED, HEADER, Command, pack_message
from bridge.server import Limits
from bridge.server.hub import Hub
from bridge.server.session import Session
from records import PV


@dataclass(frozen=True)
class Reply:
    command: int
    dbr: int
    count: int
    p1: int
    p2: int
    body: bytes


Done = Callable[[BaseException | None], None]


class StepRunner:
    """Runs coroutines by hand: each is stepped once at once, and again by `go`."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Coroutine[Any, Any, Any], Done]] = []
        self.soon: list[Callable[[], None]] = []

    def start(self, work: Coroutine[Any, Any, Any], /) -> Callable[[Done], None] | None:
        try:
            work.send(None)
        except StopIteration:
            return None
        return lambda done: self.waiting.append((work, done))

    def _step(self, work: Coroutine[Any, Any, Any], done: Done) -> None:
        try:
            work.send(None)
        except StopIteration:
            self.waiting.remove((work, done))
            done(None)
        except Exception as error:
            self.waiting.remove((work, done))
            done(error)

    def go(self) -> None:
        """One more step for each that waits."""
        for work, done in tuple(self.waiting):
            self._step(work, done)

    def call_soon(self, function: Callable[[], None], /) -> None:
        self.soon.append(function)

    def turn(self) -> None:
        """Call what is due soon, and what that makes due."""
        while self.soon:
            self.soon.pop(0)()


class Wire:
    """A client whose socket is a list of bytes, with a hub of its own or of another client."""

    def __init__(self, pvdb: Mapping[str, PV], limits: Limits | None = None, *, beside: Wire | None = None) -> None:
        self.runner = beside.runner if beside else StepRunner()
        self.hub = beside.hub if beside else Hub(pvdb, self.runner, limits or Limits(), port=5064)
        self.writes: list[bytes] = []  # one entry for each write to the socket
        self.closed = False
        self.session = self.connect()
        self.replies()  # the server's VERSION

    def connect(self) -> Session:
        return Session(self.hub, self, "test:1")

    # what a session knows as its link
    def send(self, pieces: list[bytes]) -> None:
        self.writes.append(b"".join(pieces))

    def close(self) -> None:
        self.closed = True
        self.session.close()

    def stalled(self) -> float:
        return 0.0

    def unsent(self) -> list[bytes]:
        return []

    def feed(self, data: bytes) -> None:
        self.hub.hold_flush()
        self.session.feed(data)
        self.hub.flush()
        self.runner.turn()

    def replies(self) -> list[Reply]:
        """All that was sent since the last call, decoded."""
        self.runner.turn()
        data = b"".join(self.writes)
        self.writes.clear()
        found = []
        while data:
            command, size, dbr, count, p1, p2 = HEADER.unpack_from(data)
            start = 16
            if size == 0xFFFF:
                size, count = EXTENDED.unpack_from(data, 16)
                start = 24
            assert size % 8 == 0
            assert len(data) >= start + size, "a reply is cut off"
            found.append(Reply(command, dbr, count, p1, p2, data[start : start + size]))
            data = data[start + size :]
        return found

    def ask(
        self, command: int, body: bytes = b"", dbr: int = 0, count: int = 0, p1: int = 0, p2: int = 0
    ) -> list[Reply]:
        self.feed(pack_message(command, body, dbr, count, p1, p2))
        return self.replies()

    def create_any(self, name: str) -> int:
        """The same in a circuit that may have said something already."""
        return self.ask(Command.CREATE_CHAN, name.encode() + b"\0", p1=1, p2=13)[-1].p2

    def create(self, name: str, cid: int = 1) -> int:
        """Create a channel and return its server id."""
        rights, created = self.ask(Command.CREATE_CHAN, name.encode() + b"\0", p1=cid, p2=13)
        assert rights.command == Command.ACCESS_RIGHTS
        assert created.command == Command.CREATE_CHAN
        assert created.p1 == cid
        return created.p2
