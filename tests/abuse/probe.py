"""The healthy client: ``python -m tests.abuse.probe PORT``.

Does what a display does, again and again: read, write and read back, watch, echo, search, connect anew. For each line
on stdin it writes one of JSON: the longest time of each since the last, and what went wrong.
"""

from __future__ import annotations

import json
import select
import socket
import struct
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from bridge.ca.header import HEADER, Command
from tests.abuse.client import HOST, Client, searching

PERIOD = 0.005  # seconds between rounds
PATIENCE = 20.0


class Healthy:
    def __init__(self, port: int) -> None:
        self.port = port
        self.number = 0
        self.client = Client(port, patience=PATIENCE).greet()
        self.health = self.client.create("ABUSE:HEALTH")
        self.setpoint = self.client.create("ABUSE:HEALTH_SP")
        tick = self.client.create("ABUSE:TICK")
        self.client.subscribe(tick, 4711)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.settimeout(0.25)
        self.tasks: dict[str, Callable[[], None]] = {
            "read": self.read,
            "put": self.put,
            "watch": self.watch,
            "echo": self.client.echo,
            "search": self.search,
            "connect": self.connect,
        }

    def read(self) -> None:
        reply = self.client.read(self.health, 20)
        assert reply.body[-8:] == struct.pack(">d", 1.5), reply

    def put(self) -> None:
        self.number += 1
        body = struct.pack(">d", self.number)
        assert self.client.put(self.setpoint, body).p1 == 1
        assert self.client.read(self.setpoint).body == body

    def watch(self) -> None:
        self.client.until(Command.EVENT_ADD, 4711)

    def search(self) -> None:
        """As a client does, which asks again when a datagram is lost."""
        for _ in range(40):
            self.number += 1
            self.udp.sendto(searching(b"ABUSE:HEALTH", self.number), (HOST, self.port))
            try:
                while True:
                    data = self.udp.recv(65536)
                    if HEADER.unpack_from(data, len(data) - 24)[5] == self.number:
                        return
            except TimeoutError:
                continue
        raise TimeoutError

    def connect(self) -> None:
        with Client(self.port, patience=PATIENCE) as client:
            client.greet()
            assert client.read(client.create("ABUSE:HEALTH")).p1 == 1

    def run(self) -> None:
        longest: dict[str, float] = {}
        failures: list[str] = []
        stdin = sys.stdin.fileno()
        rounds = 0
        while True:
            for name, task in self.tasks.items():
                begin = time.monotonic()
                try:
                    task()
                except (OSError, AssertionError, LookupError, EOFError) as error:
                    failures.append(f"{name}: {error!r}")
                    if name != "connect":
                        with suppress(OSError, AssertionError, EOFError):
                            self.__init__(self.port)  # type: ignore[misc]
                        break
                longest[name] = max(longest.get(name, 0.0), time.monotonic() - begin)
            rounds += 1
            if select.select([stdin], [], [], PERIOD)[0]:
                if not sys.stdin.readline():
                    return
                print(json.dumps({"longest": longest, "failures": failures[:20], "rounds": rounds}), flush=True)
                longest, failures, rounds = {}, [], 0


def main(argv: list[str]) -> Any:
    Healthy(int(argv[1])).run()


if __name__ == "__main__":
    main(sys.argv)
