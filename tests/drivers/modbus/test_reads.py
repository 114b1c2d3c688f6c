from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.errors import BadReply, LinkDown
from drivers.modbus.plan import Block, Limits, Span
from drivers.modbus.reads import RETRY_REJECTED, Flight, Reads


def first(block: Block) -> int:
    return 0


def take(reads: Reads) -> Flight:
    flight = reads.take(first)
    assert flight is not None
    return flight


spans = st.builds(Span, st.integers(1, 2), st.sampled_from([3, 4]), st.integers(0, 200), st.integers(1, 4))


@settings(max_examples=50)
@given(st.lists(st.tuples(spans, st.booleans()), max_size=40))
def test_everybody_gets_his_registers(steps: list[tuple[Span, bool]]) -> None:
    """Wants come in any order, blocks are taken in between, and the device holds its addresses."""

    async def run() -> None:
        reads = Reads(Limits(20, 3))
        wanted: list[tuple[Span, asyncio.Future[Any]]] = []

        def answer() -> None:
            flight = take(reads)
            block = flight.block
            flight.land(b"".join(n.to_bytes(2, "big") for n in range(block.address, block.address + block.size)))

        for span, now in steps:
            wanted.append((span, reads.want(span)))
            if now:
                answer()
        while reads:
            answer()
        assert reads.take(first) is None
        for span, future in wanted:
            image, offset = future.result()
            assert int.from_bytes(image[2 * offset : 2 * offset + 2], "big") == span.address
            assert len(image) >= 2 * (offset + span.size)

    asyncio.run(run())


async def test_the_oldest_comes_first_and_the_lowest_rank_before() -> None:
    reads = Reads(Limits(10, 0))
    wants = [reads.want(Span(unit, 3, address, 1)) for unit, address in ((2, 50), (1, 0), (2, 3), (1, 9))]
    by_unit = [reads.take(lambda block: block.unit) for _ in range(3)]
    assert [(each.block.unit, each.block.address) for each in by_unit if each] == [(1, 0), (1, 9), (2, 50)]
    assert reads.take(lambda block: None) is None
    assert reads
    reads.fail(LinkDown("gone"))
    with pytest.raises(LinkDown, match="gone"):
        await wants[2]
    for flight in by_unit:
        assert flight is not None
        flight.fail(LinkDown("gone"))
    for want in (wants[0], wants[1], wants[3]):
        with pytest.raises(LinkDown):
            await want


async def test_each_waiter_gets_an_error_of_his_own() -> None:
    reads = Reads(Limits())
    wants = [reads.want(Span(1, 3, 0, 1)) for _ in range(2)]
    take(reads).fail(BadReply("no"))
    errors = await asyncio.gather(*wants, return_exceptions=True)
    assert errors[0] is not errors[1]
    assert [str(error) for error in errors] == ["no", "no"]


async def test_one_unit_can_be_sent_away() -> None:
    reads = Reads(Limits())
    gone, kept = reads.want(Span(1, 3, 0, 1)), reads.want(Span(2, 3, 0, 1))
    reads.fail(LinkDown("unit 1"), 1)
    with pytest.raises(LinkDown):
        await gone
    assert not kept.done()
    assert [block.unit for block in reads.blocks()] == [2]
    kept.cancel()


async def test_what_was_given_up_is_not_asked() -> None:
    reads = Reads(Limits())
    reads.want(Span(1, 3, 0, 1)).cancel()
    kept = reads.want(Span(1, 3, 5, 1))
    flight = take(reads)
    assert (flight.block.address, flight.block.size) == (5, 1)
    flight.land(b"\0\7")
    assert await kept == (b"\0\7", 0)


async def test_a_rejected_span_is_refused_for_a_while_and_then_asked_alone() -> None:
    reads = Reads(Limits())
    bad = Span(1, 3, 1, 1)
    reads.reject(bad, BadReply("illegal"), now=100.0)
    assert reads.refuse(bad, 100.0 + RETRY_REJECTED - 0.1) == "illegal"
    assert reads.refuse(bad, 100.0 + RETRY_REJECTED) == ""
    assert reads.refuse(Span(1, 3, 0, 1), 100.0) == ""
    for span in (Span(1, 3, 0, 1), bad, Span(1, 3, 2, 1)):
        reads.want(span)
    assert [(block.address, block.size) for block in reads.blocks()] == [(0, 1), (1, 1), (2, 1)]
    reads.accept(bad)
    assert [(block.address, block.size) for block in reads.blocks()] == [(0, 3)]
    take(reads).land(bytes(6))


async def test_what_was_learned_of_a_unit_can_be_forgotten() -> None:
    reads = Reads(Limits())
    for unit in (1, 2):
        reads.reject(Span(unit, 3, 1, 1), BadReply("illegal"), now=100.0)
        reads.cut(Block(unit, 3, 9, 1, ()))
    reads.forget(1)
    assert [reads.refuse(Span(unit, 3, 1, 1), 100.0) for unit in (1, 2)] == ["", "illegal"]
    for unit in (1, 2):
        for address in (0, 2, 8, 9):
            reads.want(Span(unit, 3, address, 1))
    blocks = [(block.unit, block.address, block.size) for block in reads.blocks()]
    assert sorted(blocks) == [(1, 0, 10), (2, 0, 1), (2, 2, 7), (2, 9, 1)]
    reads.fail(LinkDown("done"))
    reads.forget()
    assert reads.refuse(Span(2, 3, 1, 1), 100.0) == ""
