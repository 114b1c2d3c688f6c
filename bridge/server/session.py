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
from typing import TYPE_CHECKING, Any, Final, Protocol

from bridge.ca.header import EXTENDED, HEADER, MINOR_VERSION, Command
from bridge.ca.status import ECA
from bridge.server import channels, reads, writes
from bridge.server.channel import Channel
from bridge.server.errors import BadMessage, Body
from bridge.server.outlet import Outlet, Rendering, Subscription, pack_head

if TYPE_CHECKING:
    from bridge.server.hub import Hub

__all__ = ["Link", "Session"]

log = logging.getLogger("iocbridge.server")

_READ_NOTIFY: Final = int(Command.READ_NOTIFY)
_WRITE_NOTIFY: Final = int(Command.WRITE_NOTIFY)
_unpack_header = HEADER.unpack_from
_requests16 = Struct("12s4s").iter_unpack  # prefix, request id
_requests24 = Struct("12s4s8s").iter_unpack  # prefix, request id, one element padded to 8
_type_and_count = Struct(">4xHH").unpack_from  # of a prefix
_HEADER_ALONE: Final = HEADER.size
_VERSION_REPLY: Final = HEADER.pack(Command.VERSION, 0, 0, MINOR_VERSION, 0, 0)
_COPY_BELOW: Final = 4096  # a body shorter than this is copied: cheaper than a view of it


class Link(Protocol):
    """The session's way out. `send` takes all of it; what the socket does not take waits there."""

    def send(self, pieces: list[bytes]) -> None: ...
    def close(self) -> None: ...


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
        self.versioned = False
        self._events_off = False
        self.closed = False
        self.channels: dict[int, Channel] = {}
        self._last_sid = 0
        self._rest: list[bytes] = []  # the beginning of a message whose end is still to come
        self._have = 0
        self._need = 0  # bytes without which `_rest` is not worth looking at
        self._skip = 0  # bytes of a refused message still to be thrown away
        self.reads: dict[bytes, tuple[bytes, Rendering]] = {}
        self.writes: dict[bytes, tuple[bytes, Outlet, Callable[[bytes], tuple[Any, ...]]]] = {}
        hub.sessions.add(self)
        self.send(_VERSION_REPLY)  # rsrv speaks first, too

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
            if command == _READ_NOTIFY and self.reads:
                offset = self._fast_reads(data, offset, end)
                if end - offset < _HEADER_ALONE:
                    break
            elif command == _WRITE_NOTIFY and self.writes:
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
        reads = self.reads
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
        writes = self.writes
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
        dbr, count = _type_and_count(key)
        ioid = int.from_bytes(request, "big")
        return lambda error: self.put_done(dbr, count, ioid, error)

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
            self.error(ECA.UNAVAILINSERV, (command, size, dbr, count, p1, p2), "payload is not a multiple of 8 bytes")
            raise BadMessage(f"command {command} with a payload of {size} bytes, no multiple of 8")
        if end - offset < length:
            limits = self.hub.limits
            if size > (limits.message if self.channels else limits.first_message):
                self.error(ECA.TOLARGE, (command, size, dbr, count, p1, p2), f"{size} bytes are too many")
                self._skip = length - (end - offset)
                return end - offset
            self._need = length
            return 0
        handler = _HANDLERS.get(command)
        if handler is None:
            self.error(ECA.UNAVAILINSERV, (command, size, dbr, count, p1, p2), f"no command {command}")
            raise BadMessage(f"no such command: {command}")
        end = offset + length
        body = data[end - size : end] if size < _COPY_BELOW else memoryview(data)[end - size : end]
        handler(self, dbr, count, p1, p2, body)
        return length

    def new_sid(self) -> int:
        """A server id that this circuit has not had yet."""
        self._last_sid += 1
        return self._last_sid

    # --- bytes out ----------------------------------------------------------------------------------------------

    def send(self, piece: bytes) -> None:
        """Add a piece of a reply; it leaves with the others of this turn."""
        self.out.append(piece)
        if not self.dirty:
            self.hub.mark(self)

    def flush(self) -> None:
        """Send what this turn produced, in one write."""
        self.dirty = False
        self.flowing = False
        if self.out and not self.closed:
            pieces = self.out.copy()
            self.out.clear()
            self.link.send(pieces)

    def hold_events(self, events_off: bool) -> None:
        """EVENTS_OFF and EVENTS_ON."""
        self._events_off = events_off
        self._hold()

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
                self.send_event(subscription)

    def send_event(self, subscription: Subscription) -> None:
        """Send the present value to one subscription, or note that it is due."""
        if self.held:
            self.late[subscription] = None
            return
        rendering = subscription.rendering
        payload = rendering.payload or rendering.render()
        self.send(subscription.head or rendering.head(Command.EVENT_ADD, subscription.subid, payload))
        self.send(payload)

    def error(self, status: ECA, request: tuple[int, int, int, int, int, int], context: str, cid: int = -1) -> None:
        """CA_PROTO_ERROR: the request's header and a sentence, so that the client can say what went wrong."""
        command, size, dbr, count, p1, p2 = request
        text = context.encode("utf-8", "replace")[:400] + b"\0"
        body = pack_head(command, size, dbr, count, p1, p2) + text
        body += b"\0" * (-len(body) & 7)
        self.send(pack_head(Command.ERROR, len(body), 0, 0, cid & 0xFFFFFFFF, status.code))
        self.send(body)

    def close(self) -> None:
        """The client is gone: forget its channels. Puts under way are finished all the same."""
        if self.closed:
            return
        self.closed = True
        for channel in self.channels.values():
            channel.close(self.hub)
        self.hub.channels -= len(self.channels)
        self.channels.clear()
        self.reads.clear()
        self.writes.clear()
        self.late.clear()
        self.out.clear()
        self.hub.sessions.discard(self)

    def put_done(self, dbr: int, count: int, ioid: int, error: BaseException | None) -> None:
        """Answer a WRITE_NOTIFY."""
        if self.closed:
            return
        status = ECA.NORMAL
        if error is not None:
            status = ECA.NOWTACCESS if isinstance(error, PermissionError) else ECA.PUTFAIL
        self.send(pack_head(_WRITE_NOTIFY, 0, dbr, count, status.code, ioid))


_HANDLERS: Final[dict[int, Handler]] = {
    Command.VERSION: channels.version,
    Command.EVENT_ADD: reads.event_add,
    Command.EVENT_CANCEL: reads.event_cancel,
    Command.READ: reads.read,
    Command.WRITE: writes.write,
    Command.SEARCH: channels.search,
    Command.EVENTS_OFF: channels.events_off,
    Command.EVENTS_ON: channels.events_on,
    Command.READ_SYNC: channels.read_sync,
    Command.CLEAR_CHANNEL: channels.clear,
    Command.READ_NOTIFY: reads.read_notify,
    Command.CREATE_CHAN: channels.create,
    Command.WRITE_NOTIFY: writes.write_notify,
    Command.CLIENT_NAME: channels.client_name,
    Command.HOST_NAME: channels.host_name,
    Command.ECHO: channels.echo,
}
