"""Types that do not exist, and those that exist only in odd places."""

from __future__ import annotations

from bridge.ca.header import Command
from bridge.ca.status import ECA
from tests.abuse.attack import Attack, abuse, refused
from tests.abuse.client import MASK

IMPOSSIBLE = (39, 40, 100, 255, 256, 0x7FFF, 0xFFFF)
PUT_ACKT, PUT_ACKS, STSACK_STRING, CLASS_NAME = 35, 36, 37, 38
NAMES = ("AI", "MBBO", "STRINGIN", "LSO", "WAVE", "CHARS", "STRINGS", "PLAIN", "AI.DESC", "AI.DESC$", "WAVE.[1:3]")


@abuse()
def impossible_types(attack: Attack) -> None:
    """Read, watched and written."""
    client = attack.client()
    for name in NAMES:
        sid = client.create(f"ABUSE:{name}")
        for dbr in (*IMPOSSIBLE, PUT_ACKT, PUT_ACKS):
            for command in (Command.READ_NOTIFY, Command.READ, Command.EVENT_ADD):
                client.say(command, MASK.pack(0, 0, 0, 1, 0), dbr, 1, sid, 5)
                refused(client.message(), ECA.GETFAIL, ECA.BADTYPE)
        for dbr in (*IMPOSSIBLE, STSACK_STRING, CLASS_NAME):
            client.say(Command.WRITE, bytes(80), dbr, 1, sid, 5)
            refused(client.message(), ECA.PUTFAIL)
            client.say(Command.WRITE_NOTIFY, bytes(80), dbr, 1, sid, 5)
            assert client.until(Command.WRITE_NOTIFY, 5).p1 == ECA.PUTFAIL.code


@abuse()
def acknowledging_in_odd_places(attack: Attack) -> None:
    """PUT_ACKT and PUT_ACKS to what has no alarm, with numbers that no alarm has, as arrays, and cut short."""
    client = attack.client()
    for name in NAMES:
        sid = client.create(f"ABUSE:{name}")
        for dbr in (PUT_ACKT, PUT_ACKS):
            for count, body in (
                (1, b"\0\2".ljust(8, b"\0")),
                (1, b"\xff" * 8),
                (4, b"\xff" * 8),
                (9, bytes(8)),
                (0, b""),
            ):
                client.say(Command.WRITE_NOTIFY, body, dbr, count, sid, 5)
                assert client.until(Command.WRITE_NOTIFY, 5).p1 & 7 in (0, 1)
        for dbr in (STSACK_STRING, CLASS_NAME):
            for count in (0, 1, 2):
                client.say(Command.READ_NOTIFY, b"", dbr, count, sid, 5)
                reply = client.message()
                assert reply.command in (Command.READ_NOTIFY, Command.ERROR)
                client.say(Command.READ, b"", dbr, count, sid, 5)
                client.message()
    client.echo()


@abuse()
def every_type_of_everything(attack: Attack) -> None:
    """All types that can be read, of all PVs and of fields, in all ways, are answered."""
    client = attack.client()
    fields = ("VAL", "DESC", "SCAN", "STAT", "SEVR", "TIME", "RTYP", "NAME", "HIHI", "NORD", "INP", "PROC", "UDF")
    names = [f"AI.{field}" for field in fields] + [f"WAVE.{field}" for field in fields] + list(NAMES)
    for name in names:
        try:
            sid = client.create(f"ABUSE:{name}")
        except LookupError:
            continue
        for dbr in (*range(35), STSACK_STRING, CLASS_NAME):
            for count in (0, 1, 7):
                for command in (Command.READ_NOTIFY, Command.READ):
                    client.say(command, b"", dbr, count, sid, 5)
                    reply = client.message()
                    if reply.command == Command.ERROR:
                        refused(reply)
                    else:
                        assert reply.command == command
