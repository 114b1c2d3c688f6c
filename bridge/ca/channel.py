"""A channel, from either end: its ids and state, and helpers that write its messages.

The helpers change nothing. Only what goes through ``circuit.send`` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bridge.ca import messages as m
from bridge.ca.dbr import BASE_TYPE, ELEMENT_SIZE, DbrMetadata, encode_elements
from bridge.ca.errors import LocalProtocolError
from bridge.ca.roles import AccessRights, SubscriptionType
from bridge.ca.states import ChannelState
from bridge.ca.status import ECA

if TYPE_CHECKING:
    from bridge.ca.rules import CircuitRules

__all__ = ["Channel", "ClientChannel", "ServerChannel"]

_FAMILY: Final = {"native": 0, "status": 7, "time": 14, "graphic": 21, "control": 28}
_DYNAMIC_COUNT: Final = 13  # from CA 4.13 on a count of 0 asks for as many elements as there are
_DEFAULT_MASK: Final = SubscriptionType.DBE_VALUE | SubscriptionType.DBE_ALARM | SubscriptionType.DBE_PROPERTY


class Channel:
    """What both ends know of a channel. `cid` defaults to a free one."""

    def __init__(self, name: str, circuit: CircuitRules, cid: int | None = None) -> None:
        self.name = name
        self.circuit = circuit
        self.cid = circuit.new_channel_id() if cid is None else cid
        self.state = ChannelState.IDLE
        # These come with the server's answer.
        self.sid: int | None = None
        self.native_data_type: int | None = None
        self.native_data_count: int | None = None
        self.access_rights: AccessRights | None = None
        self.subscriptions: dict[int, m.EventAddRequest] = {}
        self.ioids: set[int] = set()
        circuit.channels[self.cid] = self

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} cid={self.cid} sid={self.sid}, {self.state.name}>"

    def created(self, response: m.CreateChanResponse) -> None:
        """Take over what the server says about the channel."""
        self.sid = response.sid
        self.native_data_type = response.data_type
        self.native_data_count = response.data_count

    def _known_sid(self) -> int:
        if self.sid is None:
            raise LocalProtocolError(f"channel {self.name!r} has no sid yet: the server has not answered")
        return self.sid

    def _type(self, data_type: int | str | None) -> int:
        """Return the DBR type of 'time' and its like, or of None, which is the native type."""
        if isinstance(data_type, int):
            return data_type
        self._known_sid()
        assert self.native_data_type is not None
        try:
            return self.native_data_type + _FAMILY[(data_type or "native").lower()]
        except KeyError:
            raise LocalProtocolError(f"no DBR types called {data_type!r}: {', '.join(_FAMILY)}") from None

    def _count(self, data_count: int | None) -> int:
        if data_count is not None:
            return data_count
        return 0 if self.circuit.protocol_version >= _DYNAMIC_COUNT else self.native_data_count or 0

    def _written_count(self, data: Any, data_type: int, data_count: int | None) -> int:
        if data_count:
            return data_count
        base = BASE_TYPE[data_type]
        try:
            return len(encode_elements(base, data)) // ELEMENT_SIZE[base]
        except ValueError as err:
            raise LocalProtocolError(f"channel {self.name!r}: {err}") from err


class ClientChannel(Channel):
    """A client's end: writes requests."""

    def version(self) -> m.VersionRequest:
        """First message of the circuit."""
        return m.VersionRequest(priority=self.circuit.priority or 0, version=self.circuit.protocol_version)

    def host_name(self, host_name: str) -> m.HostNameRequest:
        """For access security; goes before `create`."""
        return m.HostNameRequest(host_name)

    def client_name(self, client_name: str) -> m.ClientNameRequest:
        """For access security; goes before `create`."""
        return m.ClientNameRequest(client_name)

    def create(self) -> m.CreateChanRequest:
        """Ask for the channel."""
        return m.CreateChanRequest(self.name, self.cid, self.circuit.protocol_version)

    def clear(self) -> m.ClearChannelRequest:
        """Give the channel up."""
        return m.ClearChannelRequest(self._known_sid(), self.cid)

    def read(
        self,
        data_type: int | str | None = None,
        data_count: int | None = None,
        ioid: int | None = None,
        notify: bool = True,
    ) -> m.ReadNotifyRequest | m.ReadRequest:
        """Read as `data_type`: a number, or 'native', 'status', 'time', 'graphic', 'control'."""
        kind = m.ReadNotifyRequest if notify else m.ReadRequest
        ioid = self.circuit.new_ioid() if ioid is None else ioid
        return kind(self._type(data_type), self._count(data_count), self._known_sid(), ioid)

    def write(
        self,
        data: Any,
        data_type: int | str | None = None,
        data_count: int | None = None,
        metadata: DbrMetadata | None = None,
        ioid: int | None = None,
        notify: bool = False,
    ) -> m.WriteNotifyRequest | m.WriteRequest:
        """Write `data`, which is whatever ``encode_elements`` takes; `notify` asks for an answer at completion."""
        kind = m.WriteNotifyRequest if notify else m.WriteRequest
        dbr_type = self._type(data_type)
        count = self._written_count(data, dbr_type, data_count)
        ioid = self.circuit.new_ioid() if ioid is None else ioid
        return kind(data, dbr_type, count, self._known_sid(), ioid, metadata=metadata)

    def subscribe(
        self,
        data_type: int | str | None = None,
        data_count: int | None = None,
        subscriptionid: int | None = None,
        low: float = 0.0,
        high: float = 0.0,
        to: float = 0.0,
        mask: int | None = None,
    ) -> m.EventAddRequest:
        """Start a monitor; `mask` None is VALUE, ALARM and PROPERTY."""
        number = self.circuit.new_subscriptionid() if subscriptionid is None else subscriptionid
        mask = int(_DEFAULT_MASK) if mask is None else mask
        sid = self._known_sid()
        return m.EventAddRequest(self._type(data_type), self._count(data_count), sid, number, low, high, to, mask)

    def unsubscribe(self, subscriptionid: int) -> m.EventCancelRequest:
        """End a monitor of this channel."""
        request = self.subscriptions.get(subscriptionid)
        if request is None:
            raise LocalProtocolError(f"channel {self.name!r} has no monitor {subscriptionid}")
        return m.EventCancelRequest(request.data_type, self._known_sid(), subscriptionid, request.data_count)


class ServerChannel(Channel):
    """A server's end: writes responses."""

    def version(self) -> m.VersionResponse:
        """Answer to the client's version."""
        return m.VersionResponse(self.circuit.protocol_version)

    def rights(self, access_rights: int) -> m.AccessRightsResponse:
        """What the client may do; goes before `create`."""
        return m.AccessRightsResponse(self.cid, access_rights)

    def create(self, native_data_type: int, native_data_count: int, sid: int | None = None) -> m.CreateChanResponse:
        """The channel is there; `sid` None takes a free one."""
        sid = self.circuit.new_channel_id() if sid is None else sid
        return m.CreateChanResponse(native_data_type, native_data_count, self.cid, sid)

    def create_fail(self) -> m.CreateChFailResponse:
        """There is no such channel."""
        return m.CreateChFailResponse(self.cid)

    def read(
        self,
        data: Any,
        ioid: int,
        data_type: int | str | None = None,
        data_count: int | None = None,
        status: int = ECA.NORMAL,
        *,
        metadata: DbrMetadata | None = None,
        notify: bool = True,
    ) -> m.ReadNotifyResponse | m.ReadResponse:
        """Answer a read; an old ReadRequest (`notify` false) has no room for a status."""
        dbr_type = self._type(data_type)
        count = self._written_count(data, dbr_type, data_count)
        if not notify:
            return m.ReadResponse(data, dbr_type, count, self.cid, ioid, metadata=metadata)
        return m.ReadNotifyResponse(data, dbr_type, count, status, ioid, metadata=metadata)

    def write(
        self,
        ioid: int,
        data_type: int | str | None = None,
        data_count: int | None = None,
        status: int = ECA.NORMAL,
    ) -> m.WriteNotifyResponse:
        """Say that a write has ended."""
        return m.WriteNotifyResponse(self._type(data_type), self._count(data_count), status, ioid)

    def subscribe(
        self,
        data: Any,
        subscriptionid: int,
        data_type: int | str | None = None,
        data_count: int | None = None,
        status: int = ECA.NORMAL,
        metadata: DbrMetadata | None = None,
    ) -> m.EventAddResponse:
        """Send one update of a monitor."""
        dbr_type = self._type(data_type)
        count = self._written_count(data, dbr_type, data_count)
        return m.EventAddResponse(data, dbr_type, count, status, subscriptionid, metadata=metadata)

    def unsubscribe(
        self, subscriptionid: int, data_type: int | str | None = None, data_count: int | None = None
    ) -> m.EventCancelResponse:
        """Say that a monitor has ended; type and count default to those that it was started with."""
        request = self.subscriptions.get(subscriptionid)
        if request is not None:
            data_type = request.data_type if data_type is None else data_type
            data_count = request.data_count if data_count is None else data_count
        count = self._count(data_count)
        return m.EventCancelResponse(self._type(data_type), self._known_sid(), subscriptionid, count)

    def clear(self) -> m.ClearChannelResponse:
        """Say that the channel is gone, as the client asked."""
        return m.ClearChannelResponse(self._known_sid(), self.cid)

    def disconnect(self) -> m.ServerDisconnResponse:
        """Take the channel away."""
        return m.ServerDisconnResponse(self.cid)
