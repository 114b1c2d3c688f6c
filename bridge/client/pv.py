"""A PV as a client sees it: read, written, monitored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable

from bridge.ca import (
    ECA,
    AccessRights,
    ChannelType,
    ClientChannel,
    LocalProtocolError,
    Message,
    ReadNotifyRequest,
    ReadNotifyResponse,
    SubscriptionType,
    WriteNotifyRequest,
    WriteNotifyResponse,
    WriteRequest,
)
from bridge.client.circuit import Circuit
from bridge.client.config import Address
from bridge.client.connection import Connection
from bridge.client.errors import GetFailed, NotConnected, PutFailed, Timeout
from bridge.client.newest import Newest
from bridge.client.result import Result, Update, result_of
from bridge.client.subscription import Callback, Subscription
from bridge.client.tenancy import CircuitLost
from bridge.client.values import Wanted, as_written, dbr_type

__all__ = ["DEFAULT_MASK", "PV"]

DEFAULT_MASK = SubscriptionType.DBE_VALUE | SubscriptionType.DBE_ALARM
DEFAULT_TIMEOUT = 5.0  # seconds
QUEUE = 4  # updates; what a server keeps for each monitor too (dbEvent.c EVENTENTRIES)


class PV:
    """One process variable. It connects by itself, and again whenever it was lost; get and put wait for that.

    Every wait has a deadline: `timeout` is in seconds and covers the connection as well. `client.pv(name)` makes it.
    """

    def __init__(self, connection: Connection, on_close: Callable[[PV], None]) -> None:
        self._connection = connection
        self._on_close = on_close
        self._loop = asyncio.get_running_loop()

    def __repr__(self) -> str:
        return f"<PV {self.name!r}, {self.reason or 'connected'}>"

    @property
    def name(self) -> str:
        """Name as it is searched for."""
        return self._connection.name

    @property
    def cid(self) -> int:
        """Our number for it, which searches and the channel go by."""
        return self._connection.cid

    @property
    def connected(self) -> bool:
        """Whether there is a channel now."""
        return self._connection.channel is not None

    @property
    def reason(self) -> str:
        """Why it is not connected, in words; empty while it is."""
        return "" if self.connected else self._connection.reason

    @property
    def address(self) -> Address | None:
        """Host and port of the server, while connected."""
        circuit = self._connection.circuit
        return circuit.address if circuit is not None and self.connected else None

    @property
    def native_type(self) -> ChannelType | None:
        """Type of an element, while connected."""
        channel = self._connection.channel
        return ChannelType(channel.native_data_type or 0) if channel is not None else None

    @property
    def native_count(self) -> int | None:
        """Most elements that the PV can have, while connected."""
        channel = self._connection.channel
        return channel.native_data_count if channel is not None else None

    @property
    def access(self) -> AccessRights:
        """What the server lets us do; nothing while not connected."""
        channel = self._connection.channel
        return AccessRights.NO_ACCESS if channel is None else channel.access_rights or AccessRights.NO_ACCESS

    async def wait_connected(self, timeout: float = DEFAULT_TIMEOUT) -> None:
        """Wait until the PV is connected. Raises NotConnected."""
        await self._channel(self._loop.time() + timeout, timeout)

    async def get(self, dbr: Wanted | None = None, count: int = 0, timeout: float = DEFAULT_TIMEOUT) -> Result:
        """Read. `dbr` is a DBR type, or 'native', 'status', 'time' (the default), 'graphic', 'control'.

        `count` 0 reads as many elements as there are now, any other number at most so many. If the circuit is lost
        on the way, the PV is read again when it is back.
        Raises NotConnected, Timeout, GetFailed; ValueError for a `dbr` that cannot be read.
        """
        deadline = self._loop.time() + timeout
        while True:
            circuit, channel = await self._channel(deadline, timeout)
            wanted = dbr_type("time" if dbr is None else dbr, ChannelType(channel.native_data_type or 0))
            try:
                return await self._read(circuit, channel, wanted, count, deadline, timeout)
            except NotConnected:
                if self._connection.closed:
                    raise

    async def _read(
        self, circuit: Circuit, channel: ClientChannel, dbr: ChannelType, count: int, deadline: float, timeout: float
    ) -> Result:
        native_count = channel.native_data_count or 0
        if not self.access & AccessRights.READ:
            raise GetFailed(self.name, "cannot be read", ECA.NORDACCESS)
        request = channel.read(dbr, min(count, native_count) if count else None)
        assert isinstance(request, ReadNotifyRequest)
        answer = await self._ask(circuit, request, deadline, timeout)
        if isinstance(answer, ReadNotifyResponse) and answer.status == ECA.NORMAL:
            try:
                return result_of(self.name, answer, native_count == 1)
            except ValueError as err:
                raise GetFailed(self.name, f"{circuit} sent too little ({err})", ECA.BADCOUNT) from err
        raise GetFailed(self.name, f"{circuit} could not read it", _status(answer, ECA.GETFAIL))

    async def put(
        self,
        value: object,
        wait: bool = True,
        timeout: float = DEFAULT_TIMEOUT,
        *,
        dbr: ChannelType | int | None = None,
    ) -> None:
        """Write numbers, text, or a sequence or array of them; `dbr` None chooses the DBR type by `value`.

        With `wait` it returns when everything that the write set going has ended; a refusal raises PutFailed.
        Without, it returns when the write is on its way: a refusal is only logged.
        Raises NotConnected, Timeout, PutFailed; ValueError for a value that the PV's type cannot hold.
        """
        deadline = self._loop.time() + timeout
        circuit, channel = await self._channel(deadline, timeout)
        request = self._write_request(channel, value, dbr, wait)
        answer = await self._ask(circuit, request, deadline, timeout)
        if wait and (not isinstance(answer, WriteNotifyResponse) or answer.status != ECA.NORMAL):
            raise PutFailed(self.name, f"{circuit} refused {value!r:.60}", _status(answer, ECA.PUTFAIL))

    def _write_request(
        self, channel: ClientChannel, value: object, dbr: ChannelType | int | None, wait: bool
    ) -> WriteRequest | WriteNotifyRequest:
        native, native_count = ChannelType(channel.native_data_type or 0), channel.native_data_count or 0
        if not self.access & AccessRights.WRITE:
            raise PutFailed(self.name, "cannot be written", ECA.NOWTACCESS)
        chosen, data = as_written(value, native, native_count)
        try:
            request = channel.write(data, chosen if dbr is None else dbr, notify=wait)
        except LocalProtocolError as err:
            raise ValueError(f"{self.name}: {err}") from err
        if request.data_count > native_count:
            raise PutFailed(self.name, f"{request.data_count} elements for {native_count}", ECA.BADCOUNT)
        return request

    def subscribe(
        self,
        callback: Callback,
        mask: int = DEFAULT_MASK,
        dbr: Wanted = "time",
        count: int = 0,
    ) -> Subscription:
        """Call `callback` with an Update for each event, in the event loop; it must not block. `close` ends it.

        Events are the value at each connection, its changes as `mask` says, and disconnects. Raises ValueError for a
        `dbr` that cannot be read.
        """
        return Subscription(self._connection, callback, mask, dbr, count)

    async def monitor(
        self,
        mask: int = DEFAULT_MASK,
        dbr: Wanted = "time",
        count: int = 0,
        queue: int = QUEUE,
    ) -> AsyncGenerator[Update, None]:
        """Yield an Update for each event: ``async for update in pv.monitor():``. It ends with the client.

        Up to `queue` updates wait for a slow loop; then the newest takes the place of the last one.
        """
        updates: Newest[Update] = Newest(queue)
        with Subscription(self._connection, updates.put, mask, dbr, count, updates.end):
            while (update := await updates.get()) is not None:
                yield update

    def close(self) -> None:
        """Give the channel up and end its subscriptions. The client makes a new PV when it is asked for the name."""
        self._connection.close("the PV was closed")
        self._on_close(self)

    # waiting

    async def _channel(self, deadline: float, timeout: float) -> tuple[Circuit, ClientChannel]:
        try:
            return await self._connection.channel_now(deadline)
        except CircuitLost as err:
            raise NotConnected(self.name, f"not connected within {timeout:g} s: {err}") from None

    async def _ask(
        self,
        circuit: Circuit,
        request: ReadNotifyRequest | WriteNotifyRequest | WriteRequest,
        deadline: float,
        timeout: float,
    ) -> Message | None:
        """Send a request, and wait for the answer if it has one."""
        try:
            async with asyncio.timeout_at(deadline):
                await circuit.room()
                if not isinstance(request, WriteRequest):
                    return await circuit.request(request)
                circuit.write(request)
                return None
        except LocalProtocolError as err:  # too large for a server of old
            kind = GetFailed if isinstance(request, ReadNotifyRequest) else PutFailed
            raise kind(self.name, f"{circuit} cannot be asked ({err})", ECA.TOLARGE) from err
        except CircuitLost as err:
            raise NotConnected(self.name, f"lost before the answer: {err}") from None
        except TimeoutError:
            raise Timeout(self.name, f"no answer from {circuit} within {timeout:g} s") from None


def _status(answer: Message | None, otherwise: ECA) -> ECA | int:
    """The reason that an answer gives for not being what was asked for."""
    status = getattr(answer, "status", otherwise)
    return otherwise if status == ECA.NORMAL else status
