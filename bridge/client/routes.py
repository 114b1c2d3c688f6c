"""Where the messages of one circuit go: to the tenant, the request or the monitor that waits for them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

from bridge.ca import (
    ChannelType,
    ClientChannel,
    CreateChanResponse,
    CreateChFailResponse,
    ErrorResponse,
    EventAddResponse,
    LocalProtocolError,
    Message,
    ReadNotifyResponse,
    SearchResponse,
    ServerDisconnResponse,
    VirtualCircuit,
    WriteNotifyResponse,
    extract_address,
)
from bridge.ca.header import Command
from bridge.client.pending import Pending
from bridge.client.tenancy import Listener, Tenant

if TYPE_CHECKING:
    from bridge.client.circuit import Circuit

__all__ = ["Routes"]

log = logging.getLogger("iocbridge.client")


class Routes:
    """The tables of a circuit, and what each kind of message does to them."""

    def __init__(self, circuit: Circuit, ca: VirtualCircuit) -> None:
        self.tenants: dict[int, Tenant] = {}  # by cid
        self.listeners: dict[int, Listener] = {}  # by subscription id
        self.pending = Pending()
        self._asked: dict[int, float] = {}  # cid -> when it was asked for, until there is an answer
        self._circuit = circuit
        self._ca = ca

    def asked(self, cid: int, now: float) -> None:
        """A channel has been asked for."""
        self._asked[cid] = now

    @property
    def answered(self) -> bool:
        """Whether any channel has been answered for."""
        return len(self._asked) < len(self.tenants)

    def remove(self, cid: int) -> Tenant | None:
        """Take a tenant out."""
        self._asked.pop(cid, None)
        return self.tenants.pop(cid, None)

    def overdue(self, now: float, patience: float) -> Iterator[Tenant]:
        """Take out the tenants whose channels were asked for longer than `patience` seconds ago."""
        for cid, asked in tuple(self._asked.items()):
            if now - asked < patience:
                return  # in order of time
            tenant = self.remove(cid)
            if tenant is not None:
                yield tenant

    def end(self, reason: str) -> list[Tenant]:
        """Nothing will come any more. Returns those who are to be told."""
        self.pending.fail(reason)
        self.listeners.clear()
        tenants = list(self.tenants.values())
        self.tenants.clear()
        self._asked.clear()
        return tenants

    # what comes in

    def dispatch(self, message: Message) -> None:
        """Act on one message; others than those below mean nothing to a client, or are the core's."""
        handler = _HANDLERS.get(type(message))
        if handler is not None:
            handler(self, message)

    def _created(self, message: CreateChanResponse) -> None:
        self._asked.pop(message.cid, None)
        channel = self._ca.channels[message.cid]
        assert isinstance(channel, ClientChannel)
        tenant = self.tenants.get(message.cid)
        if tenant is None:  # given up before the answer came
            self._circuit.send(channel.clear())
        elif not 0 <= message.data_type <= ChannelType.DOUBLE:
            self._circuit.end(f"{self._circuit} says that {tenant.name!r} is of type {message.data_type}", useless=True)
        else:
            tenant.opened(self._circuit, channel)

    def _channel_gone(self, message: CreateChFailResponse | ServerDisconnResponse) -> None:
        verb = "refuses" if isinstance(message, CreateChFailResponse) else "has withdrawn"
        self._refused(message.cid, f"{self._circuit} {verb} the channel")

    def _refused(self, cid: int, reason: str) -> None:
        tenant = self.remove(cid)
        if tenant is not None:
            tenant.lost(reason, refused=True)

    def _reply(self, message: ReadNotifyResponse | WriteNotifyResponse) -> None:
        self.pending.settle(message.ioid, message)

    def _update(self, message: EventAddResponse) -> None:
        listener = self.listeners.get(message.subscriptionid)
        if listener is not None:
            listener(message)

    def _error(self, message: ErrorResponse) -> None:
        request = message.original_request
        if request.command in (Command.READ_NOTIFY, Command.WRITE_NOTIFY):
            self.pending.settle(request.parameter2, message)
        elif request.command == Command.EVENT_ADD:
            listener = self.listeners.get(request.parameter2)
            if listener is not None:
                listener(message)
        elif request.command == Command.CREATE_CHAN:
            self._refused(request.parameter1, f"{self._circuit} refuses the channel: {message.error_message!r}")
        elif request.command == Command.WRITE:
            log.warning("%s refused a write: %s (%r)", self._circuit, message.status, message.error_message)
        else:
            log.debug("%s complains: %s (%r)", self._circuit, message.status, message.error_message)

    def _found(self, message: SearchResponse) -> None:
        here = SearchResponse(message.port, message.ip, message.cid, message.version, self._circuit.address)
        with contextlib.suppress(LocalProtocolError):
            self._circuit.owner.found(message.cid, extract_address(here))


_HANDLERS: Final[dict[type[Message], Callable[[Routes, Any], None]]] = {
    CreateChanResponse: Routes._created,
    CreateChFailResponse: Routes._channel_gone,
    ServerDisconnResponse: Routes._channel_gone,
    ReadNotifyResponse: Routes._reply,
    WriteNotifyResponse: Routes._reply,
    EventAddResponse: Routes._update,
    ErrorResponse: Routes._error,
    SearchResponse: Routes._found,
}
