from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import UsageError
from drivers.modbus.plan import Block, Limits, Map, Register, Span, plan

spans = st.builds(
    lambda unit, function, address, size: Span(unit, function, address, min(size, 65536 - address)),
    st.integers(1, 3),
    st.sampled_from([1, 2, 3, 4]),
    st.one_of(st.integers(0, 300), st.integers(65000, 65535)),
    st.sampled_from([1, 1, 2, 2, 4, 8]),
)
limits = st.builds(Limits, st.integers(8, 125), st.integers(0, 40))


def covered(block: Block) -> set[Register]:
    return set(Span(block.unit, block.function, block.address, block.size).registers())


@given(st.sets(spans, max_size=60), limits)
def test_every_span_is_whole_in_exactly_one_block(wanted: set[Span], limits: Limits) -> None:
    blocks = plan(wanted, limits, Map())
    assert Counter(span for block in blocks for span in block.spans) == Counter(wanted)
    for block in blocks:
        for span in block.spans:
            assert set(span.registers()) <= covered(block)


@given(st.sets(spans, max_size=60), limits)
def test_limits_are_kept(wanted: set[Span], limits: Limits) -> None:
    for block in plan(wanted, limits, Map()):
        longest, longest_gap = limits.of(block.function)
        assert block.size <= longest
        assert {(span.unit, span.function) for span in block.spans} == {(block.unit, block.function)}
        wanted_here = {register for span in block.spans for register in span.registers()}
        assert min(wanted_here).address == block.address
        assert max(wanted_here).address == block.address + block.size - 1
        gap = 0
        for register in sorted(covered(block)):
            gap = 0 if register in wanted_here else gap + 1
            assert gap <= longest_gap


@given(st.sets(spans, max_size=60), limits)
def test_no_register_is_asked_twice_unless_spans_overlap(wanted: set[Span], limits: Limits) -> None:
    asked = Counter(register for block in plan(wanted, limits, Map()) for register in covered(block))
    wished = Counter(register for span in wanted for register in span.registers())
    assert all(times <= max(1, wished[register]) for register, times in asked.items())


@given(st.sets(spans, max_size=60), limits, st.sets(st.integers(0, 300)), st.sets(st.integers(0, 300)))
def test_what_was_learned_is_heeded(wanted: set[Span], limits: Limits, bad: set[int], cuts: set[int]) -> None:
    learned = Map({Register(1, 3, each) for each in bad}, {Register(1, 3, each) for each in cuts})
    blocks = plan(wanted, limits, learned)
    assert Counter(span for block in blocks for span in block.spans) == Counter(wanted)
    for block in blocks:
        wanted_here = {register for span in block.spans for register in span.registers()}
        assert not (covered(block) - wanted_here) & learned.bad
        for span in block.spans:
            if Register(*span[:3]) in learned.cuts:
                assert all(other.address >= span.address for other in block.spans)


@given(st.sets(spans, min_size=2, max_size=60))
def test_halves_have_the_same_spans(wanted: set[Span]) -> None:
    for block in plan(wanted, Limits(), Map()):
        if len(block.spans) > 1:
            left, right = block.halves()
            assert left.spans + right.spans == block.spans
            assert max(left.size, right.size) <= block.size


def test_thirty_points_of_a_power_meter_are_two_blocks() -> None:
    """Eastron SDM630: 29 floats between 0x00 and 0x4A, and the total energy at 0x156."""
    addresses = [*range(0x00, 0x24, 2), 0x2A, 0x2E, 0x30, 0x34, 0x38, 0x3C, 0x3E, 0x42, 0x46, 0x48, 0x4A, 0x156]
    assert len(addresses) == 30
    blocks = plan({Span(1, 4, address, 2) for address in addresses}, Limits(max_block=80), Map())
    assert [(block.address, block.size) for block in blocks] == [(0, 76), (0x156, 2)]


def test_gaps_and_limits_by_example() -> None:
    def blocks(limits: Limits, *wanted: tuple[int, int], function: int = 3) -> list[tuple[int, int]]:
        made = plan({Span(1, function, *each) for each in wanted}, limits, Map())
        return [(block.address, block.size) for block in made]

    assert blocks(Limits(125, 0), (0, 2), (2, 2), (5, 1)) == [(0, 4), (5, 1)]
    assert blocks(Limits(125, 1), (0, 2), (2, 2), (5, 1)) == [(0, 6)]
    assert blocks(Limits(4, 9), (0, 2), (2, 2), (4, 2)) == [(0, 4), (4, 2)]
    assert blocks(Limits(4, 9), (0, 2), (3, 2)) == [(0, 2), (3, 2)]  # a value is never torn
    assert blocks(Limits(4, 9), (0, 10)) == [(0, 10)]  # longer than a block: let the device say so
    assert blocks(Limits(125, 0), (0, 4), (1, 1), (2, 8)) == [(0, 10)]
    assert blocks(Limits(125, 1), (0, 1), (17, 1), function=1) == [(0, 18)]  # sixteen bits are one register
    assert blocks(Limits(125, 0), (0, 1), (1, 1), function=1) == [(0, 2)]
    assert blocks(Limits(), (0, 1), (65535, 1)) == [(0, 1), (65535, 1)]
    assert blocks(Limits()) == []


def test_units_and_functions_do_not_mix() -> None:
    wanted = {Span(unit, function, 0, 2) for unit in (1, 2) for function in (3, 4)}
    assert len(plan(wanted, Limits(), Map())) == 4


def test_impossible_limits() -> None:
    for make in (lambda: Limits(0), lambda: Limits(126), lambda: Limits(max_gap=-1)):
        with pytest.raises(UsageError):
            make()
