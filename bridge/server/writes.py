"""Requests that change values: WRITE_NOTIFY and WRITE, alarm acknowledgement among them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Coroutine
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from bridge.ca.dbr import ELEMENT_SIZE, METADATA_SIZE, ChannelType, decode_elements
from bridge.ca.header import HALF, HEADER, Command
from bridge.ca.status import ECA
from bridge.server.channel import MOST_KEYS, WRITE_RIGHT, Channel
from bridge.server.complaints import reason
from bridge.server.errors import Body, Data, Enough
from bridge.server.outgoing import Request
from bridge.server.outlet import Done, Outlet
from bridge.server.render import BASE, LAST_VALUE_TYPE
from bridge.server.views import View
from records import PV, FieldType
from records.convert import reads_numbers, text_elements

if TYPE_CHECKING:
    from bridge.server.session import Session

__all__ = ["Write", "fast_writes", "write", "write_notify"]

#: What is known of a kind of put: what the reply begins with, the outlet, how to unpack the value, how to put it.
Write = tuple[bytes, Outlet, Callable[[bytes], tuple[Any, ...]], Callable[[Any], Coroutine[Any, Any, None] | None]]

#: How the value of a put of one number is unpacked, for the session's fast path.
_SCALAR: Final = {
    ChannelType.DOUBLE: Struct(">d"),
    ChannelType.FLOAT: Struct(">f4x"),
    ChannelType.LONG: Struct(">i4x"),
    ChannelType.INT: Struct(">h6x"),
    ChannelType.ENUM: Struct(">H6x"),
    ChannelType.CHAR: Struct(">B7x"),
}


_requests = Struct("12s4s8s").iter_unpack  # prefix, request id, one element padded to 8
_prefix = Struct(">HHHHI").unpack  # command, size, type, count, server id
_STRETCH: Final = 512 * 24  # bytes of requests that are done before somebody looks at the clock
_TEXT: Final = 40  # characters that any PV may be given as an array of CHAR
_BYTES: Final = (FieldType.CHAR, FieldType.UCHAR)


def fast_writes(session: Session, data: Data, offset: int, end: int) -> int:
    """Do WRITE_NOTIFY and WRITE requests of one number each that were seen before, as many as stand here in a row."""
    writes = session.writes
    out = session.out
    hub = session.hub
    start = hub.start
    crowds = hub.crowds
    whole = (end - offset if end - offset < _STRETCH else _STRETCH) // 24 * 24
    for key, request, body in _requests(data if whole == end else memoryview(data)[offset : offset + whole]):
        try:
            head, outlet, unpack, put = writes[key]
        except KeyError:
            break
        offset += 24
        (value,) = unpack(body)
        if outlet.busy:
            outlet.put(value, _acknowledge(session, key, request), waits=bool(head))
            continue
        try:
            work = put(value)
            going_on = None if work is None else start(work)
        except Exception as error:  # that put's failure, not the server's
            _acknowledge(session, key, request)(error)
            continue
        if going_on is None:
            if head:
                out.append(head)
                out.append(request)
        else:
            outlet.wait_for(going_on, _acknowledge(session, key, request))
        if crowds and hub.overdue():
            raise Enough(offset)
    return offset


def _acknowledge(session: Session, key: bytes, request: bytes) -> Done:
    command, size, dbr, count, sid = _prefix(key)
    ioid = int.from_bytes(request, "big")
    if command == Command.WRITE_NOTIFY:
        return lambda error: session.put_done(dbr, count, ioid, error)
    return _objection(session, (command, size, dbr, count, sid, ioid), session.channels[sid].cid)


def _objection(session: Session, request: Request, cid: int) -> Done:
    """The answer to a WRITE, which is none unless it fails."""

    def done(error: BaseException | None) -> None:
        if error is not None and not session.closed:
            status = ECA.NOWTACCESS if isinstance(error, PermissionError) else ECA.PUTFAIL
            session.error(status, request, reason(error), cid)

    return done


def _remember(session: Session, channel: Channel, request: Request) -> None:
    """Let `fast_writes` do the next ones of this kind."""
    command, size, dbr, count, *_ = request
    if (
        count == 1
        and size == 8
        and dbr in _SCALAR
        and channel.rights & WRITE_RIGHT
        and len(channel.keys) < MOST_KEYS
        and not isinstance(channel.pv, View)
    ):
        key = HEADER.pack(*request)[:12]
        if key not in session.writes:
            # what the reply begins with: the ids of the request follow
            head = HALF.pack(command, 0, dbr, 1, ECA.NORMAL.code) if command == Command.WRITE_NOTIFY else b""
            # as a rule the two are one, and the longer way to it is spared
            pv = channel.pv
            put = pv.put if head or type(pv).submit is PV.submit else pv.submit
            session.writes[key] = (head, channel.outlet(session.hub), _SCALAR[ChannelType(dbr)].unpack, put)
            channel.keys += (key,)


def write_notify(session: Session, dbr: int, count: int, sid: int, ioid: int, body: Body) -> None:
    request = (Command.WRITE_NOTIFY, len(body), dbr, count, sid, ioid)
    channel = session.channels.get(sid)
    if channel is None:
        session.error(ECA.UKNCHAN, request, "no such channel")
        return

    def done(error: BaseException | None) -> None:
        session.put_done(dbr, count, ioid, error)

    try:
        value = _value(dbr, count, body, channel)
    except ValueError as error:
        done(error)
        return
    _remember(session, channel, request)
    _put_typed(session, channel, dbr, value, done, True)


def write(session: Session, dbr: int, count: int, sid: int, ioid: int, body: Body) -> None:
    request = (Command.WRITE, len(body), dbr, count, sid, ioid)
    channel = session.channels.get(sid)
    if channel is None:
        session.error(ECA.UKNCHAN, request, "no such channel")
        return
    done = _objection(session, request, channel.cid)
    try:
        value = _value(dbr, count, body, channel)
    except ValueError as error:
        done(error)
        return
    _remember(session, channel, request)
    _put_typed(session, channel, dbr, value, done, False)


def _value(dbr: int, count: int, body: Body, channel: Channel) -> Any:
    """What a put carries: a number or a text, or several in the form that `records` takes. Raises ValueError.

    Of more elements than the PV has room for the first ones are taken, as in base.
    """
    if dbr > LAST_VALUE_TYPE and dbr not in (ChannelType.PUT_ACKT, ChannelType.PUT_ACKS):
        raise ValueError(f"type {dbr} cannot be written")
    base = BASE[dbr]
    start = METADATA_SIZE[dbr]
    room = len(body) - start
    pv = channel.pv
    most = pv.max_count
    if isinstance(pv, View):
        most, pv = pv.room, pv.origin  # filters are for those who read, as in base
    if base == ChannelType.STRING and count == 1:
        # clients send a lone string no longer than it is
        text = bytes(body[start : start + 40]).partition(b"\0")[0].decode("utf-8", "surrogateescape")
        return _numbers([text], pv) or text
    size = ELEMENT_SIZE[base]
    if count == 0 and most > 1:
        return []
    if base == ChannelType.STRING:
        room += -room % size  # nor is the last of several always padded
    if count < 1 or count * size > room:
        raise ValueError(f"{count} elements of type {dbr} do not fit in {len(body)} bytes")
    if base == ChannelType.CHAR and most < _TEXT:
        most = _TEXT  # text may come to any PV as characters
    if count > most:
        count = most
    elements = decode_elements(base, bytes(body[start : start + count * size]).ljust(count * size, b"\0"), count)
    if base == ChannelType.STRING:
        texts = [text.decode("utf-8", "surrogateescape") for text in elements if isinstance(text, bytes)]
        return _numbers(texts, pv) or (texts if count > 1 else texts[0])
    if count == 1:
        return elements[0]
    if base == ChannelType.CHAR and pv.max_count > 1 and pv.field_type not in _BYTES:
        return array("B", bytes(body[start : start + count]))  # numbers; the text of a single value only
    return elements


def _numbers(texts: list[str], pv: PV) -> list[float]:
    """What texts are for an array of numbers; none if `pv` is something else. Raises ValueError."""
    wanted = reads_numbers(pv.field_type, pv.max_count, pv.metadata.states)
    return text_elements(texts, pv.field_type) if wanted else []


def _put_typed(session: Session, channel: Channel, dbr: int, value: Any, done: Done, waits: bool) -> None:
    pv = channel.pv
    hub = session.hub
    if not channel.rights & WRITE_RIGHT:
        done(PermissionError(f"{pv.name} cannot be written"))
    elif dbr in (ChannelType.PUT_ACKT, ChannelType.PUT_ACKS):
        field = pv.field("ACKT" if dbr == ChannelType.PUT_ACKT else "ACKS")
        if field is None:
            done(PermissionError(f"{pv.name} has no alarm to acknowledge"))
        else:
            _put(session, hub.outlet(field), value, done, waits, release=True)
    elif isinstance(pv, View):  # in turn with those of clients that see the PV itself
        try:
            value = pv.for_origin(value)
        except ValueError as error:
            done(error)
        else:
            _put(session, hub.outlet(pv.origin), value, done, waits, release=True)
    else:
        _put(session, channel.outlet(hub), value, done, waits)


def _put(session: Session, outlet: Outlet, value: Any, done: Done, waits: bool, *, release: bool = False) -> None:
    hub = session.hub
    outlet.put(value, done, waits=waits)
    if release:
        hub.release(outlet)
    if hub.crowds and hub.overdue():
        raise Enough
