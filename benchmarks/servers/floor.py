"""What Python and the kernel cost without any server: the same bytes for every request, which is not even looked at.

The first read or put of a circuit decides which bytes those are, by the size and command of the request. Whoever is
slower than this generator-and-kernel loop by a factor is so by his own doing.
"""

from __future__ import annotations

import select
import socket

from benchmarks.load import frames
from benchmarks.servers.arguments import Arguments, parse

ACCEPTED = 1  # ECA_NORMAL
PAYLOAD = {frames.DOUBLE: 8, frames.TIME_DOUBLE: 24}


class _Circuit:
    """One client: channels are made properly, then replies are all alike."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = sock
        self._send = sock.send
        self._request = 0  # bytes of a request, once it is known
        self._reply = b""
        self._rest = b""
        self._over = 0  # bytes of a request whose end is still to come

    def ready(self) -> bool:
        """Answer. False if the client is gone."""
        try:
            data = self.sock.recv(1 << 18)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not data:
            return False
        if not self._request:
            data = self._begin(data)
        count, self._over = divmod(self._over + len(data), self._request or 1)
        if self._request and count:
            self._send(self._reply * count)
        return True

    def _begin(self, data: bytes) -> bytes:
        """Handle what comes before the first read or put; returns the data from there on."""
        messages, self._rest = frames.split(self._rest + data)
        replies = []
        for number, message in enumerate(messages):
            if message.command in (frames.READ_NOTIFY, frames.WRITE_NOTIFY):
                self._choose(message)
                self._send(b"".join(replies))
                return bytes(self._request * (len(messages) - number)) + self._rest
            if message.command == frames.CREATE:
                replies.append(frames.HEADER.pack(frames.ACCESS_RIGHTS, 0, 0, 0, message.p1, 3))
                replies.append(frames.HEADER.pack(frames.CREATE, 0, frames.DOUBLE, 1, message.p1, message.p1 + 1))
        self._send(b"".join(replies))
        return b""

    def _choose(self, message: frames.Message) -> None:
        size = PAYLOAD.get(message.dbr, 8) if message.command == frames.READ_NOTIFY else 0
        self._request = frames.HEADER.size + message.size
        self._reply = frames.HEADER.pack(message.command, size, message.dbr, 1, ACCEPTED, message.p2) + bytes(size)


def _serve(arguments: Arguments) -> None:
    listener = socket.create_server(("127.0.0.1", arguments.port), backlog=4096)
    poller = select.epoll()
    poller.register(listener.fileno(), select.EPOLLIN)
    circuits: dict[int, _Circuit] = {}
    while True:
        for descriptor, _ in poller.poll():
            circuit = circuits.get(descriptor)
            if circuit is None:
                sock, _ = listener.accept()
                circuits[sock.fileno()] = _Circuit(sock)
                poller.register(sock.fileno(), select.EPOLLIN)
            elif not circuit.ready():
                poller.unregister(descriptor)
                circuits.pop(descriptor).sock.close()


if __name__ == "__main__":
    _serve(parse())
