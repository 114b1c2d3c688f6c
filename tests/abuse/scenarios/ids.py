"""Ids that are wrong, stale, or another client's."""

from __future__ import annotations

from bridge.ca.header import Command, pack_message
from bridge.ca.status import ECA
from tests.abuse.attack import Attack, abuse, refused
from tests.abuse.client import MASK, Client

WRONG = (0, 999, 2**31, 2**32 - 1)
EVENT = MASK.pack(0, 0, 0, 1, 0)


def ask_all(client: Client, sid: int) -> None:
    """Every request that names a channel, with one that is not there."""
    for command, body in (
        (Command.READ_NOTIFY, b""),
        (Command.READ, b""),
        (Command.EVENT_ADD, EVENT),
        (Command.EVENT_CANCEL, b""),
        (Command.CLEAR_CHANNEL, b""),
        (Command.WRITE_NOTIFY, bytes(8)),
        (Command.WRITE, bytes(8)),
    ):
        for dbr in (6, 35, 36, 38, 99):
            client.say(command, body, dbr, 1, sid, 3)
            refused(client.message(), ECA.UKNCHAN)


@abuse()
def wrong_ids(attack: Attack) -> None:
    """Ids that were never given."""
    client = attack.client()
    client.create("ABUSE:AI")
    for sid in WRONG:
        ask_all(client, sid)
    client.echo()


@abuse()
def stale_ids(attack: Attack) -> None:
    """Ids of channels that are cleared: not given again, and good for nothing."""
    client = attack.client()
    seen = set()
    for _ in range(50):
        sid = client.create("ABUSE:PLAIN")
        assert sid not in seen
        seen.add(sid)
        client.read(sid)
        client.put(sid, bytes(8))
        client.subscribe(sid)
        client.until(Command.EVENT_ADD)
        client.say(Command.CLEAR_CHANNEL, b"", 0, 0, sid, 1)
        client.until(Command.CLEAR_CHANNEL)
        ask_all(client, sid)


@abuse()
def ids_of_others(attack: Attack) -> None:
    """What one circuit was given, another one cannot use, nor take away."""
    owner, thief = attack.client(), attack.client()
    sids = [owner.create("ABUSE:AO") for _ in range(20)]
    for sid in sids:
        owner.subscribe(sid, sid)
        owner.until(Command.EVENT_ADD)
        ask_all(thief, sid)
    for sid in sids:
        assert owner.read(sid).p1 == ECA.NORMAL.code
        owner.say(Command.EVENT_CANCEL, b"", 6, 1, sid, sid)
        assert owner.message().command == Command.EVENT_ADD


@abuse()
def clear_and_cancel_in_any_order(attack: Attack) -> None:
    """Twice, before their time, and after it. What libca sends in one go gets both of its answers."""
    client = attack.client()
    for _ in range(20):
        sid = client.create("ABUSE:AI")
        cancel = pack_message(Command.EVENT_CANCEL, b"", 6, 1, sid, 5)
        clear = pack_message(Command.CLEAR_CHANNEL, b"", 0, 0, sid, 1)
        add = pack_message(Command.EVENT_ADD, EVENT, 6, 1, sid, 5)
        client.send(cancel)
        refused(client.message())
        client.send(add)
        assert client.message().command == Command.EVENT_ADD
        client.send(add)
        refused(client.message(), ECA.ADDFAIL)
        client.send(cancel + cancel)
        reply = client.message()
        assert (reply.command, reply.p2, reply.body) == (Command.EVENT_ADD, 5, b"")
        refused(client.message())
        client.send(add)
        client.message()
        client.send(cancel + clear)
        reply = client.message()
        assert (reply.command, reply.p2, reply.body) == (Command.EVENT_ADD, 5, b"")
        assert client.message().command == Command.CLEAR_CHANNEL
        client.send(clear + cancel)
        refused(client.message())
        refused(client.message())
    assert attack.client().read


@abuse()
def ids_of_the_client_are_its_own_business(attack: Attack) -> None:
    """The same cid for all channels, and the same subid for a monitor of each."""
    client = attack.client()
    for _ in range(200):
        sid = client.create("ABUSE:AI", cid=1)
        client.subscribe(sid, 1)
        assert client.until(Command.EVENT_ADD).p2 == 1
