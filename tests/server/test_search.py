"""Search datagrams: the parser that reads any, and the short cuts, which must say the same."""

from __future__ import annotations

import struct
from collections import UserDict
from collections.abc import Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.ca.header import Command, pack_message
from bridge.server.search import BELIEVED_FOR, Searches, answer
from records import PV, resolve

PORT = 6000
NAMES = {b"T:a", b"T:b"}


def search(name: bytes, cid: int, *, reply: int = 5, extra: int = 0) -> bytes:
    return pack_message(Command.SEARCH, name + bytes(1 + extra), reply, 13, cid, cid)


def version(sequence: int = 4711, minor: int = 13, data_type: int = 1) -> bytes:
    return pack_message(Command.VERSION, b"", data_type, minor, sequence, 0)


VERSION = version()


def found(reply: bytes) -> list[tuple[int, int]]:
    """(cid, port) of each answer."""
    return [
        (struct.unpack_from(">I", reply, offset + 12)[0], struct.unpack_from(">H", reply, offset + 4)[0])
        for offset in range(0, len(reply), 8)
        if reply[offset : offset + 4] == b"\0\6\0\x08"
    ]


# --- any datagram ---------------------------------------------------------------------------------------------------


def test_answers_the_names_that_are_here() -> None:
    reply, missing = answer(
        VERSION + search(b"T:a", 1) + search(b"T:no", 2) + search(b"T:b", 3), NAMES.__contains__, PORT
    )
    assert found(reply) == [(1, PORT), (3, PORT)]
    assert missing
    assert answer(VERSION + search(b"T:a", 1), NAMES.__contains__, PORT)[1] is False


def test_echoes_the_sequence_number() -> None:
    reply, _ = answer(VERSION + search(b"T:a", 1), NAMES.__contains__, PORT)
    assert struct.unpack_from(">HHHHII", reply) == (0, 0, 1, 13, 4711, 0)


@pytest.mark.parametrize("head", [b"", version(minor=10)])
def test_clients_before_4_11_get_no_version(head: bytes) -> None:
    reply, _ = answer(head + search(b"T:a", 1), NAMES.__contains__, PORT)
    assert reply[:2] == b"\0\6"
    assert found(reply) == [(1, PORT)]


def test_silent_when_nothing_is_here() -> None:
    assert answer(VERSION + search(b"T:no", 1), NAMES.__contains__, PORT) == (b"", True)
    assert answer(b"", NAMES.__contains__, PORT) == (b"", False)


def test_a_broken_message_ends_the_datagram_but_not_what_came_before() -> None:
    reply, _ = answer(search(b"T:a", 1) + b"\0\6\0\3" + bytes(20), NAMES.__contains__, PORT)
    assert found(reply) == [(1, PORT)]


def test_our_own_answer_is_no_question() -> None:
    """A forged sender must not make the server talk to itself."""
    reply, _ = answer(VERSION + search(b"T:a", 1), NAMES.__contains__, PORT)
    assert answer(reply, lambda name: True, PORT)[0] == b""
    assert table_of("T:a").answer(reply)[0] == b""


# --- short cuts -----------------------------------------------------------------------------------------------------


def searches(pvdb: Mapping[str, PV]) -> Searches:
    """As the hub makes them."""

    def find(name: bytes) -> PV | None:
        try:
            return resolve(pvdb, name.decode())
        except UnicodeDecodeError:
            return None

    made = Searches(pvdb, find, PORT)
    made.look(0.0)
    return made


def table_of(*names: str) -> Searches:
    return searches({name: PV(name) for name in names})


TABLES = [
    ["T:a", "T:b", "T:a longer name", "T:x1", "T:x12345", "T:x123456"],
    ["A:1", "B:2", "C:3", "one", "two", "three and more"],
    [f"{prefix}:{number}" for prefix in "ABCDEFGHIJKL" for number in range(3)],
    ["T:a", "T:b.VAL", "T:c.d"],
    ["a"],
    [],
]
asked = st.one_of(
    st.sampled_from(sorted({name for table in TABLES for name in table})).flatmap(
        lambda name: st.sampled_from([name, name, name + ".DESC", name + ".NO", name + "x", "x" + name, name[:-1]])
    ),
    st.sampled_from(["T:ä", "ä", "No:1", "T:" + "long" * 20, "T:b", "."]),
    st.text(min_size=1, max_size=30).filter(lambda name: "\0" not in name),
).filter(bool)
question = st.tuples(
    asked.map(str.encode),
    st.integers(0, 0xFFFFFFFF),
    st.sampled_from([5, 10]),
    st.sampled_from([0, 0, 0, 0, 8, 40]),
)


@given(
    st.sampled_from(TABLES),
    st.sampled_from([VERSION, version(0), version(minor=12), version(minor=4), version(data_type=0), b""]),
    st.lists(question, max_size=45),
    st.booleans(),
)
@example(TABLES[0], VERSION, [(b"T:a", 1, 5, 0), (b"T:b", 2, 5, 0)] * 4, False)
@example(TABLES[0], VERSION, [(b"T:ab", 1, 5, 0)] * 20 + [(b"T:b", 2, 5, 0)], False)
@example(TABLES[0], VERSION, [(b"xT:b", 0x00060000, 5, 0), (b"T:b", 0x00060008, 5, 0)], False)
def test_short_cuts_say_the_same(
    names: list[str], head: bytes, questions: list[tuple[bytes, int, int, int]], later: bool
) -> None:
    pvdb = {name: PV(name) for name in names}
    ours = searches(pvdb)
    ours._most_are_here = later
    datagram = head + b"".join(search(name, cid, reply=reply, extra=extra) for name, cid, reply, extra in questions)
    right, missing = answer(datagram, ours._find, PORT)
    for _ in range(3):  # fresh, seen once, remembered
        reply, some_missing = ours.answer(datagram)
        assert reply == right
        assert some_missing or not missing  # to ask others once too often does no harm


@given(st.binary(max_size=200) | st.binary(max_size=200).map(VERSION.__add__))
@example(VERSION + b"\0\6\0\x08" + bytes(12) + b"T:a")
def test_any_bytes_get_at_most_twice_their_size(data: bytes) -> None:
    assert len(answer(data, lambda name: True, 1)[0]) <= 2 * len(data)
    for names in TABLES:
        assert len(table_of(*names).answer(data)[0]) <= 2 * len(data)


@given(st.lists(st.binary(min_size=1, max_size=20).filter(lambda name: b"\0" not in name), max_size=20))
def test_no_amplification(names: list[bytes]) -> None:
    datagram = b"".join(search(name, number) for number, name in enumerate(names))
    assert len(answer(datagram, lambda name: True, 1)[0]) <= 2 * len(datagram)


def test_what_stands_between_searches_ends_the_datagram_on_the_short_cut_too() -> None:
    ours = table_of("T:a", "T:b")
    five = b"".join(search(b"T:a", cid) for cid in range(5))
    echo = pack_message(Command.ECHO)
    reply, _ = ours.answer(VERSION + five + echo + five)
    assert len(found(reply)) == 5


def test_the_same_question_with_another_sequence_number() -> None:
    ours = table_of("T:a", "T:b")
    for sequence in range(5):
        reply, _ = ours.answer(version(sequence) + b"".join(search(b"T:a", cid) for cid in range(10)))
        assert struct.unpack_from(">I", reply, 8) == (sequence,)
        assert len(found(reply)) == 10


def datagram_for(name: bytes) -> bytes:
    """One that is remembered: the name among others that are here."""
    return VERSION + b"".join(search(b"T:a", cid) for cid in range(100, 110)) + search(name, 7)


def is_found(ours: Searches, name: bytes = b"T:new") -> bool:
    return (7, PORT) in found(ours.answer(datagram_for(name))[0])


@pytest.mark.parametrize("name", ["T:new", "Other", "T:dotted.key"])
@pytest.mark.parametrize("step", [0.1, 2.0])
def test_a_changing_database(name: str, step: float) -> None:
    """Every single change shows at once, in a database that changes all the time as well."""
    pvdb = {"T:a": PV("T:a"), "T:b": PV("T:b")}
    ours = searches(pvdb)
    wire = name.encode()
    for _ in range(3):
        assert not is_found(ours, wire)
    pvdb[name] = PV(name)
    ours.look(step)
    for _ in range(3):
        assert is_found(ours, wire)
    del pvdb[name]
    ours.look(2 * step)
    assert not is_found(ours, wire)


def test_changes_that_make_up_for_each_other_show_after_a_while() -> None:
    last = PV("T:last")
    pvdb = {"T:a": PV("T:a"), "T:old": PV("T:old"), "T:last": last}
    ours = searches(pvdb)
    for _ in range(3):
        assert not is_found(ours)
    del pvdb["T:old"], pvdb["T:last"]
    pvdb["T:new"] = PV("T:new")
    pvdb["T:last"] = last
    ours.look(BELIEVED_FOR)
    assert is_found(ours)


class Made(dict[str, PV]):
    """Has every name that begins with T:."""

    def __missing__(self, name: str) -> PV:
        if not name.startswith("T:"):
            raise KeyError(name)
        return PV(name)


@pytest.mark.parametrize("kind", [Made, UserDict])
def test_a_database_with_a_mind_of_its_own_is_always_asked(kind: type[dict[str, PV]]) -> None:
    pvdb = kind({"T:a": PV("T:a")})
    ours = searches(pvdb)
    for _ in range(3):
        assert is_found(ours) is (kind is Made)
    if kind is Made:
        assert not pvdb.keys() - {"T:a"}  # nothing is put into it
    pvdb["T:new"] = PV("T:new")
    assert is_found(ours)
