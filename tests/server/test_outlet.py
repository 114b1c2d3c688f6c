"""Puts that wait, getters that take their time, and crowds that watch one PV."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import Coroutine
from math import inf, nan
from typing import Any

import pytest

from bridge.ca.dbr import ChannelType
from bridge.ca.header import Command, pack_message
from bridge.ca.status import ECA
from bridge.server import Limits, serving
from bridge.server.outlet import MAX_WAITING
from records import PV, FieldType, ao
from tests.server.serving import loopback
from tests.server.test_serving import Client
from tests.server.test_session import MASK, Once, events, read, slow_put, subscribe
from tests.server.wire import Wire


class FirstPutIsSlow(PV):
    """As with an instrument that is already where it is sent: only the first put takes time."""

    done = 0

    def put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        return self._put(value)

    async def _put(self, value: Any) -> None:
        if not self.done:
            await Once()
        self.done += 1
        self.post(value)


def test_thousands_of_puts_behind_a_slow_one() -> None:
    """They are not done from within one another: 4000 deep is deeper than Python goes."""
    pv = FirstPutIsSlow("T:slow")
    wire = Wire({"T:slow": pv})
    sid = wire.create("T:slow")
    for number in range(4000):
        slow_put(wire, sid, float(number), number)
    wire.runner.go()
    replies = wire.replies()
    assert [reply.p2 for reply in replies] == list(range(4000))
    assert {reply.p1 for reply in replies} == {ECA.NORMAL.code}
    assert pv.value == 3999.0
    assert wire.hub.put_bytes == 0


class NeverDone(PV):
    """Its instrument does not answer."""

    begun = 0

    def put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        self.begun += 1
        return self._put()

    async def _put(self) -> None:
        while True:
            await Once()


def test_puts_that_wait_have_an_end() -> None:
    wire = Wire({"T:never": NeverDone("T:never")})
    sid = wire.create("T:never")
    for number in range(MAX_WAITING + 10):
        wire.feed(pack_message(Command.WRITE_NOTIFY, bytes(8), ChannelType.DOUBLE, 1, sid, number))
    replies = wire.replies()
    assert [reply.p2 for reply in replies] == list(range(MAX_WAITING + 1, MAX_WAITING + 10))
    assert {reply.p1 for reply in replies} == {ECA.PUTFAIL.code}


def test_large_puts_that_wait_are_counted_by_their_size() -> None:
    pvs = {name: NeverDone(name, [0.0], max_count=20_000) for name in ("T:a", "T:b")}
    wire = Wire(pvs, Limits(waiting=8 << 20))
    body = bytes(160_000)
    for cid, name in enumerate(pvs, 1):
        sid = wire.create(name, cid)
        replies = []
        for number in range(20):
            replies += wire.ask(Command.WRITE_NOTIFY, body, ChannelType.DOUBLE, 20_000, sid, number)
        assert len(replies) == 13  # one is under way, and one MiB waits at each PV


def test_clients_that_come_and_go_do_not_pile_up_puts_under_way() -> None:
    pv = NeverDone("T:never")
    wire = Wire({"T:never": pv})
    for _ in range(50):
        wire.session = wire.connect()
        sid = wire.create_any("T:never")
        slow_put(wire, sid, 1.0, 1)
        wire.session.close()
    assert pv.begun == 1
    for number in range(50):
        wire.session = wire.connect()
        sid = wire.create_any(f'T:never.{{"dec":{{"n":{number + 1}}}}}')
        slow_put(wire, sid, 1.0, 1)
        wire.session.close()
    assert pv.begun == 1


class Fetched(PV):
    """Its getter takes one step, and counts."""

    has_getter = True  # type: ignore[assignment]
    fetches = 0
    failing = False

    def fetch(self) -> Coroutine[Any, Any, None] | None:
        return self._fetch()

    async def _fetch(self) -> None:
        self.fetches += 1
        await Once()
        if self.failing:
            raise RuntimeError("no answer")
        self.post(float(self.fetches))


def test_reads_that_come_while_a_getter_runs_share_the_next_run() -> None:
    pv = Fetched("T:g")
    wire = Wire({"T:g": pv})
    sid = wire.create("T:g")
    for ioid in range(100):
        assert wire.ask(Command.READ_NOTIFY, b"", ChannelType.DOUBLE, 1, sid, ioid) == []
    assert pv.fetches == 1
    wire.runner.go()
    wire.runner.go()
    replies = wire.replies()
    assert [reply.p2 for reply in replies] == list(range(100))
    assert [struct.unpack(">d", reply.body)[0] for reply in replies] == [1.0] + [2.0] * 99
    assert pv.fetches == 2


def test_reads_that_wait_have_an_end() -> None:
    wire = Wire({"T:g": Fetched("T:g")})
    sid = wire.create("T:g")
    number = MAX_WAITING + 5
    wire.feed(
        b"".join(pack_message(Command.READ_NOTIFY, b"", ChannelType.DOUBLE, 1, sid, ioid) for ioid in range(number))
    )
    replies = wire.replies()
    assert [(reply.p1, reply.p2, reply.count) for reply in replies] == [
        (ECA.GETFAIL.code, MAX_WAITING + extra, 0) for extra in range(1, 5)
    ]


def test_a_getter_that_fails_fails_the_read_and_not_the_next() -> None:
    pv = Fetched("T:g")
    pv.failing = True
    wire = Wire({"T:g": pv})
    sid = wire.create("T:g")
    for command in (Command.READ_NOTIFY, Command.READ):
        wire.ask(command, b"", ChannelType.DOUBLE, 1, sid, 1)
        wire.runner.go()
        (reply,) = wire.replies()
        assert ECA.GETFAIL.code in (reply.p1, reply.p2)
    pv.failing = False
    wire.ask(Command.READ_NOTIFY, b"", ChannelType.DOUBLE, 1, sid, 1)
    wire.runner.go()
    (reply,) = wire.replies()
    assert reply.p1 == ECA.NORMAL.code


@pytest.mark.parametrize("how", ["cancel", "clear", "close"])
def test_nothing_comes_of_a_getter_for_a_client_that_has_gone_on(how: str) -> None:
    wire = Wire({"T:g": Fetched("T:g")})
    sid = wire.create("T:g")
    assert subscribe(wire, sid, 5) == []
    if how == "cancel":
        wire.ask(Command.EVENT_CANCEL, b"", ChannelType.DOUBLE, 1, sid, 5)
    elif how == "clear":
        wire.ask(Command.READ_NOTIFY, b"", ChannelType.DOUBLE, 1, sid, 1)
        wire.ask(Command.CLEAR_CHANNEL, p1=sid, p2=1)
    else:
        wire.session.close()
    wire.runner.go()
    wire.runner.go()
    assert wire.replies() == []
    if how != "cancel":
        assert wire.hub._outlets == {}


def test_a_crowd_that_leaves_is_gone_at_once() -> None:
    """Each of 50,000 monitors of one PV was looked for in a list; now none is."""
    pv = PV("T:d")
    wire = Wire({"T:d": pv})
    sid = wire.create("T:d")
    number = 50_000
    for first in range(0, number, 1000):
        wire.feed(
            b"".join(
                pack_message(Command.EVENT_ADD, MASK.pack(0, 0, 0, 1, 0), 6, 1, sid, first + n) for n in range(1000)
            )
        )
    assert len(wire.replies()) == number
    begin = time.perf_counter()
    for subid in range(number - 1, number // 2 - 1, -1):  # the last ones first: those were the dear ones
        wire.session.feed(pack_message(Command.EVENT_CANCEL, b"", 6, 1, sid, subid))
    assert len(wire.replies()) == number // 2
    pv.post(2.0)
    assert len(wire.replies()) == number // 2
    wire.session.close()
    assert time.perf_counter() - begin < 5.0
    assert (wire.hub.subscriptions, pv.listeners) == (0, ())


def test_puts_to_a_crowded_pv_are_sent_to_the_crowd_before_there_are_too_many() -> None:
    wire = Wire({"T:d": PV("T:d")})
    sid = wire.create("T:d")
    for subid in range(2000):
        subscribe(wire, sid, subid)
    link = wire.session.link = CountingLink()
    wire.feed(pack_message(Command.WRITE_NOTIFY, struct.pack(">d", 1), 6, 1, sid, 1) * 200)
    assert link.pieces > 800_000
    assert link.largest < 150_000


def test_a_crowd_that_watches_a_field_counts_as_well() -> None:
    """The puts go to one PV, and the events come from another."""
    record = ao(0.0).make("T:ao", None)
    wire = Wire({"T:ao": record})
    sid, field = wire.create("T:ao", 1), wire.create("T:ao.OVAL", 2)
    for subid in range(2000):
        subscribe(wire, field, subid)
    assert wire.hub.crowds == 1
    link = wire.session.link = CountingLink()
    values = range(1, 201)
    wire.feed(b"".join(pack_message(Command.WRITE_NOTIFY, struct.pack(">d", n), 6, 1, sid, 1) for n in values))
    assert link.pieces > 700_000
    assert link.largest < 150_000
    wire.session.close()
    assert wire.hub.crowds == 0
    assert record.listeners == ()


def test_a_crowd_of_many_kinds_of_monitors_is_one() -> None:
    wire = Wire({"T:d": PV("T:d")})
    sid = wire.create("T:d")
    kinds = (ChannelType.DOUBLE, ChannelType.TIME_DOUBLE, ChannelType.LONG, ChannelType.STRING)
    for subid in range(65):
        assert wire.hub.crowds == 0
        subscribe(wire, sid, subid, kinds[subid % 4])
    assert wire.hub.crowds == 1
    wire.ask(Command.EVENT_CANCEL, dbr=kinds[0], count=1, p1=sid, p2=0)
    assert wire.hub.crowds == 0
    wire.ask(Command.CLEAR_CHANNEL, p1=sid, p2=1)
    assert wire.hub.crowds == 0


def test_a_crowd_lets_others_have_their_turn() -> None:
    wire = Wire({"T:d": PV("T:d")})
    sid = wire.create("T:d")
    for subid in range(100):
        subscribe(wire, sid, subid)
    assert wire.ask(Command.WRITE_NOTIFY, bytes(8), 6, 1, sid, 1)
    wire.hub.overdue = lambda: True  # type: ignore[method-assign]
    wire.hub.hold_flush()
    puts = [pack_message(Command.WRITE_NOTIFY, struct.pack(">d", n), 6, 1, sid, n) for n in range(50)]
    wire.session.feed(b"".join(puts))
    assert wire.session.behind
    assert wire.hub.pvdb["T:d"].value == 0.0
    wire.hub.flush()
    acknowledged = [reply.p2 for reply in wire.replies() if reply.command == Command.WRITE_NOTIFY]
    assert acknowledged == list(range(50))


class CountingLink:
    def __init__(self) -> None:
        self.largest = 0
        self.pieces = 0

    def send(self, pieces: list[bytes]) -> None:
        self.pieces += len(pieces)
        self.largest = max(self.largest, len(pieces))

    def close(self) -> None: ...
    def stalled(self) -> float:
        return 0.0

    def unsent(self) -> list[bytes]:
        return []


def test_slices_are_forgotten_by_the_fast_path_when_nobody_watches_them() -> None:
    """They were told of no change any more, and were read as they had been."""
    pv = PV("T:w", [1.0, 2.0, 3.0], max_count=5)
    wire = Wire({"T:w": pv})
    sid = wire.create("T:w")
    subscribe(wire, sid, 1, count=2)
    for _ in range(2):
        assert read(wire, sid, ChannelType.DOUBLE, 2).body == struct.pack(">2d", 1, 2)
    wire.ask(Command.EVENT_CANCEL, dbr=6, count=2, p1=sid, p2=1)
    pv.post([7.0, 8.0])
    for _ in range(2):
        assert read(wire, sid, ChannelType.DOUBLE, 2).body == struct.pack(">2d", 7, 8)


def test_a_value_that_stops_being_readable_is_told_as_such_every_time() -> None:
    pv = PV("T:s", "5", FieldType.STRING)
    wire = Wire({"T:s": pv})
    sid = wire.create("T:s")
    assert [read(wire, sid, ChannelType.LONG).p1 for _ in range(2)] == [ECA.NORMAL.code] * 2
    assert [reply.p1 for reply in subscribe(wire, sid, 1, ChannelType.LONG)] == [ECA.NORMAL.code]
    pv.post("five")
    assert [reply.p1 for reply in wire.replies()] == [ECA.GETFAIL.code]
    assert [read(wire, sid, ChannelType.LONG).p1 for _ in range(3)] == [ECA.GETFAIL.code] * 3
    pv.post("6")
    assert [(reply.p1, reply.body[:4]) for reply in wire.replies()] == [(ECA.NORMAL.code, b"\0\0\0\6")]
    assert [read(wire, sid, ChannelType.LONG).p1 for _ in range(2)] == [ECA.NORMAL.code] * 2


def test_a_value_that_is_none_costs_its_own_reads_only() -> None:
    """Somebody may assign to `value` what no DOUBLE can be."""
    pv = PV("T:d", 5.0)
    other = PV("T:o", 1.0)
    wire = Wire({"T:d": pv, "T:o": other})
    sid, good = wire.create("T:d", 1), wire.create("T:o", 2)
    for dbr in (ChannelType.DOUBLE, ChannelType.TIME_DOUBLE, ChannelType.CTRL_LONG):
        assert read(wire, sid, dbr).p1 == ECA.NORMAL.code
        pv.value = "no number"
        pv.notify(0)
        for _ in range(2):
            assert read(wire, sid, dbr).p1 == ECA.GETFAIL.code
        assert read(wire, good, dbr).p1 == ECA.NORMAL.code
        pv.value = 5.0
        pv.notify(0)
    subscribe(wire, sid, 1)
    pv.value = None  # type: ignore[assignment]
    pv.notify(1)
    assert [reply.p1 for reply in wire.replies()] == [ECA.GETFAIL.code]
    pv.post(3.0)
    assert events(wire.replies()) == [3.0]


def test_renderings_and_keys_that_are_kept_have_an_end() -> None:
    wire = Wire({"T:w": PV("T:w", [1.0, 2.0], max_count=3)})
    sid = wire.create("T:w")
    for dbr in (*range(35), 37, 38):
        for count in (0, 1, 3):
            for _ in range(2):
                assert read(wire, sid, dbr, count).p1 == ECA.NORMAL.code
    (outlet,) = wire.hub._outlets.values()
    assert len(outlet.renderings) <= 8
    assert len(wire.session.reads) <= 8


def test_reading_and_writing_in_turns_remembers_each_kind_once() -> None:
    """Each write that stood behind a read in one chunk was entered anew, for as long as the channel lived."""
    wire = Wire({"T:d": PV("T:d")})
    sid = wire.create("T:d")
    pair = pack_message(Command.WRITE_NOTIFY, bytes(8), 6, 1, sid, 1) + pack_message(
        Command.READ_NOTIFY, b"", 6, 1, sid, 1
    )
    for _ in range(20):
        wire.feed(pair * 50)
    assert len(wire.replies()) == 2000
    assert len(wire.session.channels[sid].keys) == 2


def test_masks_without_meaning_are_one_mask() -> None:
    wire = Wire({"T:d": PV("T:d")})
    sid = wire.create("T:d")
    for mask in range(0, 65536, 256):
        subscribe(wire, sid, mask, mask=mask | 5)
    (outlet,) = wire.hub._outlets.values()
    assert [len(rendering.watchers) for rendering in outlet.renderings] == [1]


def test_class_name_has_the_size_that_its_header_says() -> None:
    wire = Wire({"T:w": PV("T:w", [1.0], max_count=5)})
    sid = wire.create("T:w")
    for count in (0, 1, 2, 5):
        for _ in range(2):
            reply = read(wire, sid, ChannelType.CLASS_NAME, count)
            assert len(reply.body) == 40 * max(count, 1)
    (event,) = subscribe(wire, sid, 1, ChannelType.CLASS_NAME, 3)
    assert len(event.body) == 120


@pytest.mark.parametrize(
    ("field_type", "value", "dbr", "elements"),
    [
        (FieldType.CHAR, b"\x01\xff", ChannelType.DOUBLE, [1.0, -1.0]),
        (FieldType.UCHAR, b"\x01\xff", ChannelType.LONG, [1, 255]),
        (FieldType.DOUBLE, [1.9, -1.9, 70000.0] * 1000, ChannelType.INT, [1, -1, 4464]),
        (FieldType.DOUBLE, [1e10, -1.9, 3.0] * 1000, ChannelType.LONG, [-2147483648, -1, 3]),
        (FieldType.DOUBLE, [1.0, 2.0, 300.0] * 1000, ChannelType.CHAR, [1, 2, 44]),
        (FieldType.LONG, [1, 65536, -1] * 1000, ChannelType.ENUM, [1, 0, 65535]),
    ],
)
def test_arrays_of_numbers_as_other_numbers(
    field_type: FieldType, value: Any, dbr: ChannelType, elements: list[float]
) -> None:
    wire = Wire({"T:w": PV("T:w", value, field_type, max_count=len(value))})
    sid = wire.create("T:w")
    reply = read(wire, sid, dbr, 0)
    code = "hfHBid"[dbr - 1]
    assert list(struct.unpack_from(f">{len(elements)}{code}", reply.body)) == elements
    assert reply.count == len(value)


@pytest.mark.parametrize("length", [1, 3000])
@pytest.mark.parametrize("value", [nan, inf, -inf, 1e30, -1e10, 2.0**31])
def test_what_is_no_long_reads_as_the_lowest(value: float, length: int) -> None:
    """As softIoc does it on the CPUs of our days; one element of an array that is NaN does not hide the others."""
    wire = Wire({"T:d": PV("T:d", value), "T:w": PV("T:w", [1.5] * length + [value, -2.5], max_count=4000)})
    lowest = {ChannelType.LONG: ("i", -(1 << 31)), ChannelType.INT: ("h", 0), ChannelType.ENUM: ("H", 0)}
    for dbr, (code, expected) in lowest.items():
        reply = read(wire, wire.create("T:d"), dbr)
        assert (reply.p1, *struct.unpack_from(f">{code}", reply.body)) == (ECA.NORMAL.code, expected)
        reply = read(wire, wire.create("T:w"), dbr, 0)
        last = 65534 if code == "H" else -2
        assert struct.unpack_from(f">{length + 2}{code}", reply.body) == (*[1] * length, expected, last)


@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyError("x"), StopAsyncIteration()])
async def test_a_putter_that_ends_in_any_way_lets_the_next_put_through(error: BaseException) -> None:
    pv = PV("T:p")

    async def putter(pv: PV, value: Any) -> None:
        if value < 0:
            raise error

    pv.putter = putter
    async with serving({"T:p": pv}, loopback()) as server:
        client = await Client.connect(server.port)
        sid = await client.create("T:p")
        for value, status in ((-1.0, ECA.PUTFAIL), (5.0, ECA.NORMAL)):
            client.writer.write(pack_message(Command.WRITE_NOTIFY, struct.pack(">d", value), 6, 1, sid, 1))
            assert (await client.message())[1] == status.code
        client.writer.close()


def test_more_elements_than_there_is_room_for() -> None:
    """Base takes the first ones."""
    pvs = {
        "T:d": PV("T:d"),
        "T:w": PV("T:w", [0.0], max_count=3),
        "T:s": PV("T:s", "", FieldType.STRING),
        "T:t": PV("T:t", [], FieldType.STRING, max_count=2),
    }
    wire = Wire(pvs)
    sids = {name: wire.create(name, cid) for cid, name in enumerate(pvs, 1)}

    def put(name: str, dbr: int, count: int, body: bytes) -> int:
        (reply,) = wire.ask(Command.WRITE_NOTIFY, body, dbr, count, sids[name], 1)
        return reply.p1

    doubles = struct.pack(">5d", *range(1, 6))
    texts = b"".join(text.ljust(40, b"\0") for text in (b"1", b"2", b"3"))
    assert put("T:d", ChannelType.DOUBLE, 5, doubles) == ECA.NORMAL.code
    assert put("T:w", ChannelType.DOUBLE, 5, doubles) == ECA.NORMAL.code
    assert put("T:s", ChannelType.STRING, 3, texts) == ECA.NORMAL.code
    assert put("T:t", ChannelType.STRING, 3, texts) == ECA.NORMAL.code
    assert [pv.value if pv.max_count == 1 else list(pv.value) for pv in pvs.values()] == [  # type: ignore[arg-type]
        1.0,
        [1.0, 2.0, 3.0],
        "1",
        ["1", "2"],
    ]
    assert put("T:d", ChannelType.STRING, 2, texts[:80]) == ECA.NORMAL.code


class MeasuringLink(CountingLink):
    """Notes the lengths of what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.sends: list[list[int]] = []

    def send(self, pieces: list[bytes]) -> None:
        self.sends.append([len(piece) for piece in pieces])


def test_a_large_reply_that_had_to_wait_leaves_at_once() -> None:
    """A link copies what it joins, and joins small pieces only if no large one comes before them."""
    pv = PV("T:w", [1.0] * 50_000, max_count=50_000)

    async def getter(pv: PV) -> None:
        await Once()

    pv.getter = getter
    wire = Wire({"T:w": pv})
    sid = wire.create("T:w")
    link = wire.session.link = MeasuringLink()
    # the first has a run of the getter to itself, the others share the next one
    wire.feed(
        b"".join(pack_message(Command.READ_NOTIFY, b"", 6, count, sid, ioid) for ioid, count in enumerate((1, 0, 1)))
    )
    for _ in range(3):
        wire.runner.go()
        wire.runner.turn()
    assert link.sends == [[16, 8], [24, 400_000], [16, 8]]


def test_an_array_can_be_emptied() -> None:
    pv = PV("T:w", [1.0, 2.0], max_count=5)
    wire = Wire({"T:w": pv, "T:d": PV("T:d")})
    array, scalar = wire.create("T:w", 1), wire.create("T:d", 2)
    assert wire.ask(Command.WRITE_NOTIFY, b"", 6, 0, array, 1)[0].p1 == ECA.NORMAL.code
    assert pv.count == 0
    assert wire.ask(Command.WRITE_NOTIFY, b"", 6, 0, scalar, 1)[0].p1 == ECA.PUTFAIL.code


def test_text_for_an_array_of_characters_is_numbers() -> None:
    """As in base; characters come as such, or to ``NAME.VAL$``."""
    pv = PV("T:c", b"old", FieldType.CHAR, max_count=10)
    wire = Wire({"T:c": pv})
    sid = wire.create("T:c")
    for text, status, value in ((b"65", ECA.NORMAL, b"A"), (b"xyz", ECA.PUTFAIL, b"A")):
        body = text.ljust(40, b"\0")
        assert wire.ask(Command.WRITE_NOTIFY, body, ChannelType.STRING, 1, sid, 1)[0].p1 == status.code
        assert pv.value == value
    two = b"72".ljust(40, b"\0") + b"0x69".ljust(40, b"\0")
    assert wire.ask(Command.WRITE_NOTIFY, two, ChannelType.STRING, 2, sid, 1)[0].p1 == ECA.NORMAL.code
    assert pv.value == b"Hi"
    assert wire.ask(Command.WRITE_NOTIFY, b"xyz".ljust(8, b"\0"), ChannelType.CHAR, 3, sid, 1)[0].p1 == ECA.NORMAL.code
    assert pv.value == b"xyz"
    view = wire.create("T:c.[0:1]", 2)
    assert wire.ask(Command.WRITE_NOTIFY, b"66".ljust(40, b"\0"), ChannelType.STRING, 1, view, 1)[0].p1 == 1
    assert pv.value == b"B"
    assert wire.ask(Command.WRITE_NOTIFY, b"xyz".ljust(40, b"\0"), ChannelType.STRING, 1, view, 1)[0].p1 != 1
    assert pv.value == b"B"
