"""Requests that change values: WRITE_NOTIFY and WRITE, alarm acknowledgement among them."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from bridge.ca.dbr import ELEMENT_SIZE, METADATA_SIZE, ChannelType, decode_elements
from bridge.ca.header import HEADER, Command
from bridge.ca.status import ECA
from bridge.server.channel import WRITE_RIGHT, Channel
from bridge.server.errors import Body
from bridge.server.outlet import HALF, Done
from bridge.server.render import BASE, LAST_VALUE_TYPE

if TYPE_CHECKING:
    from bridge.server.session import Session

__all__ = ["write", "write_notify"]

#: How the value of a put of one number is unpacked, for the session's fast path.
_SCALAR: Final = {
    ChannelType.DOUBLE: Struct(">d"),
    ChannelType.FLOAT: Struct(">f4x"),
    ChannelType.LONG: Struct(">i4x"),
    ChannelType.INT: Struct(">h6x"),
    ChannelType.ENUM: Struct(">H6x"),
    ChannelType.CHAR: Struct(">b7x"),
}


def write_notify(session: Session, dbr: int, count: int, sid: int, ioid: int, body: Body) -> None:
    request = (Command.WRITE_NOTIFY, len(body), dbr, count, sid, ioid)
    channel = session.channels.get(sid)
    if channel is None:
        session.error(ECA.UKNCHAN, request, "no such channel")
        return

    def done(error: BaseException | None) -> None:
        session.put_done(dbr, count, ioid, error)

    try:
        value = _value(dbr, count, body)
    except ValueError as error:
        done(error)
        return
    if count == 1 and len(body) == 8 and dbr in _SCALAR and channel.rights & WRITE_RIGHT:
        key = HEADER.pack(Command.WRITE_NOTIFY, 8, dbr, 1, sid, 0)[:12]
        head = HALF.pack(Command.WRITE_NOTIFY, 0, dbr, 1, ECA.NORMAL.code)
        session.writes[key] = (head, channel.outlet(session.hub), _SCALAR[ChannelType(dbr)].unpack)
        channel.keys += (key,)
    _put_typed(session, channel, dbr, value, done)


def write(session: Session, dbr: int, count: int, sid: int, ioid: int, body: Body) -> None:
    request = (Command.WRITE, len(body), dbr, count, sid, ioid)
    channel = session.channels.get(sid)
    if channel is None:
        session.error(ECA.UKNCHAN, request, "no such channel")
        return
    cid = channel.cid

    def done(error: BaseException | None) -> None:
        if error is not None and not session.closed:
            status = ECA.NOWTACCESS if isinstance(error, PermissionError) else ECA.PUTFAIL
            session.error(status, request, str(error), cid)

    try:
        value = _value(dbr, count, body)
    except ValueError as error:
        done(error)
        return
    _put_typed(session, channel, dbr, value, done)


def _value(dbr: int, count: int, body: Body) -> Any:
    """What a put carries: a number or a text, or several in the form that `records` takes. Raises ValueError."""
    if dbr > LAST_VALUE_TYPE and dbr not in (ChannelType.PUT_ACKT, ChannelType.PUT_ACKS):
        raise ValueError(f"type {dbr} cannot be written")
    base = BASE[dbr]
    start = METADATA_SIZE[dbr]
    room = len(body) - start
    if base == ChannelType.STRING and count == 1:
        # clients send a lone string no longer than it is
        return bytes(body[start:]).partition(b"\0")[0][:40].decode("utf-8", "surrogateescape")
    if count < 1 or count * ELEMENT_SIZE[base] > room:
        raise ValueError(f"{count} elements of type {dbr} do not fit in {len(body)} bytes")
    elements = decode_elements(base, bytes(body[start:]), count)
    if base == ChannelType.STRING:
        return [text.decode("utf-8", "surrogateescape") for text in elements if isinstance(text, bytes)]
    if count == 1:
        one = elements[0]
        return one - 256 if base == ChannelType.CHAR and isinstance(one, int) and one > 127 else one
    return elements


def _put_typed(session: Session, channel: Channel, dbr: int, value: Any, done: Done) -> None:
    if dbr in (ChannelType.PUT_ACKT, ChannelType.PUT_ACKS):
        field = channel.pv.field("ACKT" if dbr == ChannelType.PUT_ACKT else "ACKS")
        if field is None or not channel.rights & WRITE_RIGHT:
            done(PermissionError(f"{channel.pv.name} has no alarm to acknowledge"))
            return
        outlet = session.hub.outlet(field)
        outlet.put(value, done)
        session.hub.release(outlet)
        return
    _put(session, channel, value, done)


def _put(session: Session, channel: Channel, value: Any, done: Done) -> None:
    if not channel.rights & WRITE_RIGHT:
        done(PermissionError(f"{channel.pv.name} cannot be written"))
        return
    channel.outlet(session.hub).put(value, done)
