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
