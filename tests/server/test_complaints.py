"""Lines that clients can cause: so many and no more, and nothing in them that a log should not have."""

from __future__ import annotations

import logging

from bridge.ca.header import Command, pack_message
from bridge.server.complaints import BURST, PERIOD, Complaints, printable, reason
from records import PV
from tests.logs import logged
from tests.server.wire import Wire


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_few_at_once_and_then_one_every_ten_seconds() -> None:
    clock = Clock()
    complain = Complaints(logging.getLogger("iocbridge.test"), clock)
    with logged() as log:
        for number in range(1000):
            complain("number %d", number)
        assert log.lines == [f"number {number}" for number in range(BURST)]
        clock.now += PERIOD
        complain("another %d", 1)
        complain("another %d", 2)
        assert log.lines[BURST:] == [f"{1000 - BURST} more complaints like these have not been logged", "another 1"]


def test_the_same_again_is_not_said_again() -> None:
    complain = Complaints(logging.getLogger("iocbridge.test"), Clock())
    with logged() as log:
        for _ in range(5):
            complain("%s is odd", "x")
        complain("%s is odd", "y")
    assert log.lines == ["x is odd", "4 more complaints like these have not been logged", "y is odd"]


def test_words_are_made_printable() -> None:
    complain = Complaints(logging.getLogger("iocbridge.test"), Clock())
    with logged() as log:
        complain("%s", "a\n2026 ERROR all is lost\x1b[31m\u2028")
    assert log.lines == ["a\\n2026 ERROR all is lost\\x1b[31m\\u2028"]
    assert printable("é µm") == "é µm"
    assert printable("\udcff") == "\\udcff"


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError


def test_the_reason_of_any_exception() -> None:
    assert [reason(error) for error in (ValueError("x"), ValueError(), Unspeakable())] == [
        "x",
        "ValueError",
        "Unspeakable",
    ]


def test_bad_circuits_are_one_line_each_and_not_more_than_a_few() -> None:
    wire = Wire({})
    with logged() as log:
        for number in range(500):
            wire.session = wire.connect()
            wire.session.peer = f"10.0.0.1:{number}"
            wire.feed(pack_message(77) * 100)
            assert wire.session.closed
    assert len(log.lines) == BURST


def test_a_database_that_chokes_on_a_name_has_no_such_pv() -> None:
    class Choosy(dict[str, PV]):
        def __missing__(self, name: str) -> PV:
            raise ValueError(f"what is {name}?")

    wire = Wire(Choosy({"T:d": PV("T:d")}))
    with logged() as log:
        (reply,) = wire.ask(Command.CREATE_CHAN, b"bad\nname\0", p1=1, p2=13)
    assert reply.command == Command.CREATE_CH_FAIL
    (line,) = log.complaints
    assert "bad\\nname" in line
    wire.create("T:d")


def test_a_defect_costs_its_circuit_and_is_told() -> None:
    wire = Wire({"T:d": PV("T:d")})
    other = wire.connect()
    sid = wire.create_any("T:d")

    def broken(*words: object) -> None:
        raise RuntimeError("a defect")

    wire.session._handlers = dict.fromkeys(range(28), broken)
    with logged() as log:
        wire.ask(Command.READ_NOTIFY, b"", 6, 1, sid, 1)
    assert wire.session.closed
    assert not other.closed
    assert "a defect" in log.complaints[0]
