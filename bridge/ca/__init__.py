"""Channel Access without I/O: bytes to messages and back, and the rules that both ends keep.

`VirtualCircuit` goes with a TCP connection, `Broadcaster` with UDP sockets; either can be a CLIENT or a SERVER.
Everything here can be used alone. The parts that a server or a client of ours takes by full path are ``header``
(commands and numbers), ``status`` (ECA codes) and ``dbr`` (payloads).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bridge.ca.broadcaster import Broadcaster, extract_address
    from bridge.ca.channel import ClientChannel, ServerChannel
    from bridge.ca.circuit import DISCONNECTED, VirtualCircuit
    from bridge.ca.dbr import ChannelType, DbrMetadata
    from bridge.ca.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
    from bridge.ca.header import Header
    from bridge.ca.messages import (
        AccessRightsResponse,
        Beacon,
        ClearChannelRequest,
        ClearChannelResponse,
        ClientNameRequest,
        CreateChanRequest,
        CreateChanResponse,
        CreateChFailResponse,
        Disconnected,
        EchoRequest,
        EchoResponse,
        ErrorResponse,
        EventAddRequest,
        EventAddResponse,
        EventCancelRequest,
        EventCancelResponse,
        EventsOffRequest,
        EventsOnRequest,
        HostNameRequest,
        Message,
        NotFoundResponse,
        ReadNotifyRequest,
        ReadNotifyResponse,
        ReadRequest,
        ReadResponse,
        ReadSyncRequest,
        RepeaterConfirmResponse,
        RepeaterRegisterRequest,
        SearchRequest,
        SearchResponse,
        ServerDisconnResponse,
        VersionRequest,
        VersionResponse,
        WriteNotifyRequest,
        WriteNotifyResponse,
        WriteRequest,
    )
    from bridge.ca.roles import CLIENT, SERVER, AccessRights, Role, SubscriptionType
    from bridge.ca.rules import Limits
    from bridge.ca.states import ChannelState, CircuitState
    from bridge.ca.status import ECA

__all__ = [
    "CLIENT",
    "DISCONNECTED",
    "ECA",
    "SERVER",
    "AccessRights",
    "AccessRightsResponse",
    "Beacon",
    "Broadcaster",
    "ChannelState",
    "ChannelType",
    "CircuitState",
    "ClearChannelRequest",
    "ClearChannelResponse",
    "ClientChannel",
    "ClientNameRequest",
    "CreateChFailResponse",
    "CreateChanRequest",
    "CreateChanResponse",
    "DbrMetadata",
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
    "Header",
    "HostNameRequest",
    "Limits",
    "LocalProtocolError",
    "Message",
    "NotFoundResponse",
    "ProtocolError",
    "ReadNotifyRequest",
    "ReadNotifyResponse",
    "ReadRequest",
    "ReadResponse",
    "ReadSyncRequest",
    "RemoteProtocolError",
    "RepeaterConfirmResponse",
    "RepeaterRegisterRequest",
    "Role",
    "SearchRequest",
    "SearchResponse",
    "ServerChannel",
    "ServerDisconnResponse",
    "SubscriptionType",
    "VersionRequest",
    "VersionResponse",
    "VirtualCircuit",
    "WriteNotifyRequest",
    "WriteNotifyResponse",
    "WriteRequest",
    "extract_address",
]

# The server takes the low-level parts by full path and answers a hundred thousand requests without a message object:
# it should not have to load forty message classes first (25 ms on a fast machine, much longer on a small one).
_HOMES = (
    *("messages", "circuit", "channel", "broadcaster", "roles", "rules"),
    *("states", "status", "errors", "dbr", "header"),
)


def __getattr__(name: str) -> Any:
    if name in __all__:
        for home in _HOMES:
            module = import_module(f"bridge.ca.{home}")
            if name in module.__all__:
                found = globals()[name] = getattr(module, name)
                return found
    raise AttributeError(f"module 'bridge.ca' has no attribute {name!r}")
