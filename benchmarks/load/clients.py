"""Many circuits with one request each, and one circuit with one request: what the way there and back costs."""

from __future__ import annotations

import select
import time
from collections.abc import Callable

from benchmarks.figures import percentile
from benchmarks.load import frames
from benchmarks.load.circuit import PATIENCE, Circuit, Trouble, name
from benchmarks.load.meter import Measured, Meter, Target

__all__ = ["crowd_get", "crowd_put", "round_trip", "stopwatch"]

WARM_UP = 0.1
BUFFER = 4096


def crowd_get(target: Target, seconds: float, clients: int) -> Measured:
    """Each of `clients` reads, waits for the reply, reads again."""
    return _crowd(target, seconds, clients, 24, lambda sid: (frames.read(sid, 1), frames.read(sid, 1)))


def crowd_put(target: Target, seconds: float, clients: int) -> Measured:
    """Each of `clients` puts, waits for the acknowledgement, puts another value."""
    return _crowd(target, seconds, clients, 16, lambda sid: (frames.write(sid, 1, 1.0), frames.write(sid, 1, 2.0)))


def _crowd(
    target: Target, seconds: float, clients: int, size: int, requests: Callable[[int], tuple[bytes, bytes]]
) -> Measured:
    circuits = [Circuit(target.port) for _ in range(clients)]
    try:
        members: dict[int, _Member] = {}
        poller = select.epoll()
        for number, circuit in enumerate(circuits):
            (sid,) = circuit.create([name(number)])
            circuit.sock.setblocking(False)
            members[circuit.sock.fileno()] = _Member(circuit, *requests(sid))
            poller.register(circuit.sock.fileno(), select.EPOLLIN)
        with poller:
            for member in members.values():
                member.ask()
            _serve(poller, members, size, WARM_UP)
            meter = Meter(target.pid)
            meter.start()
            return meter.stop(_serve(poller, members, size, seconds))
    finally:
        for circuit in circuits:
            circuit.close()


class _Member:
    """One client of the crowd."""

    __slots__ = ("ask_one", "ask_other", "missing", "receive")

    def __init__(self, circuit: Circuit, one: bytes, other: bytes) -> None:
        send = circuit.sock.send
        self.receive = circuit.sock.recv_into
        self.ask_one = lambda: send(one)
        self.ask_other = lambda: send(other)
        self.missing = 0  # bytes of the reply that have not come yet

    def ask(self) -> None:
        self.ask_one()
        self.ask_one, self.ask_other = self.ask_other, self.ask_one


def _serve(poller: select.epoll, members: dict[int, _Member], size: int, seconds: float) -> int:
    buffer = bytearray(BUFFER)
    replies = 0
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        ready = poller.poll(PATIENCE)
        if not ready:
            raise Trouble(f"no reply within {PATIENCE:g} s")
        for descriptor, _ in ready:
            member = members[descriptor]
            length = member.receive(buffer)
            due = member.missing or size
            if length != due:
                if not 0 < length < due:
                    raise Trouble(f"{length} bytes instead of a reply of {due}")
                member.missing = due - length
                continue
            member.missing = 0
            replies += 1
            member.ask()
    return replies


def round_trip(target: Target, seconds: float) -> Measured:
    """One client, one read at a time."""
    with Circuit(target.port) as circuit:
        (sid,) = circuit.create([name(0)])
        request = frames.read(sid, 1)
        send, receive = circuit.sock.send, circuit.sock.recv

        def once() -> None:
            send(request)
            if len(receive(BUFFER)) != 24:
                raise Trouble("a reply came in pieces")

        return stopwatch(once, seconds, Meter(target.pid))


def stopwatch(once: Callable[[], None], seconds: float, meter: Meter) -> Measured:
    """Do it over and over: percentiles of the time that it takes."""
    clock = time.perf_counter
    took: list[float] = []
    for duration in (WARM_UP, seconds):
        took.clear()
        meter.start()
        end = clock() + duration
        before = clock()
        while before < end:
            try:
                once()
            except BlockingIOError:
                raise Trouble(f"no reply within {PATIENCE:g} s") from None
            now = clock()
            took.append(now - before)
            before = now
    measured = meter.stop(len(took))
    measured.p50_us = percentile(took, 50) * 1e6
    measured.p99_us = percentile(took, 99) * 1e6
    return measured
