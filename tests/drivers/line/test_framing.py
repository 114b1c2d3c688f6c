from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import UsageError
from drivers.line.framing import Damaged, Lines


def lines(terminator: bytes = b"\r\n", max_line: int = 100) -> Lines:
    return Lines(terminator, terminator, max_line)


CASES = [
    (b"a\r\n", [b"a"], b""),
    (b"a\r\nb\r\n", [b"a", b"b"], b""),
    (b"\r\n\r\n", [b"", b""], b""),
    (b"a\rb\nc\r\n", [b"a\rb\nc"], b""),
    (b"a\r\nrest", [b"a"], b"rest"),
    (b"a\r", [], b"a\r"),
]


@pytest.mark.parametrize(("wire", "messages", "pending"), CASES)
def test_lines_whole_and_by_byte(wire: bytes, messages: list[bytes], pending: bytes) -> None:
    whole, slow = lines(), lines()
    assert whole.feed(wire) == messages
    assert [message for byte in wire for message in slow.feed(bytes([byte]))] == messages
    assert whole.pending == slow.pending == pending


@given(
    st.lists(st.binary(max_size=40)),
    st.sampled_from([b"\r\n", b"\n", b"\r", b"ABC", b"aab"]),
    st.integers(1, 30),
)
def test_any_bytes_in_any_chunks_stay_bounded(chunks: list[bytes], terminator: bytes, max_line: int) -> None:
    framing = lines(terminator, max_line)
    for chunk in chunks:
        for message in framing.feed(chunk):
            assert isinstance(message, Damaged) or (len(message) <= max_line and terminator not in message)
        assert len(framing.pending) <= max(max_line, len(chunk)) + 2 * len(terminator)


@given(st.lists(st.text("ab\r\n", max_size=6), max_size=8), st.data())
def test_chunks_do_not_matter(texts: list[str], data: st.DataObject) -> None:
    wire = b"".join(text.encode() + b"\r\n" for text in texts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=6)))
    whole, cut = lines(), lines()
    chunks = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    assert [message for chunk in chunks for message in cut.feed(chunk)] == whole.feed(wire)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_long_line_is_reported_once_and_skipped(size: int) -> None:
    framing = lines(max_line=10)
    wire = b"x" * 55 + b"\r\n" + b"ok\r\n"
    got = [message for at in range(0, len(wire), size) for message in framing.feed(wire[at : at + size])]
    assert got == [Damaged("is longer than 10 bytes", got[0].data), b"ok"]  # type: ignore[union-attr]


def test_no_terminator_leaves_the_end_to_the_port() -> None:
    framing = lines(b"", max_line=10)
    assert framing.feed(b"abc") == []
    assert framing.feed(b"def") == []
    assert framing.clear() == b"abcdef"
    assert framing.pending == b""
    assert [type(message) for message in framing.feed(b"x" * 20)] == [Damaged]
    assert framing.pending == b""


def test_encode_adds_the_terminator_and_refuses_to_smuggle() -> None:
    framing = Lines(b"\r", b"\r\n", 10)
    assert framing.encode(b"*IDN?") == b"*IDN?\r\n"
    with pytest.raises(ValueError, match="terminator"):
        framing.encode(b"NAME x\r\nOUTP 1")
    assert Lines(b"", b"", 10).encode(b"\x01\x02") == b"\x01\x02"


def test_clear_forgets() -> None:
    framing = lines()
    framing.feed(b"half")
    assert framing.clear() == b"half"
    assert framing.feed(b"whole\r\n") == [b"whole"]


def test_max_line_must_be_possible() -> None:
    with pytest.raises(UsageError):
        lines(max_line=0)
