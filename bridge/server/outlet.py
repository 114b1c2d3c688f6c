"""Outlet: the server's side of one PV. It keeps the rendered bytes, and fans changes out to the subscribers.

A value is rendered once per change and DBR type, however many clients read or watch it; a change to a type that
nobody watches only forgets the old bytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine
from struct import Struct
from typing import TYPE_CHECKING, Any, Final

from bridge.ca.dbr import ELEMENT_SIZE, METADATA_SIZE
from bridge.ca.header import EXTENDED, HEADER, Command
from bridge.ca.status import ECA
from bridge.server.render import BASE, payload_size, renderer
from records import PV

if TYPE_CHECKING:
    from bridge.server.hub import Hub
    from bridge.server.session import Session

__all__ = ["HALF", "MAX_WAITING_PUTS", "Outlet", "Rendering", "Subscription", "pack_head"]

HALF: Final = Struct(">HHHHI")  # a header without its last word
EVENT_ADD: Final = int(Command.EVENT_ADD)
NORMAL: Final = ECA.NORMAL.code
GETFAIL: Final = ECA.GETFAIL.code
# Puts that wait for their turn at one PV. libca allows one outstanding put-callback per request and people type slower
# than this; whoever floods a slow instrument is told so instead of filling the memory.
MAX_WAITING_PUTS: Final = 4096

Done = Callable[[BaseException | None], None]


def pack_head(command: int, size: int, dbr: int, count: int, p1: int, p2: int) -> bytes:
    """A header, in its extended form where size or count want it."""
    if size < 0xFFFF and count < 0xFFFF:
        return HEADER.pack(command, size, dbr, count, p1, p2)
    return HEADER.pack(command, 0xFFFF, dbr, 0, p1, p2) + EXTENDED.pack(size, count)


class Subscription:
    """One client's monitor of one rendering. `head` goes before each payload (None: it varies with the payload)."""

    __slots__ = ("head", "mask", "rendering", "session", "sid", "subid")

    def __init__(self, session: Session, rendering: Rendering, sid: int, subid: int, mask: int) -> None:
        self.session = session
        self.rendering = rendering
        self.sid = sid
        self.subid = subid
        self.mask = mask
        self.head: bytes | None = None
        if rendering.constant:
            size = payload_size(rendering.dbr, rendering.count)
            self.head = pack_head(EVENT_ADD, size, rendering.dbr, rendering.count, NORMAL, subid)


class Rendering:
    """The bytes of one PV as one DBR type with one element count; `payload` is None when they are out of date.

    `constant` says that size, count and status of a reply never change, so that reply heads can be made in advance.
    """

    __slots__ = ("_render", "constant", "count", "dbr", "kept", "outlet", "payload", "status", "watchers")

    def __init__(self, outlet: Outlet, dbr: int, count: int) -> None:
        self.outlet = outlet
        self.dbr = dbr
        self.count = count
        self.kept = False  # told of changes, so that `payload` may be used again
        self.status = NORMAL
        self.payload: bytes | None = None
        self._render = renderer(outlet.pv, dbr, count)
        self.watchers: list[tuple[int, list[Subscription]]] = []  # by event mask
        # text read as a number may fail at any time, and so the status is not constant
        self.constant = count > 0 and (BASE[dbr] == 0 or outlet.numeric)

    def render(self) -> bytes:
        """Make the payload anew. Sets `status`; a failed rendering is all zeros, as rsrv sends it."""
        try:
            payload = self._render()
            self.status = NORMAL
        except (ValueError, TypeError, OverflowError):
            payload = bytes(payload_size(self.dbr, self.count))
            self.status = GETFAIL
        self.payload = payload
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
        for mask, subscriptions in self.watchers:
            if mask == subscription.mask:
                subscriptions.append(subscription)
                return
        self.watchers.append((subscription.mask, [subscription]))

    def remove(self, subscription: Subscription) -> None:
        """Feed it no longer."""
        for entry in self.watchers:
            mask, subscriptions = entry
            if mask == subscription.mask:
                subscriptions.remove(subscription)
                if not subscriptions:
                    self.watchers.remove(entry)
                    if not self.watchers:
                        self.outlet.unkeep(self)
                return


class Outlet:
    """What all circuits share of one PV."""

    __slots__ = ("_by_type", "_waiting", "busy", "hub", "numeric", "pv", "renderings", "users")

    def __init__(self, hub: Hub, pv: PV) -> None:
        self.hub = hub
        self.pv = pv
        self.users = 0  # channels; the hub drops the outlet with the last one
        self.numeric = pv.field_type != 0  # any type but STRING
        self.renderings: list[Rendering] = []
        self._by_type: dict[tuple[int, int], Rendering] = {}
        self.busy = False  # a put is under way
        self._waiting: deque[tuple[Any, Done]] = deque()
        pv.listen(self.changed)

    def close(self) -> None:
        """Forget the PV."""
        self.pv.unlisten(self.changed)

    def rendering(self, dbr: int, count: int) -> Rendering:
        """The shared rendering for a request of `count` elements (0: as many as there are) of type `dbr`."""
        if count == 0 and self.pv.max_count == 1:
            count = 1
        found = self._by_type.get((dbr, count))
        if found is None:
            found = Rendering(self, dbr, count)
            if count in (0, 1, self.pv.max_count):
                self.keep(found)
        return found

    def keep(self, rendering: Rendering) -> None:
        """Keep a rendering up to date from now on.

        One for an odd number of elements is kept only while it is watched: a client could otherwise ask for each
        number in turn, and have the server remember a large array as many times.
        """
        rendering.kept = True
        self._by_type[rendering.dbr, rendering.count] = rendering
        self.renderings.append(rendering)

    def unkeep(self, rendering: Rendering) -> None:
        """Nobody watches it any more."""
        if rendering.count not in (0, 1, self.pv.max_count):
            rendering.kept = False
            del self._by_type[rendering.dbr, rendering.count]
            self.renderings.remove(rendering)

    def changed(self, pv: PV, changes: int) -> None:
        """The PV's news: render what is watched, forget the rest, and queue the events."""
        for rendering in self.renderings:
            rendering.payload = None
            for mask, subscriptions in rendering.watchers:
                if not mask & changes:
                    continue
                payload = rendering.payload
                for subscription in subscriptions:
                    session = subscription.session
                    if not session.flowing and not session.begin_event(subscription):
                        continue
                    if payload is None:
                        payload = rendering.render()
                    add = session.add
                    add(subscription.head or rendering.head(EVENT_ADD, subscription.subid, payload))
                    add(payload)

    def put(self, value: Any, done: Done) -> None:
        """Write on behalf of a client; puts to one PV keep their order. `done` gets what went wrong, or None.

        A put that needs no instrument is done before this returns.
        """
        if not self.busy:
            self._begin(value, done)
        elif len(self._waiting) < MAX_WAITING_PUTS:
            self._waiting.append((value, done))
        else:
            done(BlockingIOError(f"{self.pv.name}: {MAX_WAITING_PUTS} puts are waiting already"))

    def _begin(self, value: Any, done: Done) -> None:
        try:
            work = self.pv.put(value)
        except Exception as error:  # whatever a putter raises is that put's failure, not the server's
            done(error)
            return
        if work is None:
            done(None)
        else:
            self.begin(work, done)

    def begin(self, work: Coroutine[Any, Any, Any], done: Done) -> None:
        """Run a put that has to wait for something; those that come meanwhile queue behind it."""
        self.busy = True

        def finished(error: BaseException | None) -> None:
            self.busy = False
            done(error)
            while self._waiting and not self.busy:
                self._begin(*self._waiting.popleft())

        self.hub.run(work, finished)
