"""Requests for values: READ_NOTIFY, the old READ, EVENT_ADD and EVENT_CANCEL."""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import TYPE_CHECKING, Final

from bridge.ca.dbr import ChannelType
from bridge.ca.header import EXTENDED_FROM, EXTENDED_SINCE, HALF, HEADER, Command, pack_header
from bridge.ca.status import ECA
from bridge.server.audience import Subscription
from bridge.server.channel import MOST_KEYS, Channel
from bridge.server.complaints import reason
from bridge.server.errors import Body, Data, Enough
from bridge.server.limits import MUCH
from bridge.server.render import BASE, MOST_TEXTS, payload_size
from bridge.server.rendering import Rendering, Unsteady
from bridge.server.views import View

if TYPE_CHECKING:
    from bridge.server.session import Session

__all__ = ["event_add", "event_cancel", "fast_reads", "read", "read_notify", "wide_reads"]

MAX_RENDERINGS: Final = 200  # kinds of monitors of one PV ...
MAX_RENDERED: Final = 256 << 20  # ... and bytes to be made for all of them at each change
SMALL: Final = 4096  # bytes that need no thought
ENOUGH: Final = 14 << 10  # bytes that are worth a send of their own: the client works on them meanwhile
BEYOND: Final = 64 << 10  # bytes of zeros for elements that a PV does not have: rsrv has no limit

_requests = Struct("12s4s").iter_unpack  # prefix, request id
_STRETCH: Final = 1024 * 16  # bytes of requests that are done before somebody looks at the clock


def fast_reads(session: Session, data: Data, offset: int, end: int) -> int:
    """Answer READ_NOTIFY requests seen before, as many as stand here in a row."""
    reads = session.reads
    out = session.out
    before = len(out)
    whole = (end - offset if end - offset < _STRETCH else _STRETCH) & ~15
    key = b""
    try:
        for key, request in _requests(data if whole == end else memoryview(data)[offset : offset + whole]):
            try:
                head, rendering = reads[key]
            except KeyError:
                break
            out.append(head)
            out.append(request)
            out.append(rendering.payload or rendering.steady())
    except Unsteady:  # say so, the long way
        del out[-2:]
        del reads[key]
    return offset + (len(out) - before) // 3 * 16  # no counting in between: a request takes but 150 ns


def wide_reads(session: Session, data: Data, offset: int, end: int) -> int:
    """The same for answers of some thousand bytes each, which leave as soon as there are enough of them."""
    wide = session.wide
    out = session.out
    size = 0
    key = b""
    try:
        while end - offset >= 16:
            key = bytes(data[offset : offset + 12])
            try:
                head, rendering = wide[key]
            except KeyError:
                break
            out.append(head)
            out.append(bytes(data[offset + 12 : offset + 16]))
            out.append(rendering.payload or rendering.steady())
            offset += 16
            size += rendering.size
            if size > ENOUGH:
                size = 0
                session.flush()
                if session.is_stuck or session.hub.overdue():
                    raise Enough(offset)
    except Unsteady:
        del out[-2:]
        del wide[key]
    return offset


def read_notify(session: Session, dbr: int, count: int, sid: int, ioid: int, body: Body) -> None:
    found = _readable(session, Command.READ_NOTIFY, dbr, count, sid, ioid, body)
    if found is None:
        return
    channel, rendering = found

    def reply() -> None:
        payload = rendering.payload or rendering.render()
        session.send(rendering.head(Command.READ_NOTIFY, ioid, payload))
        session.send(payload)
        if len(session.out) * len(payload) > MUCH:  # large pieces leave at once, so that they are not copied
            session.flush()

    def refuse(error: BaseException) -> None:
        session.send(pack_header(Command.READ_NOTIFY, 0, dbr, 0, ECA.GETFAIL.code, ioid))

    if (
        rendering.constant
        and rendering.lasting
        and not rendering.large
        and rendering.size < EXTENDED_FROM
        and len(channel.keys) < MOST_KEYS
        and not len(body)
        and not channel.pv.has_getter
    ):
        key = HEADER.pack(Command.READ_NOTIFY, 0, dbr, count, sid, 0)[:12]
        known = session.reads if rendering.size <= SMALL else session.wide
        if key not in known:
            head = HALF.pack(Command.READ_NOTIFY, rendering.size, dbr, rendering.count, ECA.NORMAL.code)
            known[key] = (head, rendering)
            channel.keys += (key,)
    _fetched(session, channel, rendering, reply, refuse)
    if rendering.size > SMALL:
        session.pace(rendering.size)


def read(session: Session, dbr: int, count: int, sid: int, ioid: int, body: Body) -> None:
    """The old READ without notification: failures come as errors, and a lone string is cut to its length."""
    found = _readable(session, Command.READ, dbr, count, sid, ioid, body)
    if found is None:
        return
    channel, rendering = found

    def reply() -> None:
        payload = rendering.payload or rendering.render()
        if rendering.status != ECA.NORMAL.code:
            refuse(ValueError(f"not readable as type {dbr}"))
            return
        if dbr == ChannelType.STRING and rendering.count == 1:
            payload = payload[: (payload.index(b"\0") + 8) & ~7]
        session.send(
            pack_header(Command.READ, len(payload), dbr, rendering.count_now(payload), channel.cid, ioid) + payload
        )

    def refuse(error: BaseException) -> None:
        request = (Command.READ, 0, dbr, count, sid, ioid)
        session.error(ECA.GETFAIL, request, f"{channel.pv.name}: {reason(error)}", channel.cid)

    _fetched(session, channel, rendering, reply, refuse)
    if rendering.size > SMALL:
        session.pace(rendering.size)


def event_add(session: Session, dbr: int, count: int, sid: int, subid: int, body: Body) -> None:
    found = _readable(session, Command.EVENT_ADD, dbr, count, sid, subid, body)
    if found is None:
        return
    channel, rendering = found
    request = (Command.EVENT_ADD, len(body), dbr, count, sid, subid)
    if len(body) < 14:
        session.error(ECA.ADDFAIL, request, f"{channel.pv.name}: the event mask is missing", channel.cid)
        return
    hub = session.hub
    limits = hub.limits
    if hub.subscriptions >= limits.subscriptions * limits.share and not hub.room(
        session.address, limits.subscriptions, hub.subscriptions, _subscriptions_of
    ):
        session.error(ECA.ALLOCMEM, request, f"{channel.pv.name}: too many subscriptions", channel.cid)
        return
    if channel.subscriptions is None:
        channel.subscriptions = {}
    if not rendering.kept and not _room_for(rendering):
        session.error(ECA.ALLOCMEM, request, f"{channel.pv.name}: too many different element counts", channel.cid)
        return
    if subid in channel.subscriptions:
        session.error(ECA.ADDFAIL, request, f"{channel.pv.name}: subscription {subid} exists already", channel.cid)
        return
    subscription = Subscription(session, rendering, subid, body[12] << 8 | body[13])
    channel.subscriptions[subid] = subscription
    rendering.add(subscription)
    session.subscriptions += 1
    hub.subscriptions += 1

    def first() -> None:
        if subscription.live:  # it may have been cancelled while a getter ran
            session.send_event(subscription)

    # the current value always comes first, even if the getter has failed
    _fetched(session, channel, rendering, first, lambda error: first())
    if rendering.size > SMALL:
        session.pace(rendering.size)


def _subscriptions_of(session: Session) -> int:
    return session.subscriptions


def _room_for(rendering: Rendering) -> bool:
    """Whether a new kind of monitor of a PV is not one too many."""
    known = rendering.outlet.renderings
    if len(known) >= MAX_RENDERINGS:
        return False
    return sum(one.size for one in (*known, rendering) if one.watchers or one is rendering) <= MAX_RENDERED


def event_cancel(session: Session, dbr: int, count: int, sid: int, subid: int, body: Body) -> None:
    channel = session.channels.get(sid)
    subscriptions = channel.subscriptions if channel is not None else None
    subscription = subscriptions.pop(subid, None) if subscriptions else None
    if subscription is None:
        session.error(ECA.UKNCHAN, (Command.EVENT_CANCEL, 0, dbr, count, sid, subid), "no such subscription")
        return
    subscription.rendering.remove(subscription)
    session.late.pop(subscription, None)
    session.subscriptions -= 1
    session.hub.subscriptions -= 1
    # CA specification, "CA_PROTO_EVENT_CANCEL": the answer is an EVENT_ADD without payload
    session.send(pack_header(Command.EVENT_ADD, 0, dbr, count, sid, subid))


def _readable(
    session: Session, command: int, dbr: int, count: int, sid: int, ioid: int, body: Body
) -> tuple[Channel, Rendering] | None:
    """The channel and what it will be read as; None after the client was told why not."""
    channel = session.channels.get(sid)
    if channel is None:
        why, status = "no such channel", ECA.UKNCHAN
    elif dbr > ChannelType.CLASS_NAME or dbr in (ChannelType.PUT_ACKT, ChannelType.PUT_ACKS):
        why, status = f"type {dbr} cannot be read", ECA.GETFAIL
    else:
        most = channel.pv.max_count
        size = payload_size(dbr, count or most)
        if session.minor < EXTENDED_SINCE and (size >= EXTENDED_FROM or count >= EXTENDED_FROM):
            why, status = (
                f"{count or most} elements of type {dbr} are too many for CA 4.{session.minor}",
                ECA.ARRAY16KCLIENT,
            )
        elif size <= session.hub.limits.message and (
            size <= BEYOND
            or (count <= most and (BASE[dbr] or channel.pv.field_type == 0 or (count or most) <= MOST_TEXTS))
        ):
            return channel, channel.outlet(session.hub).rendering(dbr, count)
        else:
            why, status = f"{count or most} elements of type {dbr} are too many, of {most}", ECA.TOLARGE
    request = (command, len(body), dbr, count, sid, ioid)
    if channel is None:
        session.error(status, request, why)
    else:
        session.error(status, request, f"{channel.pv.name}: {why}", channel.cid)
    return None


def _fetched(
    session: Session,
    channel: Channel,
    rendering: Rendering,
    then: Callable[[], None],
    refuse: Callable[[BaseException], None],
) -> None:
    """Call `then` with the PV up to date: at once, or after its getter has run. Call `refuse` if that goes wrong."""
    pv = channel.pv
    if not pv.has_getter:
        then()
        return
    hub = session.hub

    def fetched() -> None:
        if channel.live:  # its client may have left meanwhile
            if isinstance(pv, View):
                pv.refresh()
            then()

    def failed(error: BaseException | None) -> None:
        assert error is not None
        if not isinstance(error, BlockingIOError):
            hub.complain("%s cannot be fetched: %s", pv.name, reason(error))
        if channel.live:
            refuse(error)

    if isinstance(pv, View):  # in turn with those of clients that see the PV itself
        outlet = hub.outlet(pv.origin)
        outlet.fetch(fetched, failed)
        hub.release(outlet)
    else:
        channel.outlet(hub).fetch(fetched, failed)
