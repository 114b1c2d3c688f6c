"""Counts that have nothing to do with what is there, in requests and in payloads."""

from __future__ import annotations

import struct
import time

from bridge.ca.header import Command, pack_message
from bridge.ca.status import ECA
from tests.abuse.attack import Attack, abuse, refused, warnings_only
from tests.abuse.client import MASK, extended

HUGE = (2**32 - 1, 2**32 - 8, 2**31, 2**31 - 1, 10**9, 10**8, 8 << 20)
NAMES = ("AI", "MBBO", "STRINGIN", "LSO", "WAVE", "CHARS", "STRINGS", "LONG", "PLAIN", "AI.DESC$")
VALUE_TYPES = range(35)


@abuse()
def payloads_shorter_than_their_count(attack: Attack) -> None:
    """Puts that announce more elements than they bring, of every type, strings too."""
    client = attack.client()
    for name in NAMES:
        sid = client.create(f"ABUSE:{name}")
        for dbr in VALUE_TYPES:
            for count in (2, 3, 100, 65_534):
                reply = client.put(sid, bytes(8), dbr, count)
                # eight bytes may be two to eight small numbers
                assert reply.p1 in (ECA.NORMAL.code, ECA.PUTFAIL.code), reply
                if count > 8:
                    assert reply.p1 == ECA.PUTFAIL.code, (name, dbr, count)
        for count in HUGE:
            client.send(extended(Command.WRITE_NOTIFY, 8, 6, count, sid, 5) + bytes(8))
            assert client.until(Command.WRITE_NOTIFY, 5).p1 == ECA.PUTFAIL.code
            client.send(extended(Command.WRITE, 40, 0, count, sid, 5) + b"x" * 40)
            refused(client.message(), ECA.PUTFAIL)
        client.send(extended(Command.WRITE_NOTIFY, 0, 0, 2, sid, 6))
        assert client.until(Command.WRITE_NOTIFY, 6).p1 == ECA.PUTFAIL.code


@abuse()
def puts_of_nothing(attack: Attack) -> None:
    """Count zero, and no payload at all."""
    client = attack.client()
    for name in NAMES:
        sid = client.create(f"ABUSE:{name}")
        for dbr in range(39):
            for count in (0, 1):
                client.say(Command.WRITE_NOTIFY, b"", dbr, count, sid, 5)
                assert client.until(Command.WRITE_NOTIFY, 5).p1 & 7 in (0, 1)


@abuse()
def read_counts_up_to_the_last(attack: Attack) -> None:
    """Reads and monitors of up to 2**32 - 1 elements, also where the size in bytes wraps around 32 bits."""
    client = attack.client()
    for name in NAMES:
        sid = client.create(f"ABUSE:{name}")
        for dbr in (0, 1, 4, 6, 14, 20, 28, 31, 34, 37):
            for count in HUGE:
                for command in (Command.READ_NOTIFY, Command.READ, Command.EVENT_ADD):
                    body = MASK.pack(0, 0, 0, 1, 0) if command == Command.EVENT_ADD else b""
                    client.send(extended(command, len(body), dbr, count, sid, 5) + body)
                    refused(client.message(), ECA.TOLARGE, ECA.BADCOUNT)
    client.echo()


@abuse(left=60)
def a_thousand_slices_at_once(attack: Attack) -> None:
    """Requests for an array, each with another count, by a client that takes no byte of the answers."""
    client = attack.client(receive=4096)
    sid = client.create("ABUSE:LONG")
    before = attack.house.figures().memory
    for dbr in (6, 20, 5, 0):
        client.try_send(
            b"".join(
                extended(Command.READ_NOTIFY, 0, dbr, count, sid, count)
                for count in range(99_000, 99_000 + attack.many(900))
            ),
            0.3,
        )
    time.sleep(0.2)
    assert attack.house.figures().memory - before < 64 << 20


@abuse(left=60)
def an_array_made_anew_for_each_read(attack: Attack) -> None:
    """Put and read in turns: each answer is another copy of the array."""
    client = attack.client(receive=4096)
    sid = client.create("ABUSE:LONG")
    before = attack.house.figures().memory
    one = pack_message(Command.WRITE_NOTIFY, bytes(8), 6, 1, sid, 1) + extended(
        Command.READ_NOTIFY, 0, 6, 100_000, sid, 1
    )
    client.try_send(one * attack.many(5000), 0.5)
    time.sleep(0.2)
    assert attack.house.figures().memory - before < 64 << 20


@abuse(left=60)
def an_array_made_anew_for_each_event(attack: Attack) -> None:
    """Thousands of small puts to an array that its writer watches whole."""
    client = attack.client(receive=4096)
    sid = client.create("ABUSE:LONG")
    before = attack.house.figures().memory
    body = MASK.pack(0, 0, 0, 1, 0)
    for dbr in (6, 20, 5):
        client.send(extended(Command.EVENT_ADD, len(body), dbr, 100_000, sid, dbr) + body)
    client.try_send(pack_message(Command.WRITE_NOTIFY, bytes(8), 6, 1, sid, 1) * attack.many(10_000), 0.5)
    time.sleep(0.2)
    assert attack.house.figures().memory - before < 64 << 20


@abuse(left=60)
def arrays_in_every_form(attack: Attack) -> None:
    """Each type of a large array, whole and as it is; what is remembered of them has a bound."""
    client = attack.client()
    sid = client.create("ABUSE:LONG")
    before = attack.house.figures().memory
    for dbr in (*range(35), 37, 38):
        for count in (0, 1, 100_000):
            client.send(extended(Command.READ_NOTIFY, 0, dbr, count, sid, dbr))
            reply = client.message()
            assert reply.command in (Command.READ_NOTIFY, Command.ERROR)
    assert attack.house.figures().memory - before < 192 << 20


@abuse()
def long_puts_to_scalars(attack: Attack) -> None:
    """A scalar takes the first of many elements; the others are not even looked at."""
    client = attack.client()
    for name, dbr, size in (("PLAIN", 6, 8), ("AO", 5, 4), ("STRINGOUT", 0, 40), ("CHARS", 4, 1), ("MBBO", 3, 2)):
        sid = client.create(f"ABUSE:{name}")
        for count in (2, 1000, 50_000):
            client.send(pack_message(Command.WRITE_NOTIFY, bytes(size * count), dbr, count, sid, 5))
            assert client.until(Command.WRITE_NOTIFY, 5).p1 in (ECA.NORMAL.code, ECA.PUTFAIL.code)
    sid = client.create("ABUSE:PLAIN")
    client.put(sid, struct.pack(">d", 1.0))


@abuse()
def echoes_of_all_sizes(attack: Attack) -> None:
    """ECHO returns what came."""
    client = attack.client()
    for size in (0, 8, 1000, 16_000):
        client.say(Command.ECHO, b"e" * size)
        assert len(client.message().body) == size
    client.send(pack_message(Command.ECHO) * attack.many(20_000))
    for _ in range(attack.many(20_000)):
        client.message()
    assert warnings_only([]) == 0
