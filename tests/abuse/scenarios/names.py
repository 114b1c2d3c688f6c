"""Names that are huge, not terminated, no text, or full of modifiers."""

from __future__ import annotations

from contextlib import suppress

from bridge.ca.header import Command, pack_message
from tests.abuse.attack import Attack, abuse
from tests.abuse.client import searching

DEEP = "{" * 500 + "}" * 500
FILTERS = [
    "{}",
    "[",
    "]",
    "[]",
    "[[]]",
    "[1:2:3:4]",
    "[::0]",
    "[5:1]",
    f"[{'9' * 5000}]",
    f"[{'9' * 400}:{'9' * 400}:{'9' * 400}]",
    "[-1:-1:-1]",
    '{"dbnd":{}}',
    '{"dbnd":{"abs":1e999}}',
    '{"dbnd":{"abs":NaN}}',
    '{"dbnd":{"abs":-Infinity}}',
    '{"dbnd":{"abs":' + "9" * 400 + "}}",
    '{"dbnd":{"rel":' + "9" * 5000 + "}}",
    '{"dec":{"n":0}}',
    '{"dec":{"n":-1}}',
    '{"dec":{"n":' + "9" * 1000 + "}}",
    '{"dec":{"n":1.5}}',
    '{"dec":{"n":true}}',
    '{"arr":{"s":' + "9" * 400 + ',"i":' + "9" * 400 + "}}",
    '{"arr":{"s":-' + "9" * 400 + ',"e":-' + "9" * 400 + "}}",
    '{"sync":{"m":"while","s":"nobody"}}',
    '{"sync":{"m":"red","s":"red"}}',
    '{"utag":{"M":' + "9" * 400 + ',"V":-1}}',
    '{"ts":{"num":"dbl","str":"iso","epoch":"martian"}}',
    '{"ts":{"num":"ts"}}',
    '{"ts":{"str":"iso"}}',
    '{"dbnd":{"abs":1},"dbnd":{"abs":2}}',
    "{" + ",".join(f'"dec{n}":{{"n":1}}' for n in range(1000)) + "}",
    "{" + '"ts":{},' * 200 + '"ts":{}}',
    DEEP,
    "[" * 100_000,
    "{" * 100_000,
    '{"a":' * 10_000,
    "{" + " " * 50_000,
    "{,,,,,,,,,,,,," * 1000,
    "{a" + "a" * 50_000,
    "$",
    "$$$",
    "$[1]{}",
    '{"\\u0000":{}}',
    "{'dec':{'n':1}}\n2026 ERROR all is lost\n",
    "{\x00}",
]


@abuse()
def names_that_are_none(attack: Attack) -> None:
    """Not found is all that comes of them."""
    client = attack.client()
    names = [b"", b"\xff\xfe\x80", b"\0" * 40, b"ABUSE:AI" * 10_000, b"." * 50_000, b"ABUSE:AI." * 5000, b"\n" * 999]
    names += [b"ABUSE:AI.", b".VAL", b"ABUSE:AI..VAL", b"ABUSE:AI.NOPE", b"ABUSE:AI.VAL.VAL", b"ABUSE:AI.__class__"]
    names += [b"ABUSE:PLAIN.value", b"ABUSE:PLAIN.putter", b" ABUSE:AI", b"abuse:ai"]
    for name in names:
        with suppress(LookupError):
            client.create(name)
    for length in (8, 800, 60_000):  # no NUL at the end
        client.send(pack_message(Command.CREATE_CHAN, b"X" * length, 0, 0, 5, 13))
        assert client.until(Command.CREATE_CH_FAIL).p1 == 5
    client.send(pack_message(Command.CREATE_CHAN, b"ABUSE:AI", 0, 0, 5, 13))  # eight bytes, and so no room for a NUL
    assert client.until(Command.CREATE_CHAN).p1 == 5
    client.send(pack_message(Command.CREATE_CHAN, b"", 0, 0, 5, 13))
    assert client.until(Command.CREATE_CH_FAIL).p1 == 5


@abuse()
def absurd_filters(attack: Attack) -> None:
    """Found or not found, by TCP and by UDP."""
    sock = attack.datagrams()
    for record in ("AI", "WAVE", "STRINGIN", "CHARS", "TICK"):
        client = attack.client()
        for modifier in FILTERS:
            name = f"ABUSE:{record}.{modifier}".encode()
            with suppress(LookupError):
                sid = client.create(name)
                client.read(sid, 0, 0)
                client.read(sid, 6, 1)
                client.subscribe(sid)
            if len(name) < 60_000:
                attack.throw(sock, searching(name))
        client.echo()
    assert "\n2026 ERROR all is lost" not in attack.house.log()


@abuse(probe=5.0, left=60)
def a_crowd_of_filters(attack: Attack) -> None:
    """Thousands of filtered channels on one PV that changes, and then all of them gone at once."""
    client = attack.client()
    number = attack.many(4000)
    client.send(
        b"".join(
            pack_message(Command.CREATE_CHAN, f'ABUSE:TICK.{{"dec":{{"n":{100 + n}}}}}\0'.encode(), 0, 0, n, 13)
            for n in range(number)
        )
    )
    sids = [client.until(Command.CREATE_CHAN).p2 for _ in range(number)]
    client.send(
        b"".join(
            pack_message(Command.EVENT_ADD, bytes(12) + b"\0\1\0\0", 6, 1, sid, subid) for subid, sid in enumerate(sids)
        )
    )
    for _ in range(number):
        client.until(Command.EVENT_ADD)
    client.reset()


@abuse(left=90)
def slices_of_a_large_array(attack: Attack) -> None:
    """Channels that each hold their own part of a large array: refused before they take all memory."""
    client = attack.client()
    before = attack.house.figures().memory
    found = 0
    for number in range(attack.many(1000)):
        with suppress(LookupError):
            client.create(f"ABUSE:LONG.[{number}:99999]")
            found += 1
    assert found >= 10
    assert attack.house.figures().memory - before < 600 << 20


@abuse(probe=5.0)
def searches_for_slices(attack: Attack) -> None:
    """A search for part of an array does not take that part."""
    sock = attack.datagrams()
    datagram = b"".join(searching(b"ABUSE:LONG.[0:99999]", n) for n in range(1200))
    for _ in range(attack.many(30)):
        attack.throw(sock, datagram)


@abuse()
def names_as_long_as_a_message(attack: Attack) -> None:
    """A name of a mebibyte."""
    client = attack.client()
    client.create("ABUSE:AI")
    for name in (b"N" * (1 << 20), b"ABUSE:AI.{" + b"a" * (1 << 20), b"." * (1 << 20)):
        client.try_send(pack_message(Command.CREATE_CHAN, name, 0, 0, 5, 13), 1.0)
        client.try_send(pack_message(Command.SEARCH, name, 10, 13, 5, 5), 1.0)
    client.echo()
