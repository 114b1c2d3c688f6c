"""What several clients get that watch one PV, whatever ids they have chosen for that."""

from __future__ import annotations

import struct

from hypothesis import given
from hypothesis import strategies as st

from bridge.ca.dbr import ChannelType
from bridge.ca.header import Command
from bridge.ca.status import ECA
from records import PV
from tests.server.test_session import subscribe
from tests.server.wire import Wire

CLIENTS = 3


class Watcher:
    """One client, and what it is to be told."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.sid = wire.create("T:d")
        self.subids: set[int] = set()
        self.off = False
        self.late: set[int] = set()  # subscriptions that have missed something

    def told(self) -> list[tuple[int, float]]:
        replies = self.wire.replies()
        assert all((one.command, one.p1) == (Command.EVENT_ADD, ECA.NORMAL.code) for one in replies)
        return sorted((one.p2, struct.unpack(">d", one.body)[0]) for one in replies)

    def turn(self, subid: int) -> None:
        """Subscribe with this id, or cancel what has it."""
        if subid in self.subids:
            self.wire.ask(Command.EVENT_CANCEL, dbr=ChannelType.DOUBLE, count=1, p1=self.sid, p2=subid)
            self.subids.remove(subid)
            self.late.discard(subid)
        else:
            subscribe(self.wire, self.sid, subid, ChannelType.DOUBLE)
            self.subids.add(subid)
            if self.off:
                self.late.add(subid)

    def switch(self) -> None:
        self.off = not self.off
        self.wire.feed(struct.pack(">HHHHII", Command.EVENTS_OFF if self.off else Command.EVENTS_ON, 0, 0, 0, 0, 0))


steps = st.one_of(
    st.tuples(st.just("turn"), st.integers(0, CLIENTS - 1), st.integers(1, 2)),
    st.tuples(st.just("switch"), st.integers(0, CLIENTS - 1), st.just(0)),
    st.tuples(st.just("post"), st.just(0), st.just(0)),
)


@given(st.lists(steps, min_size=20, max_size=60))
def test_everybody_is_told_once_with_his_own_id(script: list[tuple[str, int, int]]) -> None:
    pv = PV("T:d")
    first = Wire({"T:d": pv})
    watchers = [Watcher(first), *(Watcher(Wire({}, beside=first)) for _ in range(CLIENTS - 1))]
    value = 0.0
    for step, who, subid in [*script, ("post", 0, 0)]:
        watcher = watchers[who]
        if step == "turn":
            watcher.turn(subid)
            watcher.wire.replies()
        elif step == "switch":
            watcher.switch()
            assert watcher.told() == ([] if watcher.off else sorted((late, value) for late in watcher.late))
            watcher.late.clear()
        else:
            value += 1.0
            pv.post(value)
            for one in watchers:
                if one.off:
                    one.late |= one.subids
                    assert one.told() == []
                else:
                    assert one.told() == sorted((subid, value) for subid in one.subids)


PVS = 3
moves = st.one_of(
    st.tuples(st.just("post"), st.integers(0, PVS - 1), st.just(0)),
    st.tuples(st.just("post"), st.integers(0, PVS - 1), st.just(0)),
    st.tuples(st.just("subscribe"), st.integers(0, PVS - 1), st.integers(0, CLIENTS - 1)),
    st.tuples(st.just("cancel"), st.integers(0, PVS - 1), st.integers(0, CLIENTS - 1)),
    st.tuples(st.just("get"), st.integers(0, PVS - 1), st.integers(0, CLIENTS - 1)),
    st.tuples(st.just("turn"), st.just(0), st.just(0)),
)


@given(st.lists(moves, min_size=20, max_size=80))
def test_every_client_is_told_of_all_pvs_in_the_order_of_their_changes(script: list[tuple[str, int, int]]) -> None:
    """Two clients choose the same ids, the third others; what one has asked for falls between the others' events."""
    pvs = [PV(f"T:{index}") for index in range(PVS)]
    first = Wire({pv.name: pv for pv in pvs})
    hub = first.hub
    wires = [first, *(Wire({}, beside=first) for _ in range(CLIENTS - 1))]
    sids = [[wire.create(pv.name, cid) for cid, pv in enumerate(pvs)] for wire in wires]
    due: list[list[tuple[int, float]]] = [[] for _ in wires]
    told: list[list[tuple[int, float]]] = [[] for _ in wires]
    subscribed: set[tuple[int, int]] = set()

    def say(who: int, command: Command, which: int, body: bytes = b"") -> None:
        head = struct.pack(">HHHHII", command, len(body), ChannelType.DOUBLE, 1, sids[who][which], subid(who, which))
        wires[who].session.feed(head + body)

    def subid(who: int, which: int) -> int:
        return which + 10 * (who == CLIENTS - 1)

    value = 0.0
    hub.hold_flush()
    for step, which, who in [*script, ("turn", 0, 0)]:
        if step == "post":
            value += 1.0
            pvs[which].post(value)
            for watcher, watched in subscribed:
                if watched == which:
                    due[watcher].append((subid(watcher, which), value))
        elif step == "subscribe" and (who, which) not in subscribed:
            subscribed.add((who, which))
            due[who].append((subid(who, which), pvs[which].value))
            say(who, Command.EVENT_ADD, which, struct.pack(">fffHH", 0, 0, 0, 1, 0))
        elif step == "cancel" and (who, which) in subscribed:
            subscribed.remove((who, which))
            say(who, Command.EVENT_CANCEL, which)
        elif step == "get":
            say(who, Command.READ_NOTIFY, which)
        elif step == "turn":
            hub.flush()
            for seen, wire in zip(told, wires, strict=True):
                events = [one for one in wire.replies() if one.command == Command.EVENT_ADD and one.body]
                seen += [(one.p2, struct.unpack(">d", one.body)[0]) for one in events]
            hub.hold_flush()
    assert told == due


def test_what_all_clients_get_is_gathered_once() -> None:
    pvs = [PV(f"T:{index}") for index in range(3)]
    first = Wire({pv.name: pv for pv in pvs})
    wires = [first, Wire({}, beside=first)]
    for wire in wires:
        for subid, pv in enumerate(pvs):
            subscribe(wire, wire.create(pv.name), subid, ChannelType.DOUBLE)
    for value in (1.0, 2.0, 3.0):  # the first of them finds out who gets what
        for pv in pvs:
            pv.post(value)
        pieces = [wire.session.out for wire in wires]
        first.hub.pass_on()
        assert pieces[0] == pieces[1]
        if value > 1.0:
            assert len(pieces[0]) == 1
            assert pieces[0][0] is pieces[1][0]
        for wire in wires:
            assert [(one.p2, struct.unpack(">d", one.body)[0]) for one in wire.replies()] == [
                (subid, value) for subid in range(3)
            ]


def test_a_client_that_left_among_several_costs_the_others_no_event() -> None:
    pv = PV("T:d")
    first = Wire({"T:d": pv})
    wires = [first, Wire({}, beside=first), Wire({}, beside=first)]
    for wire in wires:
        subscribe(wire, wire.create("T:d"), 1, ChannelType.DOUBLE)
    pv.post(1.0)
    for wire in wires:
        assert len(wire.replies()) == 1
    pv.post(2.0)
    wires[1].close()
    pv.post(3.0)
    for wire in (wires[0], wires[2]):
        assert [struct.unpack(">d", one.body)[0] for one in wire.replies()] == [2.0, 3.0]
    assert wires[1].replies() == []
