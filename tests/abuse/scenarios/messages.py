"""Messages that are cut short, misaligned, lie about their size, come out of order, or mean nothing."""

from __future__ import annotations

import struct
import time
from contextlib import suppress

from bridge.ca.header import Command, pack_message
from bridge.ca.status import ECA
from tests.abuse.attack import Attack, abuse, refused, warnings_only
from tests.abuse.client import MASK, extended, raw

ALL = range(28)


@abuse()
def truncated_headers(attack: Attack) -> None:
    """A few bytes, and then nothing, or the end: of each command."""
    for command in ALL:
        whole = pack_message(command, b"", 6, 1, 1, 1)
        for length in (1, 7, 15):
            client = attack.silent()
            client.send(whole[:length])
            if length == 7:
                client.sock.close()
    half = attack.client()
    sid = half.create("ABUSE:AI")
    half.send(pack_message(Command.READ_NOTIFY, b"", 6, 1, sid, 1)[:9])
    time.sleep(0.05)
    half.send(pack_message(Command.READ_NOTIFY, b"", 6, 1, sid, 1)[9:])
    assert half.until(Command.READ_NOTIFY, 1).p1 == ECA.NORMAL.code


@abuse()
def misaligned_headers(attack: Attack) -> None:
    """A payload that is no multiple of eight ends the circuit, with a reason, and so does what follows it."""
    for number, command in enumerate([*ALL, 0x7F00, 0xFFFF]):
        client = attack.client()
        client.send(raw(command, 1 + number % 7, 6, 1, 1, 1) + attack.junk())
        assert warnings_only(client.messages()) <= 1
    for shift in range(1, 16):
        client = attack.client()
        client.send(bytes(shift) + pack_message(Command.CREATE_CHAN, b"ABUSE:AI\0", 0, 0, 1, 13) * 3)
        client.sock.shutdown(1)
        warnings_only(client.messages())


@abuse()
def extended_headers_that_lie(attack: Attack) -> None:
    """Up to 4 GiB announced, or a size that wraps around 32 bits with its header: refused, and nothing kept."""
    for command in ALL:
        for size in (0xFFFFFFF8, 0xFFFFFFF0, 0xFFFFFFE8, 0x80000000, 0x7FFFFFF8, 0x10000000):
            client = attack.client()
            client.send(extended(command, size, 6, size // 8, 1, 1) + bytes(100))
            refused(client.message(), ECA.TOLARGE, ECA.UNAVAILINSERV)
    for size in (0xFFFFFFFF, 0xFFFFFFF1, 1):
        client = attack.client()
        client.send(extended(Command.WRITE, size, 6, 1, 1, 1))
        assert client.closed()


@abuse()
def extended_headers_of_small_messages(attack: Attack) -> None:
    """The long form where the short one would do is allowed."""
    client = attack.client()
    sid = client.create("ABUSE:PLAIN")
    for number in range(1000):
        client.send(extended(Command.READ_NOTIFY, 0, 6, 1, sid, number))
        assert client.until(Command.READ_NOTIFY, number).p1 == ECA.NORMAL.code


@abuse()
def sizes_over_the_limit_are_skipped(attack: Attack) -> None:
    """A refused message is read and thrown away, and the circuit goes on behind it."""
    client = attack.client()
    size = 4 << 20
    client.send(extended(Command.WRITE, size, 6, size // 8, 1, 1) + bytes(size) + pack_message(Command.ECHO))
    refused(client.message(), ECA.TOLARGE)
    assert client.message().command == Command.ECHO


@abuse(left=40)
def unfinished_messages(attack: Attack) -> None:
    """Many circuits send nearly all of a large put and then wait: what is kept for them in all has a bound."""
    size = 32 << 20
    clients = [attack.client() for _ in range(16)]
    for client in clients:
        sid = client.create("ABUSE:WAVE")
        client.try_send(extended(Command.WRITE, size, 6, size // 8, sid, 1) + bytes(size - 8), 0.25)
    assert attack.house.figures().memory < 600 << 20


@abuse()
def a_message_in_crumbs(attack: Attack) -> None:
    """Two bytes at a time cost no more memory than all at once."""
    client = attack.client()
    sid = client.create("ABUSE:LONG")
    before = attack.house.figures().memory
    client.send(extended(Command.WRITE, 400_000, 6, 50_000, sid, 1))
    end = time.monotonic() + 0.4 * attack.size
    sent = 0
    while sent < 300_000 and time.monotonic() < end:
        client.send(bytes(2))
        sent += 2
    assert attack.house.figures().memory - before < 4 << 20
    client.send(bytes(400_000 - sent))
    client.echo()


@abuse()
def commands_before_version(attack: Attack) -> None:
    """Each command as the first word of a circuit."""
    for command in ALL:
        client = attack.silent()
        client.send(pack_message(command, b"ABUSE:AI\0" if command in (6, 18) else b"", 6, 1, 1, 1))
        with suppress(OSError):  # closed already
            client.send(pack_message(Command.VERSION, b"", 0, 13))
            client.sock.shutdown(1)
        warnings_only(client.messages())


@abuse(log=120)
def unknown_commands(attack: Attack) -> None:
    """A command that nobody knows ends the circuit, after a reason."""
    for command in (5, 7, 11, 13, 14, 16, 17, 22, 24, 25, 26, 27, 28, 255, 256, 271, 0x1200, 0xFFFF):
        client = attack.client()
        client.send(pack_message(command, b"", 6, 1, 1, 1) * 100)
        assert warnings_only(client.messages()) == 1


@abuse()
def versions_of_all_kinds(attack: Attack) -> None:
    """Priorities and versions beyond what there is, and again and again."""
    for priority, minor in ((0, 0), (99, 13), (0, 0xFFFF), (99, 1), (100, 13), (0xFFFF, 0xFFFF)):
        client = attack.silent()
        client.send(pack_message(Command.VERSION, b"", priority, minor) * 3 + pack_message(Command.ECHO))
        replies = list(zip(range(2), client.messages(), strict=False))
        assert (len(replies) == 2) == (priority < 100)


@abuse()
def names_of_clients(attack: Attack) -> None:
    """User and host names that are too long, unterminated, no text, or meant for the log."""
    for command in (Command.CLIENT_NAME, Command.HOST_NAME):
        for name in (b"\xff" * 64, b"x" * 512, b"evil\n2026 ERROR all is lost\n\0", b"", b"\0" * 64):
            client = attack.client()
            client.say(command, name)
            client.echo()
        client = attack.client()
        client.say(command, b"x" * 10_000)
        client.sock.shutdown(1)
        warnings_only(client.messages())
    assert "all is lost" not in attack.house.log()


@abuse()
def large_bodies_where_none_are_due(attack: Attack) -> None:
    """Only puts have large payloads: an ECHO, a name or an event mask of 32 MiB is not kept."""
    before = attack.house.figures().memory
    for command in sorted(set(range(24)) - {Command.WRITE, Command.WRITE_NOTIFY}):
        client = attack.client()
        client.create("ABUSE:AI")
        client.try_send(pack_message(command, b"A" * (32 << 20), 6, 1, 1, 1), 0.05)
    assert attack.house.figures().memory - before < 64 << 20


@abuse()
def events_without_a_mask(attack: Attack) -> None:
    """EVENT_ADD with too little payload, too much of it, and every mask."""
    client = attack.client()
    sid = client.create("ABUSE:AI")
    for length in (0, 8):
        client.say(Command.EVENT_ADD, bytes(length), 6, 1, sid, length)
        refused(client.message(), ECA.ADDFAIL)
    client.say(Command.EVENT_ADD, MASK.pack(0, 0, 0, 1, 0) + bytes(8000), 6, 1, sid, 9)
    assert client.message().command == Command.EVENT_ADD
    masks = range(0, 65536, max(1, int(16 / attack.size)))
    client.send(
        b"".join(
            pack_message(Command.EVENT_ADD, struct.pack(">fffHH", 0, 0, 0, mask, 0), 6, 1, sid, 100 + mask)
            for mask in masks
        )
    )
    client.echo()
    client.say(Command.WRITE_NOTIFY, struct.pack(">d", 3.0), 6, 1, sid, 1)
    client.until(Command.WRITE_NOTIFY)
    client.put(sid, struct.pack(">d", 1.5))
