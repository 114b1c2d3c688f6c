"""Nobody gets more than a turn: what a client asks for beyond it waits, and is done in order."""

from __future__ import annotations

import struct

import pytest

from bridge.ca.dbr import ChannelType
from bridge.ca.header import EXTENDED, HEADER, Command, pack_message
from bridge.ca.status import ECA
from bridge.server import Limits
from records import PV, FieldType
from tests.server.wire import Reply, Wire

BIG = 20_000
EVENT = struct.pack(">fffHH", 0, 0, 0, 5, 0)


def database() -> dict[str, PV]:
    pvs = [
        PV("T:d", 1.5),
        PV("T:l", 7, FieldType.LONG),
        PV("T:big", [float(n) for n in range(BIG)], max_count=BIG),
    ]
    return {pv.name: pv for pv in pvs}


class HurriedWire(Wire):
    """Every turn is over as soon as it has begun, and each is run by hand."""

    def __init__(self, limits: Limits | None = None) -> None:
        super().__init__(database(), limits)
        self.hub.overdue = lambda: True  # type: ignore[method-assign]

    def feed_one_turn(self, data: bytes) -> None:
        self.hub.hold_flush()
        self.session.feed(data)
        self.hub.flush()

    def sent(self) -> list[Reply]:
        """What was sent without another turn."""
        soon, self.runner.soon = self.runner.soon, []
        replies = self.replies()
        self.runner.soon = soon
        return replies


def test_a_long_queue_of_requests_is_done_in_turns_and_in_order() -> None:
    wire = HurriedWire()
    sid = wire.create("T:d")
    number = 5000
    data = b"".join(
        pack_message(Command.WRITE_NOTIFY, struct.pack(">d", n), ChannelType.DOUBLE, 1, sid, n)
        + pack_message(Command.READ_NOTIFY, b"", ChannelType.DOUBLE, 1, sid, n)
        for n in range(number)
    )
    wire.feed_one_turn(data)
    first = wire.sent()
    assert 0 < len(first) < number
    assert wire.session.behind
    replies = first + wire.replies()
    assert not wire.session.behind
    assert [(reply.command, reply.p2) for reply in replies] == [
        (command, n) for n in range(number) for command in (Command.WRITE_NOTIFY, Command.READ_NOTIFY)
    ]
    assert [struct.unpack(">d", reply.body)[0] for reply in replies[1::2]] == list(range(number))


def test_two_clients_take_turns() -> None:
    wire = HurriedWire()
    greedy, modest = wire.session, wire.connect()
    assert wire.create_any("T:d") == 1
    wire.session = modest
    sid = wire.create_any("T:d")
    wire.session = greedy
    wire.feed_one_turn(pack_message(Command.READ, b"", ChannelType.DOUBLE, 1, 1, 1) * 10_000)
    wire.sent()
    wire.session = modest
    wire.feed_one_turn(pack_message(Command.READ_NOTIFY, b"", ChannelType.DOUBLE, 1, sid, 42))
    assert wire.sent()[-1].p2 == 42
    assert greedy.behind


def test_requests_that_come_while_others_wait_come_after_them() -> None:
    wire = HurriedWire()
    sid = wire.create("T:l")
    read = [pack_message(Command.READ_NOTIFY, b"", ChannelType.DOUBLE, 1, sid, n) for n in range(600)]
    wire.feed_one_turn(b"".join(read[:500]))
    for one in read[500:]:
        wire.feed_one_turn(one[:7])
        wire.feed_one_turn(one[7:])
    assert [reply.p2 for reply in wire.replies()] == list(range(600))


@pytest.mark.parametrize("command", [Command.READ_NOTIFY, Command.READ, Command.EVENT_ADD])
def test_one_large_answer_a_turn(command: int) -> None:
    wire = HurriedWire()
    sid = wire.create("T:big")
    body = EVENT if command == Command.EVENT_ADD else b""
    data = b"".join(pack_message(command, body, ChannelType.DOUBLE, BIG - n, sid, n) for n in range(5))
    wire.feed_one_turn(data)
    assert len(wire.sent()) == 1
    assert len(wire.replies()) == 4


def test_a_client_that_takes_nothing_is_not_asked_what_else_it_wants() -> None:
    wire = HurriedWire()
    sid = wire.create("T:big")
    wire.session.stuck(True)
    wire.feed_one_turn(pack_message(Command.READ_NOTIFY, b"", ChannelType.DOUBLE, BIG, sid, 1) * 10)
    assert len(wire.sent()) == 1
    wire.runner.turn()
    assert wire.sent() == []
    wire.session.stuck(False)
    assert len(wire.replies()) == 9


def test_events_of_a_large_array_are_made_for_each_turn_and_not_for_each_change() -> None:
    wire = Wire(database())
    pv = wire.hub.pvdb["T:big"]
    sid = wire.create("T:big")
    wire.ask(Command.EVENT_ADD, EVENT, ChannelType.DOUBLE, BIG, sid, 1)
    for value in range(100):
        pv.post([float(value)] * 10)
    (event,) = wire.replies()
    assert struct.unpack_from(">d", event.body) == (99.0,)


def test_thousands_of_late_events_are_sent_in_portions() -> None:
    wire = HurriedWire()
    sid = wire.create("T:d")
    for subid in range(2000):
        wire.ask(Command.EVENT_ADD, EVENT, ChannelType.DOUBLE, 1, sid, subid)
    wire.ask(Command.EVENTS_OFF)
    wire.hub.pvdb["T:d"].post(9.0)
    wire.feed_one_turn(pack_message(Command.EVENTS_ON))
    assert wire.sent() == []
    wire.runner.soon.pop(0)()
    assert 0 < len(wire.sent()) < 2000
    wire.replies()
    assert not wire.session.late


# --- messages of which a part has still to come ---------------------------------------------------------------------


def long_put(sid: int, size: int) -> bytes:
    return HEADER.pack(Command.WRITE, 0xFFFF, ChannelType.DOUBLE, 0, sid, 1) + EXTENDED.pack(size, size // 8)


def test_unfinished_puts_have_an_allowance_in_all() -> None:
    limits = Limits(message=1 << 20, request=1000, unfinished=250_000, share=1.0)
    wire = Wire(database(), limits)
    sessions = [wire.session, wire.connect(), wire.connect()]
    for session in sessions:
        wire.session = session
        sid = wire.create_any("T:big")
        wire.feed(long_put(sid, 100_000) + bytes(50_000))
        refused = wire.replies()
    (error,) = refused
    assert (error.command, error.p2) == (Command.ERROR, ECA.ALLOCMEM.code)
    wire.feed(bytes(50_000) + pack_message(Command.ECHO))  # the rest of it is skipped
    (echo,) = wire.replies()
    assert echo.command == Command.ECHO
    assert wire.hub.unfinished == 200_000
    sessions[0].close()
    sessions[1].feed(bytes(50_000))
    assert wire.hub.unfinished == 0


def test_only_puts_of_channels_may_be_long() -> None:
    wire = Wire(database(), Limits(request=1000))
    wire.feed(long_put(1, 100_000))
    (error,) = wire.replies()
    assert error.p2 == ECA.TOLARGE.code
    wire.feed(bytes(100_000))
    wire.create("T:big")
    for command in (Command.ECHO, Command.CREATE_CHAN, Command.EVENT_ADD, Command.READ_NOTIFY):
        wire.feed(HEADER.pack(command, 2000, 0, 0, 1, 1))
        (error,) = wire.replies()
        assert error.p2 == ECA.TOLARGE.code
        wire.feed(bytes(2000))
    assert wire.ask(Command.ECHO)[0].command == Command.ECHO


def test_a_client_that_stops_in_the_middle_of_a_message_is_dropped() -> None:
    wire = Wire(database(), Limits(stall=60.0))
    session = wire.session
    assert session.idle(0.0) == ""
    wire.feed(pack_message(Command.ECHO)[:5])
    assert session.idle(100.0) == ""
    assert session.idle(150.0) == ""
    wire.feed(pack_message(Command.ECHO)[5:9])
    assert session.idle(170.0) == ""
    assert "middle of a message" in session.idle(240.0)
    wire.feed(pack_message(Command.ECHO)[9:])
    assert session.idle(500.0) == ""
