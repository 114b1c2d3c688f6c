"""Session: one client's circuit. Bytes in, replies into `out`; no socket, no loop, no clock.

Two paths lead through `feed`. Reads and puts of plain scalars repeat the same first twelve bytes (command, size,
type, count, server id), so these resolve by one dictionary look-up to a ready reply head: see `_fast_reads` and
`_fast_writes`. Everything else, and the first request of each kind, takes `_one`, which looks the command up in a
table of handlers.

Refusals follow rsrv (camessage.c), save that its ECA_INTERNAL is answered by a WARNING: C clients abort on the rest.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from bridge.ca.dbr import ELEMENT_SIZE, METADATA_SIZE, ChannelType, decode_elements
from bridge.ca.header import DO_REPLY, EXTENDED, HEADER, MAX_PRIORITY, MINOR_VERSION, Command
from bridge.ca.status import ECA
from bridge.server.outlet import HALF, Outlet, Rendering, Subscription, pack_head
from bridge.server.render import BASE, LAST_VALUE_TYPE, NATIVE, payload_size
from records import PV

if TYPE_CHECKING:
    from bridge.server.hub import Hub

__all__ = ["Channel", "Link", "Session"]

log = logging.getLogger("iocbridge.server")

READ_RIGHT: Final = 1
WRITE_RIGHT: Final = 2

_READ_NOTIFY: Final = int(Command.READ_NOTIFY)
_WRITE_NOTIFY: Final = int(Command.WRITE_NOTIFY)
# plain integers: an enum member costs a look-up where it is packed
_ACCESS_RIGHTS: Final = int(Command.ACCESS_RIGHTS)
_CREATE_CHAN: Final = int(Command.CREATE_CHAN)
_CREATE_CH_FAIL: Final = int(Command.CREATE_CH_FAIL)
_pack_header = HEADER.pack
_unpack_header = HEADER.unpack_from
_requests16 = Struct("12s4s").iter_unpack  # prefix, request id
_requests24 = Struct("12s4s8s").iter_unpack  # prefix, request id, one element padded to 8
_HEADER_ALONE: Final = HEADER.size
_VERSION_REPLY: Final = HEADER.pack(Command.VERSION, 0, 0, MINOR_VERSION, 0, 0)
_SCALAR: Final = {
    ChannelType.DOUBLE: Struct(">d"),
    ChannelType.FLOAT: Struct(">f4x"),
    ChannelType.LONG: Struct(">i4x"),
    ChannelType.INT: Struct(">h6x"),
    ChannelType.ENUM: Struct(">H6x"),
    ChannelType.CHAR: Struct(">b7x"),
}
_COPY_BELOW: Final = 4096  # a body shorter than this is copied: cheaper than a view of it
_NAME_LIMIT: Final = 512  # bytes of a user or host name (camessage.c)


class Link(Protocol):
    """The session's way out. `send` takes all of it; what the socket does not take waits there."""

    def send(self, pieces: list[bytes]) -> None: ...
    def close(self) -> None: ...


class Channel:
    """A PV as one client holds it. Most channels are only ever created, so the rest comes when it is needed."""

    __slots__ = ("_outlet", "cid", "keys", "pv", "rights", "subscriptions")

    def __init__(self, pv: PV, cid: int, rights: int) -> None:
        self.pv = pv
        self.cid = cid
        self.rights = rights
        self.keys: tuple[bytes, ...] = ()  # the prefixes by which the fast paths know its requests
        self.subscriptions: dict[int, Subscription] | None = None
        self._outlet: Outlet | None = None

    def outlet(self, hub: Hub) -> Outlet:
        """The outlet of the PV, taken into use with the first request."""
        if self._outlet is None:
            self._outlet = hub.outlet(self.pv)
        return self._outlet

    def close(self, hub: Hub) -> None:
        """Cancel the monitors and let go of the outlet."""
        for subscription in (self.subscriptions or {}).values():
            subscription.rendering.remove(subscription)
            hub.subscriptions -= 1
        self.subscriptions = None
        if self._outlet is not None:
            hub.release(self._outlet)
            self._outlet = None


class BadMessage(Exception):
    """The client broke the protocol so that nothing after it can be trusted: tell it, and close."""


Body: TypeAlias = "bytes | memoryview"
Handler = Callable[["Session", int, int, int, int, Body], None]


class Session:
    """The server's end of a virtual circuit."""

    def __init__(self, hub: Hub, link: Link, peer: str) -> None:
        self.hub = hub
        self.link = link
        self.peer = peer
        self.out: list[bytes] = []
        self.add = self.out.append  # `out` stays the same list for the life of the session
        self.dirty = False  # is in the hub's list of sessions to flush
        self.held = False  # events wait in `late`: the socket is full, or the client said EVENTS_OFF
        self.flowing = False  # dirty and not held: an event need only be added
        self.late: dict[Subscription, None] = {}
        self.user = ""
        self.host = ""
        self.minor = MINOR_VERSION
        self.priority = 0
        self._stuck = False
        self._versioned = False
        self._events_off = False
        self._closed = False
        self._channels: dict[int, Channel] = {}
        self._next_sid = 1
        self._rest: list[bytes] = []  # the beginning of a message whose end is still to come
        self._have = 0
        self._need = 0  # bytes without which `_rest` is not worth looking at
        self._skip = 0  # bytes of a refused message still to be thrown away
        self._reads: dict[bytes, tuple[bytes, Rendering]] = {}
        self._writes: dict[bytes, tuple[bytes, Outlet, Callable[[bytes], tuple[Any, ...]]]] = {}
        hub.sessions.add(self)
        self._send(_VERSION_REPLY)  # rsrv speaks first, too

    # --- bytes in -----------------------------------------------------------------------------------------------

    def feed(self, data: bytes) -> None:
        """Take what arrived. Never raises for anything a client may send."""
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        if self._have:
            self._rest.append(data)
            self._have += len(data)
            if self._have < self._need:
                return
            data = b"".join(self._rest)
            self._rest.clear()
            self._have = 0
        try:
            self._messages(data)
        except BadMessage as error:
            log.warning("%s: circuit closed: %s", self.peer, error)
            self.flush()
            self.link.close()
        if self.out and not self.dirty:
            self.hub.mark(self)

    def _messages(self, data: bytes) -> None:
        offset = 0
        end = len(data)
        self._need = _HEADER_ALONE
        while end - offset >= _HEADER_ALONE:
            command = data[offset + 1]
            if command == _READ_NOTIFY and self._reads:
                offset = self._fast_reads(data, offset, end)
                if end - offset < _HEADER_ALONE:
                    break
            elif command == _WRITE_NOTIFY and self._writes:
                offset = self._fast_writes(data, offset, end)
                if end - offset < _HEADER_ALONE:
                    break
            taken = self._one(data, offset, end)
            if not taken:
                break
            offset += taken
        if offset < end:
            self._rest.append(data[offset:] if offset else data)
            self._have = end - offset

    def _fast_reads(self, data: bytes, offset: int, end: int) -> int:
        """Answer READ_NOTIFY requests seen before, as many as stand here in a row."""
        reads = self._reads
        add = self.out.append
        whole = end - offset & ~15
        for key, request in _requests16(data if whole == end else memoryview(data)[offset : offset + whole]):
            try:
                head, rendering = reads[key]
            except KeyError:
                break
            add(head)
            add(request)
            add(rendering.payload or rendering.render())
            offset += 16
        return offset

    def _fast_writes(self, data: bytes, offset: int, end: int) -> int:
        """Do WRITE_NOTIFY requests of one number each that were seen before, as many as stand here in a row."""
        writes = self._writes
        add = self.out.append
        whole = (end - offset) // 24 * 24
        for key, request, body in _requests24(data if whole == end else memoryview(data)[offset : offset + whole]):
            try:
                head, outlet, unpack = writes[key]
            except KeyError:
                break
            offset += 24
            (value,) = unpack(body)
            if outlet.busy:
                outlet.put(value, self._acknowledge(key, request))
                continue
            try:
                work = outlet.pv.put(value)
            except Exception as error:  # that put's failure, not the server's
                self._acknowledge(key, request)(error)
                continue
            if work is None:
                add(head)
                add(request)
            else:
                outlet.begin(work, self._acknowledge(key, request))
        return offset

    def _acknowledge(self, key: bytes, request: bytes) -> Callable[[BaseException | None], None]:
        _, _, dbr, count = Struct(">HHHH").unpack_from(key)
        (ioid,) = Struct(">I").unpack(request)
        return lambda error: self._put_done(dbr, count, ioid, error)

    def _one(self, data: bytes, offset: int, end: int) -> int:
        """Handle one message. Returns its length, or 0 if it is not all there yet."""
        command, size, dbr, count, p1, p2 = _unpack_header(data, offset)
        length: int = _HEADER_ALONE + size
        if size == 0xFFFF:
            if end - offset < 24:
                self._need = 24
                return 0
            size, count = EXTENDED.unpack_from(data, offset + 16)
            length = 24 + int(size)
        if size & 7:
            self._error(ECA.UNAVAILINSERV, (command, size, dbr, count, p1, p2), "payload is not a multiple of 8 bytes")
            raise BadMessage(f"command {command} with a payload of {size} bytes, no multiple of 8")
        if end - offset < length:
            limits = self.hub.limits
            if size > (limits.message if self._channels else limits.first_message):
                self._error(ECA.TOLARGE, (command, size, dbr, count, p1, p2), f"{size} bytes are too many")
                self._skip = length - (end - offset)
                return end - offset
            self._need = length
            return 0
        handler = _HANDLERS.get(command)
        if handler is None:
            self._error(ECA.UNAVAILINSERV, (command, size, dbr, count, p1, p2), f"no command {command}")
            raise BadMessage(f"no such command: {command}")
        end = offset + length
        body = data[end - size : end] if size < _COPY_BELOW else memoryview(data)[end - size : end]
        handler(self, dbr, count, p1, p2, body)
        return length

    # --- bytes out ----------------------------------------------------------------------------------------------

    def _send(self, piece: bytes) -> None:
        self.out.append(piece)
        if not self.dirty:
            self.hub.mark(self)

    def flush(self) -> None:
        """Send what this turn produced, in one write."""
        self.dirty = False
        self.flowing = False
        if self.out and not self._closed:
            pieces = self.out.copy()
            self.out.clear()
            self.link.send(pieces)

    def stuck(self, stuck: bool) -> None:
        """The link's word that the socket is full, or takes bytes again."""
        self._stuck = stuck
        self._hold()

    def begin_event(self, subscription: Subscription) -> bool:
        """Get ready for an event; False if it has to wait, because the newest is enough for a client that is held."""
        if self.held:
            self.late[subscription] = None
            return False
        if not self.dirty:
            self.hub.mark(self)
        self.flowing = True
        return True

    def _hold(self) -> None:
        self.held = self._stuck or self._events_off
        self.flowing = False
        if not self.held and self.late:
            late, self.late = self.late, {}
            for subscription in late:
                self._send_event(subscription)

    def _send_event(self, subscription: Subscription) -> None:
        if self.held:
            self.late[subscription] = None
            return
        rendering = subscription.rendering
        payload = rendering.payload or rendering.render()
        self._send(subscription.head or rendering.head(Command.EVENT_ADD, subscription.subid, payload))
        self._send(payload)

    def _error(self, status: ECA, request: tuple[int, int, int, int, int, int], context: str, cid: int = -1) -> None:
        """CA_PROTO_ERROR: the request's header and a sentence, so that the client can say what went wrong."""
        command, size, dbr, count, p1, p2 = request
        text = context.encode("utf-8", "replace")[:400] + b"\0"
        body = pack_head(command, size, dbr, count, p1, p2) + text
        body += b"\0" * (-len(body) & 7)
        self._send(pack_head(Command.ERROR, len(body), 0, 0, cid & 0xFFFFFFFF, status.code))
        self._send(body)

    def close(self) -> None:
        """The client is gone: forget its channels. Puts under way are finished all the same."""
        if self._closed:
            return
        self._closed = True
        for channel in self._channels.values():
            channel.close(self.hub)
        self.hub.channels -= len(self._channels)
        self._channels.clear()
        self._reads.clear()
        self._writes.clear()
        self.late.clear()
        self.out.clear()
        self.hub.sessions.discard(self)

    # --- commands -----------------------------------------------------------------------------------------------

    def _version(self, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
        if self._versioned:
            return  # libca sends one before each search over TCP, with a flag where the priority was
        if dbr > MAX_PRIORITY:
            raise BadMessage(f"priority {dbr}")
        self._versioned = True
        self.minor = count
        self.priority = dbr

    def _client_name(self, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
        self.user = self._name(body, "user")

    def _host_name(self, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
        self.host = self._name(body, "host")

    def _name(self, body: Body, what: str) -> str:
        raw = bytes(body).partition(b"\0")[0]
        if len(raw) > _NAME_LIMIT:
            raise BadMessage(f"a {what} name of {len(raw)} bytes")
        return raw.decode("utf-8", "replace")

    def _echo(self, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
        self._send(pack_head(Command.ECHO, len(body), dbr, count, p1, p2) + bytes(body))

    def _read_sync(self, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
        self._send(pack_head(Command.READ_SYNC, 0, dbr, count, p1, p2))

    def _events_off_(self, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
        self._events_off = True
        self._hold()

    def _events_on(self, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
        self._events_off = False
        self._hold()

    def _search(self, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
        """A name server's question over TCP (EPICS_CA_NAME_SERVERS)."""
        if self.hub.find(bytes(body).partition(b"\0")[0]) is not None:
            self._send(HEADER.pack(Command.SEARCH, 0, self.hub.port, 0, 0xFFFFFFFF, p2))
        elif dbr == DO_REPLY:
            self._send(HEADER.pack(Command.NOT_FOUND, 0, dbr, count, p1, p2))

    def _create(self, dbr: int, count: int, cid: int, minor: int, body: Body) -> None:
        hub = self.hub
        pv = hub.find(bytes(body).partition(b"\0")[0])
        if pv is None:
            self._send(_pack_header(_CREATE_CH_FAIL, 0, 0, 0, cid, 0))
            return
        if hub.channels >= hub.limits.channels:
            self._error(ECA.ALLOCMEM, (Command.CREATE_CHAN, 0, dbr, count, cid, minor), "too many channels", cid)
            self._send(HEADER.pack(Command.CREATE_CH_FAIL, 0, 0, 0, cid, 0))
            return
        sid = self._next_sid
        self._next_sid += 1
        rights = READ_RIGHT | WRITE_RIGHT if pv.writable else READ_RIGHT
        self._channels[sid] = Channel(pv, cid, rights)
        hub.channels += 1
        self._send(_pack_header(_ACCESS_RIGHTS, 0, 0, 0, cid, rights))
        self.out.append(pack_head(_CREATE_CHAN, 0, NATIVE[pv.field_type], pv.max_count, cid, sid))

    def _clear(self, dbr: int, count: int, sid: int, cid: int, body: Body) -> None:
        channel = self._channels.pop(sid, None)
        if channel is None:
            self._error(ECA.UKNCHAN, (Command.CLEAR_CHANNEL, 0, dbr, count, sid, cid), "no such channel")
            return
        for key in channel.keys:
            self._reads.pop(key, None)
            self._writes.pop(key, None)
        for subscription in (channel.subscriptions or {}).values():
            self.late.pop(subscription, None)
        channel.close(self.hub)
        self.hub.channels -= 1
        self._send(HEADER.pack(Command.CLEAR_CHANNEL, 0, dbr, count, sid, cid))

    def _readable(
        self, command: int, dbr: int, count: int, sid: int, ioid: int, body: Body
    ) -> tuple[Channel, Rendering] | None:
        """The channel and what it will be read as; None after the client was told why not."""
        request = (command, len(body), dbr, count, sid, ioid)
        channel = self._channels.get(sid)
        if channel is None:
            self._error(ECA.UKNCHAN, request, "no such channel")
        elif dbr > ChannelType.CLASS_NAME or dbr in (ChannelType.PUT_ACKT, ChannelType.PUT_ACKS):
            self._error(ECA.GETFAIL, request, f"{channel.pv.name}: type {dbr} cannot be read", channel.cid)
        elif payload_size(dbr, count or channel.pv.max_count) > self.hub.limits.message:
            self._error(ECA.TOLARGE, request, f"{channel.pv.name}: {count} elements are too many", channel.cid)
        else:
            return channel, channel.outlet(self.hub).rendering(dbr, count)
        return None

    def _fetched(self, channel: Channel, rendering: Rendering, then: Callable[[], None]) -> None:
        """Call `then` with the PV up to date: at once, or after its getter has run."""
        work = channel.pv.fetch()
        if work is None:
            then()
            return

        def fetched(error: BaseException | None) -> None:
            if error is not None:
                log.warning("%s: the getter failed: %r", channel.pv.name, error)
            if not self._closed:
                then()

        self.hub.run(work, fetched)

    def _read_notify(self, dbr: int, count: int, sid: int, ioid: int, body: Body) -> None:
        found = self._readable(Command.READ_NOTIFY, dbr, count, sid, ioid, body)
        if found is None:
            return
        channel, rendering = found

        def reply() -> None:
            payload = rendering.payload or rendering.render()
            self._send(rendering.head(Command.READ_NOTIFY, ioid, payload))
            self._send(payload)

        if rendering.constant and not len(body) and not channel.pv.has_getter:
            size = payload_size(dbr, rendering.count)
            if size < 0xFFFF and rendering.count < 0xFFFF:
                key = HEADER.pack(Command.READ_NOTIFY, 0, dbr, count, sid, 0)[:12]
                head = HALF.pack(Command.READ_NOTIFY, size, dbr, rendering.count, ECA.NORMAL.code)
                self._reads[key] = (head, rendering)
                channel.keys += (key,)
        self._fetched(channel, rendering, reply)

    def _read(self, dbr: int, count: int, sid: int, ioid: int, body: Body) -> None:
        """The old READ without notification: failures come as errors, and a lone string is cut to its length."""
        found = self._readable(Command.READ, dbr, count, sid, ioid, body)
        if found is None:
            return
        channel, rendering = found

        def reply() -> None:
            payload = rendering.payload or rendering.render()
            if rendering.status != ECA.NORMAL.code:
                request = (Command.READ, 0, dbr, count, sid, ioid)
                self._error(ECA.GETFAIL, request, f"{channel.pv.name}: not readable as type {dbr}", channel.cid)
                return
            if dbr == ChannelType.STRING and rendering.count == 1:
                payload = payload[: (payload.index(b"\0") + 8) & ~7]
            self._send(
                pack_head(Command.READ, len(payload), dbr, rendering.count_now(payload), channel.cid, ioid) + payload
            )

        self._fetched(channel, rendering, reply)

    def _event_add(self, dbr: int, count: int, sid: int, subid: int, body: Body) -> None:
        found = self._readable(Command.EVENT_ADD, dbr, count, sid, subid, body)
        if found is None:
            return
        channel, rendering = found
        request = (Command.EVENT_ADD, len(body), dbr, count, sid, subid)
        if len(body) < 14:
            self._error(ECA.ADDFAIL, request, f"{channel.pv.name}: the event mask is missing", channel.cid)
            return
        if self.hub.subscriptions >= self.hub.limits.subscriptions:
            self._error(ECA.ALLOCMEM, request, f"{channel.pv.name}: too many subscriptions", channel.cid)
            return
        if channel.subscriptions is None:
            channel.subscriptions = {}
        if subid in channel.subscriptions:
            self._error(ECA.ADDFAIL, request, f"{channel.pv.name}: subscription {subid} exists already", channel.cid)
            return
        mask = body[12] << 8 | body[13]
        subscription = Subscription(self, rendering, sid, subid, mask)
        channel.subscriptions[subid] = subscription
        rendering.add(subscription)
        self.hub.subscriptions += 1
        # the current value always comes first
        self._fetched(channel, rendering, lambda: self._send_event(subscription))

    def _event_cancel(self, dbr: int, count: int, sid: int, subid: int, body: Body) -> None:
        channel = self._channels.get(sid)
        subscriptions = channel.subscriptions if channel is not None else None
        subscription = subscriptions.pop(subid, None) if subscriptions else None
        if subscription is None:
            self._error(ECA.UKNCHAN, (Command.EVENT_CANCEL, 0, dbr, count, sid, subid), "no such subscription")
            return
        subscription.rendering.remove(subscription)
        self.late.pop(subscription, None)
        self.hub.subscriptions -= 1
        # CA specification, "CA_PROTO_EVENT_CANCEL": the answer is an EVENT_ADD without payload
        self._send(pack_head(Command.EVENT_ADD, 0, dbr, count, sid, subid))

    def _write(self, dbr: int, count: int, sid: int, ioid: int, body: Body) -> None:
        request = (Command.WRITE, len(body), dbr, count, sid, ioid)
        channel = self._channels.get(sid)
        if channel is None:
            self._error(ECA.UKNCHAN, request, "no such channel")
            return
        cid = channel.cid

        def done(error: BaseException | None) -> None:
            if error is not None and not self._closed:
                status = ECA.NOWTACCESS if isinstance(error, PermissionError) else ECA.PUTFAIL
                self._error(status, request, str(error), cid)

        try:
            value = self._value(dbr, count, body)
        except ValueError as error:
            done(error)
            return
        self._put_typed(channel, dbr, value, done)

    def _write_notify(self, dbr: int, count: int, sid: int, ioid: int, body: Body) -> None:
        request = (Command.WRITE_NOTIFY, len(body), dbr, count, sid, ioid)
        channel = self._channels.get(sid)
        if channel is None:
            self._error(ECA.UKNCHAN, request, "no such channel")
            return

        def done(error: BaseException | None) -> None:
            self._put_done(dbr, count, ioid, error)

        try:
            value = self._value(dbr, count, body)
        except ValueError as error:
            done(error)
            return
        if count == 1 and len(body) == 8 and dbr in _SCALAR and channel.rights & WRITE_RIGHT:
            key = HEADER.pack(Command.WRITE_NOTIFY, 8, dbr, 1, sid, 0)[:12]
            head = HALF.pack(Command.WRITE_NOTIFY, 0, dbr, 1, ECA.NORMAL.code)
            self._writes[key] = (head, channel.outlet(self.hub), _SCALAR[ChannelType(dbr)].unpack)
            channel.keys += (key,)
        self._put_typed(channel, dbr, value, done)

    def _put_done(self, dbr: int, count: int, ioid: int, error: BaseException | None) -> None:
        if self._closed:
            return
        status = ECA.NORMAL
        if error is not None:
            status = ECA.NOWTACCESS if isinstance(error, PermissionError) else ECA.PUTFAIL
        self._send(pack_head(Command.WRITE_NOTIFY, 0, dbr, count, status.code, ioid))

    def _value(self, dbr: int, count: int, body: Body) -> Any:
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

    def _put_typed(self, channel: Channel, dbr: int, value: Any, done: Callable[[BaseException | None], None]) -> None:
        if dbr in (ChannelType.PUT_ACKT, ChannelType.PUT_ACKS):
            field = channel.pv.field("ACKT" if dbr == ChannelType.PUT_ACKT else "ACKS")
            if field is None or not channel.rights & WRITE_RIGHT:
                done(PermissionError(f"{channel.pv.name} has no alarm to acknowledge"))
                return
            outlet = self.hub.outlet(field)
            outlet.put(value, done)
            self.hub.release(outlet)
            return
        self._put(channel, value, done)

    def _put(self, channel: Channel, value: Any, done: Callable[[BaseException | None], None]) -> None:
        if not channel.rights & WRITE_RIGHT:
            done(PermissionError(f"{channel.pv.name} cannot be written"))
            return
        channel.outlet(self.hub).put(value, done)


_HANDLERS: Final[dict[int, Handler]] = {
    Command.VERSION: Session._version,
    Command.EVENT_ADD: Session._event_add,
    Command.EVENT_CANCEL: Session._event_cancel,
    Command.READ: Session._read,
    Command.WRITE: Session._write,
    Command.SEARCH: Session._search,
    Command.EVENTS_OFF: Session._events_off_,
    Command.EVENTS_ON: Session._events_on,
    Command.READ_SYNC: Session._read_sync,
    Command.CLEAR_CHANNEL: Session._clear,
    Command.READ_NOTIFY: Session._read_notify,
    Command.CREATE_CHAN: Session._create,
    Command.WRITE_NOTIFY: Session._write_notify,
    Command.CLIENT_NAME: Session._client_name,
    Command.HOST_NAME: Session._host_name,
    Command.ECHO: Session._echo,
}
