"""One TCP connection to one server: all channels that are there share it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable
from typing import Any, Final

from bridge.ca import (
    CLIENT,
    ECA,
    ChannelState,
    ChannelType,
    ClientChannel,
    ClientNameRequest,
    CreateChanResponse,
    CreateChFailResponse,
    EchoRequest,
    ErrorResponse,
    EventAddRequest,
    EventAddResponse,
    EventCancelRequest,
    HostNameRequest,
    Limits,
    LocalProtocolError,
    Message,
    ReadNotifyRequest,
    ReadNotifyResponse,
    RemoteProtocolError,
    SearchRequest,
    SearchResponse,
    ServerDisconnResponse,
    VersionRequest,
    VirtualCircuit,
    WriteNotifyRequest,
    WriteNotifyResponse,
    WriteRequest,
    extract_address,
)
from bridge.ca.header import DO_REPLY, MINOR_VERSION, Command
from bridge.client.config import Address, ClientConfig
from bridge.client.link import Link
from bridge.client.patience import Probe, Watchdog
from bridge.client.pending import Pending
from bridge.client.tenancy import CircuitLost, Listener, Owner, Tenant

__all__ = ["Circuit"]

log = logging.getLogger("iocbridge.client")

METADATA: Final = 1024  # bytes; more than the largest DBR type has before its elements
BAD_MESSAGES: Final = 100  # so many that make no sense, and the peer is no Channel Access server
OPEN_REQUESTS: Final = 100_000  # answers that never came count as well: a server that drops them is left
NO_CHANNEL: Final = 0xFFFFFFFF


class Circuit:
    """Ends once, for whatever reason, and is not used again. `open` is its whole start; nothing here raises later."""

    def __init__(self, address: Address, config: ClientConfig, owner: Owner) -> None:
        self.address = address
        self.ended = ""  # why, once it has
        self._config = config
        self._owner = owner
        self._loop = asyncio.get_running_loop()
        self._link = Link(address, self)
        limits = Limits(message=config.max_array_bytes + METADATA)
        self._ca = VirtualCircuit(CLIENT, address, config.priority, limits=limits)
        self._tenants: dict[int, Tenant] = {}
        self._pending = Pending()
        self._listeners: dict[int, Listener] = {}
        self._bad = 0
        self._watchdog = Watchdog(config.conn_tmo, self._loop.time())
        self._timer: asyncio.TimerHandle | None = None

    def __str__(self) -> str:
        return str(self._link)

    # life

    async def open(self) -> None:
        """Connect. A failure ends the circuit; it is not raised."""
        await self._link.open()

    async def close(self) -> None:
        """Send what is still to be sent, and close."""
        finishing = self._link.finish()
        self._end("the client was closed", drop=False)
        await finishing

    def link_up(self) -> None:
        """Greet the server, and ask for the channels that are wanted."""
        self._watchdog.heard(self._loop.time())
        self._timer = self._loop.call_at(self._watchdog.due, self._look)
        config = self._config
        self._send(VersionRequest(config.priority, MINOR_VERSION))
        self._send(HostNameRequest(config.host), ClientNameRequest(config.user))
        for tenant in self._tenants.values():
            self._create(tenant)
        self._owner.circuit_up(self)

    def link_lost(self, reason: str, *, never_up: bool) -> None:
        """End with the connection."""
        self._end(reason, useless=never_up)

    def _end(self, reason: str, *, useless: bool = False, drop: bool = True) -> None:
        if self.ended:
            return
        self.ended = reason
        self._ca.disconnect()
        if drop:
            self._link.drop()
        if self._timer is not None:
            self._timer.cancel()
        self._pending.fail(reason)
        self._listeners.clear()
        tenants, self._tenants = self._tenants, {}
        self._owner.circuit_ended(self, useless=useless)
        for tenant in tenants.values():
            tenant.lost(reason, refused=False)

    def _look(self) -> None:
        probe = self._watchdog.take(self._loop.time())
        if probe is Probe.DEAD:
            self._end(f"{self} does not answer any more")
            return
        if probe is Probe.ECHO:
            self._send(EchoRequest())
        self._timer = self._loop.call_at(self._watchdog.due, self._look)

    # what goes out

    def _send(self, *messages: Message) -> None:
        self._link.write(self._ca.send(*messages))

    def _check(self) -> None:
        if self.ended:
            raise CircuitLost(self.ended)

    async def room(self) -> None:
        """Wait until the server takes what we send. Raises CircuitLost."""
        await self._link.room()
        self._check()

    def request(self, message: ReadNotifyRequest | WriteNotifyRequest) -> asyncio.Future[Message]:
        """Send a request that is answered; the answer may be an ErrorResponse, or CircuitLost.

        Raises CircuitLost, and LocalProtocolError if it cannot be sent to this server.
        """
        if len(self._pending) >= OPEN_REQUESTS:
            self._end(f"{self} has left {len(self._pending)} requests without an answer", useless=True)
        self._check()
        self._send(message)
        return self._pending.add(message.ioid)

    def write(self, message: WriteRequest) -> None:
        """Send a write that is not answered. Raises CircuitLost and LocalProtocolError."""
        self._check()
        self._send(message)

    def subscribe(self, message: EventAddRequest, listener: Listener) -> None:
        """Start a monitor. Nothing comes of it if the circuit has ended: its tenants are told that."""
        if not self.ended:
            self._send(message)
            self._listeners[message.subscriptionid] = listener

    def unsubscribe(self, message: EventCancelRequest) -> None:
        """End a monitor; no update is delivered from now on."""
        if self._listeners.pop(message.subscriptionid, None) is not None:
            self._send(message)

    def search(self, names: Iterable[tuple[int, str]]) -> None:
        """Ask a name server. It is not asked while it takes nothing."""
        if self._link.up and self._link.has_room:
            self._send(*(SearchRequest(name, cid, MINOR_VERSION, DO_REPLY) for cid, name in names))

    # channels

    def attach(self, tenant: Tenant) -> None:
        """Ask for a channel, now or as soon as there is a connection."""
        self._tenants[tenant.cid] = tenant
        if self._link.up:
            self._create(tenant)

    def _create(self, tenant: Tenant) -> None:
        self._send(ClientChannel(tenant.name, self._ca, tenant.cid).create())

    def detach(self, tenant: Tenant) -> None:
        """Give a channel up; the tenant hears no more of it."""
        if self._tenants.pop(tenant.cid, None) is None:
            return
        channel = self._ca.channels.get(tenant.cid)
        if isinstance(channel, ClientChannel) and channel.state is ChannelState.CONNECTED:
            for number in channel.subscriptions:
                self._listeners.pop(number, None)
            self._send(channel.clear())

    @property
    def empty(self) -> bool:
        """Whether nobody has a channel here."""
        return not self._tenants

    # what comes in

    def link_data(self, data: bytes) -> None:
        """Read what has come and act on it."""
        self._watchdog.heard(self._loop.time())
        self._ca.receive_data(data)
        while not self.ended:
            try:
                for message in self._ca.events():
                    handler = _HANDLERS.get(type(message))
                    if handler is not None:
                        handler(self, message)
                return
            except RemoteProtocolError as err:
                self._wrong(err)

    def _wrong(self, err: RemoteProtocolError) -> None:
        """A message that makes no sense: go on without it, unless there are too many, or one we were waiting for."""
        if err.eca is ECA.TOLARGE and err.request is not None and not err.fatal:
            error = ErrorResponse(err.request, NO_CHANNEL, err.eca, str(err))
            self._ca.apply(error, self._ca.their_role)
            self._on_error(error)
            return
        self._bad += 1
        log.debug("%s: %s", self, err)
        command = err.request.command if err.request is not None else None
        if err.fatal or self._bad > BAD_MESSAGES or command == Command.CREATE_CHAN:
            self._end(f"{self} does not speak Channel Access: {err}", useless=True)

    def _on_created(self, message: CreateChanResponse) -> None:
        channel = self._ca.channels[message.cid]
        assert isinstance(channel, ClientChannel)
        tenant = self._tenants.get(message.cid)
        if tenant is None:  # given up before the answer came
            self._send(channel.clear())
        elif not 0 <= message.data_type <= ChannelType.DOUBLE:
            self._end(f"{self} says that {tenant.name!r} is of type {message.data_type}", useless=True)
        else:
            tenant.opened(self, channel)

    def _on_channel_gone(self, message: CreateChFailResponse | ServerDisconnResponse) -> None:
        tenant = self._tenants.pop(message.cid, None)
        if tenant is not None:
            verb = "refuses" if isinstance(message, CreateChFailResponse) else "has withdrawn"
            tenant.lost(f"{self} {verb} the channel", refused=True)

    def _on_reply(self, message: ReadNotifyResponse | WriteNotifyResponse) -> None:
        self._pending.settle(message.ioid, message)

    def _on_update(self, message: EventAddResponse) -> None:
        listener = self._listeners.get(message.subscriptionid)
        if listener is not None:
            listener(message)

    def _on_error(self, message: ErrorResponse) -> None:
        request = message.original_request
        if request.command in (Command.READ_NOTIFY, Command.WRITE_NOTIFY):
            self._pending.settle(request.parameter2, message)
        elif request.command == Command.EVENT_ADD:
            listener = self._listeners.get(request.parameter2)
            if listener is not None:
                listener(message)
        elif request.command == Command.CREATE_CHAN:
            tenant = self._tenants.pop(request.parameter1, None)
            if tenant is not None:
                tenant.lost(f"{self} refuses the channel: {message.error_message!r}", refused=True)
        else:
            log.warning("%s: %s (%r)", self, message.status, message.error_message)

    def _on_found(self, message: SearchResponse) -> None:
        with contextlib.suppress(LocalProtocolError):
            here = SearchResponse(message.port, message.ip, message.cid, message.version, self.address)
            self._owner.found(message.cid, extract_address(here))


_HANDLERS: Final[dict[type[Message], Callable[[Circuit, Any], None]]] = {
    CreateChanResponse: Circuit._on_created,
    CreateChFailResponse: Circuit._on_channel_gone,
    ServerDisconnResponse: Circuit._on_channel_gone,
    ReadNotifyResponse: Circuit._on_reply,
    WriteNotifyResponse: Circuit._on_reply,
    EventAddResponse: Circuit._on_update,
    ErrorResponse: Circuit._on_error,
    SearchResponse: Circuit._on_found,
}
