"""Which blocks to read so that every wanted register is read once, in few requests. Pure.

One request for each register is what users of Modbus software complain of most: thirteen single reads took 3.7 s where
one block of 44 registers took 0.5 s. So what is wanted in the same moment is merged, gaps included, as far as the
device's limits go.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from typing import NamedTuple

from drivers.modbus.registers import MAX_BITS, MAX_REGISTERS
from drivers.options import check_number

__all__ = ["Block", "Limits", "Map", "Register", "Span", "plan"]

BIT_FUNCTIONS = frozenset((1, 2))


class Register(NamedTuple):
    """One register, or one bit if the function is 1 or 2."""

    unit: int
    function: int
    address: int


class Span(NamedTuple):
    """What one point wants: never torn apart, because the halves of a number must be of one moment."""

    unit: int
    function: int
    address: int
    size: int

    @property
    def end(self) -> int:
        return self.address + self.size

    def registers(self) -> Iterable[Register]:
        return (Register(self.unit, self.function, address) for address in range(self.address, self.end))


@dataclass(frozen=True, slots=True)
class Limits:
    """How far reads may be merged.

    `max_block` is the most registers that the device gives in one answer, `max_gap` the most unwanted registers to read
    along. A register takes two bytes, a request of its own about fifteen, two pauses and the device's time to think: at
    9600 baud a gap of 16 costs what the shortest request does. Sixteen bits travel as one register.
    """

    max_block: int = MAX_REGISTERS
    max_gap: int = 16

    def __post_init__(self) -> None:
        wanted = f"one of 1 to {MAX_REGISTERS}"
        check_number("a Modbus port", "max_block", self.max_block, wanted, lambda size: 1 <= size <= MAX_REGISTERS)
        check_number("a Modbus port", "max_gap", self.max_gap, "0 or more registers", lambda size: size >= 0)

    def of(self, function: int) -> tuple[int, int]:
        """The longest block and the longest gap for a function, in registers or bits."""
        if function in BIT_FUNCTIONS:
            return min(MAX_BITS, 16 * self.max_block), 16 * self.max_gap
        return self.max_block, self.max_gap


@dataclass(slots=True)
class Map:
    """What was learned of a device from what it rejected."""

    bad: set[Register] = field(default_factory=set)  # rejected when asked for alone
    cuts: set[Register] = field(default_factory=set)  # a block must not reach from before these to beyond

    def bridges(self, unit: int, function: int, first: int, end: int) -> bool:
        """Whether a block may reach over the gap `first` to `end` (excluded), where the next span begins."""
        if Register(unit, function, end) in self.cuts:
            return False
        return not self.bad or not any(Register(unit, function, address) in self.bad for address in range(first, end))


@dataclass(frozen=True, slots=True)
class Block:
    """One request to read and the spans that it answers."""

    unit: int
    function: int
    address: int
    size: int
    spans: tuple[Span, ...]

    def halves(self) -> tuple[Block, Block]:
        """The same spans in two blocks, to find out which half the device rejects."""
        middle = len(self.spans) // 2
        return _block(self.spans[:middle]), _block(self.spans[middle:])


def _block(spans: Iterable[Span]) -> Block:
    spans = tuple(spans)
    first = spans[0]
    end = max(span.end for span in spans)
    return Block(first.unit, first.function, first.address, end - first.address, spans)


def plan(spans: Set[Span], limits: Limits, learned: Map) -> list[Block]:
    """The blocks that cover `spans`, each span whole in exactly one block, by unit, function and address.

    Blocks share a register only where spans overlap that do not fit into one block together. A span longer than
    `max_block` still gets a block of its own: the device shall say what it thinks of it.
    """
    blocks: list[Block] = []
    taken: list[Span] = []
    end = 0
    for span in sorted(spans):
        if taken:
            first = taken[0]
            longest, gap = limits.of(span.function)
            new_end = max(end, span.end)
            if (
                (span.unit, span.function) == (first.unit, first.function)
                and span.address - end <= gap
                and new_end - first.address <= longest
                and learned.bridges(span.unit, span.function, end, span.address)
            ):
                taken.append(span)
                end = new_end
                continue
            blocks.append(_block(taken))
        taken = [span]
        end = span.end
    if taken:
        blocks.append(_block(taken))
    return blocks
