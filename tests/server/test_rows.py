"""Requests that come in a row take loops of their own. They are answered as if each had come alone, by the long way."""

from __future__ import annotations

import random
import struct

import pytest

from bridge.ca.dbr import ChannelType
from bridge.ca.header import Command, pack_header, pack_message
from bridge.server import Limits
from records import PV, FieldType, ao
from tests.server.wire import Reply, Wire

NAMES = ("T:d", "T:i", "T:w", "T:s", "T:ao", "T:none", "T:ao.HIHI", "T:w.[1:3]", "T:\N{DEGREE SIGN}", "T:read")
TYPES = (ChannelType.DOUBLE, ChannelType.TIME_DOUBLE, ChannelType.STRING, ChannelType.LONG, ChannelType.CTRL_DOUBLE, 99)


def database() -> dict[str, PV]:
    pvs: dict[str, PV] = {
        "T:d": PV("T:d", 1.5),
        "T:i": PV("T:i", 7, FieldType.LONG),
        "T:w": PV("T:w", [float(number) for number in range(1500)], max_count=1500),
        "T:s": PV("T:s", "text", FieldType.STRING),
        "T:ao": ao(2.0, prec=2).create(),
        "T:\N{DEGREE SIGN}": PV("T:\N{DEGREE SIGN}", 20.0),
        "T:read": PV("T:read", 3.0, writable=False),
    }
    for pv in pvs.values():
        pv.time_ns = 10**18
    return pvs


def requests(dice: random.Random) -> list[bytes]:
    """What a client may say, much of it several times in a row, and some of it wrong."""
    said: list[bytes] = []
    for number in range(dice.randrange(20, 60)):
        sid = dice.randrange(1, 9)
        dbr = dice.choice(TYPES)
        count = dice.choice((0, 1, 1, 1, 2, 1000))
        kind = dice.randrange(7)
        for again in range(dice.choice((1, 1, 2, 5))):
            ioid = 100 * number + again
            if kind == 0:
                name = dice.choice(NAMES).encode() + b"\0"
                name += bytes(-len(name) % 8)
                if dice.random() < 0.05:
                    name = b"T:d....." * 2  # without an end
                said.append(pack_header(Command.CREATE_CHAN, len(name), 0, 0, ioid, 13) + name)
            elif kind in (1, 2):
                said.append(pack_header(Command.READ_NOTIFY, 0, dbr, count, sid, ioid))
            elif kind == 3:
                value = struct.pack(">d", dice.choice((1.0, -3.5, 1e300)))
                said.append(pack_message(Command.WRITE_NOTIFY, value, ChannelType.DOUBLE, 1, sid, ioid))
            elif kind == 4:
                said.append(pack_message(Command.WRITE, struct.pack(">d", 4.0), ChannelType.DOUBLE, 1, sid, ioid))
            elif kind == 5:
                mask = bytes(12) + struct.pack(">HH", 5, 0)
                said.append(pack_message(Command.EVENT_ADD, mask, dbr, count, sid, ioid))
            elif dice.random() < 0.2:
                said.append(pack_header(Command.CLEAR_CHANNEL, 0, 0, 0, sid, ioid))
    return said


def answers(chunks: list[bytes], limits: Limits | None = None) -> list[Reply]:
    wire = Wire(database(), limits)
    replies: list[Reply] = []
    for chunk in chunks:
        wire.feed(chunk)
        replies += wire.replies()
    return replies


@pytest.mark.parametrize("seed", range(60))
def test_a_row_is_answered_as_one_by_one(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(seed)
    said = [pack_header(Command.VERSION, 0, 0, 13, 0, 0), *requests(dice)]
    whole = b"".join(said)
    cuts = sorted(dice.randrange(len(whole)) for _ in range(9))
    in_pieces = [whole[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    monkeypatch.setattr("records.pv.clock.now_ns", lambda: 10**18)
    in_one = answers([whole])
    assert in_one == answers(in_pieces)
    assert in_one == answers([whole], Limits(turn=-1.0))  # each turn is over at once
    with monkeypatch.context() as slow:
        for loop in ("fast_creates", "fast_reads", "wide_reads", "fast_writes"):
            slow.setattr(f"bridge.server.session.{loop}", lambda session, data, offset, end: offset)
        assert in_one == answers(said)
