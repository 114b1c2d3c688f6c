"""Requests about the circuit and its channels: names, search, create, clear, flow control, echo."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

from bridge.ca.header import (
    DO_REPLY,
    EXTENDED_FROM,
    EXTENDED_SINCE,
    HEADER,
    HEADER_SIZE,
    MAX_PRIORITY,
    Command,
    pack_header,
)
from bridge.ca.status import ECA
from bridge.server.channel import RIGHTS, Channel
from bridge.server.errors import BadMessage, Body, Data
from bridge.server.fieldtypes import NATIVE
from bridge.server.views import View

if TYPE_CHECKING:
    from bridge.server.session import Session
    from records import PV

__all__ = [
    "clear",
    "client_name",
    "create",
    "echo",
    "events_off",
    "events_on",
    "fast_creates",
    "host_name",
    "read_sync",
    "search",
    "version",
]

_CREATE_CHAN: Final = int(Command.CREATE_CHAN)
_NAME_LIMIT: Final = 512  # bytes of a user or host name (camessage.c)
_STRETCH: Final = 8192  # bytes of requests that are done before somebody looks at the clock
_unpack = Struct(">HH4xI4x").unpack_from  # what is needed of a header
_created = Struct(">8sII8sII").pack  # two headers, of ACCESS_RIGHTS and CREATE_CHAN, that begin with:
_begin = Struct(">HHHH").pack
_RIGHTS: Final = _begin(Command.ACCESS_RIGHTS, 0, 0, 0)
_CREATED: Final = {kind: _begin(Command.CREATE_CHAN, 0, dbr, 1) for kind, dbr in NATIVE.items()}


def version(session: Session, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
    if session.versioned:
        return  # libca sends one before each search over TCP, with a flag where the priority was
    if dbr > MAX_PRIORITY:
        raise BadMessage(f"priority {dbr}")
    session.versioned = True
    session.minor = count
    session.priority = dbr


def client_name(session: Session, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
    session.user = _name(body, "user")


def host_name(session: Session, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
    session.host = _name(body, "host")


def _name(body: Body, what: str) -> str:
    raw = bytes(body).partition(b"\0")[0]
    if len(raw) > _NAME_LIMIT:
        raise BadMessage(f"a {what} name of {len(raw)} bytes")
    return raw.decode("utf-8", "replace")


def echo(session: Session, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
    session.send(pack_header(Command.ECHO, len(body), dbr, count, p1, p2) + bytes(body))


def read_sync(session: Session, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
    session.send(pack_header(Command.READ_SYNC, 0, dbr, count, p1, p2))


def events_off(session: Session, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
    session.hold_events(True)


def events_on(session: Session, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
    session.hold_events(False)


def search(session: Session, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
    """A name server's question over TCP (EPICS_CA_NAME_SERVERS)."""
    if session.hub.find(bytes(body).partition(b"\0")[0]) is not None:
        session.send(HEADER.pack(Command.SEARCH, 0, session.hub.port, 0, 0xFFFFFFFF, p2))
    elif dbr == DO_REPLY:
        session.send(pack_header(Command.NOT_FOUND, 0, dbr, count, p1, p2))


def fast_creates(session: Session, data: Data, offset: int, end: int) -> int:
    """Create channels to scalars by their own names, as many as stand here in a row."""
    hub = session.hub
    pvdb = hub.pvdb
    channels = session.channels
    out = session.out
    sid = session.last_sid
    last = min(end, offset + _STRETCH, offset + HEADER_SIZE * (hub.few_channels - hub.channels)) - HEADER_SIZE
    while offset <= last:
        command, size, cid = _unpack(data, offset)
        name = offset + HEADER_SIZE
        after = name + size
        stop = data.find(0, name, after)
        if command != _CREATE_CHAN or size & 7 or after > end or stop < 0:
            break
        try:
            pv = pvdb[data[name:stop].decode()]
        except Exception:  # no such name, or something else to be said the long way
            break
        if pv.max_count != 1:
            break
        sid += 1
        channels[sid] = channel = Channel(pv, cid)
        out.append(_created(_RIGHTS, cid, channel.rights, _CREATED[pv.field_type], cid, sid))
        offset = after
    hub.channels += sid - session.last_sid
    session.last_sid = sid
    return offset


def create(session: Session, dbr: int, count: int, cid: int, minor: int, body: Body) -> None:
    hub = session.hub
    if hub.channels >= hub.few_channels and not hub.room(
        session.address, hub.limits.channels, hub.channels, _channels_of
    ):
        session.error(ECA.ALLOCMEM, (Command.CREATE_CHAN, 0, dbr, count, cid, minor), "too many channels", cid)
        session.send(HEADER.pack(Command.CREATE_CH_FAIL, 0, 0, 0, cid, 0))
        return
    pv = hub.find(bytes(body).partition(b"\0")[0], session)
    if pv is None:
        session.send(HEADER.pack(Command.CREATE_CH_FAIL, 0, 0, 0, cid, 0))
        return
    sid = session.last_sid = session.last_sid + 1
    session.channels[sid] = channel = Channel(pv, cid)
    hub.channels += 1
    session.send(HEADER.pack(Command.ACCESS_RIGHTS, 0, 0, 0, cid, channel.rights))
    # a slice may leave one element of an array, or none: C clients ask for as many as they are told
    count = pv.most if session.minor >= EXTENDED_SINCE else min(pv.most, EXTENDED_FROM - 1)
    session.send(pack_header(Command.CREATE_CHAN, 0, NATIVE[pv.field_type], count, cid, sid))


def tell_rights(session: Session, pv: PV) -> None:
    """Clients may write a PV from now on, or may no longer."""
    for channel in session.channels.values():
        if channel.pv is not pv and not (isinstance(channel.pv, View) and channel.pv.origin is pv):
            continue
        rights = RIGHTS[channel.pv.writable]
        if rights != channel.rights:
            channel.rights = rights
            for key in channel.keys:
                session.writes.pop(key, None)  # puts are looked at again
            session.send(HEADER.pack(Command.ACCESS_RIGHTS, 0, 0, 0, channel.cid, rights))


def _channels_of(session: Session) -> int:
    return len(session.channels)


def clear(session: Session, dbr: int, count: int, sid: int, cid: int, body: Body) -> None:
    channel = session.channels.pop(sid, None)
    if channel is None:
        session.error(ECA.UKNCHAN, (Command.CLEAR_CHANNEL, 0, dbr, count, sid, cid), "no such channel")
        return
    for key in channel.keys:
        session.reads.pop(key, None)
        session.wide.pop(key, None)
        session.writes.pop(key, None)
    if channel.subscriptions:
        for subscription in channel.subscriptions.values():
            session.late.pop(subscription, None)
        session.subscriptions -= len(channel.subscriptions)
        session.hub.subscriptions -= len(channel.subscriptions)
    channel.close(session.hub)
    session.hub.channels -= 1
    if isinstance(channel.pv, View):
        session.hub.count_view(session, channel.pv, -1)
    session.send(HEADER.pack(Command.CLEAR_CHANNEL, 0, dbr, count, sid, cid))
