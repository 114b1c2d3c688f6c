"""One Modbus connection: one question at a time, and no frame but its own answer is taken for the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from drivers.errors import BadReply, DriverError, ReplyTimeout
from drivers.modbus.frames import Framing, NotModbus
from drivers.modbus.requests import Request
from drivers.pause import pause
from drivers.trace import Trace
from drivers.transports.base import Transport

__all__ = ["Garbled", "ModbusWire", "Owed"]

QUIET = 0.1  # seconds of silence that end a garbled reply; USB adapters hold bytes back for 16 ms
HELD_BACK = 0.25  # seconds for a second reply to follow one that may be late

# By unit and function: the question whose answer may still come, and until when to look out for it (loop time)
Owed = dict[tuple[int, int], tuple[Request, float]]


class Garbled(BadReply):
    """A reply came, and it was spoilt on its way."""


class ModbusWire:
    """A transport and the framing on it. `lost` and `late` (an answer of a unit came after its deadline) tell the port.

    `owed` outlives the connection: a device server hands a late answer to whoever is connected then. `byte_time` is
    what one byte takes on a serial line, in seconds: the time-out begins when the question has gone out, and makes room
    for a long answer. `pause` seconds of silence go before each question.

    An RTU frame does not say which question it answers. So after a time-out the same unit is not asked by the same
    function for another time-out, unless its late answer comes before. Other units and functions go on meanwhile. If it
    has not come by then, the next answer counts only if no second one follows.
    """

    def __init__(
        self,
        name: str,
        transport: Transport,
        framing: Framing,
        *,
        lost: Callable[[BaseException | str], None],
        late: Callable[[int], None],
        owed: Owed,
        trace: Trace,
        byte_time: float = 0.0,
        pause: float = 0.0,
    ) -> None:
        self._name = name
        self._transport = transport
        self._framing = framing
        self._lost = lost
        self._late = late
        self._trace = trace
        self._byte_time = byte_time
        self._pause = pause
        self._loop = asyncio.get_running_loop()
        self._request: Request | None = None
        self._reply: asyncio.Future[bytes] | None = None
        self._quiet: asyncio.TimerHandle | None = None
        self._free_at = 0.0
        self._owed = owed

    async def open(self) -> None:
        """Connect. Raises OSError."""
        await self._transport.open(self._receive, self._gone)

    async def close(self) -> None:
        """Disconnect, and fail a question that is still out."""
        self._fail(ConnectionError("closed"))
        await self._transport.close()

    @property
    def torn(self) -> bool:
        """Half a frame came. Nobody can tell what follows: the connection has to be made anew."""
        return self._framing.torn

    def owes(self, unit: int, function: int) -> float:
        """Seconds for which `unit` must not be asked by `function`, because a late answer could be mistaken."""
        owed = self._owed.get((unit, function))
        return max(0.0, owed[1] - self._loop.time()) if owed else 0.0

    async def ask(self, request: Request, timeout: float, late: float = 0.0) -> bytes:
        """The reply from its function code on: what was asked for, or an exception reply.

        A reply that did not come is looked out for during another time-out, or `late` seconds if that is longer.
        Raises ReplyTimeout, BadReply, or OSError if the link is gone.
        """
        delay = max(self._free_at - self._loop.time(), self.owes(request.unit, request.function))
        if delay > 0:  # once: a babbling line would keep us for ever
            await pause(delay)
        doubtful = self._owed.pop((request.unit, request.function), None) is not None
        frame = self._framing.frame(request)
        self._request = request
        self._reply = reply = self._loop.create_future()
        try:
            self._trace.add(">", frame)
            self._transport.send(frame)
            on_wire = (len(frame) + self._framing.reply_size(request)) * self._byte_time
            timer = self._loop.call_later(timeout + on_wire, self._expire, timeout)
            try:
                pdu = self._checked(request, await reply)
            finally:
                timer.cancel()
            if doubtful:
                await self._alone(request, max(timeout, late))
            return pdu
        except (ReplyTimeout, asyncio.CancelledError):
            if not self._framing.transactions:
                self._owed[request.unit, request.function] = (request, self._loop.time() + max(timeout, late))
            raise
        finally:
            self._request = self._reply = None
            self._free_at = self._loop.time() + self._pause
            self._no_quiet()

    async def _alone(self, request: Request, timeout: float) -> None:
        """Make sure that no second reply follows. Raises ReplyTimeout if one does: who knows which of them is late."""
        second = self._framing.take(request)
        if second is None:
            self._reply = self._loop.create_future()
            done, _ = await asyncio.wait([self._reply], timeout=min(timeout, HELD_BACK))
            second = next((each.result() for each in done if each.exception() is None), None)
        if second is not None:
            self._late(request.unit)
            raise ReplyTimeout(f"{self._name}: {request}: two replies came, and one of them is late")

    def _checked(self, request: Request, pdu: bytes) -> bytes:
        refused = pdu[0] == request.function | 0x80 and len(pdu) == 2
        if refused or (len(pdu) == request.length and pdu.startswith(request.head)):
            return pdu
        raise BadReply(f"{self._name}: {request}: answered {pdu[:16].hex(' ')}, which does not fit the question")

    # --- what comes in ------------------------------------------------------------------------------------------

    def _receive(self, data: bytes) -> None:
        self._trace.add("<", data)
        self._no_quiet()
        self._free_at = self._loop.time() + self._pause
        self._framing.feed(data)
        try:
            self._settle()
            if (pdu := self._framing.take(self._request)) is not None:
                self._answer(pdu)
        except NotModbus as error:
            self._fail(BadReply(f"{self._name}: {error}"))
            self._lost(error)
        if self._framing.broken and self._request is not None:
            self._quiet = self._loop.call_later(QUIET + 4 * self._byte_time, self._garbled)

    def _settle(self) -> None:
        """Look for answers to questions that were given up."""
        for key, (request, _) in tuple(self._owed.items()):
            if self._framing.take(request) is not None:
                del self._owed[key]
                self._late(request.unit)

    def _answer(self, pdu: bytes) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(pdu)

    def _fail(self, error: Exception) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(error)

    def _no_quiet(self) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
            self._quiet = None

    def _garbled(self) -> None:
        self._fail(self._error(Garbled, "the reply has"))

    def _expire(self, timeout: float) -> None:
        if self._framing.broken:
            self._garbled()
        else:
            self._fail(self._error(ReplyTimeout, f"no reply within {timeout:.3g} s,"))

    def _error(self, kind: type[DriverError], what: str) -> DriverError:
        return kind(f"{self._name}: {self._request}: {what} {self._framing.remains()}".rstrip(" ,"))

    def _gone(self, reason: BaseException | str) -> None:
        self._fail(ConnectionError(str(reason) or type(reason).__name__))
        self._lost(reason)
