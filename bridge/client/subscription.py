"""One monitor of one PV, over any number of circuits."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING

from bridge.ca import ECA, ChannelState, ChannelType, ClientChannel, ErrorResponse, EventAddResponse, LocalProtocolError
from bridge.client.circuit import Circuit
from bridge.client.result import Update, result_of
from bridge.client.values import Wanted, dbr_type

if TYPE_CHECKING:
    from bridge.client.connection import Connection

__all__ = ["Callback", "Subscription"]

log = logging.getLogger("iocbridge.client")

Callback = Callable[[Update], None]


class Subscription:
    """Calls back with every update until it is closed; is started anew whenever the PV connects again.

    An error that a callback raises is logged, and the next update is delivered all the same.
    """

    def __init__(
        self,
        connection: Connection,
        callback: Callback,
        mask: int,
        dbr: Wanted,
        count: int,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        dbr_type(dbr, ChannelType.DOUBLE)  # a wrong one is the caller's mistake, now and not at connection
        self._connection = connection
        self._callback = callback
        self._mask = mask
        self._dbr = dbr
        self._count = count
        self._on_end = on_end
        self._circuit: Circuit | None = None
        self._channel: ClientChannel | None = None
        self._number = -1
        self._scalar = False
        self._closed = False
        connection.follow(self)

    def __enter__(self) -> Subscription:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it. No update is delivered after this."""
        if self._closed:
            return
        self._closed = True
        self._connection.followers.pop(self, None)
        if self._circuit is not None and self._channel is not None and self._channel.state is ChannelState.CONNECTED:
            self._circuit.unsubscribe(self._channel.unsubscribe(self._number))

    # what the connection says

    def start(self, circuit: Circuit, channel: ClientChannel) -> None:
        native, native_count = ChannelType(channel.native_data_type or 0), channel.native_data_count or 0
        self._circuit, self._channel = circuit, channel
        self._scalar = native_count == 1
        count = min(self._count, native_count) if self._count else None
        request = channel.subscribe(dbr_type(self._dbr, native), count, mask=self._mask)
        self._number = request.subscriptionid
        try:
            circuit.subscribe(request, self._event)
        except LocalProtocolError:  # too large for a server of old: no update could come
            self._deliver(Update(self._connection.name, eca=ECA.TOLARGE))

    def stop(self, reason: str) -> None:
        self._circuit = self._channel = None
        self._deliver(Update(self._connection.name, connected=False, reason=reason))

    def end(self) -> None:
        self._closed = True
        if self._on_end is not None:
            self._on_end()

    # what the server says

    def _event(self, message: EventAddResponse | ErrorResponse) -> None:
        name = self._connection.name
        if isinstance(message, ErrorResponse) or message.status != ECA.NORMAL:
            self._deliver(Update(name, eca=message.status))
            return
        try:
            update = Update(name, result=result_of(name, message, self._scalar))
        except ValueError:  # fewer elements than the header says
            update = Update(name, eca=ECA.BADCOUNT)
        self._deliver(update)

    def _deliver(self, update: Update) -> None:
        if self._closed:
            return
        try:
            self._callback(update)
        except Exception:
            log.exception("%s: the callback of a subscription failed", self._connection.name)
