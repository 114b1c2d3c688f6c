"""Questions of a Modbus port bound to it: what a record reads and writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from drivers.errors import BadReply, UsageError
from drivers.modbus.codec import Codec, FieldCodec, codec_for
from drivers.modbus.plan import Span
from drivers.modbus.reads import Image, Rejected
from drivers.modbus.registers import (
    MAX_BITS_WRITTEN,
    MAX_REGISTERS_EXCHANGED,
    MAX_REGISTERS_WRITTEN,
    Coil,
    Discrete,
    Holding,
    Input,
    Question,
    WordOrder,
)
from drivers.modbus.requests import Request
from drivers.port import Point, Statistics, Watcher
from drivers.reading import Reading

__all__ = ["Asker", "ModbusPoint"]


class Asker(Protocol):
    """What a point needs of its port; see `drivers.modbus.port.ModbusPort`."""

    name: str
    unit: int
    word_order: WordOrder
    byte_swap: bool
    statistics: Statistics

    def fetch(self, span: Span) -> asyncio.Future[Image]: ...
    async def send(self, request: Request, field: FieldCodec | None = None) -> bytes: ...
    def complain(self, question: str, error: BadReply) -> None: ...
    def watch_unit(self, unit: int | None, callback: Watcher) -> Callable[[], None]: ...


class ModbusPoint(Point):
    """A question bound to its port. `read` gives a Reading, `write` returns when the device has confirmed."""

    def __init__(self, port: Asker, question: Question) -> None:
        self.port = port
        self.question = question
        self._own = None if question.unit is None else int(question.unit)  # unit
        label = port.name if self._own is None else f"{port.name}: unit {self._own}"
        self._label = f"{label}: {question}"
        self._codec: Codec = codec_for(question, label, port.word_order, port.byte_swap)
        self._bound = Span(self.unit, question.function, int(question.address), question.size)

    @property
    def unit(self) -> int:
        """The question's, or the port's, which may change while it runs."""
        return self.port.unit if self._own is None else self._own

    @property
    def _span(self) -> Span:
        if self._bound.unit != (unit := self.unit):
            self._bound = self._bound._replace(unit=unit)
        return self._bound

    async def read(self) -> Reading:
        """The value now. Raises LinkDown, ReplyTimeout, BadReply."""
        try:
            image, offset = await self.port.fetch(self._span)
        except BadReply as error:
            # a register that the device does not have is a fault of its own; others are of all that was asked with it
            self.port.complain(self._label if isinstance(error, Rejected) else f"unit {self.unit}", error)
            raise
        try:
            return self._reading(image, offset)
        except BadReply as error:
            self.port.complain(self._label, error)
            raise

    def _reading(self, image: bytes, offset: int = 0) -> Reading:
        try:
            return Reading(self._codec.decode(image, offset))
        except ValueError as error:
            self.port.statistics.errors += 1
            self.port.statistics.bad_replies += 1
            raise BadReply(f"{self._label}: {error}") from error

    async def write(self, value: Any, /) -> None:
        """Set the value. Raises LinkDown, ReplyTimeout, Refused; UsageError for one that cannot be sent."""
        question, address, size = self.question, self._span.address, self._span.size
        if isinstance(question, Input | Discrete) or self.unwritable:
            raise UsageError(self.unwritable)
        image = self._codec.encode(value)
        field = self._codec if isinstance(self._codec, FieldCodec) else None
        target = 0
        if isinstance(question, Coil):
            function = 5 if size == 1 else 15
        elif question.fc22 and field is not None:
            function, image, field = 22, field.masks(image), None
        elif question.fc23:
            function, target = 23, address
        else:
            function = 6 if size == 1 and not question.fc16 else 16
        await self.port.send(Request(self.unit, function, address, size, image, target), field)

    @property
    def unwritable(self) -> str:
        """Why it cannot be written, or nothing if it can."""
        question = self.question
        if isinstance(question, Input | Discrete):
            written = "Holding" if isinstance(question, Input) else "Coil"
            return f"{self.port.name}: {question} can be read only; to write, use {written}"
        if question.size > _most_written(question):
            return f"{self.port.name}: {question} is too long to be written in one request"
        return ""

    async def exchange(self, given: ModbusPoint, value: Any) -> Reading:
        """Write `value` to `given` and read this, in one request: see `ModbusPort.exchange`."""
        for point in (self, given):
            if not isinstance(point.question, Holding) or point.unit != self.unit:
                raise UsageError(f"{self._label} and {given.question}: function 23 takes Holding of one unit")
        if isinstance(given._codec, FieldCodec) or given._span.size > MAX_REGISTERS_EXCHANGED:
            raise UsageError(f"{given._label}: function 23 writes 1 to {MAX_REGISTERS_EXCHANGED} whole registers")
        span, target = self._span, given._span.address
        request = Request(self.unit, 23, span.address, span.size, given._codec.encode(value), target)
        return self._reading((await self.port.send(request))[2:])

    def watch(self, callback: Watcher, /) -> Callable[[], None]:
        """Call back with the fault when the link or the unit is gone, and with None when it is there again."""
        return self.port.watch_unit(self._own, callback)


def _most_written(question: Holding | Coil) -> int:
    if isinstance(question, Coil):
        return MAX_BITS_WRITTEN
    return MAX_REGISTERS_EXCHANGED if question.fc23 else MAX_REGISTERS_WRITTEN
