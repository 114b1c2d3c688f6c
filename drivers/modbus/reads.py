"""Reads that wait for the wire, merged into blocks when their turn comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from drivers.errors import BadReply, DriverError
from drivers.modbus.plan import Block, Limits, Map, Register, Span, plan

__all__ = ["Flight", "Image", "Reads", "Rejected"]

# A register that was rejected is tried again, alone, after this many seconds: some devices reject while they start up,
# and a serial line is never reconnected.
RETRY_REJECTED = 10.0

Image = tuple[bytes, int]  # the bytes of a block, and where in it a span begins, counted in registers or bits
Waiting = dict[Span, list["asyncio.Future[Image]"]]


class Rejected(BadReply):
    """The device does not give these registers, or not so many at once."""


@dataclass(frozen=True, slots=True)
class Flight:
    """A block and who waits for its spans."""

    block: Block
    waiting: Waiting

    def land(self, image: bytes) -> None:
        """Distribute the answer."""
        for span, futures in self.waiting.items():
            for future in futures:
                if not future.done():
                    future.set_result((image, span.address - self.block.address))

    def fail(self, error: DriverError) -> None:
        """Tell all of them, each with an error of its own."""
        _fail(self.waiting, error)

    def halves(self) -> tuple[Flight, Flight]:
        """The same in two blocks."""
        left, right = self.block.halves()
        return Flight(left, self._of(left)), Flight(right, self._of(right))

    def _of(self, block: Block) -> Waiting:
        return {span: self.waiting[span] for span in block.spans}


class Reads:
    """What is wanted, oldest first. Blocks are planned as late as possible, so that what is asked meanwhile joins."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: Waiting = {}
        self._blocks: list[Block] | None = []  # by age; None when they have to be planned anew
        self._learned = Map()
        self._rejected: dict[Span, tuple[str, float]] = {}
        self._tries: dict[Span, int] = {}  # of those that are asked again

    def __len__(self) -> int:
        return len(self._waiting)

    def refuse(self, span: Span, now: float) -> str:
        """Why not to ask for the span now, or ""."""
        if not self._rejected or span not in self._rejected:
            return ""
        why, retry_at = self._rejected[span]
        return why if now < retry_at else ""

    def want(self, span: Span) -> asyncio.Future[Image]:
        """Wait for a span."""
        future: asyncio.Future[Image] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.get(span)
        if waiting is None:
            self._waiting[span] = [future]
            self._blocks = None
        else:
            waiting.append(future)
        return future

    def take(self, rank: Callable[[Block], int | None]) -> Flight | None:
        """The next block: of the lowest rank the oldest. None if there is none, or all are of rank None (not now)."""
        best: tuple[int, int] | None = None
        blocks = self._planned()
        for index, block in enumerate(blocks):
            its = rank(block)
            if its is not None and (best is None or its < best[0]):
                best = (its, index)
        if best is None:
            return None
        block = blocks.pop(best[1])
        return Flight(block, {span: self._waiting.pop(span) for span in block.spans})

    def blocks(self) -> list[Block]:
        """What will be asked, oldest first."""
        return list(self._planned())

    def _planned(self) -> list[Block]:
        if self._blocks is None:
            for span in [span for span, futures in self._waiting.items() if all(each.done() for each in futures)]:
                del self._waiting[span]  # given up by those who asked
                self._tries.pop(span, None)
            alone = self._rejected.keys() & self._waiting.keys()
            blocks = plan(self._waiting.keys() - alone, self._limits, self._learned)
            blocks += [Block(*span, (span,)) for span in alone]
            age = {span: index for index, span in enumerate(self._waiting)}
            self._blocks = sorted(blocks, key=lambda block: min(age[span] for span in block.spans))
        return self._blocks

    def land(self, flight: Flight, image: bytes) -> None:
        """A block was read."""
        for span in flight.waiting if self._tries else ():
            self._tries.pop(span, None)
        flight.land(image)

    def again(self, flight: Flight, error: DriverError, most: int) -> None:
        """A block was not read: what was asked again fewer than `most` times waits anew, the rest gets the error."""
        for span, futures in flight.waiting.items():
            tries = self._tries.pop(span, 0)
            if tries >= most:
                _fail({span: futures}, error)
                continue
            self._tries[span] = tries + 1
            self._waiting[span] = futures + self._waiting.pop(span, [])
            self._blocks = None

    def fail(self, error: DriverError, unit: int | None = None) -> None:
        """Send away all that wait, or those of one unit."""
        gone = {span: futures for span, futures in self._waiting.items() if unit is None or span.unit == unit}
        for span in gone:
            del self._waiting[span]
            self._tries.pop(span, None)
        self._blocks = None
        _fail(gone, error)

    # --- what the device rejects --------------------------------------------------------------------------------

    def reject(self, span: Span, error: BadReply, now: float) -> None:
        """The device rejects this span even alone: leave it out of blocks, and blocks out of its registers."""
        self._rejected[span] = (str(error), now + RETRY_REJECTED)
        self._learned.bad.update(span.registers())
        self._blocks = None

    def accept(self, span: Span) -> None:
        """A span was read after all."""
        if self._rejected and self._rejected.pop(span, None) is not None:
            self._learned.bad.difference_update(span.registers())
            self._blocks = None

    def cut(self, block: Block) -> None:
        """Both halves of a rejected block were read: there is a hole, or an end of what one answer holds, before it."""
        self._learned.cuts.add(Register(block.unit, block.function, block.address))
        self._blocks = None

    def forget(self, unit: int | None = None) -> None:
        """The device may have changed while it was away: learn anew."""
        self._blocks = None
        if unit is None:
            self._rejected.clear()
            self._learned = Map()
            return
        self._rejected = {span: why for span, why in self._rejected.items() if span.unit != unit}
        self._learned = Map(
            {each for each in self._learned.bad if each.unit != unit},
            {each for each in self._learned.cuts if each.unit != unit},
        )


def _fail(waiting: Waiting, error: DriverError) -> None:
    for futures in waiting.values():
        for future in futures:
            if not future.done():
                future.set_exception(type(error)(str(error)))
