"""Outgoing: one circuit's way out. Replies and events gather in `out` and leave in one write a turn.

A client that cannot take its events, because its socket is full or because it said EVENTS_OFF, is held: of each of its
subscriptions only the newest value is kept, and is sent when it takes bytes again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Protocol

from bridge.ca.header import Command, pack_header
from bridge.ca.status import ECA
from bridge.server.audience import Subscription
from bridge.server.limits import MUCH

if TYPE_CHECKING:
    from bridge.server.hub import Hub

__all__ = ["Link", "Outgoing", "Request"]

Request = tuple[int, int, int, int, int, int]

_WRITE_NOTIFY: Final = int(Command.WRITE_NOTIFY)
_CATCH_UP: Final = 256  # events between two looks at the clock


class Link(Protocol):
    """The session's way out."""

    def send(self, pieces: list[bytes]) -> None:
        """Take all pieces, of which only a few may be large; the list itself stays the caller's.

        What the socket does not take waits here.
        """
        ...

    def close(self) -> None: ...
    def stalled(self) -> float:
        """Seconds since the client last took something, if there is something for it to take."""
        ...

    def unsent(self) -> Iterable[bytes]:
        """What waits to be sent."""
        ...


class Outgoing:
    """What a session sends."""

    __slots__ = (
        "_events_off",
        "closed",
        "dirty",
        "flowing",
        "held",
        "hub",
        "is_stuck",
        "late",
        "link",
        "out",
        "waiting",
    )

    def __init__(self, hub: Hub, link: Link) -> None:
        self.hub = hub
        self.link = link
        self.out: list[bytes] = []  # the same list for the life of the session
        self.dirty = False  # is in the hub's list of sessions to flush
        self.waiting = False  # is in the hub's list of sessions to resume
        self.held = False  # events wait in `late`: the socket is full, or the client said EVENTS_OFF
        self.flowing = False  # dirty, not held, and nothing gathers for it elsewhere: an event need only be added
        self.late: OrderedDict[Subscription, None] = OrderedDict()
        self.is_stuck = False
        self._events_off = False
        self.closed = False

    def send(self, piece: bytes) -> None:
        """Add a piece of a reply; it leaves with the others of this turn."""
        if self.hub.gathering is not None:
            self.hub.pass_on()
        self.out.append(piece)
        if not self.dirty:
            self.hub.mark(self)

    def flush(self) -> None:
        """Send what this turn produced, in one write."""
        if self.hub.gathering is not None:
            self.hub.pass_on()
        self.dirty = False
        self.flowing = False
        if self.out and not self.closed:
            self.link.send(self.out)
            self.out.clear()

    def error(self, status: ECA, request: Request, context: str, cid: int = -1) -> None:
        """CA_PROTO_ERROR: the request's header and a sentence, so that the client can say what went wrong."""
        text = context.encode("utf-8", "replace")[:400] + b"\0"
        body = pack_header(*request) + text
        body += b"\0" * (-len(body) & 7)
        self.send(pack_header(Command.ERROR, len(body), 0, 0, cid & 0xFFFFFFFF, status.code))
        self.send(body)

    def put_done(self, dbr: int, count: int, ioid: int, error: BaseException | None) -> None:
        """Answer a WRITE_NOTIFY."""
        if self.closed:
            return
        status = ECA.NORMAL
        if error is not None:
            status = ECA.NOWTACCESS if isinstance(error, PermissionError) else ECA.PUTFAIL
        self.send(pack_header(_WRITE_NOTIFY, 0, dbr, count, status.code, ioid))

    # --- events -------------------------------------------------------------------------------------------------

    def hold_events(self, events_off: bool) -> None:
        """EVENTS_OFF and EVENTS_ON."""
        self._events_off = events_off
        self._hold()

    def stuck(self, stuck: bool) -> None:
        """The link's word that the socket is full, or takes bytes again."""
        self.is_stuck = stuck
        self._hold()

    def _hold(self) -> None:
        self.hub.pass_on()
        self.held = self.is_stuck or self._events_off
        self.flowing = False
        if self.late and not self.held:
            self.hub.wait(self)

    def resume(self) -> None:
        """Go on with what was left for this turn."""
        if self.late and not self.held:
            self._catch_up()

    def begin_events(self) -> bool:
        """Get ready for events of this turn; False if they have to wait in `late`, because the client is held."""
        if self.held:
            return False
        if self.hub.gathering is not None:
            self.hub.pass_on()
        if not self.dirty:
            self.hub.mark(self)
        self.flowing = True
        return True

    def postpone(self, subscription: Subscription) -> None:
        """Send an event when the loop comes round to this session."""
        self.late[subscription] = None
        if not self.held:
            self.hub.wait(self)

    def _catch_up(self) -> None:
        """Send the newest value to the subscriptions that are late, the longest waiting first."""
        late = self.late
        while late and not self.held:
            subscription, _ = late.popitem(last=False)
            self.send_event(subscription)
            if (subscription.rendering.large or len(late) % _CATCH_UP == 0) and self.hub.overdue():
                break
        if late and not self.held:
            self.hub.wait(self)

    def send_event(self, subscription: Subscription) -> None:
        """Send the present value to one subscription, or note that it is due."""
        if self.held:
            self.late[subscription] = None
            return
        rendering = subscription.rendering
        payload = rendering.payload or rendering.render()
        self.send(rendering.head(Command.EVENT_ADD, subscription.subid, payload))
        self.send(payload)
        if len(self.out) * len(payload) > MUCH:
            self.flush()
