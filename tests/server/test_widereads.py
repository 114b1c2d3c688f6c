"""Reads of several thousand bytes each, one after the other: they are answered as others are, and leave in pieces."""

from __future__ import annotations

import struct

import pytest

from bridge.ca.dbr import ChannelType
from bridge.ca.header import Command, pack_header, pack_message
from bridge.ca.status import ECA
from bridge.server import Limits
from bridge.server.reads import ENOUGH, SMALL
from records import PV
from tests.server.wire import Wire

COUNT = 1000  # doubles: 8,000 bytes


def ask(sid: int, ioid: int, dbr: int = ChannelType.DOUBLE, count: int = COUNT) -> bytes:
    return pack_header(Command.READ_NOTIFY, 0, dbr, count, sid, ioid)


@pytest.fixture
def pv() -> PV:
    return PV("T:w", [float(number) for number in range(2 * COUNT)], max_count=2 * COUNT)


def test_many_in_one_chunk_are_answered_in_order_and_in_several_sends(pv: PV) -> None:
    wire = Wire({"T:w": pv})
    sid = wire.create("T:w")
    wire.feed(b"".join(ask(sid, number) for number in range(20)))
    sent = [len(one) for one in wire.writes]
    replies = wire.replies()
    assert [(reply.command, reply.count, reply.p1, reply.p2) for reply in replies] == [
        (Command.READ_NOTIFY, COUNT, ECA.NORMAL.code, number) for number in range(20)
    ]
    assert {reply.body for reply in replies} == {struct.pack(f">{COUNT}d", *range(COUNT))}
    assert SMALL < 8 * COUNT < ENOUGH
    assert len(sent) > 5
    assert max(sent) < ENOUGH + 2 * 8 * COUNT


def test_puts_and_small_reads_between_them_keep_their_places(pv: PV) -> None:
    wire = Wire({"T:w": pv, "T:d": PV("T:d", 7.0)})
    sid, other = wire.create("T:w", 1), wire.create("T:d", 2)
    chunk = b""
    for number in range(6):
        chunk += ask(sid, number) + ask(other, 100 + number, count=1) + ask(sid, 200 + number)
        chunk += pack_message(Command.WRITE_NOTIFY, struct.pack(">d", number + 50.0), 6, 1, sid, 300 + number)
    for _ in range(2):  # the second time all of them are known
        pv.post([-1.0] * 2 * COUNT)
        wire.feed(chunk)
        replies = wire.replies()
        assert [reply.p2 for reply in replies] == [
            ioid for number in range(6) for ioid in (number, 100 + number, 200 + number, 300 + number)
        ]
        firsts = [struct.unpack(">d", reply.body[:8])[0] for reply in replies if reply.p2 < 100]
        assert firsts == [-1.0, 50.0, 51.0, 52.0, 53.0, 54.0]


def test_a_request_that_is_cut_waits_for_its_end(pv: PV) -> None:
    wire = Wire({"T:w": pv})
    sid = wire.create("T:w")
    wire.feed(ask(sid, 1))
    wire.replies()
    requests = ask(sid, 2) + ask(sid, 3)
    for end in range(16, len(requests)):
        wire.feed(requests[:end])
        assert [reply.p2 for reply in wire.replies()] == [2]
        wire.feed(requests[end:])
        assert [reply.p2 for reply in wire.replies()] == [3]


def test_a_value_that_cannot_be_shown_fails_its_reads(pv: PV) -> None:
    wire = Wire({"T:w": pv})
    sid = wire.create("T:w")
    requests = b"".join(ask(sid, number) for number in range(3))
    wire.feed(requests)
    assert [reply.p1 for reply in wire.replies()] == [ECA.NORMAL.code] * 3
    pv.value = ["no", "numbers"]
    pv.notify(0)
    wire.feed(requests)
    assert [(reply.p1, reply.p2) for reply in wire.replies()] == [(ECA.GETFAIL.code, number) for number in range(3)]


def test_a_cleared_channel_is_known_no_more(pv: PV) -> None:
    wire = Wire({"T:w": pv})
    sid = wire.create("T:w")
    wire.feed(ask(sid, 1) * 2)
    wire.ask(Command.CLEAR_CHANNEL, p1=sid, p2=1)
    wire.feed(ask(sid, 2))
    assert [reply.command for reply in wire.replies()] == [Command.ERROR]


def test_the_largest_that_needs_no_extended_header_and_the_next(pv: PV) -> None:
    """A scalar may be asked for as more elements than it has: zeros follow."""
    wire = Wire({"T:d": PV("T:d", 3.0)})
    sid = wire.create("T:d")
    for count in (8191, 8192):
        for number in range(3):
            wire.feed(ask(sid, number, count=count))
            (reply,) = wire.replies()
            assert (reply.count, len(reply.body), reply.p1) == (count, 8 * count, ECA.NORMAL.code)


def test_whoever_asks_for_much_goes_on_in_a_later_turn(pv: PV) -> None:
    wire = Wire({"T:w": pv}, Limits(turn=-1.0))  # every turn is over at once
    sid = wire.create("T:w")
    wire.feed(ask(sid, 0))
    wire.replies()
    wire.hub.hold_flush()
    wire.session.feed(b"".join(ask(sid, number) for number in range(30)))
    wire.hub.flush()
    assert wire.session.behind
    assert len(wire.writes) == 1
    assert [reply.p2 for reply in wire.replies()] == list(range(30))
    assert not wire.session.behind
