"""Every message of Channel Access, one class each. How they lie on the wire is the table in ``layout``.

Names, attributes and the order of arguments are those of caproto, so that its sans-I/O programs run here. Source of
the docstrings: the CA protocol specification, "Messages", under the command of the same name.

`cid` is the client's number for a channel, `sid` the server's; `ioid` is the client's number for one read or write,
`subscriptionid` for one monitor. `status` is an :class:`~bridge.ca.status.ECA` where base knows the code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bridge.ca.header import DO_REPLY, DONT_REPLY, Header
from bridge.ca.message import Disconnected, Message
from bridge.ca.payload import ChannelDataMessage, DataMessage, pack_data

if TYPE_CHECKING:
    from bridge.ca.dbr import DbrMetadata

__all__ = [
    "AccessRightsResponse",
    "Beacon",
    "ClearChannelRequest",
    "ClearChannelResponse",
    "ClientNameRequest",
    "CreateChFailResponse",
    "CreateChanRequest",
    "CreateChanResponse",
    "Disconnected",
    "EchoRequest",
    "EchoResponse",
    "ErrorResponse",
    "EventAddRequest",
    "EventAddResponse",
    "EventCancelRequest",
    "EventCancelResponse",
    "EventsOffRequest",
    "EventsOnRequest",
    "HostNameRequest",
    "Message",
    "NotFoundResponse",
    "ReadNotifyRequest",
    "ReadNotifyResponse",
    "ReadRequest",
    "ReadResponse",
    "ReadSyncRequest",
    "RepeaterConfirmResponse",
    "RepeaterRegisterRequest",
    "SearchRequest",
    "SearchResponse",
    "ServerDisconnResponse",
    "VersionRequest",
    "VersionResponse",
    "WriteNotifyRequest",
    "WriteNotifyResponse",
    "WriteRequest",
]


# Version, search, beacons


class VersionRequest(Message):
    """The client's minor version. First message of a circuit; first of a search datagram.

    `priority` (0..99) holds for a circuit, which it opens. In a datagram, and before a search over TCP, the same word
    says whether `sequence` is valid (CA 4.11).
    """

    priority: int
    version: int
    sequence: int = 0


class VersionResponse(Message):
    """The server's minor version. In a datagram it repeats the `sequence` of the search that it answers."""

    version: int
    sequence_valid: int = 0
    sequence: int = 0


class SearchRequest(Message):
    """Who has the channel `name`? With `reply` DO_REPLY (TCP only) a server without it says so."""

    name: str
    cid: int
    version: int
    reply: int = DONT_REPLY


class SearchResponse(Message):
    """The server at `ip`:`port` has it; 255.255.255.255 means where the datagram came from: `extract_address`.

    `version` is 0 in an answer over TCP, which does not carry it. `sender_address` is never on the wire.
    """

    port: int
    ip: str
    cid: int
    version: int
    sender_address: tuple[str, int] | None = None


class NotFoundResponse(Message):
    """This server does not have the channel (answers a search over TCP with DO_REPLY)."""

    version: int
    cid: int
    reply: int = DO_REPLY


class EchoRequest(Message):
    """Are you there?"""


class EchoResponse(Message):
    """Yes."""


class Beacon(Message):
    """A server is alive at `address` (0.0.0.0: where the datagram came from); `beacon_id` counts up by one."""

    version: int
    server_port: int
    beacon_id: int
    address: str
    sender_address: tuple[str, int] | None = None


class RepeaterRegisterRequest(Message):
    """Pass beacons on to me."""

    client_address: str = "0.0.0.0"


class RepeaterConfirmResponse(Message):
    """The repeater will."""

    repeater_address: str


# Channels


class ClientNameRequest(Message):
    """User name of the client, which access security may look at."""

    name: str


class HostNameRequest(Message):
    """Host name of the client, which access security may look at."""

    name: str


class CreateChanRequest(Message):
    """Make a channel on this circuit."""

    name: str
    cid: int
    version: int


class CreateChanResponse(Message):
    """The channel is there; `data_type` and `data_count` are what it holds."""

    data_type: int
    data_count: int
    cid: int
    sid: int


class CreateChFailResponse(Message):
    """There will be no such channel."""

    cid: int


class AccessRightsResponse(Message):
    """What the client may do with a channel; comes before CreateChanResponse and again at each change."""

    cid: int
    access_rights: int


class ClearChannelRequest(Message):
    """Give the channel up, its monitors with it."""

    sid: int
    cid: int


class ClearChannelResponse(Message):
    """The channel is gone."""

    sid: int
    cid: int


class ServerDisconnResponse(Message):
    """The server has taken the channel away."""

    cid: int


class ErrorResponse(Message):
    """A request failed. `original_request` is its header, `cid` its channel, or 0xFFFFFFFF if it is of none."""

    original_request: Header
    cid: int
    status: int
    error_message: str


# Reading and writing


class ReadRequest(Message):
    """Read (deprecated since 3.13, still sent by libca's ca_get)."""

    data_type: int
    data_count: int
    sid: int
    ioid: int


class ReadResponse(ChannelDataMessage, init=False):
    """Answer to ReadRequest. `sid` holds what the server put there; rsrv puts the cid."""


class ReadNotifyRequest(Message):
    """Read; `data_count` 0 asks for as many elements as there are now (CA 4.13)."""

    data_type: int
    data_count: int
    sid: int
    ioid: int


class ReadNotifyResponse(DataMessage):
    """Answer to ReadNotifyRequest. With any `status` but NORMAL the data means nothing."""

    payload: bytes
    data_type: int
    data_count: int
    status: int
    ioid: int

    def __init__(
        self, data: Any, data_type: int, data_count: int, status: int, ioid: int, *, metadata: DbrMetadata | None = None
    ) -> None:
        super().__init__(pack_data(data, data_type, data_count, metadata), data_type, data_count, status, ioid)


class WriteRequest(ChannelDataMessage, init=False):
    """Write, with no answer unless it fails."""


class WriteNotifyRequest(ChannelDataMessage, init=False):
    """Write and answer when everything that it set going has ended (put completion)."""


class WriteNotifyResponse(Message):
    """The write has ended, well if `status` is NORMAL."""

    data_type: int
    data_count: int
    status: int
    ioid: int


class ReadSyncRequest(Message):
    """Forget the reads that are still to be answered (deprecated)."""


# Monitors


class EventAddRequest(Message):
    """Start a monitor. `mask` is a :class:`SubscriptionType`; nobody looks at `low`, `high` and `to`."""

    data_type: int
    data_count: int
    sid: int
    subscriptionid: int
    low: float
    high: float
    to: float
    mask: int


class EventAddResponse(DataMessage):
    """One update of a monitor."""

    payload: bytes
    data_type: int
    data_count: int
    status: int
    subscriptionid: int

    def __init__(
        self,
        data: Any,
        data_type: int,
        data_count: int,
        status: int,
        subscriptionid: int,
        *,
        metadata: DbrMetadata | None = None,
    ) -> None:
        super().__init__(
            pack_data(data, data_type, data_count, metadata), data_type, data_count, status, subscriptionid
        )


class EventCancelRequest(Message):
    """End a monitor."""

    data_type: int
    sid: int
    subscriptionid: int
    data_count: int = 0


class EventCancelResponse(Message):
    """The monitor has ended.

    On the wire it is an EVENT_ADD without payload, with the sid where an update has its status: only a circuit, which
    knows that the monitor was to end, can tell the two apart.
    """

    data_type: int
    sid: int
    subscriptionid: int
    data_count: int


class EventsOffRequest(Message):
    """Hold all monitors of this circuit (flow control)."""


class EventsOnRequest(Message):
    """Let them go on."""
