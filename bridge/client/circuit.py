"""One Channel Access connection to one server: all channels that are there share it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from bridge.ca import (
    CLIENT,
    ECA,
    ChannelState,
    CircuitState,
    ClientChannel,
    ClientNameRequest,
    EchoRequest,
    ErrorResponse,
    EventAddRequest,
    EventCancelRequest,
    HostNameRequest,
    Limits,
    Message,
    ReadNotifyRequest,
    RemoteProtocolError,
    SearchRequest,
    VersionRequest,
    VirtualCircuit,
    WriteNotifyRequest,
    WriteRequest,
)
from bridge.ca.header import DO_REPLY, MINOR_VERSION, Command
from bridge.client.config import Address, ClientConfig
from bridge.client.link import Link
from bridge.client.patience import Probe, Watchdog
from bridge.client.routes import Routes
from bridge.client.tenancy import CircuitLost, Listener, Owner, Tenant

__all__ = ["Circuit"]

log = logging.getLogger("iocbridge.client")

METADATA: Final = 1024  # bytes; more than the largest DBR type has before its elements
BAD_MESSAGES: Final = 100  # so many that make no sense, and the peer is no Channel Access server
GREETING: Final = 5.0  # seconds for the server to tell its version; rsrv does so as soon as it has accepted
OPEN_REQUESTS: Final = 100_000  # answers that never came count as well: a server that drops them is left
NO_CHANNEL: Final = 0xFFFFFFFF


class Circuit:
    """Ends once, for whatever reason, and is not used again. `open` is its whole start; a peer makes nothing raise."""

    def __init__(self, address: Address, config: ClientConfig, owner: Owner) -> None:
        self.address = address
        self.owner = owner
        self.ended = ""  # why, once it has
        self._config = config
        self._loop = asyncio.get_running_loop()
        self._link = Link(address, self)
        limits = Limits(message=config.max_array_bytes + METADATA)
        self._ca = VirtualCircuit(CLIENT, address, config.priority, limits=limits)
        self._routes = Routes(self, self._ca)
        self._bad = 0
        self._watchdog = Watchdog(config.conn_tmo, self._loop.time())
        self._timer: asyncio.TimerHandle | None = None
        self._greeting: asyncio.TimerHandle | None = None

    def __str__(self) -> str:
        return str(self._link)

    # life

    async def open(self) -> None:
        """Connect. A failure ends the circuit; it is not raised."""
        await self._link.open()

    async def close(self) -> None:
        """Send what is still to be sent, and close."""
        finishing = self._link.finish()
        self.end("the client was closed", drop=False)
        await finishing

    def link_up(self) -> None:
        """Greet the server, and ask for the channels that are wanted."""
        self._watchdog.heard(self._loop.time())
        self._look_later()
        self._greeting = self._loop.call_later(GREETING, self._check_greeting)
        config = self._config
        self.send(VersionRequest(config.priority, MINOR_VERSION))
        self.send(HostNameRequest(config.host), ClientNameRequest(config.user))
        for tenant in self._routes.tenants.values():
            self._create(tenant)
        self.owner.circuit_up(self)

    def link_lost(self, reason: str, *, never_up: bool) -> None:
        """End with the connection."""
        self.end(reason, useless=never_up)

    def end(self, reason: str, *, useless: bool = False, drop: bool = True) -> None:
        """Tell all who use it, and forget them."""
        if self.ended:
            return
        self.ended = reason
        self._ca.disconnect()
        if drop:
            self._link.drop()
        for timer in (self._timer, self._greeting):
            if timer is not None:
                timer.cancel()
        tenants = self._routes.end(reason)
        self.owner.circuit_ended(self, useless=useless)
        for tenant in tenants:
            tenant.lost(reason, refused=False)

    def _check_greeting(self) -> None:
        if self._ca.state is not CircuitState.CONNECTED and not self._routes.answered:
            self.end(f"{self} says nothing that makes sense", useless=True)

    def _look(self) -> None:
        now = self._loop.time()
        probe = self._watchdog.take(now)
        if probe is Probe.DEAD:
            self.end(f"{self} does not answer any more")
            return
        if probe is Probe.ECHO:
            self.send(EchoRequest())
        # A server that is alive may have, after all, no channel for us, and may never say so.
        for tenant in self._routes.overdue(now, self._config.conn_tmo):
            tenant.lost(f"{self} does not answer when asked for the channel", refused=True)
        self._look_later()

    def _look_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._watchdog.due, self._look)

    # what goes out

    def send(self, *messages: Message) -> None:
        """Send. Raises LocalProtocolError for what this server cannot take."""
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
        pending = self._routes.pending
        if len(pending) >= OPEN_REQUESTS:
            self.end(f"{self} has left {len(pending)} requests without an answer", useless=True)
        self._check()
        self.send(message)
        return pending.add(message.ioid)

    def write(self, message: WriteRequest) -> None:
        """Send a write that is not answered. Raises CircuitLost and LocalProtocolError."""
        self._check()
        self.send(message)

    def subscribe(self, message: EventAddRequest, listener: Listener) -> None:
        """Start a monitor. Nothing comes of it if the circuit has ended: its tenants are told that."""
        if not self.ended:
            self.send(message)
            self._routes.listeners[message.subscriptionid] = listener

    def unsubscribe(self, message: EventCancelRequest) -> None:
        """End a monitor; no update is delivered from now on."""
        if self._routes.listeners.pop(message.subscriptionid, None) is not None:
            self.send(message)

    def search(self, names: Iterable[tuple[int, str]]) -> None:
        """Ask a name server. It is not asked while it takes nothing."""
        if self._link.up and self._link.has_room:
            self.send(*(SearchRequest(name, cid, MINOR_VERSION, DO_REPLY) for cid, name in names))

    # channels

    def attach(self, tenant: Tenant) -> None:
        """Ask for a channel, now or as soon as there is a connection."""
        self._routes.tenants[tenant.cid] = tenant
        if self._link.up:
            self._create(tenant)

    def _create(self, tenant: Tenant) -> None:
        self._routes.asked(tenant.cid, self._loop.time())
        self.send(ClientChannel(tenant.name, self._ca, tenant.cid).create())

    def detach(self, tenant: Tenant) -> None:
        """Give a channel up; the tenant hears no more of it."""
        if self._routes.remove(tenant.cid) is None:
            return
        channel = self._ca.channels.get(tenant.cid)
        if isinstance(channel, ClientChannel) and channel.state is ChannelState.CONNECTED:
            for number in channel.subscriptions:
                self._routes.listeners.pop(number, None)
            self.send(channel.clear())

    @property
    def empty(self) -> bool:
        """Whether nobody has a channel here."""
        return not self._routes.tenants

    # what comes in

    def link_data(self, data: bytes) -> None:
        """Read what has come and act on it."""
        if self._watchdog.heard(self._loop.time()):
            self._look_later()
        self._ca.receive_data(data)
        while not self.ended:
            try:
                for message in self._ca.events():
                    self._routes.dispatch(message)
                return
            except RemoteProtocolError as err:
                self._wrong(err)

    def _wrong(self, err: RemoteProtocolError) -> None:
        """A message that makes no sense: go on without it, unless there are too many, or one we were waiting for."""
        if err.eca is ECA.TOLARGE and err.request is not None and not err.fatal:
            error = ErrorResponse(err.request, NO_CHANNEL, err.eca, str(err))
            self._ca.apply(error, self._ca.their_role)
            self._routes.dispatch(error)
            return
        self._bad += 1
        log.debug("%s: %s", self, err)
        command = err.request.command if err.request is not None else None
        if err.fatal or self._bad > BAD_MESSAGES or command == Command.CREATE_CHAN:
            self.end(f"{self} does not speak Channel Access: {err}", useless=True)
