"""A seeded fuzzer of the protocol core and of the server's session, without sockets.

    python -m tests.abuse.fuzz --cases 200000 --seed 1      # run
    python -m tests.abuse.fuzz --case 4711 --seed 1         # look at one

Each case is a conversation, mutated, and fed whole and in pieces of any size. Whatever the bytes: the same messages,
or a RemoteProtocolError, come of both; a session raises nothing, answers with nothing worse than a WARNING, and leaves
nothing behind. In every fiftieth case memory is traced, and in all of them the address space is limited, so that an
allocation sized by what a header says would be seen.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import resource
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bridge.ca import (
    CLIENT,
    SERVER,
    Broadcaster,
    ClientChannel,
    CreateChanRequest,
    CreateChanResponse,
    LocalProtocolError,
    Message,
    RemoteProtocolError,
    Role,
    ServerChannel,
    VersionRequest,
    VirtualCircuit,
)
from bridge.ca import Limits as CoreLimits
from bridge.ca.header import EXTENDED, HEADER, Command
from bridge.ca.status import Severity, from_code
from bridge.server import Limits
from bridge.server.hub import Hub
from bridge.server.session import Session
from records import PV, FieldType, Metadata
from tests.abuse.said import by_client, by_server, datagram, mutated, pieces

__all__ = ["CaseFailed", "run", "run_case"]

MIB = 1 << 20
SPACE = 256 * MIB  # more address space than at the start
TRACED = 50  # one case in so many
NAMES = (
    b"F:d",
    b"F:l",
    b"F:s",
    b"F:e",
    b"F:w",
    b"F:c",
    b"F:t",
    b"F:ro",
    b"F:nan",
    b"F:d.VAL",
    b"F:w.[1:3]",
    b"F:nobody",
)
FILTERED = (
    b'F:d.{"dbnd":{"abs":1}}',
    b'F:w.{"arr":{"s":1}}',
    b"F:s.VAL$",
    b'F:d.{"dec":{"n":2}}',
    b"F:d.{",
    b"\xff\xfe",
)
CORE_LIMITS = CoreLimits(message_before_version=4096, message=1 << 16, channels=8, subscriptions=8)


class CaseFailed(AssertionError):
    """The message says how to run the case again."""


# --- the core -------------------------------------------------------------------------------------------------------


def _core(role: Role, chunks: list[bytes]) -> list[str]:
    """What a circuit makes of the chunks: messages, and the faults between them. In words, as NaN is not like NaN."""
    circuit = VirtualCircuit(role, ("127.0.0.1", 1), 0, limits=CORE_LIMITS)
    found: list[str] = []
    if role is CLIENT:
        circuit.send(VersionRequest(0, 13))
        for number in range(3):
            circuit.send(ClientChannel(f"F:{number}", circuit).create())
    for chunk in chunks:
        circuit.receive_data(chunk)
        while True:
            try:
                for message in circuit.events():
                    found.append(repr(message))
                    _go_on(circuit, message)
                break
            except RemoteProtocolError as error:
                found.append(f"{error} {error.eca!r} {error.request} {error.fatal}")
                if error.fatal:
                    return found
    assert len(circuit.channels) <= CORE_LIMITS.channels + 3
    assert len(circuit.subscriptions) <= CORE_LIMITS.subscriptions + 3
    return found


def _go_on(circuit: VirtualCircuit, message: Message) -> None:
    """Do what makes the next messages possible."""
    match message:
        case CreateChanRequest(_, cid):
            channel = circuit.channels[cid]
            assert isinstance(channel, ServerChannel)
            circuit.send(channel.rights(3), channel.create(6, 1))
        case CreateChanResponse(_, _, cid, _):
            channel = circuit.channels[cid]
            assert isinstance(channel, ClientChannel)
            for request in (channel.read, lambda: channel.write((1.0,), notify=True), channel.subscribe):
                with contextlib.suppress(LocalProtocolError):  # no right to write, text wanted ...
                    circuit.send(request())


def _datagrams(role: Role, data: bytes) -> object:
    broadcaster = Broadcaster(role)
    try:
        return broadcaster.recv(data, ("127.0.0.1", 5064))
    except RemoteProtocolError as error:
        return str(error), error.eca, error.request


# --- the session ----------------------------------------------------------------------------------------------------


class Wire:
    """A session's link and its runner: nothing waits, and nothing takes time."""

    def __init__(self, hurried: bool) -> None:
        self.pvdb = _database()
        self.soon: list[Any] = []
        self.sent: list[bytes] = []
        # A turn that is over as soon as it begins makes the session leave its work for later at every opportunity.
        self.hub = Hub(self.pvdb, self, Limits(message=1 << 16, request=4096), 5064, lambda: 0.0)
        if hurried:
            self.hub.overdue = lambda: True  # type: ignore[method-assign]
        self.session = Session(self.hub, self, "fuzz:1")

    def start(self, work: Any, /) -> None:
        try:
            work.send(None)
        except StopIteration:
            return
        raise AssertionError("nothing here waits")

    def call_soon(self, function: Any, /) -> None:
        self.soon.append(function)

    def send(self, pieces: list[bytes]) -> None:
        self.sent.append(b"".join(pieces))

    def stalled(self) -> float:
        return 0.0

    def unsent(self) -> list[bytes]:
        return []

    def close(self) -> None:
        self.session.close()

    def feed(self, chunk: bytes) -> None:
        self.hub.hold_flush()
        self.session.feed(chunk)
        self.hub.flush()
        while self.soon:
            self.soon.pop(0)()


def _database() -> dict[str, PV]:
    pvs = [
        PV("F:d", 1.5, metadata=Metadata(units="mm", precision=2)),
        PV("F:l", 7, FieldType.LONG),
        PV("F:s", "text", FieldType.STRING),
        PV("F:e", 1, FieldType.ENUM, metadata=Metadata(states=("off", "on"))),
        PV("F:w", [1.0, 2.0, 3.0], max_count=5),
        PV("F:c", b"chars", FieldType.CHAR, max_count=9),
        PV("F:t", ["one", "two"], FieldType.STRING, max_count=3),
        PV("F:ro", 2.0, writable=False),
        PV("F:nan", float("nan")),
    ]
    return {pv.name: pv for pv in pvs}


def _session(chunks: list[bytes], hurried: bool) -> list[bytes]:
    """All that the session answers, message by message."""
    wire = Wire(hurried)
    for chunk in chunks:
        if wire.session.closed:
            break
        wire.feed(chunk)
    replies = list(_split(b"".join(wire.sent)))
    wire.session.close()
    hub = wire.hub
    left = hub.channels, hub.subscriptions, hub.unfinished, hub.put_bytes, hub.views, len(hub.sessions)
    assert left == (0, 0, 0, 0, 0, 0), f"the session leaves something behind: {left}"
    assert not hub._outlets
    assert not any(pv.listeners for pv in wire.pvdb.values())
    return replies


def _split(data: bytes) -> Iterator[bytes]:
    offset = 0
    while offset < len(data):
        command, size, _, _, _, p2 = HEADER.unpack_from(data, offset)
        start = 16
        if size == 0xFFFF:
            size, _ = EXTENDED.unpack_from(data, offset + 16)
            start = 24
        assert size % 8 == 0
        assert offset + start + size <= len(data), "an answer is cut off"
        if command == Command.ERROR:
            status = from_code(p2)
            assert status is not None, p2
            assert status.severity is Severity.WARNING, status
        yield data[offset : offset + start + size]
        offset += start + size


def _comparable(replies: list[bytes], data: bytes) -> list[bytes]:
    """The replies in an order of their own, as events may come a turn later; after EVENTS_OFF they may be fewer."""
    held = any(data[at : at + 2] == b"\0\x08" for at in range(0, len(data), 8))
    return sorted(reply for reply in replies if not held or reply[1] != Command.EVENT_ADD)


# --- cases ----------------------------------------------------------------------------------------------------------


def run_case(seed: int, number: int) -> None:
    """Run one case. Raises CaseFailed, with what it takes to run it again."""
    rng = random.Random(seed * 1_000_003 + number)
    kind = number % 8
    data = b""
    try:
        if kind in (0, 1):
            role = CLIENT if kind else SERVER
            data = mutated(rng, by_server(rng) if kind else by_client(rng, NAMES))
            if not rng.randrange(10):
                data = rng.randbytes(rng.randrange(1, 200))
            assert _core(role, pieces(rng, data)) == _core(role, [data]), "pieces and the whole differ"
        elif kind == 2:
            data = mutated(rng, datagram(rng, NAMES))
            _datagrams(SERVER, data)
            _datagrams(CLIENT, data)
        else:
            data = mutated(rng, by_client(rng, NAMES + FILTERED))
            if not rng.randrange(20):
                data = rng.randbytes(rng.randrange(1, 200))
            whole = _comparable(_session([data], hurried=False), data)
            again = _comparable(_session(pieces(rng, data), hurried=kind % 2 == 0), data)
            assert again == whole, "pieces and the whole differ"
    except Exception as error:
        raise CaseFailed(
            f"{error!r}: python -m tests.abuse.fuzz --seed {seed} --case {number}\nbytes: {data.hex()}"
        ) from error


def run(cases: int, seed: int, first: int = 0) -> None:
    """Run cases. Raises CaseFailed."""
    with _limited_space():
        for number in range(first, first + cases):
            if number % TRACED:
                run_case(seed, number)
                continue
            tracemalloc.start()
            try:
                run_case(seed, number)
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
            if peak > 32 * MIB:  # the largest answers of a dozen requests, 64 KiB each, four times over
                raise CaseFailed(f"{peak / MIB:.0f} MiB: python -m tests.abuse.fuzz --seed {seed} --case {number}")


@contextlib.contextmanager
def _limited_space() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + SPACE, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.abuse.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", type=int, help="only this one")
    options = parser.parse_args()
    if options.case is not None:
        run_case(options.seed, options.case)
        return
    begin = time.monotonic()
    step = 10_000
    for first in range(0, options.cases, step):
        run(min(step, options.cases - first), options.seed, first)
        done = min(first + step, options.cases)
        print(f"{done:9} cases of seed {options.seed}, {time.monotonic() - begin:.0f} s", flush=True)


if __name__ == "__main__":
    import logging

    logging.disable()
    main()
