"""Putters and getters that raise, return nonsense or never come back hurt their own PV and nothing else."""

from __future__ import annotations

import struct

from bridge.ca.header import Command, pack_message
from bridge.ca.status import ECA
from tests.abuse.attack import Attack, abuse, refused

FAILING = ("RAISES", "GARBAGE", "CANCELS", "BROKEN")


@abuse()
def hooks_that_raise(attack: Attack) -> None:
    """Each put fails by itself, and the next one is taken; each read is answered."""
    client = attack.client()
    for name in FAILING:
        sid = client.create(f"ABUSE:{name}")
        for number in range(50):
            assert client.put(sid, struct.pack(">d", number), ioid=number).p1 == ECA.PUTFAIL.code, name
        client.say(Command.WRITE, struct.pack(">d", 5), 6, 1, sid, 1)
        refused(client.message(), ECA.PUTFAIL)
        for dbr in (0, 6, 13, 14, 20, 34):
            for _ in range(20):
                reply = client.read(sid, dbr)
                assert reply.p1 in (ECA.NORMAL.code, ECA.GETFAIL.code), name
                if name == "BROKEN" and dbr in (6, 13, 20, 34):
                    assert reply.p1 == ECA.GETFAIL.code  # and never a zero that looks like a value
        client.subscribe(sid, 5)
        client.until(Command.EVENT_ADD)
    assert "\x1b" not in attack.house.log()


@abuse()
def hooks_that_never_return(attack: Attack) -> None:
    """Reads and puts pile up at one PV, up to a bound, and are refused beyond it."""
    client = attack.client()
    sid = client.create("ABUSE:NEVER")
    before = attack.house.figures().memory
    number = attack.many(20_000)
    client.send(pack_message(Command.READ_NOTIFY, b"", 6, 1, sid, 1) * number)
    client.send(pack_message(Command.READ, b"", 6, 1, sid, 1) * number)
    client.send(pack_message(Command.WRITE_NOTIFY, bytes(8), 6, 1, sid, 1) * number)
    client.echo()
    for subid in range(100):
        client.subscribe(sid, subid)
    client.say(Command.CLEAR_CHANNEL, b"", 0, 0, sid, 1)
    client.until(Command.CLEAR_CHANNEL)
    assert attack.house.figures().memory - before < 32 << 20


@abuse()
def slow_hooks_and_impatient_clients(attack: Attack) -> None:
    """Clients that leave while their put is under way; those behind them are served."""
    for _ in range(attack.many(12)):
        client = attack.client()
        sid = client.create("ABUSE:SLOWLY")
        client.send(pack_message(Command.WRITE_NOTIFY, bytes(8), 6, 1, sid, 1) * 3)
        client.reset()
    client = attack.client()
    assert client.put(client.create("ABUSE:SLOWLY"), struct.pack(">d", 7)).p1 == ECA.NORMAL.code
