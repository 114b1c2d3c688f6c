"""Audience: the subscriptions of one rendering."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Final

from bridge.ca.header import Command
from bridge.server.limits import MUCH
from bridge.server.sharedout import SharedOut

if TYPE_CHECKING:
    from bridge.server.rendering import Rendering
    from bridge.server.session import Session

__all__ = ["EVENT_ADD", "Audience", "Subscription"]

EVENT_ADD: Final = int(Command.EVENT_ADD)
ALL_CHANGES: Final = 15  # the bits of an event mask that mean something

_id = Struct(">I").pack


class Subscription:
    """One client's monitor of one rendering."""

    __slots__ = ("mask", "place", "rendering", "session", "subid")

    def __init__(self, session: Session, rendering: Rendering, subid: int, mask: int) -> None:
        self.session = session
        self.rendering = rendering
        self.subid = subid
        self.mask = mask & ALL_CHANGES
        self.place = -1  # in the list of its Audience; -1: in none

    @property
    def live(self) -> bool:
        """Whether it has not been cancelled."""
        return self.place >= 0


class Audience:
    """The subscriptions of one rendering that have the same event mask.

    An event is a head, with the id that the client has given to its subscription, and the payload. Clients of one kind
    that ask for the same things choose the same ids. Then one head does for all of them, and one list of what they get.
    """

    __slots__ = ("head", "mask", "pairs", "shared", "subscriptions")

    def __init__(self, mask: int) -> None:
        self.mask = mask
        self.subscriptions: list[Subscription] = []
        self.pairs: tuple[tuple[Session, bytes], ...] = ()  # who gets which head; none: make them anew
        self.head = b""  # of all, if they are `shared`
        self.shared: SharedOut | None = None

    def add(self, subscription: Subscription) -> None:
        subscription.place = len(self.subscriptions)
        self.subscriptions.append(subscription)
        self.forget()

    def remove(self, subscription: Subscription) -> None:
        """The last one takes its place: a client may have a hundred thousand, and leave with all of them."""
        place = subscription.place
        subscription.place = -1
        last = self.subscriptions.pop()
        if last is not subscription:
            self.subscriptions[place] = last
            last.place = place
        self.forget()

    def forget(self) -> None:
        """Make the heads anew for the next event."""
        self.pairs = ()
        self.shared = None

    def pair(self, rendering: Rendering, payload: bytes) -> tuple[tuple[Session, bytes], ...]:
        """Make the heads of an event, side by side in memory, and keep them if they are those of later events, too."""
        head = rendering.head(EVENT_ADD, 0, payload)
        begin, end = head[:12], head[16:]
        heads = {subid: begin + _id(subid) + end for subid in {one.subid for one in self.subscriptions}}
        pairs = tuple([(one.session, heads[one.subid]) for one in self.subscriptions])
        if rendering.constant:
            self.pairs = pairs
            if len(heads) == 1 < len(pairs):
                self.head = pairs[0][1]
                self.shared = rendering.outlet.hub.shared_out([one.session for one in self.subscriptions])
        return pairs

    def tell_each(self, rendering: Rendering, payload: bytes) -> None:
        """Queue an event whose head may be another one each time, and which may be large."""
        for subscription in self.subscriptions:
            session = subscription.session
            if session.flowing or session.begin_events():
                session.out.append(rendering.head(EVENT_ADD, subscription.subid, payload))
                session.out.append(payload)
                if len(session.out) * len(payload) > MUCH:
                    session.flush()
            else:
                session.late[subscription] = None

    def note_held(self) -> None:
        """An event has to wait for those whose sessions are held: of each only the newest value will be sent."""
        for subscription in self.subscriptions:
            session = subscription.session
            if session.held:
                session.late[subscription] = None
