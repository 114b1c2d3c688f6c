"""An instrument that answers every line at once and always alike, for any number of clients. Prints its port."""

from __future__ import annotations

import select
import socket

__all__ = ["QUESTION", "REPLY"]

QUESTION = b"KRDG? A\r\n"
REPLY = b"+077.350\r\n"
_END = QUESTION[-1:]


def main() -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    poller = select.epoll()
    poller.register(listener.fileno(), select.EPOLLIN)
    clients: dict[int, socket.socket] = {}
    print(listener.getsockname()[1], flush=True)
    while True:
        for descriptor, _ in poller.poll():
            client = clients.get(descriptor)
            if client is None:
                client, _ = listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                clients[client.fileno()] = client
                poller.register(client.fileno(), select.EPOLLIN)
                continue
            try:
                data = client.recv(4096)
                client.sendall(REPLY * data.count(_END))
            except OSError:
                data = b""
            if not data:
                poller.unregister(descriptor)
                clients.pop(descriptor).close()


if __name__ == "__main__":
    main()
