"""One circuit with a window of requests under way: as replies come, as many new requests go out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from struct import Struct

from benchmarks.load import frames
from benchmarks.load.circuit import PATIENCE, Circuit, Trouble, array_name, name
from benchmarks.load.frames import Message
from benchmarks.load.meter import Measured, Meter, Target

__all__ = ["Ring", "array", "get", "get_time", "put"]

CHANNELS = 1000
WARM_UP = 0.1  # seconds
SAMPLE = 16  # of so many chunks one is looked at
NORMAL = 1  # ECA_NORMAL as replies carry it
_HEAD = 12  # bytes of a reply's header that are the same in all: all but the request's id
_DOUBLE = Struct(">d")


class Ring:
    """Requests of one size, made in advance, to be taken round and round."""

    def __init__(self, requests: Sequence[bytes]) -> None:
        self.size = len(requests[0])
        self.lap = len(requests)
        self._bytes = memoryview(b"".join(requests) * 2)
        self._at = 0

    def take(self, count: int) -> memoryview:
        """The next `count` requests, `lap` at most."""
        start = self._at * self.size
        self._at = (self._at + count) % self.lap
        return self._bytes[start : start + count * self.size]


class Pipeline:
    """Keeps a window open on one circuit. `reply` is what each reply begins with, `size` how long it is."""

    def __init__(self, circuit: Circuit, ring: Ring, window: int, reply: bytes, size: int) -> None:
        self._circuit = circuit
        self._ring = ring
        self._window = window
        self._reply = reply
        self._size = size
        self._buffer = bytearray(max(1 << 18, min(size, 1 << 20)))
        self._received = 0  # bytes
        self._done = 0  # requests answered

    def run(self, seconds: float, meter: Meter) -> Measured:
        """Warm up, measure, and take in what is still under way."""
        circuit, ring = self._circuit, self._ring
        circuit.send(ring.take(self._window))
        self._pump(WARM_UP)
        meter.start()
        before = self._done
        self._pump(seconds)
        measured = meter.stop(self._done - before)
        sent = self._done + self._window
        while self._received < sent * self._size:
            self._received += len(circuit.receive())
        if self._received != sent * self._size:
            raise Trouble(f"{sent} requests brought {self._received} bytes, not {sent * self._size}")
        return measured

    def _pump(self, seconds: float) -> None:
        size, buffer, take = self._size, self._buffer, self._ring.take
        receive, send = self._circuit.sock.recv_into, self._circuit.send
        received, done = self._received, self._done
        chunks = 0
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            try:
                length = receive(buffer)
            except BlockingIOError:
                raise Trouble(f"no reply within {PATIENCE:g} s") from None
            if not length:
                raise Trouble("the server closed the circuit")
            chunks += 1
            if chunks % SAMPLE == 0:
                self._check(received, length)
            received += length
            new = received // size - done
            if new:
                done += new
                send(take(new))
        self._received, self._done = received, done

    def _check(self, before: int, length: int) -> None:
        """Look at the first reply that begins in the buffer."""
        start = -before % self._size
        if start + _HEAD <= length and self._buffer[start : start + _HEAD] != self._reply:
            raise Trouble(f"unexpected reply {bytes(self._buffer[start : start + 16]).hex(' ')}")


def _verify(circuit: Circuit, ring: Ring, command: int, right: Callable[[Message], bool]) -> None:
    """One lap, read in full: each request answered once, with success, by what it asked for."""
    circuit.send(ring.take(ring.lap))
    replies = circuit.collect(ring.lap, (command,))
    if sorted(reply.p2 for reply in replies) != list(range(ring.lap)):
        raise Trouble("some requests were answered twice, others never")
    for reply in replies:
        if reply.p1 != NORMAL or not right(reply):
            what = f"type {reply.dbr}, count {reply.count}, status {reply.p1}, {reply.body[:64].hex(' ')}"
            raise Trouble(f"wrong reply to request {reply.p2}: {what}")
    circuit.hush()


def _value(number: int) -> float:
    return number + 0.5


def get(target: Target, seconds: float, window: int, dbr: int = frames.DOUBLE) -> Measured:
    """READ_NOTIFY of a thousand PVs in turn."""
    metadata = 16 if dbr == frames.TIME_DOUBLE else 0
    size = 8 + metadata
    with Circuit(target.port) as circuit:
        sids = circuit.create([name(number) for number in range(CHANNELS)])
        if target.exact:
            puts = Ring([frames.write(sid, ioid, _value(ioid)) for ioid, sid in enumerate(sids)])
            _verify(circuit, puts, frames.WRITE_NOTIFY, lambda reply: True)
        ring = Ring([frames.read(sid, ioid, dbr) for ioid, sid in enumerate(sids)])
        head = frames.HEADER.pack(frames.READ_NOTIFY, size, dbr, 1, NORMAL, 0)[:_HEAD]
        pipeline = Pipeline(circuit, ring, window, head, frames.HEADER.size + size)
        measured = pipeline.run(seconds, Meter(target.pid))
        if target.exact:
            rest = Ring([frames.read(sid, ioid, dbr) for ioid, sid in enumerate(sids)])
            _verify(
                circuit,
                rest,
                frames.READ_NOTIFY,
                lambda reply: reply.size == size and _DOUBLE.unpack_from(reply.body, metadata)[0] == _value(reply.p2),
            )
        return measured


def get_time(target: Target, seconds: float, window: int) -> Measured:
    """The same with time stamp and alarm."""
    return get(target, seconds, window, frames.TIME_DOUBLE)


def put(target: Target, seconds: float, window: int) -> Measured:
    """WRITE_NOTIFY of a thousand PVs in turn, each lap with another value than the one before."""
    with Circuit(target.port) as circuit:
        sids = circuit.create([name(number) for number in range(CHANNELS)])
        laps = [frames.write(sid, ioid, value) for value in (1.0, 2.0) for ioid, sid in enumerate(sids)]
        head = frames.HEADER.pack(frames.WRITE_NOTIFY, 0, frames.DOUBLE, 1, NORMAL, 0)[:_HEAD]
        pipeline = Pipeline(circuit, Ring(laps), window, head, frames.HEADER.size)
        measured = pipeline.run(seconds, Meter(target.pid))
        if target.exact:
            last = Ring([frames.write(sid, ioid, _value(ioid)) for ioid, sid in enumerate(sids)])
            _verify(circuit, last, frames.WRITE_NOTIFY, lambda reply: reply.size == 0)
            reads = Ring([frames.read(sid, ioid) for ioid, sid in enumerate(sids)])
            right = lambda reply: _DOUBLE.unpack(reply.body)[0] == _value(reply.p2)  # noqa: E731 - short and used once
            _verify(circuit, reads, frames.READ_NOTIFY, right)
        return measured


def array(target: Target, seconds: float, window: int, elements: int) -> Measured:
    """READ_NOTIFY of the first `elements` of the array. An operation is a megabyte."""
    payload = elements * 8
    with Circuit(target.port) as circuit:
        (sid,) = circuit.create([array_name()])
        ring = Ring([frames.read(sid, ioid, count=elements) for ioid in range(window)])
        if payload < 0xFFFF and elements < 0xFFFF:
            head = frames.HEADER.pack(frames.READ_NOTIFY, payload, frames.DOUBLE, elements, NORMAL, 0)
            size = len(head) + payload
        else:
            head = frames.HEADER.pack(frames.READ_NOTIFY, 0xFFFF, frames.DOUBLE, 0, NORMAL, 0)
            size = len(head) + 8 + payload
        pipeline = Pipeline(circuit, ring, window, head[:_HEAD], size)
        measured = pipeline.run(seconds, Meter(target.pid))
        rest = Ring([frames.read(sid, ioid, count=elements) for ioid in range(window)])
        _verify(circuit, rest, frames.READ_NOTIFY, lambda reply: reply.count == elements and reply.size == payload)
        measured.operations *= size / 1e6
        return measured
