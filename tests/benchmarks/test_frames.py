"""The load generator's own idea of the protocol, held against the project's."""

from __future__ import annotations

import pytest

from benchmarks.load import frames
from bridge.ca.header import HEADER, Command


def head(data: bytes) -> tuple[int, ...]:
    return HEADER.unpack_from(data)


def test_commands_are_those_of_the_protocol() -> None:
    ours = {command.name: int(command) for command in Command}
    assert ours["READ_NOTIFY"] == frames.READ_NOTIFY
    assert ours["WRITE_NOTIFY"] == frames.WRITE_NOTIFY
    assert ours["WRITE"] == frames.WRITE
    assert ours["EVENT_ADD"] == frames.EVENT_ADD
    assert ours["SEARCH"] == frames.SEARCH
    assert ours["CREATE_CHAN"] == frames.CREATE
    assert ours["CREATE_CH_FAIL"] == frames.CREATE_FAILED
    assert ours["ACCESS_RIGHTS"] == frames.ACCESS_RIGHTS
    assert head(frames.events_off())[0] == ours["EVENTS_OFF"]
    assert head(frames.events_on())[0] == ours["EVENTS_ON"]


def test_requests() -> None:
    assert head(frames.read(7, 9)) == (15, 0, 6, 1, 7, 9)
    assert frames.read(7, 9, count=70_000).hex() == "000fffff0006000000000007000000090000000000011170"
    assert frames.write(7, 9, 1.0).hex() == "001300080006000100000007000000093ff0000000000000"
    assert head(frames.write(7, 9, 1.0, frames.WRITE))[0] == 4
    event = frames.subscribe(7, 9)
    assert (len(event), head(event), event[28:30]) == (32, (1, 16, 20, 1, 7, 9), b"\0\x05")
    assert frames.create("B:x1", 3)[16:] == b"B:x1\0\0\0\0"


def test_a_search_is_a_version_and_its_names() -> None:
    messages, rest = frames.split(frames.search(["A", "B:longer"], 5, 77))
    assert rest == b""
    assert [(one.command, one.p1, one.body.rstrip(b"\0")) for one in messages] == [
        (0, 77, b""),
        (frames.SEARCH, 5, b"A"),
        (frames.SEARCH, 6, b"B:longer"),
    ]


@pytest.mark.parametrize("cut", [0, 1, 15, 16, 17, 23, 24, 39])
def test_split_leaves_what_is_not_whole(cut: int) -> None:
    first = HEADER.pack(15, 8, 6, 1, 1, 9) + bytes(8)
    large = HEADER.pack(15, 0xFFFF, 6, 0, 1, 2) + (16).to_bytes(4, "big") + (2).to_bytes(4, "big") + bytes(range(16))
    messages, rest = frames.split(first + large[:cut])
    assert ([one.p2 for one in messages], rest) == ([9], large[:cut])
    messages, rest = frames.split(rest + large[cut:])
    assert ([(one.count, one.body) for one in messages], rest) == ([(2, bytes(range(16)))], b"")
