"""Channel names with modifiers: long text, ranges of elements, filters. Source: base's filters.dbd.pod."""

from __future__ import annotations

import contextlib
import re
import struct
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.ca.dbr import EPICS_EPOCH, ChannelType
from bridge.ca.header import Command
from bridge.ca.status import ECA
from bridge.server import serving
from bridge.server.filters import BadFilter
from bridge.server.filtertext import parse_json, parse_slice
from records import PROPERTY, PV, VALUE, FieldType, Metadata, PVGroup, ai, clock, states
from tests.clients import C_TOOLS, c_tool
from tests.server.serving import loopback
from tests.server.test_session import MASK, events, read, subscribe
from tests.server.wire import Wire

needs_c_tools = pytest.mark.skipif(C_TOOLS is None, reason="base's client programs come as an x86_64 Linux wheel only")


@pytest.fixture
def pvs() -> dict[str, PV]:
    found = [
        PV("T:d", 0.0),
        PV("T:w", [float(n) for n in range(10)], max_count=10),
        PV("T:s", "short", FieldType.STRING),
    ]
    return {pv.name: pv for pv in found}


@pytest.fixture
def red() -> Iterator[str]:
    states["red"] = False
    yield "red"
    del states["red"]


def posted(
    pvs: dict[str, PV], name: str, values: list[float], at: dict[int, tuple[str, bool]] | None = None
) -> list[float]:
    """What a monitor of `name` sees after its first event while T:d takes `values`; `at` switches states before one."""
    wire = Wire(pvs)
    sid = wire.create(name)
    subscribe(wire, sid)
    for number, value in enumerate(values):
        if at and number in at:
            state, on = at[number]
            states[state] = on
        pvs["T:d"].post(value)
    return events(wire.replies())


@pytest.mark.parametrize(
    ("modifier", "seen"),
    [
        ('{"dbnd":{"abs":1.5}}', [2.0, 4.0]),
        ("{dbnd:{abs:1.5}}", [2.0, 4.0]),  # JSON5, as base's documents write it
        ('{"dbnd":{"m":"abs","d":1.5}}', [2.0, 4.0]),
        ('{"dbnd":{"abs":0}}', [1.0, 2.0, 3.0, 4.0]),
        ('{"dbnd":{"rel":50}}', [1.0, 2.0, 4.0]),  # percent of the last value that was sent
        ('{"dbnd":{"m":"rel","d":50}}', [1.0, 2.0, 4.0]),
        ('{"dec":{"n":2}}', [2.0, 3.0]),
        ('{"dec":{"n":1}}', [1.0, 2.0, 2.0, 3.0, 4.0]),
        ('{"dec":{"n":2},"dbnd":{"abs":1.5}}', [2.0]),
    ],
)
def test_filters_of_events(pvs: dict[str, PV], modifier: str, seen: list[float]) -> None:
    assert posted(pvs, f"T:d.{modifier}", [1.0, 2.0, 2.0, 3.0, 4.0]) == seen


@pytest.mark.parametrize(
    ("mode", "seen"),
    [
        ("before", [2.0]),
        ("first", [3.0]),
        ("while", [3.0, 4.0]),
        ("last", [4.0]),
        ("after", [5.0]),
        ("unless", [1.0, 2.0, 5.0, 6.0]),
    ],
)
@pytest.mark.parametrize(
    "spelling", ['{{"sync":{{"m":"{0}","s":"red"}}}}', '{{"sync":{{"{0}":"red"}}}}', '{{"{0}":"red"}}']
)
def test_sync(pvs: dict[str, PV], red: str, mode: str, seen: list[float], spelling: str) -> None:
    switches = {2: (red, True), 4: (red, False)}
    assert posted(pvs, f"T:d.{spelling.format(mode)}", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], switches) == seen


def test_property_events_pass_every_filter(pvs: dict[str, PV], red: str) -> None:
    for modifier in ('{"dbnd":{"abs":100}}', '{"dec":{"n":1000}}', '{"while":"red"}'):
        wire = Wire(pvs)
        sid = wire.create(f"T:d.{modifier}")
        subscribe(wire, sid, mask=PROPERTY | VALUE)
        pvs["T:d"].post_metadata(Metadata(units="m"))
        assert len(wire.replies()) == 1


def test_reads_are_not_filtered_by_event_filters(pvs: dict[str, PV]) -> None:
    wire = Wire(pvs)
    sid = wire.create('T:d.{"dbnd":{"abs":100}}')
    for value in (1.0, 2.0):
        pvs["T:d"].post(value)
        assert struct.unpack(">d", read(wire, sid, ChannelType.DOUBLE).body) == (value,)


@pytest.mark.parametrize(
    ("modifier", "elements"),
    [
        ("[2:4]", [2, 3, 4]),
        ("[2]", [2]),
        ("[:2]", [0, 1, 2]),
        ("[-3:]", [7, 8, 9]),
        ("[0:4:]", [0, 4, 8]),
        ("[:3:]", [0, 3, 6, 9]),
        ("[1:3:-2]", [1, 4, 7]),
        ("[0:-99]", [0]),  # an end before the first is the first
        ("[1:-99]", []),
        ("[0x1:010]", [1, 2, 3, 4, 5, 6, 7, 8]),
        ("[+3]", [3]),
        ("[ 1: 2]", [1, 2]),
        ("[20:]", []),
        ('{"arr":{"s":2,"i":3,"e":8}}', [2, 5, 8]),
        ('[2:8]{"arr":{"i":3}}', [2, 5, 8]),
    ],
)
def test_ranges(pvs: dict[str, PV], modifier: str, elements: list[int]) -> None:
    wire = Wire(pvs)
    sid = wire.create(f"T:w.{modifier}")
    reply = read(wire, sid, ChannelType.DOUBLE, 0)
    assert list(struct.unpack(f">{reply.count}d", reply.body)) == elements


def test_range_of_a_monitor_follows_the_array(pvs: dict[str, PV]) -> None:
    wire = Wire(pvs)
    sid = wire.create("T:w.[1:2]")
    subscribe(wire, sid, count=0)
    pvs["T:w"].post([5.0, 6.0, 7.0])
    (event,) = wire.replies()
    assert struct.unpack(">2d", event.body) == (6.0, 7.0)


def test_puts_go_past_the_filters(pvs: dict[str, PV]) -> None:
    wire = Wire(pvs)
    sid = wire.create('T:d.{"dbnd":{"abs":100}}')
    wire.ask(Command.WRITE_NOTIFY, struct.pack(">d", 5.0), ChannelType.DOUBLE, 1, sid, 1)
    assert pvs["T:d"].value == 5.0


@pytest.mark.parametrize(
    ("modifier", "count", "elements"),
    [
        ('{"ts":{"num":"dbl"}}', 1, [1.5]),
        ('{"ts":{"num":"ts"}}', 2, [1, 500_000_000]),
        ('{"ts":{"num":"ts"},"arr":{"s":1}}', 1, [500_000_000]),
        ('{"arr":{"s":9},"ts":{"num":"sec"}}', 1, [1]),
    ],
)
@pytest.mark.parametrize("name", ["T:w", "T:d"])
def test_a_time_stamp_in_place_of_an_array(name: str, modifier: str, count: int, elements: list[float]) -> None:
    posted_at = EPICS_EPOCH * 1_000_000_000 + 1_500_000_000
    wire = Wire({"T:w": PV("T:w", [1.0, 2.0], max_count=5), "T:d": PV("T:d", 0.0)})
    for pv in wire.hub.pvdb.values():
        pv.post(pv.value, time_ns=posted_at)
    created = wire.ask(Command.CREATE_CHAN, f"{name}.{modifier}\0".encode(), p1=1, p2=13)[-1]
    assert created.count == count
    reply = read(wire, created.p2, ChannelType.DOUBLE, 0)
    assert list(struct.unpack(f">{reply.count}d", reply.body)) == elements
    texts = read(wire, created.p2, ChannelType.STRING, 0)
    assert (texts.p1, texts.count) == (ECA.NORMAL.code, len(elements))
    (event,) = subscribe(wire, created.p2, count=0)
    assert event.body == reply.body


def test_the_time_of_what_has_had_none() -> None:
    wire = Wire({"T:d": PV("T:d", 1.0)})
    wire.hub.pvdb["T:d"].post(1.0, time_ns=EPICS_EPOCH * 1_000_000_000)
    for form in ("epics", "iso"):
        reply = read(wire, wire.create(f'T:d.{{"ts":{{"str":"{form}"}}}}'), ChannelType.STRING)
        assert reply.body.rstrip(b"\0") == b"<undefined>"


def test_time_stamp_filter() -> None:
    moment = 1_700_000_000_123_456_789
    before, clock.now_ns = clock.now_ns, lambda: moment
    try:
        pvs = {"T:d": PV("T:d", 1.0)}
        wire = Wire(pvs)
        reply = read(wire, wire.create('T:d.{"ts":{"num":"sec","epoch":"unix"}}'), ChannelType.DOUBLE)
        assert struct.unpack(">d", reply.body) == (1_700_000_000,)
        reply = read(wire, wire.create('T:d.{"ts":{"str":"iso"}}'), ChannelType.STRING)
        assert re.fullmatch(rb"2023-11-1\dT\d\d:\d\d:20\.123457[+-]\d{4}\0*", reply.body)
        reply = read(wire, wire.create('T:d.{"ts":{"str":"epics"}}'), ChannelType.STRING)
        assert re.fullmatch(rb"2023-11-1\d \d\d:\d\d:20\.123457\0*", reply.body)
        clock.now_ns = lambda: moment + 5_000_000_000
        reply = read(wire, wire.create('T:d.{"ts":{}}'), ChannelType.TIME_DOUBLE)
        assert struct.unpack_from(">I", reply.body, 4)[0] + 631152000 == 1_700_000_005
    finally:
        clock.now_ns = before


@pytest.mark.parametrize(
    "name",
    [
        'T:d.{"nope":{}}',
        'T:d.{"dbnd":{"m":"none"}}',
        'T:d.{"dbnd":{"abs":"x"}}',
        'T:d.{"dec":{"n":0}}',
        'T:d.{"dec":{}}',
        'T:d.{"sync":{"while":"no such state"}}',
        'T:d.{"sync":{"m":"sometimes","s":"x"}}',
        'T:d.{"dbnd":{"abs":1.5}',
        "T:d.[a:b]",
        "T:d.[1:2:3:4]",
        "T:d.[]",
        "T:d$",
        "T:d.VAL$",  # a number is no text
        "T:nope.[1:2]",
        "T:d.{" + "[" * 400,
    ],
)
def test_nonsense_is_not_found(pvs: dict[str, PV], name: str) -> None:
    (reply,) = Wire(pvs).ask(Command.CREATE_CHAN, name.encode() + b"\0", p1=7, p2=13)
    assert (reply.command, reply.p1) == (Command.CREATE_CH_FAIL, 7)


def test_a_view_ends_with_its_channel(pvs: dict[str, PV]) -> None:
    wire = Wire(pvs)
    sid = wire.create('T:d.{"dec":{"n":2}}')
    subscribe(wire, sid)
    assert pvs["T:d"].listeners
    wire.ask(Command.CLEAR_CHANNEL, p1=sid, p2=1)
    assert not pvs["T:d"].listeners


class Cryostat(PVGroup):
    TEMP = ai(4.2, doc="The temperature of the inner bath, measured at its bottom")


def test_long_text() -> None:
    group = Cryostat("T:")
    wire = Wire(group.pvdb)
    sid = wire.create("T:TEMP.DESC$")
    reply = read(wire, sid, ChannelType.CHAR, 0)
    assert reply.body.rstrip(b"\0").decode() == str(group.TEMP.desc)
    assert len(str(group.TEMP.desc)) == 40
    text = b"bottom of the outer bath, and a bit more\0"
    wire.ask(Command.WRITE_NOTIFY, text, ChannelType.CHAR, len(text), sid, 1)
    assert group.TEMP.desc == "bottom of the outer bath, and a bit more"


@pytest.mark.parametrize(("count", "body"), [(1, b"\0"), (5, b"The \0"), (12, b"The tempera\0")])
def test_long_text_that_is_cut_ends_in_a_nul(count: int, body: bytes) -> None:
    """dbConvert.c, getCharChar: it is likely to be printed as it is."""
    wire = Wire(Cryostat("T:").pvdb)
    sid = wire.create("T:TEMP.DESC$")
    assert read(wire, sid, ChannelType.CHAR, count).body[:count] == body
    (event,) = subscribe(wire, sid, dbr=ChannelType.CHAR, count=count)
    assert event.body[:count] == body


def test_long_text_is_monitored() -> None:
    group = Cryostat("T:")
    wire = Wire(group.pvdb)
    sid = wire.create("T:TEMP.DESC$")
    wire.ask(Command.EVENT_ADD, MASK.pack(0, 0, 0, 1, 0), ChannelType.CHAR, 0, sid, 3)
    group.TEMP.put_field("DESC", "new")
    (event,) = wire.replies()
    assert event.body.rstrip(b"\0") == b"new"


@given(st.text(max_size=60))
def test_any_text_is_a_filter_or_refused(text: str) -> None:
    for parse in (parse_json, parse_slice):
        with contextlib.suppress(BadFilter):
            parse(text)


@needs_c_tools
async def test_with_caget(pvs: dict[str, PV]) -> None:
    async with serving({**pvs, **Cryostat("T:").pvdb}, loopback()) as server:
        done = await c_tool(server.port, "caget", "T:w.[2:4]", 'T:w.{"arr":{"s":-2}}')
        assert [line.split()[1:] for line in done.out.splitlines()] == [["3", "2", "3", "4"], ["2", "8", "9"]]
        done = await c_tool(server.port, "caget", "T:w.[3]", "T:w.[-1]")
        assert [line.split()[1:] for line in done.out.splitlines()] == [["3"], ["9"]]
        done = await c_tool(server.port, "caget", "-S", "T:TEMP.DESC$")
        assert done.out.endswith("bath, measu\n")  # DESC has 40 characters
        done = await c_tool(server.port, "caget", "-w", "0.3", 'T:d.{"nope":{}}')
        assert done.code == 1


def test_a_slice_has_the_size_that_it_has_of_a_full_array() -> None:
    """As in base (arr.c): what a client can get at most does not hang on what the array holds just now."""
    pvdb = {"S:w": PV("S:w", [1.0], max_count=10)}
    wire = Wire(pvdb)
    for modifier, most in (
        ("[2:4]", 3),
        ("[-2:-1]", 2),
        ("[0:3:-1]", 4),
        ('{"arr":{"s":8}}', 2),
        ("[0]", 1),
        ("[9]", 1),
        ("[-1]", 1),
        ("[10]", 0),
    ):
        _, created = wire.ask(Command.CREATE_CHAN, f"S:w.{modifier}\0".encode(), p1=1, p2=13)
        assert (modifier, created.count) == (modifier, most)
