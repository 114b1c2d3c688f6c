"""What clients and servers say, and what becomes of it: valid conversations, mutated ones, and pieces of any size."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence

from bridge.ca.header import EXTENDED, HEADER, Command, pack_message

__all__ = ["MASK", "by_client", "by_server", "datagram", "mutated", "pieces"]

MASK = struct.Struct(">fffHH")
TYPES = (0, 1, 2, 3, 4, 5, 6, 7, 13, 14, 17, 20, 24, 27, 31, 34, 35, 36, 37, 38, 39, 200)
COUNTS = (0, 1, 1, 1, 2, 10, 999, 65534, 65535, 2**31, 2**32 - 1)
LARGE = (0xFFF8, 0xFFFF, 0x10000, 1 << 20, 1 << 26, 0x7FFFFFF8, 0xFFFFFFF0, 0xFFFFFFF8)


def _message(rng: random.Random, command: int, body: bytes = b"", dbr: int = 0, count: int = 0, *ids: int) -> bytes:
    """One message, now and then with an extended header."""
    if count > 0xFFFF or not rng.randrange(20):
        body += bytes(-len(body) & 7)
        return HEADER.pack(command, 0xFFFF, dbr, 0, *ids) + EXTENDED.pack(len(body), count) + body
    return pack_message(command, body, dbr, count, *ids)


def by_client(rng: random.Random, names: Sequence[bytes]) -> bytes:
    """What a client may say in one circuit."""
    said = [
        pack_message(Command.VERSION, b"", rng.randrange(100), rng.choice((13, 13, 13, 11, 8, 4, 0))),
        pack_message(Command.HOST_NAME, b"host\0"),
        pack_message(Command.CLIENT_NAME, b"user\0"),
    ]
    channels = rng.randrange(1, 5)
    said += [pack_message(Command.CREATE_CHAN, rng.choice(names) + b"\0", 0, 0, n, 13) for n in range(channels)]
    for number in range(rng.randrange(1, 14)):
        sid, dbr, count = rng.randrange(1, channels + 2), rng.choice(TYPES), rng.choice(COUNTS)
        match rng.randrange(12):
            case 0 | 1 | 2:
                kind = rng.choice((Command.READ_NOTIFY, Command.READ_NOTIFY, Command.READ))
                said.append(_message(rng, kind, b"", dbr, count, sid, number) * rng.choice((1, 1, 3)))
            case 3 | 4:
                kind = rng.choice((Command.WRITE_NOTIFY, Command.WRITE))
                body = rng.choice(
                    (struct.pack(">d", number), struct.pack(">2d", 1, 2), b"text\0", b"x" * 80, bytes(400))
                )
                said.append(_message(rng, kind, body, dbr, rng.choice((1, 1, 2, count)), sid, number))
            case 5 | 6:
                mask = MASK.pack(0, 0, 0, rng.choice((1, 5, 15, 0, 65535)), 0)
                said.append(_message(rng, Command.EVENT_ADD, mask, dbr, count, sid, number))
            case 7:
                said.append(pack_message(Command.EVENT_CANCEL, b"", dbr, 1, sid, max(0, number - 1)))
            case 8:
                kind = rng.choice((Command.EVENTS_OFF, Command.EVENTS_ON, Command.ECHO, Command.READ_SYNC))
                said.append(pack_message(kind))
            case 9:
                said.append(pack_message(Command.CLEAR_CHANNEL, b"", 0, 0, sid, sid - 1))
            case 10:
                said.append(pack_message(Command.SEARCH, rng.choice(names) + b"\0", rng.choice((5, 10)), 13, 7, 7))
            case _:
                said.append(pack_message(Command.CREATE_CHAN, rng.choice(names) + b"\0", 0, 0, 9, 13))
    return b"".join(said)


def by_server(rng: random.Random) -> bytes:
    """What a server may say to a client that made channels 0, 1 and 2, and reads, writes and watches each."""
    said = [pack_message(Command.VERSION, b"", 0, 13)]
    for cid in range(3):
        said.append(pack_message(Command.ACCESS_RIGHTS, b"", 0, 0, cid, 3))
        said.append(pack_message(Command.CREATE_CHAN, b"", 6, 1, cid, 10 + cid))
    for _ in range(rng.randrange(1, 12)):
        cid, number, dbr = rng.randrange(4), rng.randrange(8), rng.choice((6, 6, 20, 34, 0, 4))
        body = {6: 8, 20: 24, 34: 80, 0: 40, 4: 8}[dbr] * b"\1"
        match rng.randrange(9):
            case 0 | 1:
                said.append(_message(rng, Command.READ_NOTIFY, body, dbr, 1, 1, number))
            case 2 | 3:
                said.append(_message(rng, Command.EVENT_ADD, body, dbr, 1, 1, number))
            case 4:
                said.append(_message(rng, Command.WRITE_NOTIFY, b"", 6, 1, rng.choice((1, 160)), number))
            case 5:
                text = HEADER.pack(Command.READ_NOTIFY, 0, 6, 1, 10 + cid, number) + b"no\0"
                said.append(pack_message(Command.ERROR, text, 0, 0, cid, 152))
            case 6:
                said.append(pack_message(Command.EVENT_ADD, b"", 6, 0, 10 + cid, number))
            case 7:
                said.append(pack_message(Command.SERVER_DISCONN, b"", 0, 0, cid, 0))
            case _:
                said.append(pack_message(rng.choice((Command.ECHO, Command.CREATE_CH_FAIL)), b"", 0, 0, cid, 0))
    return b"".join(said)


def datagram(rng: random.Random, names: Sequence[bytes]) -> bytes:
    """Searches, answers, beacons, and what repeaters say."""
    said = [pack_message(Command.VERSION, b"", 1, 13, rng.randrange(1 << 32))]
    for number in range(rng.randrange(1, 8)):
        match rng.randrange(6):
            case 0 | 1 | 2:
                said.append(pack_message(Command.SEARCH, rng.choice(names) + b"\0", rng.choice((5, 10)), 13, 1, number))
            case 3:
                said.append(pack_message(Command.SEARCH, b"\0\r\0\0\0\0\0\0", 5064, 0, 0xFFFFFFFF, number))
            case 4:
                said.append(pack_message(Command.BEACON, b"", 13, 5064, number, 0))
            case _:
                kind = rng.choice(
                    (Command.ECHO, Command.REPEATER_REGISTER, Command.REPEATER_CONFIRM, Command.NOT_FOUND)
                )
                said.append(pack_message(kind, b"", 0, 0, 0, 0x7F000001))
    return b"".join(said)


def mutated(rng: random.Random, data: bytes) -> bytes:
    """Flip, insert, cut, repeat, lie about sizes; or leave it as it is."""
    changed = bytearray(data)
    for _ in range(rng.choice((0, 1, 1, 1, 2, 5, 20))):
        at = rng.randrange(len(changed))
        match rng.randrange(7):
            case 0:
                changed[at] ^= 1 << rng.randrange(8)
            case 1:
                changed[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
            case 2:
                changed[at:at] = rng.randbytes(rng.randrange(1, 17))
            case 3:
                del changed[at : at + rng.randrange(1, 17)]
            case 4:
                changed[at:at] = changed[at : at + rng.randrange(1, 33)]
            case 5:
                at &= ~7
                changed[at : at + 4] = HEADER.pack(rng.randrange(30), rng.choice(LARGE) & 0xFFFF, 0, 0, 0, 0)[:4]
            case _:
                at &= ~7
                changed[at:at] = HEADER.pack(rng.randrange(30), 0xFFFF, 6, 0, 1, 1) + EXTENDED.pack(
                    rng.choice(LARGE), rng.choice(COUNTS)
                )
        if not changed:
            changed = bytearray(1)
    return bytes(changed)


def pieces(rng: random.Random, data: bytes) -> list[bytes]:
    """`data` in chunks: a few large ones, many small ones, or single bytes."""
    most = rng.choice((1, 2, 7, 16, 40, 200, 1 << 20))
    found = []
    at = 0
    while at < len(data):
        size = rng.randrange(1, most + 1)
        found.append(data[at : at + size])
        at += size
    return found
