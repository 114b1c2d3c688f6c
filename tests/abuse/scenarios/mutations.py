"""Valid conversations with a few bytes changed, by the thousand."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from bridge.ca.header import Command
from bridge.ca.status import Severity, from_code
from tests.abuse.attack import Attack, abuse
from tests.abuse.client import Client
from tests.abuse.said import by_client, datagram, mutated

NAMES = (b"ABUSE:AI", b"ABUSE:WAVE", b"ABUSE:STRINGS", b"ABUSE:MBBO", b'ABUSE:TICK.{"dec":{"n":2}}', b"ABUSE:LSO.VAL$")


def replies(client: Client) -> Iterator[None]:
    for reply in client.messages():
        if reply.command == Command.ERROR:
            status = from_code(reply.p2)
            assert status is not None
            assert status.severity is Severity.WARNING
        yield


@abuse(probe=5.0, left=60, log=100)
def mutated_conversations(attack: Attack) -> None:
    """Over TCP. The server may close the circuit, and says nothing worse than a WARNING."""
    for number in range(attack.many(1200)):
        data = mutated(attack.random, by_client(attack.random, NAMES))
        client = attack.silent(patience=5.0)
        try:
            if number % 3:
                client.send(data)
            else:
                for start in range(0, len(data), 50):
                    client.send(data[start : start + 50])
            client.sock.shutdown(socket.SHUT_WR)
        except OSError:  # closed by the server already
            client.sock.close()
            continue
        try:
            for _ in replies(client):
                pass
        except TimeoutError:
            raise AssertionError(f"conversation {number} of seed {attack.seed} hangs: {data.hex()}") from None
        client.sock.close()


@abuse(probe=5.0)
def mutated_searches(attack: Attack) -> None:
    """Over UDP."""
    sock = attack.datagrams()
    for _ in range(attack.many(3000)):
        attack.throw(sock, mutated(attack.random, datagram(attack.random, NAMES)))
