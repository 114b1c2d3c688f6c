from __future__ import annotations

import random

import pytest

from sim.faults import KINDS, ON_WIRE, Fault, Faults
from sim.hosts.lines import LineSpeaker
from sim.hosts.modbus import MbapSpeaker, RtuSpeaker
from sim.hosts.speaker import Reply, distort, noise


def test_noise_has_no_digit_and_no_line_end():
    assert not set(noise(10_000, random.Random(1))) & set(b"0123456789+-.\r\n")


@pytest.mark.parametrize("speaker", [LineSpeaker, RtuSpeaker, MbapSpeaker])
def test_every_fault_that_a_wire_claims_can_be_made(speaker):
    faults = Faults(1, speaker.KINDS)
    made = speaker(None, faults)  # type: ignore[arg-type]
    reply = Reply(b"\x01\x04\x04\x00\x00\x00\x00\xfb\x84", b"request")
    for kind in speaker.KINDS & ON_WIRE:
        pieces = distort(Fault(kind, details=dict(KINDS[kind])), reply, made)
        changed = b"".join(data for _pause, data in pieces) != reply.data or any(pause for pause, _data in pieces)
        assert changed, kind
