"""Clients in numbers."""

from __future__ import annotations

import struct
import time
from contextlib import suppress

from bridge.ca.header import Command, pack_message
from bridge.ca.status import ECA
from tests.abuse.attack import Attack, abuse, refused
from tests.abuse.client import MASK, Client

EVENT = MASK.pack(0, 0, 0, 5, 0)


@abuse(probe=5.0, left=120)
def a_hundred_thousand_subscriptions(attack: Attack) -> None:
    """On one circuit: served within ten seconds and 300 MiB, and gone in a moment when the circuit goes."""
    number = 100_000
    before = attack.house.figures().memory
    client = attack.client(patience=20.0)
    sid = client.create("ABUSE:AI")
    begin = time.monotonic()
    data = b"".join(pack_message(Command.EVENT_ADD, EVENT, 6, 1, sid, n) for n in range(number))
    received = 0
    client.sock.setblocking(False)
    sent = 0
    while received < number * 24:  # header and value
        assert time.monotonic() - begin < 30.0, f"{received / number / 24:.0%} within thirty seconds"
        with suppress(BlockingIOError):
            sent += client.sock.send(data[sent : sent + 262144])
        with suppress(BlockingIOError):
            received += len(client.sock.recv(1 << 20))
    client.sock.settimeout(10.0)
    assert attack.house.figures().memory - before < 300 << 20
    begin = time.monotonic()
    cancels = b"".join(pack_message(Command.EVENT_CANCEL, b"", 6, 1, sid, n) for n in reversed(range(number // 2)))
    client.send(cancels)
    client.echo()
    client.reset()
    other = attack.client()
    assert other.read(other.create("ABUSE:AI")).p1 == ECA.NORMAL.code
    assert time.monotonic() - begin < 15.0


@abuse(probe=5.0)
def slowloris(attack: Attack) -> None:
    """200 circuits that send a byte now and then."""
    clients = [attack.silent() for _ in range(200)]
    message = pack_message(Command.CREATE_CHAN, b"ABUSE:AI\0", 0, 0, 1, 13)
    for offset in range(min(len(message), attack.many(6))):
        for client in clients:
            client.send(message[offset : offset + 1])
        time.sleep(0.05)


@abuse(probe=5.0)
def half_open_sockets(attack: Attack) -> None:
    """Circuits of which the client has closed its half, before and after it asked for something."""
    for number in range(attack.many(100)):
        client = attack.silent()
        if number % 2:
            client.send(pack_message(Command.CREATE_CHAN, b"ABUSE:AI\0", 0, 0, 1, 13))
            client.send(pack_message(Command.READ_NOTIFY, b"", 6, 1, 1, 9) * 100)
        client.sock.shutdown(1)
        if number % 2:
            assert sum(reply.command == Command.READ_NOTIFY for reply in client.messages()) == 100


@abuse(probe=5.0)
def five_hundred_dropped_at_once(attack: Attack) -> None:
    """Each with channels and monitors, and all gone without a goodbye."""
    clients = []
    for number in range(500):
        client = attack.silent()
        client.send(
            pack_message(Command.VERSION, b"", 0, 13)
            + pack_message(Command.CREATE_CHAN, b"ABUSE:TICK\0", 0, 0, 1, 13)
            + pack_message(Command.CREATE_CHAN, b"ABUSE:TICKS\0", 0, 0, 2, 13)
            + b"".join(pack_message(Command.EVENT_ADD, EVENT, 20, 1, 1 + n % 2, n) for n in range(10))
        )
        clients.append(client)
        if number % 50 == 49:
            client.until(Command.EVENT_ADD)
    for client in clients:
        client.reset()


@abuse(probe=5.0, left=40)
def a_thousand_circuits(attack: Attack) -> None:
    """All of them served."""
    clients = [attack.silent(patience=20.0) for _ in range(990)]
    hello = pack_message(Command.VERSION, b"", 0, 13) + pack_message(Command.CREATE_CHAN, b"ABUSE:AI\0", 0, 0, 1, 13)
    for client in clients:
        client.send(hello + pack_message(Command.READ_NOTIFY, b"", 6, 1, 1, 9))
    for client in clients:
        assert client.until(Command.READ_NOTIFY).p1 == ECA.NORMAL.code


@abuse(probe=5.0, left=4)
def circuits_that_come_and_go(attack: Attack) -> None:
    """A thousand, each with a channel, a read, a put and a monitor: nothing stays behind of them."""
    everything = (
        pack_message(Command.VERSION, b"", 0, 13)
        + pack_message(Command.CREATE_CHAN, b"ABUSE:PLAIN\0", 0, 0, 1, 13)
        + pack_message(Command.CREATE_CHAN, b"ABUSE:AO.DESC$\0", 0, 0, 2, 13)
        + pack_message(Command.CREATE_CHAN, b'ABUSE:WAVE.{"dec":{"n":2}}\0', 0, 0, 3, 13)
        + b"".join(pack_message(Command.READ_NOTIFY, b"", 20, 1, sid, 1) for sid in (1, 2, 3))
        + b"".join(pack_message(Command.EVENT_ADD, EVENT, 20, 1, sid, 1) for sid in (1, 2, 3))
        + pack_message(Command.WRITE_NOTIFY, struct.pack(">d", 1.0), 6, 1, 1, 1)
    )
    for _ in range(attack.many(1000)):
        client = attack.silent()
        client.send(everything)
        client.until(Command.WRITE_NOTIFY)
        client.sock.close()


@abuse(probe=5.0)
def joining_and_leaving_while_updates_flow(attack: Attack) -> None:
    """Subscribe, take a few events, leave in different ways."""
    for number in range(attack.many(150)):
        client = attack.client()
        sid = client.create("ABUSE:TICK")
        client.subscribe(sid, 1, 20)
        client.subscribe(client.create("ABUSE:TICKS"), 2, 20, 0)
        client.until(Command.EVENT_ADD)
        match number % 4:
            case 0:
                client.reset()
            case 1:
                client.sock.close()
            case 2:
                client.say(Command.CLEAR_CHANNEL, b"", 0, 0, sid, 1)
                client.until(Command.CLEAR_CHANNEL)
            case 3:
                client.say(Command.EVENT_CANCEL, b"", 20, 1, sid, 1)


@abuse(probe=5.0, log=60)
def bad_circuits_by_the_thousand(attack: Attack) -> None:
    """Each of them breaks the protocol; the log does not grow with their number."""
    greetings = (
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x01\x01" * 9,
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"*IDN?\n" * 5,
    )
    for number in range(attack.many(1500)):
        client = attack.silent()
        client.send(greetings[number % len(greetings)])
        client.sock.close()


@abuse(probe=5.0)
def a_storm_of_requests(attack: Attack) -> None:
    """Twenty circuits send the dearest requests there are as fast as they can, and read nothing."""
    name = b'ABUSE:AI.{"ts":{},"dec":{"n":3},"dbnd":{"abs":0.5}}' + b"\0"
    clients: list[Client] = []
    for number in range(20):
        client = attack.client(receive=65536)
        clients.append(client)
        sid = client.create("ABUSE:WAVE")
        match number % 4:
            case 0:
                data = pack_message(Command.CREATE_CHAN, name, 0, 0, 1, 13)
            case 1:
                data = pack_message(Command.READ_NOTIFY, b"", 28, 999, sid, 1)
            case 2:
                data = pack_message(Command.WRITE_NOTIFY, struct.pack(">1000d", *range(1000)), 6, 1000, sid, 1)
            case _:
                data = pack_message(Command.CREATE_CHAN, b"ABUSE:NOBODY.{}\0", 0, 0, 1, 13)
        client.try_send(data * attack.many(5000), 0.05)
    time.sleep(0.3)


@abuse()
def refusals_beyond_the_caps(attack: Attack) -> None:
    """ECA_ALLOCMEM for what is too much: see test_caps for the numbers."""
    client = attack.client()
    sid = client.create("ABUSE:LONG")
    replies = []
    for count in range(2, 400):
        client.say(Command.EVENT_ADD, EVENT, 6, count, sid, count)
        replies.append(client.message())
    errors = [reply for reply in replies if reply.command == Command.ERROR]
    assert errors
    for reply in errors:
        refused(reply, ECA.ALLOCMEM)
