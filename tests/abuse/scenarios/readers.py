"""Clients that ask and do not read."""

from __future__ import annotations

import struct
import time

from bridge.ca.header import Command, pack_message
from tests.abuse.attack import Attack, abuse
from tests.abuse.client import MASK, Client, extended


def watch(client: Client, name: str, dbr: int, count: int, number: int) -> None:
    sid = client.create(f"ABUSE:{name}")
    body = MASK.pack(0, 0, 0, 5, 0)
    client.send(b"".join(extended(Command.EVENT_ADD, len(body), dbr, count, sid, n) + body for n in range(number)))


@abuse(left=40)
def subscribers_that_never_read(attack: Attack) -> None:
    """Scalars and arrays that change; only the newest of each is kept."""
    for _ in range(attack.many(15)):
        watch(attack.client(receive=4096), "TICK", 20, 1, 300)
        watch(attack.client(receive=4096), "TICKS", 20, 5000, 20)
    before = attack.house.figures().memory
    time.sleep(0.6 * attack.size)
    assert attack.house.figures().memory - before < 24 << 20


@abuse(left=40)
def subscribers_in_events_off(attack: Attack) -> None:
    """They get the newest value when they say EVENTS_ON, and nothing before."""
    clients = [attack.client() for _ in range(20)]
    for client in clients:
        client.create("ABUSE:TICK")
        client.say(Command.EVENTS_OFF)
        watch(client, "TICK", 20, 1, 300)
        watch(client, "TICKS", 20, 5000, 10)
    before = attack.house.figures().memory
    time.sleep(0.3 * attack.size)
    assert attack.house.figures().memory - before < 24 << 20
    for client in clients:
        client.say(Command.EVENTS_ON)
        assert client.until(Command.EVENT_ADD)
    on_and_off = pack_message(Command.EVENTS_OFF) + pack_message(Command.EVENTS_ON)
    clients[0].try_send(on_and_off * attack.many(5000), 0.5)


@abuse(probe=5.0, left=60)
def readers_that_never_read(attack: Attack) -> None:
    """Requests by the thousand, and no answer taken: the server stops reading them."""
    before = attack.house.figures().memory
    for name, dbr, count in (("AI", 34, 1), ("WAVE", 6, 1000), ("LONG", 6, 100_000), ("STRINGIN", 0, 1)):
        for _ in range(3):
            client = attack.client(receive=4096)
            sid = client.create(f"ABUSE:{name}")
            client.try_send(extended(Command.READ_NOTIFY, 0, dbr, count, sid, 1) * attack.many(20_000), 0.3)
            client.try_send(pack_message(Command.ECHO, b"e" * 4000) * 500, 0.1)
    assert attack.house.figures().memory - before < 96 << 20


@abuse(probe=5.0, left=60)
def one_put_and_a_hundred_thousand_events(attack: Attack) -> None:
    """One circuit watches a PV a great many times, another one writes it as fast as it can; neither reads."""
    watcher = attack.client(receive=4096)
    number = attack.many(20_000)
    watch(watcher, "COUNT", 5, 1, number)
    writer = attack.client(receive=4096)
    sid = writer.create("ABUSE:COUNT")
    before = attack.house.figures().memory
    writer.try_send(pack_message(Command.WRITE_NOTIFY, struct.pack(">i4x", 5), 5, 1, sid, 1) * 10_000, 1.0)
    assert attack.house.figures().memory - before < 128 << 20
    watcher.reset()


@abuse(probe=5.0, left=60)
def one_put_and_all_events_read(attack: Attack) -> None:
    """The same with a watcher that reads: it gets the last value for all of them."""
    watcher = attack.client()
    number = attack.many(2000)
    watch(watcher, "COUNT", 5, 1, number)
    for _ in range(number):
        watcher.until(Command.EVENT_ADD)
    writer = attack.client()
    sid = writer.create("ABUSE:COUNT")
    before = attack.house.figures().memory
    writer.send(
        b"".join(
            pack_message(Command.WRITE_NOTIFY, struct.pack(">i4x", value), 5, 1, sid, value) for value in range(1, 31)
        )
    )
    last: set[int] = set()
    while len(last) < number:
        reply = watcher.message()
        if reply.body[:4] == b"\0\0\0\x1e":
            last.add(reply.p2)
    assert attack.house.figures().memory - before < 128 << 20
