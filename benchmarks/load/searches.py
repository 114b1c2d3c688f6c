"""Searches by datagram: for names that the server has, for names that it does not have, and for the same once more."""

from __future__ import annotations

import functools
import itertools
import socket
import struct
import time
from collections.abc import Iterator

from benchmarks.load import frames
from benchmarks.load.circuit import Trouble, name
from benchmarks.load.meter import Measured, Meter, Target

__all__ = ["hits", "misses", "repeats"]

NAMES = 40  # in a datagram, about as many as libca puts into one
KNOWN = 10_000
DATAGRAMS = 4000  # made in advance; all differ in their cids, so that none is a repetition
IN_FLIGHT = 8
WAIT = 0.2  # seconds for an answer, then the datagrams under way count as lost
ANSWER = 24  # bytes for a name that was found; a datagram of answers may begin with 16 more
WARM_UP = 0.1


@functools.cache
def _datagrams(hits: int, distinct: int) -> tuple[bytes, ...]:
    known = itertools.cycle(range(KNOWN))
    unknown = itertools.count()
    made = []
    for number in range(distinct):
        names = [name(next(known)) for _ in range(hits)]
        names += [f"No:{next(unknown) % 1_000_003}" for _ in range(NAMES - hits)]
        made.append(frames.search(names, number * NAMES, number))
    return tuple(made)


def hits(target: Target, seconds: float) -> Measured:
    """All names are here. An operation is a name."""
    return _ask(target, seconds, _datagrams(NAMES, DATAGRAMS), NAMES)


def misses(target: Target, seconds: float) -> Measured:
    """One name in forty is here, so that the rest can be seen to have been looked at."""
    return _ask(target, seconds, _datagrams(1, DATAGRAMS), 1)


def repeats(target: Target, seconds: float) -> Measured:
    """A client that goes on looking for a thousand names, all but one in forty of them unknown: the same datagrams."""
    return _ask(target, seconds, _datagrams(1, 25), 1)


def _ask(target: Target, seconds: float, datagrams: tuple[bytes, ...], answers: int) -> Measured:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 0, int(WAIT * 1e6)))
        sock.connect(("127.0.0.1", target.port))
        asking = _Asking(sock, itertools.cycle(datagrams), answers)
        asking.run(WARM_UP)
        asking.answered = asking.lost = 0
        meter = Meter(target.pid)
        meter.start()
        asking.run(seconds)
        measured = meter.stop(asking.answered / answers * NAMES)
        asking.settle()
        if not asking.answered:
            raise Trouble("no search was answered")
        measured.lost = asking.lost / (asking.answered + asking.lost)
        return measured


class _Asking:
    """Keeps so many datagrams under way."""

    def __init__(self, sock: socket.socket, datagrams: Iterator[bytes], answers: int) -> None:
        self._sock = sock
        self._datagrams = datagrams
        self._answers = answers  # to one datagram
        self._due = 0  # answers to come
        self.answered = 0
        self.lost = 0

    def run(self, seconds: float) -> None:
        send, receive, following = self._sock.send, self._sock.recv_into, self._datagrams.__next__
        buffer = bytearray(1 << 16)
        answers, most = self._answers, (IN_FLIGHT - 1) * self._answers
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            while self._due <= most:
                send(following())
                self._due += answers
            try:
                found = receive(buffer) // ANSWER
            except BlockingIOError:
                self.lost += self._due
                self._due = 0
                continue
            self.answered += found
            self._due -= found

    def settle(self) -> None:
        """Take in what is under way."""
        while self._due > 0:
            try:
                self._due -= self._sock.recv_into(bytearray(1 << 16)) // ANSWER
            except BlockingIOError:
                self.lost += self._due
                return
