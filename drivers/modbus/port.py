"""ModbusPort: merged reads, confirmed writes, and units that cannot starve each other, over any transport."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypedDict

from drivers.backoff import Backoff
from drivers.errors import BadReply, DriverError, LinkDown, Refused, ReplyTimeout, UsageError
from drivers.members import Members
from drivers.modbus.codec import FieldCodec
from drivers.modbus.frames import Framing
from drivers.modbus.plan import Block, Limits, Span
from drivers.modbus.points import ModbusPoint
from drivers.modbus.reads import Flight, Image, Reads, Rejected
from drivers.modbus.registers import Holding, Question, WordOrder, settled
from drivers.modbus.requests import EXCEPTIONS, Request
from drivers.modbus.wire import Garbled, ModbusWire, Owed
from drivers.options import check_known, check_number, check_seconds
from drivers.port import Port, Watcher
from drivers.reading import Reading
from drivers.transports.base import Transport
from drivers.units import Unit

__all__ = ["ModbusOptions", "ModbusPort"]

GATEWAY_SILENT = (10, 11)  # a gateway says that the unit behind it does not answer
SPLIT_ON = (2, 3)  # "illegal data address", and "illegal data value": some say so when a block is too long for them
BUSY = 6  # "the client should retransmit the message later": V1.1b3, section 7

Frames = Callable[[Callable[[int], None]], Framing]  # makes a connection's framing, given what to call for a late reply


class ModbusOptions(TypedDict, total=False):
    """What all kinds of Modbus port take.

    `name` stands in messages and logs (otherwise where the port goes to). `timeout` is the seconds for a reply,
    from when the question has gone out (1.0); `connect_timeout` those for the connection (5.0), `queue_timeout`
    those that a request waits for its turn (none: as long as it takes). `unit` (1), `word_order` ("big") and
    `byte_swap` (False) hold for questions that leave them open. One request reads `max_block` registers at most
    (125), and `max_gap` unwanted ones along rather than ask twice (16). `pause` seconds of silence go before each
    question (0; on a serial line at least 3.5 characters, which Modbus wants). A read that got no answer, a spoilt
    one or "busy" is asked again up to `retries` times, after whatever else waits (0; over UDP 1); a write never is.
    `backoff` is how often to try to connect, and to ask a silent unit.
    """

    name: str | None
    timeout: float
    connect_timeout: float
    queue_timeout: float | None
    unit: int
    word_order: WordOrder
    byte_swap: bool
    max_block: int
    max_gap: int
    pause: float
    retries: int
    backoff: Backoff | None


class _Busy(BadReply):
    """The device has no time now."""


class ModbusPort(Port):
    """What a Modbus port does, over whatever transport: see `ModbusTcpPort` and `ModbusRtuPort`."""

    # Silence is kept for each unit, in `Units`: one that is dead must not fail what waits for the others.
    silent_after = sys.maxsize

    first_unit = 0

    def __init__(self, transport: Transport, frames: Frames, options: ModbusOptions) -> None:
        check_known(self, options.get("name") or transport.where, options, ModbusOptions.__optional_keys__)
        timeout = options.get("timeout", 1.0)
        super().__init__(options.get("name") or transport.where, timeout=timeout, backoff=options.get("backoff"))
        self.connect_timeout = options.get("connect_timeout", self.connect_timeout)
        self.queue_timeout = options.get("queue_timeout")
        self.unit = options.get("unit", 1)
        self.word_order: WordOrder = options.get("word_order", "big")
        self.byte_swap = options.get("byte_swap", False)
        self._least_pause = options.get("pause", 0.0)
        if self.word_order not in ("big", "little"):
            raise UsageError(f"{self.name}: word_order is 'big' or 'little', not {self.word_order!r}")
        self._retries = options.get("retries", 0)
        check_number(self.name, "retries", self._retries, "0 or more", lambda tries: tries >= 0)
        check_seconds(self.name, connect_timeout=self.connect_timeout, queue_timeout=self.queue_timeout)
        check_seconds(self.name, zero=True, pause=self._least_pause)
        self._transport = transport
        self._frames = frames
        self._wire: ModbusWire | None = None
        self._owed: Owed = {}
        self._members = Members(self, self._unit_changed)
        self._members.own = self.unit
        self._units = self._members.health
        self._reads = Reads(Limits(options.get("max_block", 125), options.get("max_gap", 16)))
        self._reader: asyncio.Task[None] | None = None
        self._news = asyncio.Event()  # something changed that the reader may be waiting for
        self.watch(self._link_changed)

    # --- for its users ------------------------------------------------------------------------------------------

    @property
    def waiting(self) -> int:
        """How many reads and writes wait for their turn."""
        return super().waiting + len(self._reads)

    def point(self, question: Any) -> ModbusPoint:
        """Bind an `Input`, `Holding`, `Coil` or `Discrete`. Raises UsageError for anything else."""
        if not isinstance(question, Question):
            raise UsageError(f"{self.name}: a Modbus port is asked Input, Holding, Coil or Discrete, not {question!r}")
        question = settled(question)
        self._check_unit(self.unit if question.unit is None else question.unit, f"{question}: ")
        return ModbusPoint(self, question)

    def _check_unit(self, unit: Any, label: str = "") -> None:
        if not (isinstance(unit, int) and self.first_unit <= unit <= 255):
            raise UsageError(f"{self.name}: {label}a unit is one of {self.first_unit} to 255, not {unit!r}")

    async def read(self, question: Question) -> Reading:
        """Ask once. Raises LinkDown, ReplyTimeout, BadReply; UsageError for a question that cannot be asked."""
        return await self.point(question).read()

    async def write(self, question: Question, value: Any) -> None:
        """Write, and return when the device has confirmed. Raises LinkDown, ReplyTimeout, Refused, UsageError."""
        await self.point(question).write(value)

    async def exchange(self, wanted: Holding, given: Holding, value: Any) -> Reading:
        """Write `given` and read `wanted`, of the same unit, in one request by function 23: the device writes first.

        Raises LinkDown, ReplyTimeout, Refused, BadReply, UsageError.
        """
        return await self.point(wanted).exchange(self.point(given), value)

    def watch_unit(self, unit: int | None, callback: Watcher) -> Callable[[], None]:
        """As `watch`, and also when the unit falls silent on a line that is up, and when it answers again.

        None is the port's own unit, whichever that is.
        """
        return self._members.watch(unit, callback)

    async def stop(self) -> None:
        await super().stop()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.wait([self._reader])

    # --- the link -----------------------------------------------------------------------------------------------

    @property
    def where(self) -> str:
        """The device or address."""
        return self._transport.where

    @property
    def baudrate(self) -> int | None:
        """Of a serial line, else None."""
        return self._transport.baudrate

    def _change(self, settings: dict[str, Any]) -> None:
        """Also `unit`, for questions that name none."""
        others = {name: value for name, value in settings.items() if name != "unit"}
        unit = settings.get("unit", self.unit)
        self._check_unit(unit)
        if others:
            self._transport.change(**others)
        self.unit = self._members.own = unit
        self._owed.clear()  # by another device

    @property
    def _pause(self) -> float:
        """Modbus over Serial Line V1.02, 2.5.1.1: 3.5 characters between frames, but not less than 1.75 ms."""
        byte_time = self._transport.byte_time
        return max(self._least_pause, 3.5 * byte_time, 0.00175) if byte_time else self._least_pause

    async def _open(self) -> None:
        self._wire = ModbusWire(
            self.name,
            self._transport,
            self._frames(self._late),  # loads pymodbus
            lost=self.lost,
            late=self._late,
            owed=self._owed,
            trace=self.trace,
            byte_time=self._transport.byte_time,
            pause=self._pause,
        )
        await self._wire.open()

    async def _close(self) -> None:
        wire, self._wire = self._wire, None
        if wire is not None:
            await wire.close()

    async def _resync(self) -> None:
        """A new connection: the old one carries half a frame, or a server that has stopped to answer on it."""
        await self._close()
        async with asyncio.timeout(self.connect_timeout):
            await self._open()

    def _link_changed(self, fault: DriverError | None) -> None:
        if fault is None:
            self._units.reset()
            self._reads.forget()
        else:
            self._reads.fail(fault)
        self._news.set()

    def _late(self, unit: int) -> None:
        self.statistics.late += 1
        self._units.late(unit)
        self._news.set()

    # --- reads --------------------------------------------------------------------------------------------------

    def fetch(self, span: Span) -> asyncio.Future[Image]:
        """Registers, together with whatever else is asked for before the wire is free. For `ModbusPoint`."""
        self._check_up()
        now = asyncio.get_running_loop().time()
        if why := self._reads.refuse(span, now):
            raise Rejected(why)
        if why := self._units.refuse(span.unit, now):
            raise ReplyTimeout(f"{self.name}: not asked, unit {span.unit} is silent ({why})")
        answer = self._reads.want(span)
        if self._reader is None:
            # It begins with the loop's next turn, so all that is asked in this one is in its first plan.
            self._reader = asyncio.create_task(self._read_all(), name=f"port {self.name} reads")
        else:
            self._news.set()
        return answer

    async def _read_all(self) -> None:
        fault: DriverError = LinkDown(f"{self.name}: the port is stopped")
        try:
            while self._reads:
                if (delay := self._until_ready()) > 0:
                    await self._wait_for_news(delay)
                else:
                    await self._read(None)
        except Exception as error:
            self.log.exception("%s: reading failed", self.name)
            fault = BadReply(f"{self.name}: {type(error).__name__} in the driver: {error}")
        finally:
            self._reader = None
            self._reads.fail(fault)

    def _until_ready(self) -> float:
        wire = self._wire
        if wire is None:
            return 0.0
        return min((wire.owes(block.unit, block.function) for block in self._reads.blocks()), default=0.0)

    async def _wait_for_news(self, delay: float) -> None:
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._news.wait()

    def _rank(self, block: Block) -> int | None:
        if self._wire is not None and self._wire.owes(block.unit, block.function) > 0:
            return None
        return 1 if self._units.suspect(block.unit, asyncio.get_running_loop().time()) else 0

    async def _read(self, flight: Flight | None) -> bool:
        """Read a block, or the one that is due when the turn has come. Returns whether it came in one answer."""
        try:
            async with self._turn():
                flight = flight or self._reads.take(self._rank)
                if flight is None:
                    return False
                block = flight.block
                pdu = await self._exchange(Request(block.unit, block.function, block.address, block.size))
        except DriverError as error:
            if flight is None:
                self._reads.fail(error)
                return False
            return await self._not_read(flight, error)
        except BaseException as error:
            if flight is not None:
                flight.fail(LinkDown(f"{self.name}: the read was broken off ({type(error).__name__})"))
            raise
        self._reads.land(flight, pdu[2:])
        if len(block.spans) == 1:
            self._reads.accept(block.spans[0])
        return True

    async def _not_read(self, flight: Flight, error: DriverError) -> bool:
        if isinstance(error, ReplyTimeout | Garbled | _Busy):
            self._reads.again(flight, error, 0 if self._units.why(flight.block.unit) else self._retries)
        elif not isinstance(error, Rejected):
            flight.fail(error)
        elif len(flight.block.spans) == 1:
            self._reads.reject(flight.block.spans[0], error, asyncio.get_running_loop().time())
            flight.fail(error)
        else:
            left, right = flight.halves()
            try:
                read = [await self._read(left), await self._read(right)]
            except BaseException:
                right.fail(LinkDown(f"{self.name}: the port is stopped"))
                raise
            if all(read):
                self._reads.cut(right.block)
        return False

    # --- writes -------------------------------------------------------------------------------------------------

    async def send(self, request: Request, field: FieldCodec | None = None) -> bytes:
        """Write in a turn ahead of waiting reads, once. With `field`, put the image into what the registers hold.

        Returns what the device answered. For `ModbusPoint`.
        """
        async with self._turn(urgent=True):
            now = asyncio.get_running_loop().time()
            silent = self._units.refuse(request.unit, now, urgent=True)
            if not silent:
                if field is not None:
                    span = (request.unit, 3, request.address, request.count)
                    held = await self._exchange(Request(*span), writing=True)
                    request = replace(request, image=field.merge(held[2:], request.image))
                return await self._exchange(request, writing=True)
        raise ReplyTimeout(f"{self.name}: {request}: not sent, unit {request.unit} is silent ({silent})")

    # --- one request on the wire --------------------------------------------------------------------------------

    async def _exchange(self, request: Request, *, writing: bool = False) -> bytes:
        wire = self._wire
        if wire is None:
            raise LinkDown(f"{self.name}: not connected")
        loop = asyncio.get_running_loop()
        begin = loop.time()
        try:
            # a write gets the whole time-out: who does not wait for its answer cannot tell whether it was done
            patience = self.timeout if writing else self._units.patience(request.unit, begin)
            pdu = await wire.ask(request, patience, 2 * self.timeout - patience)
        except ReplyTimeout as error:
            self._members.missed(request.unit, error, loop.time(), loop.time() - begin)
            if wire.torn or (self._transport.reopens and self._units.line_is_silent):
                self._in_step = False
            raise
        except BadReply:
            self._members.answered(request.unit)
            raise
        took = loop.time() - begin
        if not pdu[0] & 0x80:
            self._members.answered(request.unit, took)
            return pdu
        code = pdu[1]
        why = f"{self.name}: {request}: exception {code}, {EXCEPTIONS.get(code, 'not in the standard')}"
        if code in GATEWAY_SILENT:
            self._members.missed(request.unit, BadReply(why), loop.time(), took)
        else:
            self._members.answered(request.unit, took)
        if writing:
            raise Refused(why)
        raise (Rejected if code in SPLIT_ON else _Busy if code == BUSY else BadReply)(why)

    def _unit_changed(self, unit: Unit, fault: DriverError | None) -> None:
        assert isinstance(unit, int)
        if fault is None:
            self._reads.forget(unit)
        else:
            self._reads.fail(fault, unit)
