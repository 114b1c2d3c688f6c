from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from benchmarks.load.storm import Storm
from benchmarks.servers.catalogue import OURS
from benchmarks.servers.process import ServerProcess

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the load generator uses epoll and /proc")


@pytest.fixture
def served() -> Iterator[ServerProcess]:
    process = ServerProcess(OURS, 100, elements=10)
    yield process
    process.stop()


def test_everybody_ends_on_the_final_value(served: ServerProcess) -> None:
    storm = Storm(served.target, 3)
    try:
        assert storm.subscriptions == 3 * 100 + 4 * 200
        outcome = storm.blow(1.2, 100.0)
    finally:
        storm.close()
    assert outcome.puts
    assert outcome.final_after is not None
    assert outcome.reordered == outcome.crossed == 0
    assert len(outcome.latencies) == outcome.puts * 3  # the well-mannered miss nothing
