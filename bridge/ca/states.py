"""The rules of a circuit and of a channel, as tables: state, kind of message, next state.

One machine serves both ends, because what has been sent and what has been received on one circuit has one order to
each of them. A kind that does not stand in the row of the present state is not allowed there.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from bridge.ca import messages as m
from bridge.ca.message import MessageType

__all__ = ["CHANNEL_TRANSITIONS", "CIRCUIT_TRANSITIONS", "ChannelState", "CircuitState"]


class CircuitState(Enum):
    """How far the two ends of a TCP connection have got."""

    IDLE = "nothing said yet"
    SERVER_GREETED = "the server told its version first, as rsrv does"
    AWAIT_VERSION_RESPONSE = "the client told its version"
    CONNECTED = "both versions known"
    DISCONNECTED = "the connection has ended"


class ChannelState(Enum):
    """How far the two ends of a channel have got."""

    IDLE = "not asked for yet"
    AWAIT_CREATE_CHAN_RESPONSE = "asked for"
    CONNECTED = "in use"
    AWAIT_CLEAR_RESPONSE = "given up by the client; what was on its way may still come"
    FAILED = "refused by the server"
    CLOSED = "gone"


_C, _H = CircuitState, ChannelState

_VALUE_REQUESTS = (
    m.ReadRequest,
    m.ReadNotifyRequest,
    m.WriteRequest,
    m.WriteNotifyRequest,
    m.EventAddRequest,
    m.EventCancelRequest,
)
_VALUE_RESPONSES = (
    m.ReadResponse,
    m.ReadNotifyResponse,
    m.WriteNotifyResponse,
    m.EventAddResponse,
    m.EventCancelResponse,
)
# A client need not wait for the server's version: libca sends version, names and channels at once.
_AFTER_VERSION = (
    m.SearchRequest,
    m.SearchResponse,
    m.NotFoundResponse,
    m.EchoRequest,
    m.EchoResponse,
    m.ClientNameRequest,
    m.HostNameRequest,
    m.CreateChanRequest,
    m.CreateChanResponse,
    m.CreateChFailResponse,
    m.AccessRightsResponse,
    m.ClearChannelRequest,
    m.ClearChannelResponse,
    m.ServerDisconnResponse,
    m.ErrorResponse,
    *_VALUE_REQUESTS,
    *_VALUE_RESPONSES,
    m.ReadSyncRequest,
    m.EventsOffRequest,
    m.EventsOnRequest,
)

CIRCUIT_TRANSITIONS: Final[dict[CircuitState, dict[MessageType, CircuitState]]] = {
    _C.IDLE: {
        m.VersionRequest: _C.AWAIT_VERSION_RESPONSE,
        m.VersionResponse: _C.SERVER_GREETED,
        m.ErrorResponse: _C.IDLE,
    },
    _C.SERVER_GREETED: {
        m.VersionRequest: _C.CONNECTED,
        m.VersionResponse: _C.SERVER_GREETED,
        m.ErrorResponse: _C.SERVER_GREETED,
    },
    _C.AWAIT_VERSION_RESPONSE: {
        m.VersionRequest: _C.AWAIT_VERSION_RESPONSE,
        m.VersionResponse: _C.CONNECTED,
        **dict.fromkeys(_AFTER_VERSION, _C.AWAIT_VERSION_RESPONSE),
    },
    _C.CONNECTED: dict.fromkeys((m.VersionRequest, m.VersionResponse, *_AFTER_VERSION), _C.CONNECTED),
    _C.DISCONNECTED: {},
}

CHANNEL_TRANSITIONS: Final[dict[ChannelState, dict[MessageType, ChannelState]]] = {
    _H.IDLE: {m.CreateChanRequest: _H.AWAIT_CREATE_CHAN_RESPONSE},
    _H.AWAIT_CREATE_CHAN_RESPONSE: {
        m.AccessRightsResponse: _H.AWAIT_CREATE_CHAN_RESPONSE,
        m.CreateChanResponse: _H.CONNECTED,
        m.CreateChFailResponse: _H.FAILED,
        m.ServerDisconnResponse: _H.CLOSED,
    },
    _H.CONNECTED: {
        m.AccessRightsResponse: _H.CONNECTED,
        **dict.fromkeys(_VALUE_REQUESTS, _H.CONNECTED),
        **dict.fromkeys(_VALUE_RESPONSES, _H.CONNECTED),
        m.ClearChannelRequest: _H.AWAIT_CLEAR_RESPONSE,
        m.ServerDisconnResponse: _H.CLOSED,
    },
    _H.AWAIT_CLEAR_RESPONSE: {
        m.AccessRightsResponse: _H.AWAIT_CLEAR_RESPONSE,
        **dict.fromkeys(_VALUE_RESPONSES, _H.AWAIT_CLEAR_RESPONSE),
        m.ClearChannelResponse: _H.CLOSED,
        m.ServerDisconnResponse: _H.CLOSED,
    },
    _H.FAILED: {},
    _H.CLOSED: {},
}
