"""A sample of `tests.conformance.faults`, and whether it would notice."""

from __future__ import annotations

import logging

import pytest

from drivers import LinePort
from tests.conformance.faultrun import Wrong
from tests.conformance.faults import VIRTUAL, run_one


def run_many(kind: str) -> None:
    for seed in range(150):
        run_one(kind, seed)


@pytest.mark.parametrize("kind", VIRTUAL)
def test_no_reply_reaches_the_wrong_record(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    run_many(kind)


def test_a_port_that_does_not_wait_for_late_replies_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def _resync(self: LinePort) -> None:
        return

    monkeypatch.setattr(LinePort, "_resync", _resync)
    with pytest.raises(Wrong):
        run_many("memory_line")
