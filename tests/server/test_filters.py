"""Modifiers that make no sense are refused, whatever they are."""

from __future__ import annotations

import struct
import time
from math import inf
from typing import Any

import pytest

from bridge.ca.dbr import ChannelType
from bridge.ca.header import Command
from bridge.server import Limits
from bridge.server.filters import BadFilter
from bridge.server.filtertext import parse_json, parse_slice
from records import ALARM, PV, VALUE, Alarm, FieldType, ao
from tests.logs import logged
from tests.server.test_session import events, read, subscribe
from tests.server.wire import Wire


@pytest.mark.parametrize("text", [f"[{'9' * 5000}]", f"[{'9' * 200}:]", "[::::]", "[", "[]", "[x]", "[1.5]"])
def test_ranges_that_are_none(text: str) -> None:
    with pytest.raises(BadFilter):
        parse_slice(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"dbnd":{"abs":' + "9" * 400 + "}}",  # beyond DOUBLE
        '{"dbnd":{"abs":' + "9" * 5000 + "}}",  # beyond what Python reads as a number
        '{"dec":{"n":true}}',
        '{"dec":{"n":2.5}}',
        '{"dec":{"n":"2"}}',  # other numbers may be given so
        '{"dbnd":{"abs":1e400}}',
        '{"dbnd":{"d":Infinity}}',
        '{"dbnd":{"d":null}}',
        '{"dec":{"n":99999999999}}',  # no number of 32 bits, which all whole numbers are
        '{"arr":{"s":-9999999999}}',
        '{"dec":{"n":[2]}}',
        '{"dbnd":{"abs":' + " " * 2000 + "1}}",  # nobody writes so much
        '"dec"',
        "{,}",
        "{ ,}",
        '{"a":' * 5000,
        "[" * 5000,
        "{" + '"' * 20_000,
        "{" + "'\\" * 20_000,
    ],
)
def test_json_that_makes_no_sense(text: str) -> None:
    with pytest.raises(BadFilter):
        parse_json(text)


@pytest.mark.parametrize("piece", ['"', "'\\", "a", "1", "0x", ".", "-", "a ", ", ", " "])
def test_nonsense_takes_no_longer_than_sense(piece: str) -> None:
    """Anybody may search for such names as fast as he can."""
    text = "{" + piece * (1000 // len(piece))
    began = time.process_time()
    for _ in range(50):
        with pytest.raises(BadFilter):
            parse_json(text)
    assert time.process_time() - began < 0.25  # 50 times the 5 ms that 1000 looks at 1000 characters take


@pytest.mark.parametrize(
    ("json5", "plain"),
    [
        ("{dec:{n:2}}", '{"dec":{"n":2}}'),
        ("{'dec':{'n':2}}", '{"dec":{"n":2}}'),
        ('{ "dec" : { "n" : +2, }, } ', '{"dec":{"n":2}}'),
        ('{"dec":{"n":0x1F}}', '{"dec":{"n":31}}'),
        ("{'arr':{'s':'2',i:2.9,e:true}}", '{"arr":{"s":2,"i":2,"e":1}}'),
        ('{"dbnd":{"abs":.5}}', '{"dbnd":{"abs":0.5}}'),
        ('{"dbnd":{"abs":5.}}', '{"dbnd":{"abs":5}}'),
        ('{"dbnd":{"abs":-.5e3}}', '{"dbnd":{"abs":-500}}'),
        ('{"dbnd":{"abs":"1.5"}}', '{"dbnd":{"abs":1.5}}'),
        ('{"dbnd":{}}', '{"dbnd":{"abs":0}}'),
        ('{"dbnd":{"m":"rel","d":3}}', '{"dbnd":{"rel":3}}'),
        ('{"dbnd":{"rel":3,"abs":2}}', '{"dbnd":{"abs":2}}'),  # the last one counts
        ('{"dbnd":{"abs":3,"m":"rel"}}', '{"dbnd":{"rel":3}}'),
    ],
)
def test_json_as_base_reads_it(json5: str, plain: str) -> None:
    (found,), (expected,) = parse_json(json5), parse_json(plain)
    assert type(found) is type(expected)
    assert {name: value for name, value in vars(found).items() if value == value} == {
        name: value for name, value in vars(expected).items() if value == value
    }


def test_a_filter_may_stand_there_twice() -> None:
    pv = PV("T:d", 0.0)
    wire = Wire({"T:d": pv})
    subscribe(wire, wire.create('T:d.{"dec":{"n":2},"dec":{"n":2}}'))
    for value in range(1, 9):
        pv.post(float(value))
    assert events(wire.replies()) == [4.0, 8.0]


def test_no_filter_at_all_is_taken() -> None:
    wire = Wire({"T:d": PV("T:d", 5.0)})
    assert read(wire, wire.create("T:d.{}"), ChannelType.DOUBLE).body == struct.pack(">d", 5.0)


@pytest.mark.parametrize(("mask", "seen"), [(VALUE, [3.0]), (VALUE | ALARM, [1.0, 3.0])])
def test_a_deadband_lets_alarms_pass_for_those_who_want_them(mask: int, seen: list[float]) -> None:
    """As in base, where an event has no more reasons than its monitor asks for."""
    pv = PV("T:d", 0.0)
    wire = Wire({"T:d": pv})
    subscribe(wire, wire.create('T:d.{"dbnd":{"abs":2}}'), mask=mask)
    pv.post(1.0, alarm=Alarm(4, 1))
    pv.post(3.0, alarm=Alarm(4, 1))
    assert events(wire.replies()) == seen


def test_a_relative_deadband_knows_negative_and_infinite_values() -> None:
    pv = PV("T:d", -100.0)
    wire = Wire({"T:d": pv})
    subscribe(wire, wire.create('T:d.{"dbnd":{"rel":10}}'))
    for value in (-105.0, -111.0, inf, inf, 5.0, 5.1, -inf, 7.0):
        pv.post(value)
    assert events(wire.replies()) == [-111.0, inf, 5.0, -inf, 7.0]


def test_a_search_does_not_take_what_it_asks_for() -> None:
    class Watched(PV):
        looked = 0

        @property
        def value(self) -> bytes:
            self.looked += 1
            return b"x" * 1_000_000

        @value.setter
        def value(self, value: object) -> None: ...

    pv = Watched("T:a", b"", FieldType.CHAR, max_count=1_000_000)
    wire = Wire({"T:a": pv})
    looked = pv.looked
    assert wire.hub.find(b"T:a.[1:999]") is not None
    assert wire.hub.find(b'T:a.{"dec":{"n":3}}') is not None
    assert pv.looked == looked
    wire.create("T:a.[1:999]")
    assert pv.looked > looked


def test_filtered_channels_of_one_pv_are_one_listener() -> None:
    """A PV's listeners are a tuple made anew for each that comes and goes; clients may come with thousands."""
    pv = PV("T:d", 0.0)
    wire = Wire({"T:d": pv})
    for number in range(500):
        sid = wire.create(f'T:d.{{"dec":{{"n":{number + 1}}}}}', number)
        subscribe(wire, sid)
    assert len(pv.listeners) == 1
    pv.post(1.0)
    assert len(wire.replies()) == 1  # n = 1; the first change of the others was the value they began with
    wire.session.close()
    assert pv.listeners == ()
    assert wire.hub._outlets == {}


def test_slices_of_arrays_keep_nothing() -> None:
    pv = PV("T:a", [0.0] * 100_000, max_count=100_000)
    wire = Wire({"T:a": pv})
    sid = wire.create("T:a.[1:99999]")
    subscribe(wire, sid, count=0)
    read(wire, sid, 6, 0)
    view = wire.session.channels[sid].pv
    assert view._shown is None  # type: ignore[attr-defined]
    assert wire.hub.view_bytes == 0


def test_filters_that_keep_an_array_have_an_allowance() -> None:
    pvs = {"T:a": PV("T:a", [0.0] * 1_000_000, max_count=1_000_000)}
    wire = Wire(pvs)
    with logged() as log:
        found = [
            wire.ask(Command.CREATE_CHAN, f'T:a.{{"dec":{{"n":{n}}}}}\0'.encode(), p1=n, p2=13)[-1]
            for n in range(1, 40)
        ]
    created = [reply for reply in found if reply.command == Command.CREATE_CHAN]
    assert len(created) == 16  # 128 MiB
    assert "too many filtered channels" in log.complaints[0]
    wire.ask(Command.CLEAR_CHANNEL, p1=created[0].p2, p2=1)
    wire.create('T:a.{"dec":{"n":77}}', 77)
    wire.session.close()
    assert wire.hub.view_bytes == 0


def test_filtered_channels_have_an_end() -> None:
    wire = Wire({"T:d": PV("T:d")}, Limits(filtered=4))
    wire.create("T:d", 9)
    sids = [wire.create(f"T:d.[{n}:]", n) for n in range(2)]
    (failed,) = wire.ask(Command.CREATE_CHAN, b"T:d.[3:]\0", p1=3, p2=13)
    assert failed.command == Command.CREATE_CH_FAIL
    wire.ask(Command.CLEAR_CHANNEL, p1=sids[0], p2=0)
    wire.create("T:d.[3:]", 3)
    wire.session.close()
    assert wire.hub.views == 0


def test_the_time_of_what_never_happened() -> None:
    """A record that was never processed has the time 0, which is before 1990."""
    pv = PV("T:d", 0.0)
    pv.time_ns = 5
    wire = Wire({"T:d": pv})
    for modifier in ('{"ts":{"num":"ts"}}', '{"ts":{"num":"sec"}}', '{"ts":{"str":"iso"}}', '{"ts":{"num":"dbl"}}'):
        sid = wire.create_any(f"T:d.{modifier}")
        for dbr in (0, 5, 6, 20):
            assert wire.ask(Command.READ_NOTIFY, b"", dbr, 0, sid, 1)[0].command == Command.READ_NOTIFY


@pytest.mark.parametrize(
    ("dbr", "count", "body", "text"),
    [
        (6, 1, b"\x40\x50\x40\0\0\0\0\0", "A"),
        (5, 2, b"\0\0\0\x41\0\0\0\x42", "AB"),
        (4, 3, b"ABC\0\0\0\0\0", "ABC"),
        (0, 1, b"a text\0\0", "a text"),
    ],
)
def test_long_text_takes_anything(dbr: int, count: int, body: bytes, text: str) -> None:
    pv = PV("T:s", "", FieldType.STRING)
    wire = Wire({"T:s": pv})
    sid = wire.create("T:s.VAL$")
    (reply,) = wire.ask(Command.WRITE_NOTIFY, body, dbr, count, sid, 1)
    assert reply.p1 == 1
    assert pv.value == text
    (reply,) = wire.ask(Command.WRITE_NOTIFY, b"x".ljust(40, b"\0") * 2, 0, 2, sid, 1)
    assert reply.p1 == 160


SCRIPT = (20, 20.3, 20.6, 23, 30, 65, 65.2, 81, 81.1, 79, 78, 77, 59, 57, 20)


@pytest.mark.parametrize(
    ("limits", "text", "told"),
    [
        ({}, '{"dec":{"n":2}}', [20, 23, 65, 79, 77, 57]),  # what is within MDEL is no event, and not counted
        # an alarm passes, and the deadband is measured from the value that came with it
        (
            {"hihi": 81.0, "hhsv": "MAJOR", "high": 60.0, "hsv": "MINOR"},
            '{"dbnd":{"abs":3}}',
            [20, 30, 65, 81, 79, 77, 59, 20],
        ),
    ],
)
def test_filters_see_what_the_monitor_has_asked_for(limits: dict[str, Any], text: str, told: list[float]) -> None:
    """Base 7.0.10's answers to the same."""
    record = ao(20.0, mdel=0.5, adel=0.5, **limits).make("T:ao", None)
    wire = Wire({"T:ao": record})
    sid = wire.create(f"T:ao.{text}")
    got = events(subscribe(wire, sid, mask=1 | 4))
    for value in SCRIPT[1:]:
        assert record.put(float(value)) is None
        got += events(wire.replies())
    assert got == told


def test_a_crowd_does_not_make_a_filter_begin_anew() -> None:
    pv = PV("T:d", 0.0)
    wire = Wire({"T:d": pv})
    sid = wire.create('T:d.{"dbnd":{"abs":10}}')
    for subid in range(64):
        subscribe(wire, sid, subid)
    for value, told in ((20.0, 64), (25.0, 0)):
        pv.post(value)
        assert len(wire.replies()) == told
    subscribe(wire, sid, 64)  # now they are many
    pv.post(33.0)
    assert len(wire.replies()) == 65


def test_a_time_beyond_the_calendar_has_no_text() -> None:
    pv = PV("T:d")
    wire = Wire({"T:d": pv})
    sid = wire.create('T:d.{"ts":{"str":"iso"},"dec":{"n":1}}')
    assert len(subscribe(wire, sid, dbr=ChannelType.STRING)) == 1
    pv.post(1.0, time_ns=10**21)
    assert [reply.body[:1] for reply in wire.replies()] == [b"\0"]
