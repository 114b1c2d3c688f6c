"""Rendering: the bytes of one PV as one DBR type with one element count, and who is to get them when they change."""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from bridge.ca.dbr import ELEMENT_SIZE, METADATA_SIZE
from bridge.ca.header import EXTENDED, HEADER, Command
from bridge.ca.status import ECA
from bridge.server.complaints import reason
from bridge.server.render import BASE, is_costly, payload_size, renderer
from bridge.server.views import View

if TYPE_CHECKING:
    from bridge.server.outlet import Outlet
    from bridge.server.session import Session

__all__ = ["HALF", "LargeRendering", "Rendering", "Subscription", "Unsteady", "make_rendering", "pack_head"]

HALF: Final = Struct(">HHHHI")  # a header without its last word
EVENT_ADD: Final = int(Command.EVENT_ADD)
NORMAL: Final = ECA.NORMAL.code
GETFAIL: Final = ECA.GETFAIL.code
LARGE: Final = 64 << 10  # bytes of a payload that is made, kept and sent with care
ALL_CHANGES: Final = 15  # the bits of an event mask that mean something


class Unsteady(Exception):
    """A rendering that has succeeded so far has failed: reply heads made in advance are not true any more."""


def pack_head(command: int, size: int, dbr: int, count: int, p1: int, p2: int) -> bytes:
    """A header, in its extended form where size or count want it."""
    if size < 0xFFFF and count < 0xFFFF:
        return HEADER.pack(command, size, dbr, count, p1, p2)
    return HEADER.pack(command, 0xFFFF, dbr, 0, p1, p2) + EXTENDED.pack(size, count)


class Subscription:
    """One client's monitor of one rendering. `head` goes before each payload (None: it varies with the payload)."""

    __slots__ = ("head", "mask", "place", "rendering", "session", "sid", "subid")

    def __init__(self, session: Session, rendering: Rendering, sid: int, subid: int, mask: int) -> None:
        self.session = session
        self.rendering = rendering
        self.sid = sid
        self.subid = subid
        self.mask = mask & ALL_CHANGES
        self.place = -1  # in the lists of its Audience; -1: in none
        self.head: bytes | None = None
        if rendering.constant:
            size = payload_size(rendering.dbr, rendering.count)
            self.head = pack_head(EVENT_ADD, size, rendering.dbr, rendering.count, NORMAL, subid)

    @property
    def live(self) -> bool:
        """Whether it has not been cancelled."""
        return self.place >= 0


class Audience:
    """The subscriptions of one rendering that have the same event mask.

    What an event needs of each stands in lists of its own: to look into a million subscriptions a second takes longer,
    for want of cache, than all the rest.
    """

    __slots__ = ("heads", "mask", "sessions", "subscriptions")

    def __init__(self, mask: int) -> None:
        self.mask = mask
        self.subscriptions: list[Subscription] = []
        self.sessions: list[Session] = []
        self.heads: list[bytes] = []  # as long as the rendering is constant

    def add(self, subscription: Subscription) -> None:
        subscription.place = len(self.subscriptions)
        self.subscriptions.append(subscription)
        self.sessions.append(subscription.session)
        self.heads.append(subscription.head or b"")

    def remove(self, subscription: Subscription) -> None:
        """The last one takes its place: a client may have a hundred thousand, and leave with all of them."""
        place = subscription.place
        subscription.place = -1
        last, session, head = self.subscriptions.pop(), self.sessions.pop(), self.heads.pop()
        if last is not subscription:
            self.subscriptions[place], self.sessions[place], self.heads[place] = last, session, head
            last.place = place

    def forget_heads(self) -> None:
        """They vary from now on."""
        self.heads = [b""] * len(self.heads)
        for subscription in self.subscriptions:
            subscription.head = None

    def note_held(self) -> None:
        """An event has to wait for those whose sessions are held: of each only the newest value will be sent."""
        for subscription in self.subscriptions:
            session = subscription.session
            if session.held:
                session.late[subscription] = None


class Rendering:
    """`payload` is None when it is out of date.

    `constant` says that size, count and status of a reply never change, so that reply heads can be made in advance.
    """

    __slots__ = (
        "_render",
        "constant",
        "count",
        "dbr",
        "kept",
        "lasting",
        "outlet",
        "payload",
        "size",
        "status",
        "watchers",
    )

    large = False  # see LargeRendering

    def __init__(self, outlet: Outlet, dbr: int, count: int) -> None:
        self.outlet = outlet
        self.dbr = dbr
        self.count = count
        self.kept = False  # told of changes, so that `payload` may be used again
        self.lasting = False  # kept as long as the outlet
        self.size = payload_size(dbr, count or outlet.pv.max_count)  # at most
        self.status = NORMAL
        self.payload: bytes | None = None
        self._render = renderer(outlet.pv, dbr, count)
        self.watchers: list[Audience] = []  # one for each event mask
        # text read as a number may fail at any time, and so the status is not constant
        self.constant = count > 0 and (BASE[dbr] == 0 or outlet.numeric)

    def render(self) -> bytes:
        """Make the payload anew. Sets `status`; a failed rendering is all zeros, as rsrv sends it, and is not kept."""
        try:
            payload = self._render()
        except Exception as error:
            return self._failed(error)
        self.status = NORMAL
        self.payload = payload
        return payload

    def _failed(self, error: Exception) -> bytes:
        if not isinstance(error, (ValueError, TypeError, OverflowError)):
            # not just a value without such a form: somebody has given the PV one that is none
            self.outlet.hub.complain("%s cannot be shown: %s", self.outlet.pv.name, reason(error))
        self.status = GETFAIL
        if self.constant:
            self.constant = False
            for audience in self.watchers:
                audience.forget_heads()
        return bytes(payload_size(self.dbr, self.count))

    def steady(self) -> bytes:
        """The payload for a reply head that was made in advance. Raises Unsteady."""
        payload = self.render()
        if self.status != NORMAL:
            raise Unsteady
        self.outlet.hub.fresh += len(payload)
        return payload

    def count_now(self, payload: bytes) -> int:
        """Number of elements in `payload`."""
        if self.count:
            return self.count
        if self.status != NORMAL:
            return 0
        pv = self.outlet.pv
        available = (len(payload) - METADATA_SIZE[self.dbr]) // ELEMENT_SIZE[BASE[self.dbr]]
        return min(pv.count, available)

    def head(self, command: int, p2: int, payload: bytes) -> bytes:
        """The header for a reply that carries `payload` and, in its first parameter, the status."""
        return pack_head(command, len(payload), self.dbr, self.count_now(payload), self.status, p2)

    def add(self, subscription: Subscription) -> None:
        """Begin to feed a subscription."""
        if not self.kept:
            self.outlet.keep(self)
        self.outlet.listeners_changed(1)
        for audience in self.watchers:
            if audience.mask == subscription.mask:
                break
        else:
            audience = Audience(subscription.mask)
            self.watchers.append(audience)
        audience.add(subscription)

    def remove(self, subscription: Subscription) -> None:
        """Feed it no longer."""
        (audience,) = [one for one in self.watchers if one.mask == subscription.mask]
        audience.remove(subscription)
        self.outlet.listeners_changed(-1)
        if not audience.subscriptions:
            self.watchers.remove(audience)
            if not self.watchers:
                self.outlet.unkeep(self)


class LargeRendering(Rendering):
    """One whose payload is large, or takes long to make.

    Its events are not made while the PV changes, but when the loop comes round to each client, with the newest value.
    """

    __slots__ = ()

    large = True

    def render(self) -> bytes:
        outlet = self.outlet
        payload = super().render()
        if self.kept:
            outlet.hub.payloads.keep(self, len(payload))
        else:
            outlet.hub.payloads.made += len(payload)
        if isinstance(outlet.pv, View):
            outlet.pv.forget()
        return payload

    def postpone(self, changes: int) -> None:
        """Note for whom there is news."""
        for audience in self.watchers:
            if audience.mask & changes:
                for subscription in audience.subscriptions:
                    subscription.session.postpone(subscription)


def make_rendering(outlet: Outlet, dbr: int, count: int) -> Rendering:
    """Choose the right class."""
    pv: Any = outlet.pv
    most = min(count or pv.max_count, pv.max_count)
    if pv.max_count > 1 and (payload_size(dbr, most) >= LARGE or is_costly(pv, dbr, most)):
        return LargeRendering(outlet, dbr, count)
    return Rendering(outlet, dbr, count)
