"""Circuit: a connection to a server, with channels on it. Setting up is done in comfort; the load uses the socket."""

from __future__ import annotations

import socket
import struct
from collections.abc import Collection, Sequence

from benchmarks.load import frames
from benchmarks.load.frames import Message

__all__ = ["PATIENCE", "Circuit", "Trouble", "array_name", "name"]

PATIENCE = 10.0  # seconds for any reply: the slowest peer needs a second for ten thousand channels
_AT_ONCE = 1000  # channels asked for before the first answers are read


class Trouble(Exception):
    """The server did not do what it was asked. The message says what."""


def name(number: int) -> str:
    """The name of a PV that all measured servers have."""
    return f"B:x{number}"


def array_name() -> str:
    """The name of their array of doubles."""
    return "B:wf"


class Circuit:
    """A blocking socket that gives up after `PATIENCE` seconds.

    By the kernel's timer: Python's own would cost a poll() for each call.
    """

    def __init__(self, port: int, receive_buffer: int = 0) -> None:
        self.sock = socket.socket()
        try:
            if receive_buffer:
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wait = struct.pack("ll", int(PATIENCE), 0)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, wait)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, wait)
            self.sock.connect(("127.0.0.1", port))
            self.sock.sendall(frames.hello())
        except BaseException:
            self.sock.close()
            raise
        self._rest = b""

    def __enter__(self) -> Circuit:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        self.sock.close()

    def send(self, data: bytes | memoryview) -> None:
        """Send all of it."""
        self.sock.sendall(data)

    def receive(self) -> bytes:
        """What comes next. Raises Trouble if nothing does."""
        try:
            data = self.sock.recv(1 << 18)
        except BlockingIOError:
            raise Trouble(f"no reply within {PATIENCE:g} s") from None
        if not data:
            raise Trouble("the server closed the circuit")
        return data

    def collect(self, count: int, commands: Collection[int]) -> list[Message]:
        """The next `count` messages of these commands; others are passed over."""
        found: list[Message] = []
        while True:
            messages, self._rest = frames.split(self._rest)
            found += [message for message in messages if message.command in commands]
            if len(found) >= count:
                if len(found) > count:
                    raise Trouble(f"{len(found)} messages where {count} were due")
                return found
            self._rest += self.receive()

    def create(self, names: Sequence[str], first_cid: int = 0) -> list[int]:
        """Open channels, and return the server's ids in the order of the names."""
        sids = [0] * len(names)
        for first in range(0, len(names), _AT_ONCE):
            some = names[first : first + _AT_ONCE]
            self.send(b"".join(frames.create(one, cid) for cid, one in enumerate(some, first_cid + first)))
            for message in self.collect(len(some), (frames.CREATE, frames.CREATE_FAILED)):
                if message.command == frames.CREATE_FAILED:
                    raise Trouble(f"there is no {names[message.p1 - first_cid]}")
                sids[message.p1 - first_cid] = message.p2
        self.hush()
        return sids

    def write(self, sids: Sequence[int], values: Sequence[float]) -> None:
        """Put values, and wait until all are acknowledged, by success or not."""
        puts = (frames.write(sid, ioid, value) for ioid, (sid, value) in enumerate(zip(sids, values, strict=True)))
        self.send(b"".join(puts))
        self.collect(len(sids), (frames.WRITE_NOTIFY,))
        self.hush()

    def hush(self) -> None:
        """Check that nothing is left over: from here on bytes are counted."""
        if self._rest:
            raise Trouble(f"{len(self._rest)} bytes too many: {self._rest[:16].hex(' ')}")
