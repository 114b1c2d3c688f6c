"""Session: one client's circuit. Bytes in, replies into `out` (`Outgoing`); no socket, no loop.

Two paths lead through `feed`. Reads and puts of plain scalars repeat the same first twelve bytes (command, size,
type, count, server id), so these resolve by one dictionary look-up to a ready reply head: see `fast_reads` and
`fast_writes`. Everything else, and the first request of each kind, takes `_one`, which looks the command up in a
table of handlers.

Nobody gets more than a turn of the loop: what a client has asked for beyond that stays in `_rest` until `resume`, and
no more is read from its socket meanwhile.

Refusals follow rsrv (camessage.c), save that its ECA_INTERNAL is answered by a WARNING: C clients abort on the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NoReturn

from bridge.ca.header import EXTENDED, HEADER, HEADER_SIZE, MINOR_VERSION, Command
from bridge.ca.status import ECA
from bridge.server import channels, reads, writes
from bridge.server.channel import Channel
from bridge.server.channels import fast_creates
from bridge.server.errors import BadMessage, Body, Data, Enough
from bridge.server.limits import MUCH
from bridge.server.outgoing import Link, Outgoing, Request
from bridge.server.reads import fast_reads, wide_reads
from bridge.server.rendering import Rendering
from bridge.server.writes import Write, fast_writes

if TYPE_CHECKING:
    from bridge.server.hub import Hub

__all__ = ["Link", "Session"]

_READ_NOTIFY: Final = int(Command.READ_NOTIFY)
_CREATE_CHAN: Final = int(Command.CREATE_CHAN)
_PUTS: Final = (int(Command.WRITE_NOTIFY), int(Command.WRITE))
_unpack_header = HEADER.unpack_from
_VERSION_REPLY: Final = HEADER.pack(Command.VERSION, 0, 0, MINOR_VERSION, 0, 0)
_COPY_BELOW: Final = 4096  # a body shorter than this is copied: cheaper than a view of it
_STRIDE: Final = 1024  # bytes of requests between two looks at the clock
_PIECES: Final = 4096  # pieces of replies that are sent before the turn is over

Handler = Callable[["Session", int, int, int, int, Body], None]


class Session(Outgoing):
    """The server's end of a virtual circuit."""

    __slots__ = (
        "_handlers",
        "_have",
        "_need",
        "_reserved",
        "_rest",
        "_seen",
        "_skip",
        "address",
        "behind",
        "channels",
        "host",
        "last_sid",
        "minor",
        "peer",
        "priority",
        "reads",
        "subscriptions",
        "user",
        "versioned",
        "view_bytes",
        "views",
        "wide",
        "writes",
    )

    def __init__(self, hub: Hub, link: Link, peer: str) -> None:
        super().__init__(hub, link)
        self.peer = peer
        self.address = peer.rpartition(":")[0]
        self.user = ""
        self.host = ""
        self.minor = MINOR_VERSION
        self.priority = 0
        self.versioned = False
        self.channels: dict[int, Channel] = {}
        self.subscriptions = 0
        self.views = 0  # channels with filters ...
        self.view_bytes = 0  # ... and what they may keep of arrays
        self.last_sid = 0  # server ids are given once, so that a late message does not meet another channel
        self.behind = False  # `_rest` has whole messages, for a later turn
        self._rest = bytearray()  # the beginning of a message whose end is still to come
        self._have = 0
        self._need = 0  # bytes without which `_rest` is not worth looking at
        self._skip = 0  # bytes of a refused message still to be thrown away
        self._reserved = 0  # of the hub's allowance for long messages
        self._seen = (0, 0.0)  # bytes of an unfinished message, and since when
        self._handlers = _HANDLERS
        self.reads: dict[bytes, tuple[bytes, Rendering]] = {}
        self.wide: dict[bytes, tuple[bytes, Rendering]] = {}
        self.writes: dict[bytes, Write] = {}
        hub.sessions.add(self)
        self.send(_VERSION_REPLY)  # rsrv speaks first, too

    # --- bytes in -----------------------------------------------------------------------------------------------

    def feed(self, data: Data) -> None:
        """Take what arrived. Never raises for anything a client may send."""
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        if self._have:
            self._rest += data
            self._have += len(data)
            if self._have < self._need:
                return
            data = self._take_rest()
        try:
            self._messages(data)
        except BadMessage as error:
            self._hang_up("circuit closed: %s", error)
        except Exception as error:  # a defect, of ours or of somebody's PV class: it costs this circuit and no other
            self._hang_up("circuit closed: %r", error, error)
        if self.out and not self.dirty:
            self.hub.mark(self)

    def resume(self) -> None:
        """Go on with what was left for this turn."""
        super().resume()
        if self.behind and not self.is_stuck and not self.closed:
            self.feed(b"")

    def stuck(self, stuck: bool) -> None:
        """The link's word that the socket is full, or takes bytes again."""
        super().stuck(stuck)
        if self.behind and not stuck:
            self.hub.wait(self)

    def deaf(self) -> None:
        """The link's word that the client has left. Of what it has asked for only puts still matter."""
        self._handlers = _LAST_WISHES
        self.reads.clear()
        self.wide.clear()
        self.hold_events(True)

    def _hang_up(self, text: str, why: Exception, error: Exception | None = None) -> None:
        self.hub.complain(f"%s: {text}", self.peer, why, error=error)
        self.flush()
        self.link.close()

    def _messages(self, data: Data) -> None:
        """Handle what is whole, as far as this turn's time allows, and keep the rest."""
        offset = 0
        end = len(data)
        last = end - HEADER_SIZE  # where the last header may begin
        self._need = HEADER_SIZE
        try:
            while offset <= last:
                pause = offset + _STRIDE if offset + _STRIDE < last else last
                while offset <= pause:
                    command = data[offset + 1]
                    if command == _READ_NOTIFY:
                        after = fast_reads(self, data, offset, end) if self.reads else offset
                        if after == offset and self.wide:
                            after = wide_reads(self, data, offset, end)
                        if after != offset:
                            offset = after
                            continue
                    elif command in _PUTS and self.writes:
                        after = fast_writes(self, data, offset, end)
                        if after != offset:
                            offset = after
                            continue
                    elif command == _CREATE_CHAN:
                        after = fast_creates(self, data, offset, end)
                        if after != offset:
                            offset = after
                            continue
                    taken = self._one(data, offset, end)
                    if not taken:
                        self._keep(data, offset)
                        return
                    offset += taken
                if offset <= last and self._is_over():
                    self._leave(data, offset)
                    return
        except Enough as enough:  # said by the handler of the message at `offset`, when it was done
            self._leave(data, offset + _length(data, offset) if enough.rest is None else enough.rest)
            return
        if offset < end:
            self._keep(data, offset)

    def _is_over(self) -> bool:
        """Whether this session's turn is over."""
        if len(self.out) > _PIECES:
            self.flush()
        return self.is_stuck or self.hub.overdue()

    def pace(self, size: int) -> None:
        """To be called after what took long, or added `size` bytes to the output. Raises Enough if the turn is over."""
        if len(self.out) * size > MUCH:
            self.flush()
        if self.is_stuck or self.hub.overdue():
            raise Enough

    def _one(self, data: Data, offset: int, end: int) -> int:
        """Handle one message. Returns its length, or 0 if it is not all there yet."""
        command, size, dbr, count, p1, p2 = _unpack_header(data, offset)
        length: int = HEADER_SIZE + size
        if size & 7:
            if size != 0xFFFF:
                return self._bad_size((command, size, dbr, count, p1, p2))
            if end - offset < 24:
                self._need = 24
                return 0
            size, count = EXTENDED.unpack_from(data, offset + 16)
            length = 24 + int(size)
            if size & 7:
                return self._bad_size((command, size, dbr, count, p1, p2))
        if end - offset < length or size > self.hub.limits.message:
            return self._unfinished((command, size, dbr, count, p1, p2), length, min(end - offset, length))
        handler = self._handlers.get(command)
        if handler is None:
            self.error(ECA.UNAVAILINSERV, (command, size, dbr, count, p1, p2), f"no command {command}")
            raise BadMessage(f"no such command: {command}")
        end = offset + length
        body = data[end - size : end] if size < _COPY_BELOW else memoryview(data)[end - size : end]
        handler(self, dbr, count, p1, p2, body)
        return length

    def _bad_size(self, request: Request) -> NoReturn:
        self.error(ECA.UNAVAILINSERV, request, "payload is not a multiple of 8 bytes")
        raise BadMessage(f"command {request[0]} with a payload of {request[1]} bytes, no multiple of 8")

    # --- messages that are not there yet, or too large -------------------------------------------------------------

    def _unfinished(self, request: Request, length: int, there: int) -> int:
        """Decide whether to wait for the rest of a message. Returns the bytes that are done with: none, or all.

        Of what is too large all may be there, if the limit is set low.
        """
        command, size, *_ = request
        limits = self.hub.limits
        is_put = command in (Command.WRITE, Command.WRITE_NOTIFY) and self.channels
        if size <= (limits.message if is_put else limits.request):
            if size <= limits.request or self.hub.room(
                self.address, limits.unfinished, self.hub.unfinished, _reserved_by, size
            ):
                if size > limits.request:
                    self.hub.unfinished += size
                    self._reserved = size
                self._need = length
                return 0
            self.error(ECA.ALLOCMEM, request, "too many long messages at once")
        else:
            self.error(ECA.TOLARGE, request, f"{size} bytes are too many")
        self._skip = length - there
        return there

    def _keep(self, data: Data, offset: int) -> None:
        self._rest += memoryview(data)[offset:] if offset else data
        self._have = len(data) - offset

    def _leave(self, data: Data, offset: int) -> None:
        """Keep the rest for a later turn."""
        if offset < len(data):
            self._keep(data, offset)
        if self._have >= HEADER_SIZE:
            self._need = 0
            self.behind = True
            self.hub.wait(self)

    def _take_rest(self) -> bytearray:
        data, self._rest = self._rest, bytearray()
        self._have = 0
        self.behind = False
        self._release()
        return data

    def _release(self) -> None:
        self.hub.unfinished -= self._reserved
        self._reserved = 0

    # --- the end ------------------------------------------------------------------------------------------------

    def idle(self, now: float) -> str:
        """Why this client should be dropped; empty if it should not. To be called now and then."""
        stall = self.hub.limits.stall
        if self.link.stalled() > stall:
            return f"took nothing for {stall:g} s"
        if self.is_stuck or self.behind or not self._have or self._have != self._seen[0]:
            self._seen = self._have, now
        elif now - self._seen[1] > stall:
            return f"stopped in the middle of a message {stall:g} s ago"
        return ""

    def close(self) -> None:
        """The client is gone: forget its channels. Puts under way are finished all the same."""
        if self.closed:
            return
        self.closed = True
        for channel in self.channels.values():
            channel.close(self.hub)
        self.hub.channels -= len(self.channels)
        self.hub.subscriptions -= self.subscriptions
        self.hub.views -= self.views
        self.hub.view_bytes -= self.view_bytes
        self._release()
        self.channels.clear()
        self.reads.clear()
        self.wide.clear()
        self.writes.clear()
        self.late.clear()
        self.out.clear()
        self._rest.clear()
        self.hub.sessions.discard(self)


def _length(data: Data, offset: int) -> int:
    """Of the message at `offset`, all of which is there."""
    size: int = _unpack_header(data, offset)[1]
    return int(24 + EXTENDED.unpack_from(data, offset + 16)[0]) if size == 0xFFFF else HEADER_SIZE + size


def _reserved_by(session: Session) -> int:
    return session._reserved


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


def _ignore(session: Session, dbr: int, count: int, p1: int, p2: int, body: Body) -> None:
    """Do nothing."""


_LAST_WISHES: Final[dict[int, Handler]] = dict.fromkeys(_HANDLERS, _ignore) | {
    command: _HANDLERS[command]
    for command in (Command.VERSION, Command.CREATE_CHAN, Command.CLEAR_CHANNEL, Command.WRITE, Command.WRITE_NOTIFY)
}
