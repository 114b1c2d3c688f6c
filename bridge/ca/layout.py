"""How each message lies on the wire: one row of a table each, and the two functions that go by it.

A row names the attribute that each word of the header holds; an empty name is a zero. Source: the CA protocol
specification, "Messages", checked against frames captured from base (tests/golden).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from bridge.ca.dbr import LAST_TYPE
from bridge.ca.errors import LocalProtocolError, RemoteProtocolError
from bridge.ca.fields import (
    DATA,
    ERROR,
    EVENT_MASK,
    FROM_WORD,
    REPLY,
    TEXT,
    TO_WORD,
    VERSION,
    Codec,
    label,
)
from bridge.ca.header import EXTENDED, HEADER, HEADER_SIZE, Command, Header, pack_header
from bridge.ca.message import Message, MessageType, make
from bridge.ca.messages import (
    AccessRightsResponse,
    Beacon,
    ClearChannelRequest,
    ClearChannelResponse,
    ClientNameRequest,
    CreateChanRequest,
    CreateChanResponse,
    CreateChFailResponse,
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
from bridge.ca.roles import CLIENT, SERVER, Role
from bridge.ca.status import ECA

__all__ = ["Header", "Row", "decode", "encode", "header_of", "sender_of"]


class Row(NamedTuple):
    """Layout of one message: who sends it, and which attribute is where."""

    message: MessageType
    command: Command
    sender: Role
    data_type: str = ""
    data_count: str = ""
    p1: str = ""
    p2: str = ""
    payload: Codec | None = None


_C, _T, _N = Command, "data_type", "data_count"
_TABLE: Final = (
    # message                command              sender  data type  count      parameter 1         parameter 2
    Row(VersionRequest, _C.VERSION, CLIENT, "priority", "version", "sequence"),
    Row(VersionResponse, _C.VERSION, SERVER, "sequence_valid", "version", "sequence"),
    Row(SearchRequest, _C.SEARCH, CLIENT, "reply", "version", "cid", "cid", TEXT),
    Row(SearchResponse, _C.SEARCH, SERVER, "port", "", "ip", "cid", VERSION),
    Row(NotFoundResponse, _C.NOT_FOUND, SERVER, "reply", "version", "cid", "cid"),
    Row(EchoRequest, _C.ECHO, CLIENT),
    Row(EchoResponse, _C.ECHO, SERVER),
    Row(Beacon, _C.BEACON, SERVER, "version", "server_port", "beacon_id", "address"),
    Row(RepeaterRegisterRequest, _C.REPEATER_REGISTER, CLIENT, "", "", "", "client_address"),
    Row(RepeaterConfirmResponse, _C.REPEATER_CONFIRM, SERVER, "", "", "", "repeater_address"),
    Row(ClientNameRequest, _C.CLIENT_NAME, CLIENT, "", "", "", "", TEXT),
    Row(HostNameRequest, _C.HOST_NAME, CLIENT, "", "", "", "", TEXT),
    Row(CreateChanRequest, _C.CREATE_CHAN, CLIENT, "", "", "cid", "version", TEXT),
    Row(CreateChanResponse, _C.CREATE_CHAN, SERVER, _T, _N, "cid", "sid"),
    Row(CreateChFailResponse, _C.CREATE_CH_FAIL, SERVER, "", "", "cid"),
    Row(AccessRightsResponse, _C.ACCESS_RIGHTS, SERVER, "", "", "cid", "access_rights"),
    Row(ClearChannelRequest, _C.CLEAR_CHANNEL, CLIENT, "", "", "sid", "cid"),
    Row(ClearChannelResponse, _C.CLEAR_CHANNEL, SERVER, "", "", "sid", "cid"),
    Row(ServerDisconnResponse, _C.SERVER_DISCONN, SERVER, "", "", "cid"),
    Row(ErrorResponse, _C.ERROR, SERVER, "", "", "cid", "status", ERROR),
    Row(ReadRequest, _C.READ, CLIENT, _T, _N, "sid", "ioid"),
    Row(ReadResponse, _C.READ, SERVER, _T, _N, "sid", "ioid", REPLY),
    Row(ReadNotifyRequest, _C.READ_NOTIFY, CLIENT, _T, _N, "sid", "ioid"),
    Row(ReadNotifyResponse, _C.READ_NOTIFY, SERVER, _T, _N, "status", "ioid", REPLY),
    Row(WriteRequest, _C.WRITE, CLIENT, _T, _N, "sid", "ioid", DATA),
    Row(WriteNotifyRequest, _C.WRITE_NOTIFY, CLIENT, _T, _N, "sid", "ioid", DATA),
    Row(WriteNotifyResponse, _C.WRITE_NOTIFY, SERVER, _T, _N, "status", "ioid"),
    Row(ReadSyncRequest, _C.READ_SYNC, CLIENT),
    Row(EventAddRequest, _C.EVENT_ADD, CLIENT, _T, _N, "sid", "subscriptionid", EVENT_MASK),
    Row(EventCancelRequest, _C.EVENT_CANCEL, CLIENT, _T, _N, "sid", "subscriptionid"),
    # EVENT_ADD from a server is read as an update; see EventCancelResponse
    Row(EventCancelResponse, _C.EVENT_ADD, SERVER, _T, _N, "sid", "subscriptionid"),
    Row(EventAddResponse, _C.EVENT_ADD, SERVER, _T, _N, "status", "subscriptionid", REPLY),
    Row(EventsOffRequest, _C.EVENTS_OFF, CLIENT),
    Row(EventsOnRequest, _C.EVENTS_ON, CLIENT),
)

_ROWS: Final = {row.message: row for row in _TABLE}


def sender_of(message: Message | MessageType) -> Role:
    """Which end sends messages of this kind. Raises LocalProtocolError for what is never sent."""
    return _row(message if isinstance(message, MessageType) else type(message)).sender


def _row(kind: MessageType) -> Row:
    try:
        return _ROWS[kind]
    except KeyError:
        raise LocalProtocolError(f"{kind.__name__} is not sent over the wire") from None


def _word(message: Message, name: str) -> int:
    if not name:
        return 0
    value = getattr(message, name)
    convert = TO_WORD.get(name)
    return int(convert(value) if convert else value)


def _parts(message: Message, codec: Codec) -> list[Any]:
    values = [getattr(message, name) for name in codec.names]
    # An ErrorResponse may be made with the request itself in place of its header.
    return [header_of(value) if isinstance(value, Message) else value for value in values]


def encode(message: Message) -> list[bytes]:
    """Return the buffers of one message: its header, and its payload if it has one.

    Raises LocalProtocolError if an attribute does not fit its place.
    """
    row = _row(type(message))
    try:
        payload = b"" if row.payload is None else row.payload.encode(*_parts(message, row.payload))
        if pad := -len(payload) & 7:
            payload += bytes(pad)
        words = [_word(message, name) for name in row[3:7]]
        # The word that holds a count elsewhere holds a port or a version here: 0xFFFF of it is no large array.
        pack = pack_header if row.data_count == _N else HEADER.pack
        header = pack(row.command, len(payload), *words)
    except (struct.error, TypeError, ValueError, AttributeError) as err:
        raise LocalProtocolError(f"{message!r} does not fit the wire: {err}") from err
    return [header, payload] if payload else [header]


def header_of(message: Message) -> Header:
    """Return the header that `message` has on the wire."""
    head = encode(message)[0]
    words = HEADER.unpack_from(head)
    if len(head) > HEADER_SIZE:
        size, count = EXTENDED.unpack_from(head, HEADER_SIZE)
        return Header(words[0], size, words[2], count, *words[4:])
    return Header(*words)


class _Plan(NamedTuple):
    """A row of the table, made ready for decoding."""

    kind: MessageType
    values: list[Any]  # defaults, in the order of the fields
    words: tuple[tuple[int, int, Callable[[int], Any] | None], ...]  # field, word of the header, conversion
    parts: tuple[int, ...]  # fields that come from the payload
    codec: Codec | None
    typed: bool  # the third word is a DBR type


def _plan(row: Row) -> _Plan:
    fields = row.message._fields
    words = [(fields.index(name), i, FROM_WORD.get(name)) for i, name in enumerate(row[3:7], start=2) if name]
    parts = tuple(map(fields.index, row.payload.names if row.payload else ()))
    defaults = [row.message._defaults.get(name) for name in fields]
    return _Plan(row.message, defaults, tuple(words), parts, row.payload, row.data_type == _T)


_PLANS: Final = {(row.sender, int(row.command)): _plan(row) for row in _TABLE}


def decode(header: Header, payload: bytes, sender: Role) -> Message:
    """Return the message that `sender` means by these bytes.

    Raises RemoteProtocolError for a command that this end never sends, an impossible type, or a payload that does
    not hold what the header says.
    """
    plan = _PLANS.get((sender, header[0]))
    if plan is None:
        raise RemoteProtocolError(
            f"{label(header)} is not sent by a {sender.value}", eca=ECA.UNAVAILINSERV, request=header
        )
    kind, defaults, words, parts, codec, typed = plan
    if typed and header[2] > LAST_TYPE:
        raise RemoteProtocolError(f"{label(header)}: no DBR type {header.data_type}", eca=ECA.BADTYPE, request=header)
    values = defaults.copy()
    for field, index, convert in words:
        values[field] = header[index] if convert is None else convert(header[index])
    if codec is not None:
        for field, value in zip(parts, codec.decode(header, payload), strict=True):
            values[field] = value
    return make(kind, values)
