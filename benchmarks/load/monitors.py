"""Subscribers that count events, and what makes the events: a client that writes, or the server itself."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Sequence
from struct import Struct

from benchmarks.load import frames
from benchmarks.load.circuit import PATIENCE, Circuit, Trouble, name
from benchmarks.load.clients import stopwatch
from benchmarks.load.meter import Measured, Meter, Target
from benchmarks.load.pipeline import CHANNELS, Ring

__all__ = ["EVENT", "EVENT_SIZE", "Subscribers", "server_driven", "write_driven", "write_to_event"]

EVENT = Struct(">12xI16xd")  # an event of a TIME_DOUBLE: the subscription's id and the value
EVENT_SIZE = EVENT.size
ACKNOWLEDGEMENT = 16  # bytes
WARM_UP = 0.2
QUIET = 0.3  # seconds without an event: no more will come
FINAL = 1e6  # values of the last lap begin here
FIRST = 5.0  # a value that no lap writes: whoever writes what is there already makes no event of a record


class Subscribers:
    """Circuits that are subscribed to the same PVs."""

    def __init__(self, target: Target, count: int, channels: int) -> None:
        self.channels = channels
        self.received = 0  # bytes, the first event of each subscription included
        self._buffer = memoryview(bytearray(1 << 20))
        self._poller = select.epoll()
        self.circuits: list[Circuit] = []
        self._receive: dict[int, Callable[[memoryview], int]] = {}
        self._counts: dict[int, int] = {}  # bytes by circuit
        self._kept: dict[int, bytearray] = {}  # what came on each descriptor, while somebody wants to read it
        names = [name(number) for number in range(channels)]
        for _ in range(count):
            circuit = Circuit(target.port)
            self.circuits.append(circuit)
            sids = circuit.create(names)
            circuit.sock.setblocking(False)
            self._receive[circuit.sock.fileno()] = circuit.sock.recv_into
            self._counts[circuit.sock.fileno()] = 0
            self._poller.register(circuit.sock.fileno(), select.EPOLLIN)
            circuit.sock.send(b"".join(frames.subscribe(sid, subid) for subid, sid in enumerate(sids)))
        self.wait_for(count * channels * EVENT_SIZE, "first events")

    def __enter__(self) -> Subscribers:
        return self

    def __exit__(self, *error: object) -> None:
        self._poller.close()
        for circuit in self.circuits:
            circuit.close()

    @property
    def events(self) -> int:
        """Whole events so far."""
        return self.received // EVENT_SIZE

    def pull(self, timeout: float, also: int = -1) -> tuple[int, bool]:
        """Take in what has come. Returns how many bytes that was, and whether the descriptor `also` is readable."""
        buffer, receive, before = self._buffer, self._receive, self.received
        other = False
        for descriptor, _ in self._poller.poll(timeout):
            if descriptor == also:
                other = True
                continue
            length = receive[descriptor](buffer)
            if not length:
                raise Trouble("the server closed a subscriber's circuit")
            self.received += length
            self._counts[descriptor] += length
            if descriptor in self._kept:
                self._kept[descriptor] += buffer[:length]
        return self.received - before, other

    def watch(self, circuit: Circuit) -> None:
        """Let `pull` look after another circuit too."""
        self._poller.register(circuit.sock.fileno(), select.EPOLLIN)

    def unwatch(self, circuit: Circuit) -> None:
        """No longer."""
        self._poller.unregister(circuit.sock.fileno())

    def wait_for(self, size: int, what: str) -> None:
        """Until so many bytes have come in all."""
        end = time.perf_counter() + PATIENCE
        while self.received < size:
            self.pull(0.1)
            if time.perf_counter() > end:
                raise Trouble(f"{what}: {self.received // EVENT_SIZE} of {size // EVENT_SIZE} came")

    def let_come(self, seconds: float) -> None:
        """Take in what comes during this time."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            self.pull(0.05)

    def newest(self) -> float:
        """The greatest value in what comes next on the first circuit; to within one of the newest that there is."""
        descriptor = self.circuits[0].sock.fileno()
        begun = -self._counts[descriptor] % EVENT_SIZE  # bytes of an event whose beginning has come already
        data = bytearray()
        self._kept = {descriptor: data}
        end = time.perf_counter() + PATIENCE
        while len(data) < begun + EVENT_SIZE:
            self.pull(0.05)
            if time.perf_counter() > end:
                raise Trouble("no events come")
        self._kept = {}
        whole = (len(data) - begun) // EVENT_SIZE * EVENT_SIZE
        return max(value for _, value in EVENT.iter_unpack(bytes(data[begun : begun + whole])))

    def settle(self) -> None:
        """Until nothing comes any more."""
        end = time.perf_counter() + PATIENCE
        while self.pull(QUIET)[0]:
            if time.perf_counter() > end:
                raise Trouble("events without end")
        if self.received % EVENT_SIZE:
            raise Trouble(f"{self.received} bytes are no whole number of events")

    def finals(self, writer: Circuit, sids: Sequence[int]) -> int:
        """Write a last value to every PV; returns how many subscriptions do not have theirs a second later."""
        kept = self._kept = {descriptor: bytearray() for descriptor in self._receive}
        missing = {descriptor: set(range(self.channels)) for descriptor in kept}
        self._final_lap(writer, sids)
        stop = time.perf_counter() + 1.0
        while any(missing.values()) and time.perf_counter() < stop:
            self.pull(0.05)
            for descriptor, data in kept.items():
                whole = len(data) - len(data) % EVENT_SIZE
                events = EVENT.iter_unpack(bytes(data[:whole]))
                missing[descriptor] -= {subid for subid, value in events if value == FINAL + subid}
                del data[:whole]
        self._kept = {}
        return sum(map(len, missing.values()))

    def _final_lap(self, writer: Circuit, sids: Sequence[int]) -> None:
        writer.send(b"".join(frames.write(sid, ioid, FINAL + ioid) for ioid, sid in enumerate(sids)))
        left = len(sids) * ACKNOWLEDGEMENT
        while left > 0:
            left -= len(writer.receive())


def _prepare(target: Target, channels: int) -> None:
    """Begin with values that the load does not write."""
    with Circuit(target.port) as circuit:
        sids = circuit.create([name(number) for number in range(channels)])
        circuit.write(sids, [FIRST] * channels)


def write_driven(target: Target, seconds: float, subscribers: int, window: int) -> Measured:
    """One client writes a thousand PVs in turn; each subscriber watches them all. An operation is an event."""
    _prepare(target, CHANNELS)
    with Subscribers(target, subscribers, CHANNELS) as crowd, Circuit(target.port) as writer:
        sids = writer.create([name(number) for number in range(CHANNELS)])
        ring = Ring([frames.write(sid, ioid, value) for value in (1.0, 2.0) for ioid, sid in enumerate(sids)])
        crowd.watch(writer)
        first = crowd.events
        writer.send(ring.take(window))
        pump = _Pump(crowd, writer, ring)
        pump.run(WARM_UP)
        meter = Meter(target.pid)
        meter.start()
        before = crowd.events
        pump.run(seconds)
        measured = meter.stop(crowd.events - before)
        crowd.unwatch(writer)
        written = pump.acknowledged + window
        while pump.received < written * ACKNOWLEDGEMENT:
            pump.received += len(writer.receive())
        crowd.settle()
        measured.lost = max(0.0, 1 - (crowd.events - first) / (written * subscribers))
        missing = crowd.finals(writer, sids)
        if missing:
            measured.trouble = f"{missing} subscriptions without their final value"
        return measured


class _Pump:
    """The writer: as many new puts as were acknowledged."""

    def __init__(self, crowd: Subscribers, writer: Circuit, ring: Ring) -> None:
        self._crowd = crowd
        self._writer = writer
        self._ring = ring
        self.received = 0
        self.acknowledged = 0

    def run(self, seconds: float) -> None:
        crowd, writer, descriptor = self._crowd, self._writer, self._writer.sock.fileno()
        buffer = bytearray(1 << 16)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            _, ready = crowd.pull(0.05, descriptor)
            if not ready:
                continue
            length = writer.sock.recv_into(buffer)
            if not length:
                raise Trouble("the server closed the writer's circuit")
            self.received += length
            new = self.received // ACKNOWLEDGEMENT - self.acknowledged
            self.acknowledged += new
            writer.send(self._ring.take(new))


def server_driven(target: Target, seconds: float, subscribers: int, channels: int) -> Measured:
    """The server changes its PVs by itself, adding 1 each time, so that the values tell how many events were due."""
    with Subscribers(target, subscribers, channels) as crowd:
        crowd.let_come(0.5)
        meter = Meter(target.pid)
        first = crowd.newest()
        meter.start()
        before = crowd.received
        crowd.let_come(seconds)
        measured = meter.stop((crowd.received - before) / EVENT_SIZE)
        beats = crowd.newest() - first - 1  # where a beat was cut in two nobody knows
        if beats <= 0:
            raise Trouble("the server does not change its PVs")
        measured.lost = max(0.0, 1 - measured.operations / (beats * channels * subscribers))
        return measured


def write_to_event(target: Target, seconds: float) -> Measured:
    """A WRITE on one circuit until its event on another."""
    _prepare(target, 1)
    with Subscribers(target, 1, 1) as crowd, Circuit(target.port) as writer:
        (sid,) = writer.create([name(0)])
        crowd.settle()  # a late repetition of the first event would be taken for an answer
        sock = crowd.circuits[0].sock
        sock.setblocking(True)  # as it was: with the kernel's time limit
        send, receive = writer.sock.send, sock.recv
        writes = [frames.write(sid, 0, value, frames.WRITE) for value in (3.0, 4.0)]

        def once() -> None:
            send(writes[0])
            if len(receive(4096)) != EVENT_SIZE:
                raise Trouble("not one event for one write")
            writes.reverse()

        return stopwatch(once, seconds, Meter(target.pid))
