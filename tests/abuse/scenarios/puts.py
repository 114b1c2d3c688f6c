"""Values that no record can take, or that are too much for it."""

from __future__ import annotations

import struct

from bridge.ca.header import Command, pack_message
from bridge.ca.status import ECA
from tests.abuse.attack import Attack, abuse
from tests.abuse.client import extended

RECORDS = ("AI", "AO", "MBBO", "STRINGIN", "STRINGOUT", "LSO", "WAVE", "LONG", "CHARS", "STRINGS", "PLAIN", "COUNT")
FIELDS = ("AO.DESC", "AO.DESC$", "AO.SCAN", "AO.HIHI", "AO.PREC", "MBBO.ZRST", "WAVE.NELM", "AO.PROC", "AO.DRVH")
NUMBERS = (float("nan"), float("inf"), float("-inf"), 1e308, -1e308, 5e-324, -0.0, 2.0**64, 1e-40)
TEXTS = (
    b"",
    b"x" * 40,
    b"x" * 4000,
    b"\xff\xfe" * 20,
    b"no such state",
    b"17",
    b"-1",
    b"0x" + b"f" * 37,
    b"9" * 39,
    b"1e999",
    b"nan",
    b"%s%n%x",
    b"\x1b[31mred\n2026 ERROR all is lost",
    "é".encode() * 19 + b"x\xc3",
)


@abuse()
def values_of_no_use(attack: Attack) -> None:
    """NaN, infinities, numbers out of range, texts that are too long, states that do not exist."""
    client = attack.client()
    for name in (*RECORDS, *FIELDS):
        sid = client.create(f"ABUSE:{name}")
        before = client.read(sid, 0, 0) if name in FIELDS else None
        for number in NUMBERS:
            body = struct.pack(">d", number)
            assert client.put(sid, body).p1 in (ECA.NORMAL.code, ECA.PUTFAIL.code, ECA.NOWTACCESS.code)
            single = struct.pack(">f4x", number if abs(number) < 3e38 or number != number else 3e38)
            client.put(sid, single, 2)
        for state in (3, 15, 16, 255, 65535):
            client.put(sid, struct.pack(">H6x", state), 3)
        for integer in (2**31 - 1, -(2**31), -1):
            client.put(sid, struct.pack(">i4x", integer), 5)
        for text in TEXTS:
            assert client.put(sid, text, 0).p1 in (ECA.NORMAL.code, ECA.PUTFAIL.code, ECA.NOWTACCESS.code)
            if text:
                client.put(sid, text, 4, len(text))
        for dbr in (0, 1, 2, 3, 4, 5, 6, 14, 20, 28, 34):
            client.send(pack_message(Command.READ_NOTIFY, b"", dbr, 0, sid, 5))
            client.until(Command.READ_NOTIFY, 5)
        if before is not None:
            client.put(sid, before.body, 0, 1)
    ai = client.create("ABUSE:AI")
    client.put(ai, struct.pack(">d", 1.5))
    assert client.read(ai).body == struct.pack(">d", 1.5)
    assert "\n2026 ERROR all is lost" not in attack.house.log()


@abuse()
def strings_without_an_end(attack: Attack) -> None:
    """Arrays of strings, none of which is terminated, and one that is cut short."""
    client = attack.client()
    sid = client.create("ABUSE:STRINGS")
    for count in (1, 5, 10, 200):
        assert client.put(sid, b"Z" * 40 * count, 0, count).p1 == ECA.NORMAL.code
        reply = client.read(sid, 0, 0)
        assert all(text.rstrip(b"\0") == b"Z" * 39 for text in (reply.body[:40], reply.body[-40:]))
    assert client.put(sid, b"Z" * 80, 0, 3).p1 == ECA.PUTFAIL.code
    for dbr in (7, 14, 21, 28):
        assert client.put(sid, b"Z" * 16, dbr, 1).p1 in (ECA.NORMAL.code, ECA.PUTFAIL.code)


@abuse(probe=5.0)
def a_flood_of_puts(attack: Attack) -> None:
    """Of everything, as fast as they go, and without reading what comes back."""
    clients = [attack.client() for _ in range(4)]
    messages = b""
    for number, name in enumerate(("AO", "PLAIN", "MBBO", "STRINGOUT", "WAVE")):
        for client in clients:
            assert client.create(f"ABUSE:{name}") == number + 1
        body = b"0".ljust(8, b"\0")
        messages += pack_message(Command.WRITE_NOTIFY, body, 0, 1, number + 1, 1)
        messages += pack_message(Command.WRITE, struct.pack(">d", 1), 6, 1, number + 1, 1)
    for client in clients:
        client.try_send(messages * attack.many(3000), 0.5)


@abuse(left=48)
def a_queue_of_large_puts(attack: Attack) -> None:
    """Puts that wait for an instrument which does not answer: their number and their size have a bound."""
    client = attack.client()
    before = attack.house.figures().memory
    sid = client.create("ABUSE:NEVERS")
    count = 100_000
    one = extended(Command.WRITE_NOTIFY, 8 * count, 6, count, sid, 1) + bytes(8 * count)
    for _ in range(attack.many(100)):
        client.send(one)
    client.send(pack_message(Command.WRITE_NOTIFY, bytes(8), 6, 1, sid, 2) * 10_000)
    assert client.until(Command.WRITE_NOTIFY, 2).p1 == ECA.PUTFAIL.code
    assert attack.house.figures().memory - before < 48 << 20
