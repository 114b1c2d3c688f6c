"""What a circuit answers, message by message. The reference is rsrv (camessage.c)."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.ca.dbr import ChannelType
from bridge.ca.header import Command, pack_message
from bridge.ca.status import ECA, Severity, from_code
from bridge.server import Limits, ServerConfig
from bridge.server.outlet import KEPT_UNWATCHED
from records import PV, FieldType, Metadata, rights_watchers
from tests.server.wire import Reply, Wire

MASK = struct.Struct(">fffHH")


def database() -> dict[str, PV]:
    pvs = [
        PV("T:d", 1.5, metadata=Metadata(units="mm", precision=2)),
        PV("T:l", 7, FieldType.LONG),
        PV("T:s", "text", FieldType.STRING),
        PV("T:e", 1, FieldType.ENUM, metadata=Metadata(states=("off", "on"))),
        PV("T:w", [1.0, 2.0, 3.0], FieldType.DOUBLE, max_count=5),
        PV("T:ro", 2.0, writable=False),
        PV("T:big", array("d", range(20_000)), FieldType.DOUBLE, max_count=20_000),
    ]
    return {pv.name: pv for pv in pvs}


@pytest.fixture
def wire() -> Wire:
    return Wire(database())


def read(wire: Wire, sid: int, dbr: int, count: int = 1, ioid: int = 99) -> Reply:
    (reply,) = wire.ask(Command.READ_NOTIFY, dbr=dbr, count=count, p1=sid, p2=ioid)
    assert (reply.command, reply.dbr, reply.p2) == (Command.READ_NOTIFY, dbr, ioid)
    return reply


def subscribe(
    wire: Wire, sid: int, subid: int = 5, dbr: int = ChannelType.DOUBLE, count: int = 1, mask: int = 5
) -> list[Reply]:
    return wire.ask(Command.EVENT_ADD, MASK.pack(0, 0, 0, mask, 0), dbr=dbr, count=count, p1=sid, p2=subid)


def events(replies: list[Reply]) -> list[float]:
    assert all(reply.command == Command.EVENT_ADD for reply in replies)
    return [struct.unpack(">d", reply.body)[0] for reply in replies]


def test_server_speaks_first() -> None:
    wire = Wire({})
    wire.connect()
    (version,) = wire.replies()
    assert (version.command, version.count) == (Command.VERSION, 13)


def test_create_says_rights_type_and_count(wire: Wire) -> None:
    rights, created = wire.ask(Command.CREATE_CHAN, b"T:w\0", p1=3, p2=13)
    assert (rights.command, rights.p1, rights.p2) == (Command.ACCESS_RIGHTS, 3, 3)
    assert (created.command, created.dbr, created.count, created.p1) == (Command.CREATE_CHAN, 6, 5, 3)
    rights, created = wire.ask(Command.CREATE_CHAN, b"T:ro\0", p1=4, p2=13)
    assert rights.p2 == 1


def test_unknown_name_fails_at_once(wire: Wire) -> None:
    (reply,) = wire.ask(Command.CREATE_CHAN, b"T:nope\0", p1=3, p2=13)
    assert (reply.command, reply.p1) == (Command.CREATE_CH_FAIL, 3)


def test_count_beyond_16_bits_is_told_in_an_extended_header() -> None:
    wire = Wire({"T:x": PV("T:x", [0.0], FieldType.DOUBLE, max_count=70_000)})
    _, created = wire.ask(Command.CREATE_CHAN, b"T:x\0", p1=3, p2=13)
    assert created.count == 70_000


@pytest.mark.parametrize(
    ("name", "dbr", "count", "body"),
    [
        ("T:d", ChannelType.DOUBLE, 1, struct.pack(">d", 1.5)),
        ("T:d", ChannelType.FLOAT, 1, struct.pack(">f4x", 1.5)),
        ("T:d", ChannelType.LONG, 1, struct.pack(">i4x", 1)),
        ("T:d", ChannelType.STRING, 1, b"1.50".ljust(40, b"\0")),
        ("T:l", ChannelType.DOUBLE, 1, struct.pack(">d", 7)),
        ("T:l", ChannelType.CHAR, 1, b"\x07".ljust(8, b"\0")),
        ("T:e", ChannelType.STRING, 1, b"on".ljust(40, b"\0")),
        ("T:e", ChannelType.ENUM, 1, struct.pack(">H6x", 1)),
        ("T:s", ChannelType.STRING, 1, b"text".ljust(40, b"\0")),
        ("T:w", ChannelType.DOUBLE, 5, struct.pack(">5d", 1, 2, 3, 0, 0)),  # zero-filled past what there is
        ("T:w", ChannelType.DOUBLE, 2, struct.pack(">2d", 1, 2)),
        ("T:w", ChannelType.DOUBLE, 0, struct.pack(">3d", 1, 2, 3)),  # 0: as many as there are
        ("T:w", ChannelType.LONG, 3, struct.pack(">3i4x", 1, 2, 3)),
    ],
)
def test_read(wire: Wire, name: str, dbr: int, count: int, body: bytes) -> None:
    sid = wire.create(name)
    for _ in range(2):  # the second time by the fast path
        reply = read(wire, sid, dbr, count)
        assert reply.p1 == ECA.NORMAL.code
        assert reply.body == body
        assert reply.count == (count or 3)


def test_read_of_text_as_number_fails_visibly(wire: Wire) -> None:
    sid = wire.create("T:s")
    reply = read(wire, sid, ChannelType.DOUBLE)
    assert reply.p1 == ECA.GETFAIL.code
    assert reply.body == bytes(8)


def test_fast_path_sees_every_change() -> None:
    database_ = database()
    wire = Wire(database_)
    sid = wire.create("T:d")
    for value in (1.5, 2.5, 3.5):
        database_["T:d"].post(value)
        assert struct.unpack(">d", read(wire, sid, ChannelType.DOUBLE).body) == (value,)


def test_replies_of_one_turn_leave_in_one_write(wire: Wire) -> None:
    sid = wire.create("T:d")
    one = pack_message(Command.READ_NOTIFY, b"", ChannelType.DOUBLE, 1, sid, 1)
    put = pack_message(Command.WRITE_NOTIFY, struct.pack(">d", 8), ChannelType.DOUBLE, 1, sid, 2)
    wire.feed(one * 50 + put * 50 + one * 50)
    assert len(wire.writes) == 1
    assert len(wire.replies()) == 150


@pytest.mark.parametrize("size", [1, 7, 16, 23, 100])
def test_chunks_of_any_size_give_the_same_replies(size: int) -> None:
    def conversation(chunk: int) -> list[Reply]:
        wire = Wire(database())
        sid = wire.create("T:d")
        data = b"".join(
            pack_message(Command.WRITE_NOTIFY, struct.pack(">d", n), ChannelType.DOUBLE, 1, sid, n)
            + pack_message(Command.READ_NOTIFY, b"", ChannelType.TIME_STRING, 1, sid, n)
            for n in range(5)
        )
        for start in range(0, len(data), chunk):
            wire.feed(data[start : start + chunk])
        return [Reply(r.command, r.dbr, r.count, r.p1, r.p2, r.body[12:]) for r in wire.replies()]

    assert conversation(size) == conversation(10_000)


def test_put_and_acknowledge(wire: Wire) -> None:
    sid = wire.create("T:d")
    for value in (4.0, 5.0):
        (reply,) = wire.ask(Command.WRITE_NOTIFY, struct.pack(">d", value), ChannelType.DOUBLE, 1, sid, 12)
        assert (reply.command, reply.p1, reply.p2) == (Command.WRITE_NOTIFY, ECA.NORMAL.code, 12)
        assert struct.unpack(">d", read(wire, sid, ChannelType.DOUBLE).body) == (value,)


def test_put_of_text(wire: Wire) -> None:
    sid = wire.create("T:l")
    (reply,) = wire.ask(Command.WRITE_NOTIFY, b"0x1f\0\0\0\0", ChannelType.STRING, 1, sid, 1)
    assert reply.p1 == ECA.NORMAL.code
    assert struct.unpack(">i4x", read(wire, sid, ChannelType.LONG).body) == (31,)
    (reply,) = wire.ask(Command.WRITE_NOTIFY, b"abc\0\0\0\0\0", ChannelType.STRING, 1, sid, 1)
    assert reply.p1 == ECA.PUTFAIL.code


def test_put_without_notification_reports_failure_only(wire: Wire) -> None:
    sid = wire.create("T:l", cid=77)
    assert wire.ask(Command.WRITE, struct.pack(">i4x", 3), ChannelType.LONG, 1, sid, 1) == []
    (reply,) = wire.ask(Command.WRITE, b"abc\0\0\0\0\0", ChannelType.STRING, 1, sid, 1)
    assert (reply.command, reply.p1, reply.p2) == (Command.ERROR, 77, ECA.PUTFAIL.code)
    assert b"abc" in reply.body


def test_the_last_of_several_texts_need_not_be_padded() -> None:
    pv = PV("T:as", [], FieldType.STRING, max_count=3)
    wire = Wire({"T:as": pv})
    sid = wire.create("T:as")
    for count, status in ((2, ECA.NORMAL), (3, ECA.PUTFAIL)):
        body = b"one".ljust(40, b"\0") + b"two".ljust(8, b"\0")
        (reply,) = wire.ask(Command.WRITE_NOTIFY, body, ChannelType.STRING, count, sid, 1)
        assert reply.p1 == status.code
    assert pv.value == ["one", "two"]


def test_clients_are_told_when_they_may_write_and_when_not() -> None:
    pv = PV("T:d")
    wire = Wire({"T:d": pv})
    rights_watchers.append(wire.hub.tell_rights)
    try:
        sid, sliced = wire.create("T:d", 1), wire.create("T:d.[0:0]", 2)
        value = struct.pack(">d", 1.0)

        def put(sid: int) -> int:
            (reply,) = wire.ask(Command.WRITE_NOTIFY, value, dbr=ChannelType.DOUBLE, count=1, p1=sid, p2=7)
            return reply.p1

        for rights, status in ((3, ECA.NORMAL), (1, ECA.NOWTACCESS), (3, ECA.NORMAL)):
            pv.writable = rights == 3
            told = [(one.command, one.p1, one.p2) for one in wire.replies()]
            assert told == ([] if (rights, pv.value) == (3, 0.0) else [(22, 1, rights), (22, 2, rights)])
            assert [put(sid), put(sid), put(sliced)] == [status.code] * 3  # the second goes the short way
    finally:
        rights_watchers.remove(wire.hub.tell_rights)


def test_read_only_pv_refuses_puts(wire: Wire) -> None:
    sid = wire.create("T:ro")
    for _ in range(2):
        (reply,) = wire.ask(Command.WRITE_NOTIFY, struct.pack(">d", 1), ChannelType.DOUBLE, 1, sid, 1)
        assert reply.p1 == ECA.NOWTACCESS.code
    assert struct.unpack(">d", read(wire, sid, ChannelType.DOUBLE).body) == (2.0,)


def test_put_of_an_array(wire: Wire) -> None:
    sid = wire.create("T:w")
    wire.ask(Command.WRITE_NOTIFY, struct.pack(">2d", 8, 9), ChannelType.DOUBLE, 2, sid, 1)
    assert read(wire, sid, ChannelType.DOUBLE, 0).body == struct.pack(">2d", 8, 9)


def test_put_shorter_than_its_count_is_refused(wire: Wire) -> None:
    sid = wire.create("T:w")
    (reply,) = wire.ask(Command.WRITE_NOTIFY, struct.pack(">2d", 8, 9), ChannelType.DOUBLE, 5, sid, 1)
    assert reply.p1 == ECA.PUTFAIL.code
    assert read(wire, sid, ChannelType.DOUBLE, 0).count == 3


def test_large_array_takes_an_extended_header_and_many_chunks(wire: Wire) -> None:
    sid = wire.create("T:big")
    values = array("d", range(20_000, 0, -1))
    body = struct.pack(">20000d", *values)
    message = pack_message(Command.WRITE_NOTIFY, body, ChannelType.DOUBLE, 20_000, sid, 1)
    for start in range(0, len(message), 10_000):
        wire.feed(message[start : start + 10_000])
    (reply,) = wire.replies()
    assert reply.p1 == ECA.NORMAL.code
    reply = read(wire, sid, ChannelType.DOUBLE, 20_000)
    assert reply.count == 20_000
    assert reply.body == body


# --- monitors -----------------------------------------------------------------------------------------------------


def test_monitor_sends_the_value_first_and_then_every_change() -> None:
    pvs = database()
    wire = Wire(pvs)
    sid = wire.create("T:d")
    assert events(subscribe(wire, sid)) == [1.5]
    pvs["T:d"].post(2.5)
    pvs["T:d"].post(3.5)
    assert events(wire.replies()) == [2.5, 3.5]
    assert events(wire.replies()) == []


def test_cancel_is_answered_and_ends_the_monitor() -> None:
    pvs = database()
    wire = Wire(pvs)
    sid = wire.create("T:d")
    subscribe(wire, sid)
    (reply,) = wire.ask(Command.EVENT_CANCEL, dbr=6, count=1, p1=sid, p2=5)
    assert (reply.command, reply.p2, reply.body) == (Command.EVENT_ADD, 5, b"")
    pvs["T:d"].post(9.0)
    assert wire.replies() == []


@pytest.mark.parametrize(("mask", "seen"), [(1, 2), (2, 2), (4, 0), (8, 1), (5, 2), (15, 3)])
def test_mask_chooses_the_changes(mask: int, seen: int) -> None:
    pvs = database()
    wire = Wire(pvs)
    sid = wire.create("T:d")
    subscribe(wire, sid, mask=mask)
    pvs["T:d"].post(2.0)
    pvs["T:d"].post(3.0)
    pvs["T:d"].post_metadata(Metadata(units="m"))
    assert len(wire.replies()) == seen


def test_array_monitor_follows_the_number_of_elements() -> None:
    pvs = database()
    wire = Wire(pvs)
    sid = wire.create("T:w")
    (first,) = subscribe(wire, sid, count=0)
    assert first.count == 3
    pvs["T:w"].post([4.0])
    (second,) = wire.replies()
    assert (second.count, second.body) == (1, struct.pack(">d", 4.0))


def test_a_value_is_rendered_once_for_all_subscribers() -> None:
    pvs = database()
    wire = Wire(pvs)
    sid = wire.create("T:d")
    for subid in range(10):
        subscribe(wire, sid, subid)
    pvs["T:d"].post(4.0)
    payloads = [piece for piece in wire.session.out if len(piece) == 8]
    assert len(payloads) == 10
    assert all(piece is payloads[0] for piece in payloads)
    assert len(wire.replies()) == 10


def test_events_off_keeps_the_newest_value_only() -> None:
    pvs = database()
    wire = Wire(pvs)
    sid = wire.create("T:d")
    subscribe(wire, sid)
    wire.ask(Command.EVENTS_OFF)
    for value in range(100):
        pvs["T:d"].post(float(value))
    assert wire.replies() == []
    assert events(wire.ask(Command.EVENTS_ON)) == [99.0]


def test_a_full_socket_keeps_the_newest_value_of_each_monitor() -> None:
    pvs = database()
    wire = Wire(pvs)
    first, second = wire.create("T:d", 1), wire.create("T:ro", 2)
    subscribe(wire, first, 1)
    subscribe(wire, second, 2)
    wire.session.stuck(True)
    for value in range(1000):
        pvs["T:d"].post(float(value))
    pvs["T:ro"].post(-1.0)
    assert wire.replies() == []
    wire.session.stuck(False)
    assert sorted(events(wire.replies())) == [-1.0, 999.0]


def test_closing_the_circuit_releases_the_pv() -> None:
    pvs = database()
    wire = Wire(pvs)
    sid = wire.create("T:d")
    subscribe(wire, sid)
    assert pvs["T:d"].listeners
    wire.session.close()
    assert not pvs["T:d"].listeners
    assert (wire.hub.channels, wire.hub.subscriptions, len(wire.hub.sessions)) == (0, 0, 0)
    pvs["T:d"].post(1.0)


def test_clear_channel_forgets_its_monitors_and_its_id() -> None:
    pvs = database()
    wire = Wire(pvs)
    sid = wire.create("T:d", cid=8)
    subscribe(wire, sid)
    read(wire, sid, ChannelType.DOUBLE)
    (reply,) = wire.ask(Command.CLEAR_CHANNEL, p1=sid, p2=8)
    assert (reply.command, reply.p1, reply.p2) == (Command.CLEAR_CHANNEL, sid, 8)
    pvs["T:d"].post(7.0)
    assert wire.replies() == []
    (reply,) = wire.ask(Command.READ_NOTIFY, dbr=6, count=1, p1=sid, p2=1)
    assert reply.command == Command.ERROR


# --- puts that take their time ------------------------------------------------------------------------------------


class SlowPV(PV):
    """Each put ends when its step says so; a negative number is refused by the instrument."""

    def put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        return self._slowly(value)

    async def _slowly(self, value: float) -> None:
        await Once()
        if value < 0:
            raise RuntimeError("refused")
        self.post(value)


class Once:
    """Awaiting this takes one step of the StepRunner."""

    def __await__(self) -> Any:
        yield


def slow_put(wire: Wire, sid: int, value: float, ioid: int) -> list[Reply]:
    return wire.ask(Command.WRITE_NOTIFY, struct.pack(">d", value), ChannelType.DOUBLE, 1, sid, ioid)


def test_slow_put_is_acknowledged_when_it_is_done() -> None:
    pv = SlowPV("T:slow")
    wire = Wire({"T:slow": pv})
    sid = wire.create("T:slow")
    assert slow_put(wire, sid, 5.0, 1) == []
    assert pv.value == 0.0
    wire.runner.go()
    (reply,) = wire.replies()
    assert (reply.p1, reply.p2, pv.value) == (ECA.NORMAL.code, 1, 5.0)


def test_refused_put_fails_at_the_client() -> None:
    wire = Wire({"T:slow": SlowPV("T:slow")})
    sid = wire.create("T:slow")
    slow_put(wire, sid, -5.0, 1)
    wire.runner.go()
    (reply,) = wire.replies()
    assert (reply.command, reply.p1) == (Command.WRITE_NOTIFY, ECA.PUTFAIL.code)


def test_puts_to_one_pv_keep_their_order_across_clients() -> None:
    pv = SlowPV("T:slow")
    wire = Wire({"T:slow": pv})
    seen: list[Any] = []
    pv.listen(lambda pv, changes: seen.append(pv.value))
    sid = wire.create("T:slow")
    for number in range(1, 6):
        slow_put(wire, sid, float(number), number)
    for _ in range(5):
        wire.runner.go()
    assert seen == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert [reply.p2 for reply in wire.replies()] == [1, 2, 3, 4, 5]


def test_a_put_outlives_its_client() -> None:
    pv = SlowPV("T:slow")
    wire = Wire({"T:slow": pv})
    sid = wire.create("T:slow")
    slow_put(wire, sid, 5.0, 1)
    wire.session.close()
    wire.runner.go()
    assert pv.value == 5.0


# --- refusals and abuse -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        pack_message(Command.READ_NOTIFY, b"", 6, 1, 999, 1),
        pack_message(Command.READ, b"", 6, 1, 999, 1),
        pack_message(Command.EVENT_ADD, MASK.pack(0, 0, 0, 1, 0), 6, 1, 999, 1),
        pack_message(Command.EVENT_CANCEL, b"", 6, 1, 999, 1),
        pack_message(Command.CLEAR_CHANNEL, b"", 0, 0, 999, 1),
        pack_message(Command.WRITE_NOTIFY, bytes(8), 6, 1, 999, 1),
        pack_message(Command.WRITE, bytes(8), 6, 1, 999, 1),
        pack_message(Command.READ_NOTIFY, b"", 35, 1, 1, 1),
        pack_message(Command.READ_NOTIFY, b"", 99, 1, 1, 1),
        pack_message(Command.READ_NOTIFY, b"", 6, 0xFFFFFFF0, 1, 1),
        pack_message(Command.EVENT_ADD, b"", 6, 1, 1, 1),
        pack_message(60, b"", 0, 0, 0, 0),
    ],
)
def test_refusals_carry_warnings_because_c_clients_abort_on_the_rest(message: bytes) -> None:
    wire = Wire(database())
    assert wire.create("T:d") == 1
    wire.feed(message)
    (reply,) = wire.replies()
    assert reply.command == Command.ERROR
    status = from_code(reply.p2)
    assert status is not None
    assert status.severity is Severity.WARNING
    assert reply.body[:2] == message[:2]  # the request comes back
    assert reply.body[16:].strip(b"\0")  # with a sentence


def test_ids_belong_to_their_circuit() -> None:
    wire = Wire(database())
    sid = wire.create("T:d")
    other = wire.session = wire.connect()
    wire.replies()
    assert other is wire.session
    (reply,) = wire.ask(Command.READ_NOTIFY, dbr=6, count=1, p1=sid, p2=1)
    assert reply.command == Command.ERROR


def test_message_over_the_limit_is_refused_and_skipped() -> None:
    wire = Wire(database(), Limits(message=1000, request=1000))
    sid = wire.create("T:d")
    wire.feed(pack_message(Command.WRITE_NOTIFY, bytes(5000), 6, 625, sid, 1)[:200])
    (reply,) = wire.replies()
    assert reply.p2 == ECA.TOLARGE.code
    rest = pack_message(Command.WRITE_NOTIFY, bytes(5000), 6, 625, sid, 1)[200:]
    wire.feed(rest + pack_message(Command.ECHO))
    (echo,) = wire.replies()
    assert echo.command == Command.ECHO


def test_a_limit_that_is_set_low_holds_for_what_comes_in_one_piece() -> None:
    environ = {"EPICS_CA_AUTO_ARRAY_BYTES": "NO", "EPICS_CA_MAX_ARRAY_BYTES": "20000"}
    wire = Wire(database(), ServerConfig.from_environment(environ).limits)
    sid = wire.create("T:big")
    for count, refused in ((2500, False), (3000, True), (20_000, True)):
        put = pack_message(Command.WRITE_NOTIFY, bytes(8 * count), 6, count, sid, 1)
        get = pack_message(Command.READ_NOTIFY, b"", 6, count, sid, 1)
        for message in (put, get):
            wire.feed(message + pack_message(Command.ECHO))
            reply, echo = wire.replies()
            assert echo.command == Command.ECHO
            if refused:
                assert (reply.command, reply.p2) == (Command.ERROR, ECA.TOLARGE.code)
            else:
                assert (reply.command, reply.p1) == (message[1], ECA.NORMAL.code)


def test_misaligned_payload_ends_the_circuit(wire: Wire) -> None:
    wire.feed(struct.pack(">HHHHII", Command.ECHO, 3, 0, 0, 0, 0) + b"abc")
    assert wire.closed


def test_limits_on_channels_and_subscriptions() -> None:
    wire = Wire(database(), Limits(channels=1, subscriptions=1, share=1.0))
    sid = wire.create("T:d")
    error, failed = wire.ask(Command.CREATE_CHAN, b"T:l\0", p1=2, p2=13)
    assert (error.p2, failed.command) == (ECA.ALLOCMEM.code, Command.CREATE_CH_FAIL)
    subscribe(wire, sid, 1)
    (error,) = subscribe(wire, sid, 2)
    assert error.p2 == ECA.ALLOCMEM.code


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_bytes_leave_the_server_standing(data: st.DataObject) -> None:
    wire = Wire(database(), Limits(message=100_000, request=100_000))
    sid = wire.create("T:d")
    pieces = st.one_of(
        st.binary(max_size=60),
        st.builds(
            pack_message,
            st.integers(0, 30),
            st.binary(max_size=64),
            st.integers(0, 45),
            st.one_of(st.integers(0, 5), st.integers(0, 2**32 - 1)),
            st.one_of(st.just(sid), st.integers(0, 2**32 - 1)),
            st.integers(0, 3),
        ),
    )
    for piece in data.draw(st.lists(pieces, max_size=12)):
        if wire.closed:
            break
        wire.feed(piece)
    wire.session.close()
    assert (wire.hub.channels, wire.hub.subscriptions) == (0, 0)


def test_few_odd_element_counts_are_remembered_and_no_large_ones() -> None:
    pvs = database()
    wire = Wire(pvs)
    sid = wire.create("T:big")
    for count in (*range(19_000, 19_010), *range(2, 1000)):
        assert read(wire, sid, ChannelType.DOUBLE, count).count == count
    (outlet,) = wire.hub._outlets.values()
    assert [rendering.count for rendering in outlet.renderings] == [*range(2, 2 + KEPT_UNWATCHED)]
    pvs["T:big"].post([5.0] * 20_000)
    for count in (7, 700):
        assert read(wire, sid, ChannelType.DOUBLE, count).body == struct.pack(f">{count}d", *[5.0] * count)


def test_large_odd_element_counts_are_monitored_and_then_forgotten() -> None:
    pvs = database()
    wire = Wire(pvs)
    sid = wire.create("T:big")
    subscribe(wire, sid, 1, count=19_000)
    pvs["T:big"].post([7.0] * 20_000)
    (event,) = wire.replies()
    assert event.body == struct.pack(">19000d", *[7.0] * 19_000)
    wire.ask(Command.EVENT_CANCEL, dbr=6, count=19_000, p1=sid, p2=1)
    (outlet,) = wire.hub._outlets.values()
    assert len(outlet.renderings) == 0


def test_too_many_slices_of_one_array_are_refused() -> None:
    wire = Wire(database())
    sid = wire.create("T:big")
    for count in range(2, 202):
        subscribe(wire, sid, count, count=count)
    (error,) = subscribe(wire, sid, 5000, count=5000)
    assert (error.command, error.p2) == (Command.ERROR, ECA.ALLOCMEM.code)
