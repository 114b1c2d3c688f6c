"""Client: a plain socket that speaks Channel Access as well, or as badly, as its caller wants."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Iterator
from typing import Any

from bridge.ca.header import EXTENDED, HEADER, Command, pack_message
from tests.server.wire import Reply

__all__ = ["MASK", "Client", "Reply", "extended", "raw", "searching"]

HOST = "127.0.0.1"
MASK = struct.Struct(">fffHH")


def raw(command: int, size: int = 0, dbr: int = 0, count: int = 0, p1: int = 0, p2: int = 0) -> bytes:
    """A header that may lie."""
    return HEADER.pack(command & 0xFFFF, size & 0xFFFF, dbr & 0xFFFF, count & 0xFFFF, p1 & 0xFFFFFFFF, p2 & 0xFFFFFFFF)


def extended(command: int, size: int, dbr: int = 0, count: int = 0, p1: int = 0, p2: int = 0) -> bytes:
    """An extended header that may lie."""
    return raw(command, 0xFFFF, dbr, 0, p1, p2) + EXTENDED.pack(size & 0xFFFFFFFF, count & 0xFFFFFFFF)


def searching(name: bytes, cid: int = 1, reply: int = 5) -> bytes:
    """One name in a search datagram."""
    return pack_message(Command.SEARCH, name + b"\0", reply, 13, cid, cid)


class Client:
    """One circuit. All waits have a deadline of `patience` seconds."""

    def __init__(self, port: int, *, patience: float = 10.0, receive: int = 0, source: str = "") -> None:
        self.patience = patience
        self.sock = socket.socket()
        if receive:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        self.sock.settimeout(patience)
        if source:
            self.sock.bind((source, 0))
        self.sock.connect((HOST, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._data = b""
        self._cid = 0

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: Any) -> None:
        self.sock.close()

    def send(self, data: bytes) -> None:
        """Send all, whatever the server makes of it."""
        self.sock.sendall(data)

    def say(self, command: int, body: bytes = b"", dbr: int = 0, count: int = 0, p1: int = 0, p2: int = 0) -> None:
        self.send(pack_message(command, body, dbr, count, p1, p2))

    def try_send(self, data: bytes, seconds: float = 1.0) -> int:
        """Send what the server takes within a time; returns how many bytes that were."""
        sent = 0
        end = time.monotonic() + seconds
        self.sock.setblocking(False)
        try:
            while sent < len(data) and time.monotonic() < end:
                try:
                    sent += self.sock.send(data[sent : sent + 262144])
                except BlockingIOError:
                    time.sleep(0.001)
                except OSError:
                    break
        finally:
            self.sock.settimeout(self.patience)
        return sent

    def message(self) -> Reply:
        """The next message. Raises EOFError if there is none any more, TimeoutError if it does not come."""
        head = self._take(16)
        command, size, dbr, count, p1, p2 = HEADER.unpack(head)
        if size == 0xFFFF:
            size, count = EXTENDED.unpack(self._take(8))
        return Reply(command, dbr, count, p1, p2, self._take(size))

    def _take(self, size: int) -> bytes:
        while len(self._data) < size:
            try:
                more = self.sock.recv(1 << 20)
            except ConnectionError:
                more = b""
            if not more:
                raise EOFError
            self._data += more
        taken, self._data = self._data[:size], self._data[size:]
        return taken

    def messages(self) -> Iterator[Reply]:
        """All messages until the server closes the circuit."""
        while True:
            try:
                yield self.message()
            except EOFError:
                return

    def until(self, command: int, p2: int | None = None) -> Reply:
        """Skip to the next message of one kind."""
        while True:
            reply = self.message()
            if reply.command == command and p2 in (None, reply.p2):
                return reply

    def ask(self, command: int, body: bytes = b"", dbr: int = 0, count: int = 0, p1: int = 0, p2: int = 0) -> Reply:
        """Send one message and return the next."""
        self.say(command, body, dbr, count, p1, p2)
        return self.message()

    def greet(self, priority: int = 0) -> Client:
        """What libca sends first."""
        self.send(
            pack_message(Command.VERSION, b"", priority, 13)
            + pack_message(Command.HOST_NAME, b"attacker\0")
            + pack_message(Command.CLIENT_NAME, b"mallory\0")
        )
        assert self.until(Command.VERSION).count == 13
        return self

    def create(self, name: str | bytes, cid: int = 0) -> int:
        """Create a channel; returns its sid. Raises LookupError if there is no such PV."""
        self._cid += 1
        cid = cid or self._cid
        raw_name = name if isinstance(name, bytes) else name.encode()
        self.say(Command.CREATE_CHAN, raw_name + b"\0", p1=cid, p2=13)
        while True:
            reply = self.message()
            if reply.command == Command.CREATE_CHAN and reply.p1 == cid:
                return reply.p2
            if reply.command == Command.ERROR or (reply.command == Command.CREATE_CH_FAIL and reply.p1 == cid):
                raise LookupError(name)

    def subscribe(self, sid: int, subid: int = 1, dbr: int = 6, count: int = 1, mask: int = 5) -> None:
        self.say(Command.EVENT_ADD, MASK.pack(0, 0, 0, mask, 0), dbr, count, sid, subid)

    def read(self, sid: int, dbr: int = 6, count: int = 1, ioid: int = 77) -> Reply:
        """Read, skipping what else comes meanwhile."""
        self.say(Command.READ_NOTIFY, b"", dbr, count, sid, ioid)
        return self.until(Command.READ_NOTIFY, ioid)

    def put(self, sid: int, body: bytes, dbr: int = 6, count: int = 1, ioid: int = 78) -> Reply:
        """Write with completion."""
        self.say(Command.WRITE_NOTIFY, body, dbr, count, sid, ioid)
        return self.until(Command.WRITE_NOTIFY, ioid)

    def echo(self) -> None:
        """See that the circuit still works."""
        self.say(Command.ECHO)
        self.until(Command.ECHO)

    def closed(self) -> bool:
        """Whether the server closes the circuit within our patience."""
        try:
            for _ in self.messages():
                pass
        except TimeoutError:
            return False
        return True

    def reset(self) -> None:
        """Leave without a goodbye: the server gets a reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
