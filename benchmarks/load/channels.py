"""Opening channels, and opening circuits."""

from __future__ import annotations

import errno
import functools
import select
import socket
import time

from benchmarks.load import frames
from benchmarks.load.circuit import Circuit, Trouble, name
from benchmarks.load.meter import Measured, Meter, Target

__all__ = ["connect", "create"]

CREATED = 32  # bytes: access rights and the channel's number
AT_ONCE = 1000
PATIENCE = 10.0


@functools.cache
def _requests(count: int) -> tuple[bytes, ...]:
    """Requests for `count` channels, so many at once."""
    every = [frames.create(name(cid), cid) for cid in range(count)]
    return tuple(b"".join(every[first : first + AT_ONCE]) for first in range(0, count, AT_ONCE))


def create(target: Target, seconds: float, count: int) -> Measured:
    """Open `count` channels on a fresh circuit, again and again; at most five times, all circuits staying open.

    They stay because closing them is not what is measured, and the server does it when it likes.
    """
    circuits: list[Circuit] = []
    meter = Meter(target.pid)
    end = time.perf_counter() + seconds
    try:
        while len(circuits) < 5 and (not circuits or time.perf_counter() < end):
            circuit = Circuit(target.port)
            circuits.append(circuit)
            circuit.create([name(0)], first_cid=count)  # then the server has greeted and settled
            _create(circuit, count, meter)
    finally:
        for circuit in circuits:
            circuit.close()
    return meter.measured


def _create(circuit: Circuit, count: int, meter: Meter) -> None:
    requests = _requests(count)
    pieces: list[bytes] = []
    received = 0
    meter.start()
    for number, request in enumerate(requests, 1):
        circuit.send(request)
        due = min(number * AT_ONCE, count) * CREATED
        while received < due:
            piece = circuit.receive()
            received += len(piece)
            pieces.append(piece)
    meter.stop(count)
    messages, rest = frames.split(b"".join(pieces))
    cids = {message.p1 for message in messages if message.command == frames.CREATE}
    if rest or cids != set(range(count)):
        raise Trouble(f"{len(cids)} of {count} channels were created")


def connect(target: Target, seconds: float, count: int, at_once: int) -> Measured:
    """`count` circuits, `at_once` being opened at a time: connect, create a channel, read it. All stay open."""
    del seconds  # it takes as long as it takes
    meter = Meter(target.pid)
    crowd = _Arrivals(target.port, count)
    try:
        meter.start()
        crowd.run(at_once)
        return meter.stop(count)
    finally:
        crowd.close()


class _Arrivals:
    """Circuits on their way up: each, once connected, says all up to the creation of its channel in one go."""

    def __init__(self, port: int, count: int) -> None:
        self._port = port
        self._greetings = [frames.hello() + frames.create(name(number), 1) for number in range(count)]
        self._poller = select.epoll()
        self._socks: dict[int, socket.socket] = {}
        self._heard: dict[int, bytes] = {}
        self._done = 0

    def run(self, at_once: int) -> None:
        """Raises Trouble if it takes longer than anybody would wait."""
        end = time.perf_counter() + PATIENCE
        total = len(self._greetings)
        while self._done < total:
            while len(self._socks) < total and len(self._socks) - self._done < at_once:
                self._begin()
            for descriptor, events in self._poller.poll(0.1):
                if descriptor in self._heard:
                    self._readable(descriptor)
                else:
                    self._connected(descriptor, events)
            if time.perf_counter() > end:
                raise Trouble(f"{self._done} of {total} circuits within {PATIENCE:g} s")

    def _begin(self) -> None:
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        status = sock.connect_ex(("127.0.0.1", self._port))
        if status not in (0, errno.EINPROGRESS):
            raise Trouble(f"cannot connect: {errno.errorcode.get(status, status)}")
        self._socks[sock.fileno()] = sock
        self._poller.register(sock.fileno(), select.EPOLLOUT)

    def _connected(self, descriptor: int, events: int) -> None:
        sock = self._socks[descriptor]
        if events & (select.EPOLLERR | select.EPOLLHUP):
            status = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            raise Trouble(f"cannot connect: {errno.errorcode.get(status, status)}")
        sock.send(self._greetings.pop())
        self._heard[descriptor] = b""
        self._poller.modify(descriptor, select.EPOLLIN)

    def _readable(self, descriptor: int) -> None:
        sock = self._socks[descriptor]
        data = sock.recv(4096)
        if not data:
            raise Trouble("the server closed a circuit")
        messages, self._heard[descriptor] = frames.split(self._heard[descriptor] + data)
        for message in messages:
            if message.command == frames.CREATE:
                sock.send(frames.read(message.p2, 7))
            elif message.command == frames.CREATE_FAILED:
                raise Trouble("a channel was refused")
            elif message.command == frames.READ_NOTIFY:
                self._done += 1

    def close(self) -> None:
        """Hang up all."""
        self._poller.close()
        for sock in self._socks.values():
            sock.close()
