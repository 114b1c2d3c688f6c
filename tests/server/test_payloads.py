"""Large payloads are kept to be sent again, up to a limit."""

from __future__ import annotations

import struct

from bridge.ca.dbr import ChannelType
from bridge.server import Limits
from records import PV
from tests.server.test_session import read
from tests.server.wire import Wire

SIZE = 10_000  # elements


def test_the_oldest_is_forgotten_and_made_again_when_asked_for() -> None:
    pvs = {f"T:{n}": PV(f"T:{n}", [float(n)] * SIZE, max_count=SIZE) for n in range(8)}
    wire = Wire(pvs, Limits(arrays=4 * SIZE * 8))
    sids = [wire.create(name, cid) for cid, name in enumerate(pvs)]
    for _ in range(2):
        for number, sid in enumerate(sids):
            assert read(wire, sid, ChannelType.DOUBLE, SIZE).body[:8] == struct.pack(">d", number)
            kept = [rendering for outlet in wire.hub._outlets.values() for rendering in outlet.renderings]
            assert sum(rendering.payload is not None for rendering in kept) <= 4
    wire.session.close()
    assert wire.hub.payloads._sizes == {}
    assert wire.hub.payloads._total == 0


def test_one_that_has_changed_is_counted_once() -> None:
    pv = PV("T:a", [0.0] * SIZE, max_count=SIZE)
    wire = Wire({"T:a": pv})
    sid = wire.create("T:a")
    for number in range(5):
        pv.post([float(number)] * SIZE)
        read(wire, sid, ChannelType.DOUBLE, SIZE)
    assert wire.hub.payloads._total == SIZE * 8
