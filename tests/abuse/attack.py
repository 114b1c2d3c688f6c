"""Attack: one way to abuse a server, with the bounds that it has to keep meanwhile and afterwards."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from bridge.ca.header import Command
from bridge.ca.status import Severity, from_code
from tests.abuse.client import HOST, Client, Reply
from tests.abuse.house import House

__all__ = ["ATTACKS", "Attack", "Scenario", "abuse"]

MIB = 1 << 20
FLOOD = 5.0


@dataclass(frozen=True)
class Scenario:
    """An attack and its bounds: seconds that a healthy client may wait, MiB that the server may grow by."""

    run: Callable[[Attack], None]
    probe: float
    left: float  # MiB more than before, once it is over, in proportion to the size
    log: int  # lines

    @property
    def name(self) -> str:
        return self.run.__name__


ATTACKS: list[Scenario] = []


def abuse(probe: float = 2.0, left: float = 24.0, log: int = 40) -> Callable[[Callable[[Attack], None]], Any]:
    """Enter a function in the list of attacks."""

    def enter(run: Callable[[Attack], None]) -> Callable[[Attack], None]:
        ATTACKS.append(Scenario(run, probe, left, log))
        return run

    return enter


@dataclass
class Attack:
    """What an attack is given. `size` is 1 in the test suite; `python -m tests.abuse` takes larger ones."""

    house: House
    seed: int
    size: float = 1.0
    random: random.Random = field(init=False)
    _open: ExitStack = field(default_factory=ExitStack, init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    @property
    def port(self) -> int:
        return self.house.port

    def many(self, number: int) -> int:
        """`number`, in proportion to the size."""
        return max(1, int(number * self.size))

    def client(self, **options: Any) -> Client:
        """A circuit that is closed when the attack is over. It has greeted."""
        return self.silent(**options).greet()

    def silent(self, **options: Any) -> Client:
        """A circuit that has said nothing yet."""
        return self._open.enter_context(Client(self.port, **options))

    def datagrams(self, address: str = "") -> socket.socket:
        """A UDP socket."""
        sock = self._open.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        sock.settimeout(0.3)
        if address:
            sock.bind((address, 0))
        return sock

    def throw(self, sock: socket.socket, data: bytes) -> None:
        sock.sendto(data, (HOST, self.port))

    def close(self) -> None:
        self._open.close()

    def junk(self, most: int = 64) -> bytes:
        return self.random.randbytes(self.random.randrange(most + 1))


def refused(reply: Reply, *statuses: int) -> None:
    """Check that this is an exception with a WARNING code, as C clients abort on others; one of `statuses` if given."""
    assert reply.command == Command.ERROR, reply
    status = from_code(reply.p2)
    assert status is not None, reply
    assert status.severity is Severity.WARNING, status
    assert not statuses or status in statuses, status


def warnings_only(replies: Iterable[Reply]) -> int:
    """Check all exceptions among `replies`; how many there were."""
    found = [reply for reply in replies if reply.command == Command.ERROR]
    for reply in found:
        refused(reply)
    return len(found)
