"""Requests for values: READ_NOTIFY, the old READ, EVENT_ADD and EVENT_CANCEL."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from bridge.ca.dbr import ChannelType
from bridge.ca.header import HEADER, Command
from bridge.ca.status import ECA
from bridge.server.channel import Channel
from bridge.server.errors import Body
from bridge.server.outlet import HALF, Rendering, Subscription, pack_head
from bridge.server.render import payload_size

if TYPE_CHECKING:
    from bridge.server.session import Session

__all__ = ["event_add", "event_cancel", "read", "read_notify"]

# 39 types, each whole, single and dynamic, and room for some slices; each may hold a copy of a large array
MAX_RENDERINGS: Final = 200

log = logging.getLogger("iocbridge.server")


def read_notify(session: Session, dbr: int, count: int, sid: int, ioid: int, body: Body) -> None:
    found = _readable(session, Command.READ_NOTIFY, dbr, count, sid, ioid, body)
    if found is None:
        return
    channel, rendering = found

    def reply() -> None:
        payload = rendering.payload or rendering.render()
        session.send(rendering.head(Command.READ_NOTIFY, ioid, payload))
        session.send(payload)

    if rendering.constant and rendering.kept and not len(body) and not channel.pv.has_getter:
        size = payload_size(dbr, rendering.count)
        if size < 0xFFFF and rendering.count < 0xFFFF:
            key = HEADER.pack(Command.READ_NOTIFY, 0, dbr, count, sid, 0)[:12]
            head = HALF.pack(Command.READ_NOTIFY, size, dbr, rendering.count, ECA.NORMAL.code)
            session.reads[key] = (head, rendering)
            channel.keys += (key,)
    _fetched(session, channel, rendering, reply)


def read(session: Session, dbr: int, count: int, sid: int, ioid: int, body: Body) -> None:
    """The old READ without notification: failures come as errors, and a lone string is cut to its length."""
    found = _readable(session, Command.READ, dbr, count, sid, ioid, body)
    if found is None:
        return
    channel, rendering = found

    def reply() -> None:
        payload = rendering.payload or rendering.render()
        if rendering.status != ECA.NORMAL.code:
            request = (Command.READ, 0, dbr, count, sid, ioid)
            session.error(ECA.GETFAIL, request, f"{channel.pv.name}: not readable as type {dbr}", channel.cid)
            return
        if dbr == ChannelType.STRING and rendering.count == 1:
            payload = payload[: (payload.index(b"\0") + 8) & ~7]
        session.send(
            pack_head(Command.READ, len(payload), dbr, rendering.count_now(payload), channel.cid, ioid) + payload
        )

    _fetched(session, channel, rendering, reply)


def event_add(session: Session, dbr: int, count: int, sid: int, subid: int, body: Body) -> None:
    found = _readable(session, Command.EVENT_ADD, dbr, count, sid, subid, body)
    if found is None:
        return
    channel, rendering = found
    request = (Command.EVENT_ADD, len(body), dbr, count, sid, subid)
    if len(body) < 14:
        session.error(ECA.ADDFAIL, request, f"{channel.pv.name}: the event mask is missing", channel.cid)
        return
    if session.hub.subscriptions >= session.hub.limits.subscriptions:
        session.error(ECA.ALLOCMEM, request, f"{channel.pv.name}: too many subscriptions", channel.cid)
        return
    if channel.subscriptions is None:
        channel.subscriptions = {}
    if not rendering.kept and len(rendering.outlet.renderings) >= MAX_RENDERINGS:
        session.error(ECA.ALLOCMEM, request, f"{channel.pv.name}: too many different element counts", channel.cid)
        return
    if subid in channel.subscriptions:
        session.error(ECA.ADDFAIL, request, f"{channel.pv.name}: subscription {subid} exists already", channel.cid)
        return
    mask = body[12] << 8 | body[13]
    subscription = Subscription(session, rendering, sid, subid, mask)
    channel.subscriptions[subid] = subscription
    rendering.add(subscription)
    session.hub.subscriptions += 1
    # the current value always comes first
    _fetched(session, channel, rendering, lambda: session.send_event(subscription))


def event_cancel(session: Session, dbr: int, count: int, sid: int, subid: int, body: Body) -> None:
    channel = session.channels.get(sid)
    subscriptions = channel.subscriptions if channel is not None else None
    subscription = subscriptions.pop(subid, None) if subscriptions else None
    if subscription is None:
        session.error(ECA.UKNCHAN, (Command.EVENT_CANCEL, 0, dbr, count, sid, subid), "no such subscription")
        return
    subscription.rendering.remove(subscription)
    session.late.pop(subscription, None)
    session.hub.subscriptions -= 1
    # CA specification, "CA_PROTO_EVENT_CANCEL": the answer is an EVENT_ADD without payload
    session.send(pack_head(Command.EVENT_ADD, 0, dbr, count, sid, subid))


def _readable(
    session: Session, command: int, dbr: int, count: int, sid: int, ioid: int, body: Body
) -> tuple[Channel, Rendering] | None:
    """The channel and what it will be read as; None after the client was told why not."""
    request = (command, len(body), dbr, count, sid, ioid)
    channel = session.channels.get(sid)
    if channel is None:
        session.error(ECA.UKNCHAN, request, "no such channel")
    elif dbr > ChannelType.CLASS_NAME or dbr in (ChannelType.PUT_ACKT, ChannelType.PUT_ACKS):
        session.error(ECA.GETFAIL, request, f"{channel.pv.name}: type {dbr} cannot be read", channel.cid)
    elif payload_size(dbr, count or channel.pv.max_count) > session.hub.limits.message:
        session.error(ECA.TOLARGE, request, f"{channel.pv.name}: {count} elements are too many", channel.cid)
    else:
        return channel, channel.outlet(session.hub).rendering(dbr, count)
    return None


def _fetched(session: Session, channel: Channel, rendering: Rendering, then: Callable[[], None]) -> None:
    """Call `then` with the PV up to date: at once, or after its getter has run."""
    work = channel.pv.fetch()
    if work is None:
        then()
        return

    def fetched(error: BaseException | None) -> None:
        if error is not None:
            log.warning("%s: the getter failed: %r", channel.pv.name, error)
        if not session.closed:
            then()

    session.hub.run(work, fetched)
