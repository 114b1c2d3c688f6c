"""Outlet: the server's side of one PV. It keeps the rendered bytes, and fans changes out to the subscribers.

A value is rendered once per change and DBR type, however many clients read or watch it; a change to a type that
nobody watches only forgets the old bytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from bridge.server.rendering import Rendering, make_rendering
from records import PV

if TYPE_CHECKING:
    from bridge.server.hub import Hub

__all__ = ["MAX_WAITING", "Done", "Outlet"]

# Puts, or reads with a getter, that wait for their turn at one PV. libca allows one outstanding put-callback per
# request and people type slower than this; whoever floods a slow instrument is told so instead of filling the memory.
MAX_WAITING: Final = 4096
PVS: Final = 8  # at least so many find room for puts that wait, if each has as many as it can
CROWD: Final = 64  # subscriptions that make a change so long that somebody has to look at the clock
KEPT_UNWATCHED: Final = 8  # renderings of a PV: more kinds of reads than one client makes; the rest is made each time

Done = Callable[[BaseException | None], None]


class Outlet:
    """What all circuits share of one PV."""

    __slots__ = (
        "_by_type",
        "_draining",
        "_fetching",
        "_readers",
        "_waiting",
        "_waiting_bytes",
        "busy",
        "crowd",
        "hub",
        "pv",
        "renderings",
        "users",
    )

    def __init__(self, hub: Hub, pv: PV) -> None:
        self.hub = hub
        self.pv = pv
        self.users = 0  # channels; the hub drops the outlet with the last one
        self.renderings: list[Rendering] = []
        self.crowd = 0  # subscriptions, to all of them
        self.busy = 0  # puts that are under way: others queue behind them, but for plain ones to a PV that takes turns
        self._by_type: dict[tuple[int, int], Rendering] = {}
        self._draining = False
        self._waiting: deque[tuple[Any, Done, bool, int]] = deque()
        self._waiting_bytes = 0
        self._fetching = False
        self._readers: list[tuple[Callable[[], None], Done]] = []

    @property
    def at_work(self) -> bool:
        """Whether a put or a getter is under way, with or without a client that still waits for it."""
        return bool(self.busy) or self._fetching

    def close(self) -> None:
        """Forget the PV."""
        for rendering in self.renderings:
            rendering.unlisten()
            if rendering.large:
                self.hub.payloads.forget(rendering)

    # --- renderings ---------------------------------------------------------------------------------------------

    def rendering(self, dbr: int, count: int) -> Rendering:
        """The shared rendering for a request of `count` elements (0: as many as there are) of type `dbr`."""
        if count == 0 and self.pv.max_count == 1:
            count = 1
        found = self._by_type.get((dbr, count))
        if found is None:
            found = make_rendering(self, dbr, count)
            # A large one for an odd number of elements is kept only while it is watched: a client could otherwise ask
            # for each number in turn, and have the server remember a large array as many times.
            usual = not found.large or count in (0, 1, self.pv.max_count)
            if usual and len(self.renderings) < KEPT_UNWATCHED:
                found.lasting = True
                self.keep(found)
        return found

    def keep(self, rendering: Rendering) -> None:
        """Keep a rendering up to date from now on."""
        rendering.listen()
        self._by_type[rendering.dbr, rendering.count] = rendering
        self.renderings.append(rendering)

    def unkeep(self, rendering: Rendering) -> None:
        """Nobody watches it any more."""
        if not rendering.lasting:
            rendering.unlisten()
            rendering.payload = None
            del self._by_type[rendering.dbr, rendering.count]
            self.renderings.remove(rendering)
            if rendering.large:
                self.hub.payloads.forget(rendering)

    def count_crowd(self, by: int) -> None:
        """There are more subscriptions, or fewer, of whatever kind."""
        was_crowded = self.crowd > CROWD
        self.crowd += by
        if (self.crowd > CROWD) is not was_crowded:
            self.hub.crowds += by
            if was_crowded:
                self.pv.unlisten(self._relieve)
            else:
                self.pv.listen(self._relieve)

    def _relieve(self, pv: PV, changes: int) -> None:
        """So many watch that their events cannot all wait for the end of the turn."""
        self.hub.relieve(self.crowd)

    # --- puts ---------------------------------------------------------------------------------------------------

    def put(self, value: Any, done: Done, *, waits: bool = True) -> None:
        """Write on behalf of a client; puts to one PV keep their order. `done` gets what went wrong, or None.

        A put that needs no instrument is done before this returns. Unless the client `waits`, `done` is called when
        the PV itself is done, whatever it has set in motion elsewhere.
        """
        if not self.busy and not self._waiting:
            self._begin(value, done, waits)
            return
        size = _size_of(value)
        hub, limits = self.hub, self.hub.limits
        if (
            len(self._waiting) + self.busy > MAX_WAITING
            or (self._waiting_bytes and self._waiting_bytes + size > limits.waiting // PVS)
            or hub.put_bytes + size > limits.waiting
        ):
            done(BlockingIOError(f"{self.pv.name}: {len(self._waiting) + self.busy} puts are waiting already"))
            return
        hub.put_bytes += size
        self._waiting_bytes += size
        if waits or self._waiting or not self.pv.takes_turns:
            self._waiting.append((value, done, waits, size))
        else:
            self._begin(value, lambda error: self._leave(size, done, error), waits)

    def _leave(self, size: int, done: Done, error: BaseException | None) -> None:
        self.hub.put_bytes -= size
        self._waiting_bytes -= size
        done(error)

    def _begin(self, value: Any, done: Done, waits: bool) -> None:
        try:
            work = self.pv.put(value) if waits else self.pv.submit(value)
            going_on = None if work is None else self.hub.start(work)
        except Exception as error:  # whatever a putter raises is that put's failure, not the server's
            done(error)
            return
        if going_on is None:
            done(None)
        else:
            self.wait_for(going_on, done)

    def wait_for(self, going_on: Callable[[Done], None], done: Done) -> None:
        """Wait for the end of a put that was started; those that come meanwhile queue behind it."""
        self.busy += 1

        def finished(error: BaseException | None) -> None:
            self.busy -= 1
            done(error)
            self._drain()
            if not self.users:
                self.hub.drop(self)

        going_on(finished)

    def _drain(self) -> None:
        """Do the puts that wait, up to the next one that has to wait itself."""
        if self._draining:  # a put that was done at once has called us from within the loop below
            return
        self._draining = True
        try:
            while self._waiting and (not self.busy or (not self._waiting[0][2] and self.pv.takes_turns)):
                value, done, waits, size = self._waiting.popleft()
                self.hub.put_bytes -= size
                self._waiting_bytes -= size
                self._begin(value, done, waits)
        finally:
            self._draining = False

    # --- reads of PVs with getters ------------------------------------------------------------------------------

    def fetch(self, then: Callable[[], None], refuse: Done) -> None:
        """Call `then` once the getter has run, or `refuse` if too many wait for it, or it cannot be called.

        A getter runs once at a time. Those who come meanwhile share the next run, as the one under way may have looked
        at the instrument before they asked.
        """
        if not self._fetching:
            self._fetch([(then, refuse)])
        elif len(self._readers) < MAX_WAITING:
            self._readers.append((then, refuse))
        else:
            refuse(BlockingIOError(f"{self.pv.name}: {MAX_WAITING} reads are waiting already"))

    def _fetch(self, readers: list[tuple[Callable[[], None], Done]]) -> None:
        try:
            work = self.pv.fetch()
            going_on = None if work is None else self.hub.start(work)
        except Exception as error:
            for _, refuse in readers:
                refuse(error)
            return
        if going_on is None:
            for then, _ in readers:
                then()
            return
        self._fetching = True

        def fetched(error: BaseException | None) -> None:
            self._fetching = False
            for then, refuse in readers:
                if error is None:
                    then()
                else:
                    refuse(error)
            if self._readers and not self._fetching:
                waiting, self._readers = self._readers, []
                self._fetch(waiting)
            if not self.users:
                self.hub.drop(self)

        going_on(fetched)


def _size_of(value: Any) -> int:
    """Bytes, about, that a value takes while it waits."""
    elements = len(value) if hasattr(value, "__len__") else 0
    return 500 + elements * (90 if isinstance(value, list) else 8)
