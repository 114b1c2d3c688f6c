"""Every mode runs against our server and finds what it counts to be right. How fast is of no interest here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from benchmarks.ca_modes import MODES, Mode
from benchmarks.load.circuit import Circuit, Trouble
from benchmarks.load.pipeline import get
from benchmarks.servers.catalogue import FLOOR, OURS, OURS_RECORDS, Server
from benchmarks.servers.process import ServerProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the load generator uses epoll and /proc")

MOMENT = 0.02  # seconds
CASES = [
    (server, mode) for server in (OURS, OURS_RECORDS, FLOOR) for mode in MODES if mode.fits(server) and not mode.tick
]

Started = Callable[[Server], ServerProcess]


@pytest.fixture(scope="module")
def started() -> Iterator[Started]:
    """Each server once, when it is first wanted."""
    running: dict[str, ServerProcess] = {}

    def start(server: Server) -> ServerProcess:
        if server.name not in running:
            running[server.name] = ServerProcess(server)
        return running[server.name]

    yield start
    for process in running.values():
        process.stop()


@pytest.mark.parametrize(("server", "mode"), CASES, ids=lambda case: case.name)
def test_mode(server: Server, mode: Mode, started: Started) -> None:
    process = started(server)
    measured = mode.measure(process.target, MOMENT)
    assert not measured.trouble
    assert measured.operations
    assert not measured.lost
    assert process.serves()


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode.tick], ids=lambda mode: mode.name)
def test_mode_in_which_the_server_ticks(mode: Mode) -> None:
    process = ServerProcess(OURS, mode.count, tick=50.0, elements=10)
    try:
        assert mode.measure(process.target, 0.2).operations
    finally:
        process.stop()


def test_wrong_replies_are_noticed(started: Started) -> None:
    with pytest.raises(Trouble):
        get(replace(started(FLOOR).target, exact=True), MOMENT, 10)


def test_a_pv_that_is_not_there_is_noticed(started: Started) -> None:
    with Circuit(started(OURS).port) as circuit, pytest.raises(Trouble, match="there is no B:nothing"):
        circuit.create(["B:x0", "B:nothing"])
