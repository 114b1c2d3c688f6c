"""Hub: what all circuits of one server share. No sockets and no event loop: both are handed in as functions.

The loop's turns are short: whoever asks for so much that its time is up goes on in a later turn (`wait`), so that a
client with a thousand expensive requests does not keep one with a single cheap request waiting.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol
from weakref import WeakValueDictionary

from bridge.server import channels
from bridge.server.complaints import Complaints
from bridge.server.limits import MUCH, Limits
from bridge.server.outlet import Done, Outlet
from bridge.server.payloads import KeptPayloads
from bridge.server.sharedout import SharedOut
from bridge.server.views import MODIFIERS, View, open_view
from records import PV, resolve

if TYPE_CHECKING:
    from bridge.server.outgoing import Outgoing
    from bridge.server.session import Session

__all__ = ["Hub", "Runner"]

log = logging.getLogger("iocbridge.server")

CROWDED: Final = 50_000  # events to be sent, after which those with most of them get them at once
CROWD: Final = 1000  # pieces that make a session one of those
LONGEST_NAME: Final = 4096  # characters of a name with modifiers; libca sends no more than a thousand


class Runner(Protocol):
    """How the event loop is asked to do things. The shells (asyncio ...) provide it."""

    def start(self, work: Coroutine[Any, Any, Any], /) -> Callable[[Done], None] | None:
        """Run a coroutine as far as it goes without waiting.

        Returns None if that was all of it, and raises what it raised. Else it returns what is to be called at once,
        with the function that is to be told how it ended.
        """
        ...

    def call_soon(self, function: Callable[[], None], /) -> None:
        """Call `function` once this turn of the loop is over."""
        ...


class Hub:
    """The database, the outlets in use, and the circuits that have something to send."""

    def __init__(
        self,
        pvdb: Mapping[str, PV],
        runner: Runner,
        limits: Limits,
        port: int = 0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.pvdb = pvdb
        self.limits = limits
        self.port = port  # where searches are told to connect
        self.start = runner.start
        self.complain = Complaints(log, now)
        self.payloads = KeptPayloads(limits.arrays)
        self._call_soon = runner.call_soon
        self._now = now
        self._deadline = 0.0  # of this turn
        self.fresh = 0  # bytes of payloads made anew in this turn for clients that ask again and again
        self._outlets: dict[PV, Outlet] = {}
        self._dirty: list[Outgoing] = []
        self._flush_due = False
        self._waiting: list[Outgoing] = []  # for a later turn
        self._resume_due = False
        self.gathering: SharedOut | None = None  # for several sessions, until it is passed on
        self._shared: WeakValueDictionary[tuple[int, ...], SharedOut] = WeakValueDictionary()
        self.crowds = 0  # PVs with so many subscriptions that each change of theirs takes long
        self._events = 0  # since the crowds were last relieved
        self.sessions: set[Session] = set()
        self.channels = 0
        self.few_channels = int(limits.channels * limits.share)  # so few that nobody has too many
        self.subscriptions = 0
        self.unfinished = 0  # bytes of messages that clients have begun to send
        self.put_bytes = 0  # of puts that wait for instruments
        self.views = 0  # filtered channels
        self.view_bytes = 0  # that they may keep of arrays

    # --- the database -------------------------------------------------------------------------------------------

    def find(self, name: bytes, opened_by: Session | None = None) -> PV | None:
        """The PV of a name as it comes from the wire, or None. `NAME.FIELD` reaches a record's field.

        A name with modifiers (``NAME.FIELD$``, ``NAME.[2:4]``, filters) gets a view of its own, which is of use only if
        it is opened by the session that wants a channel to it.
        """
        try:
            text = name.decode()
            try:
                return self.pvdb[text]
            except KeyError:
                found = resolve(self.pvdb, text)
            if found is None and not MODIFIERS.isdisjoint(text) and len(text) <= LONGEST_NAME:
                found = open_view(self.pvdb, text)
                if opened_by is not None and isinstance(found, View):
                    found = self._opened(found, opened_by)
        except UnicodeDecodeError:
            return None
        except Exception as error:  # a database may be any mapping; what it makes of odd names costs nobody else
            self.complain("looking up %s has failed", name[:60].decode("utf-8", "replace"), error=error)
            return None
        return found

    def _opened(self, view: View, session: Session) -> View | None:
        limits = self.limits
        view.open()
        if (
            not self.room(session.address, limits.filtered, self.views, _views_of)
            or self.view_bytes + view.keeps > limits.arrays
        ):
            self.complain("%s: too many filtered channels, or of too large arrays", session.peer)
            return None
        self.count_view(session, view, 1)
        return view

    def count_view(self, session: Session, view: View, by: int) -> None:
        """A session has one view more, or less."""
        self.views += by
        self.view_bytes += by * view.keeps
        session.views += by
        session.view_bytes += by * view.keeps

    def outlet(self, pv: PV) -> Outlet:
        """The outlet of a PV, for one more channel."""
        found = self._outlets.get(pv)
        if found is None:
            found = self._outlets[pv] = Outlet(self, pv)
        found.users += 1
        return found

    def release(self, outlet: Outlet) -> None:
        """One channel fewer."""
        outlet.users -= 1
        if outlet.users == 0:
            self.drop(outlet)

    def drop(self, outlet: Outlet) -> None:
        """Forget an outlet that nobody uses, unless it still works for somebody who is gone."""
        if not outlet.at_work and self._outlets.get(outlet.pv) is outlet:
            outlet.close()
            del self._outlets[outlet.pv]

    def tell_rights(self, pv: PV) -> None:
        """Clients may write a PV from now on, or may no longer."""
        for session in self.sessions:
            channels.tell_rights(session, pv)

    # --- fair shares --------------------------------------------------------------------------------------------

    def room(self, address: str, limit: int, used: int, by_session: Callable[[Session], int], more: int = 1) -> bool:
        """Whether a client at `address` may have `more` of something of which `used` is in use, and how by whom.

        Nobody counts as long as so little is in use that no host can have more than its share.
        """
        share = limit * self.limits.share
        if used + more <= share:
            return True
        if used + more > limit:
            return False
        return sum(by_session(session) for session in self.sessions if session.address == address) + more <= share

    # --- turns --------------------------------------------------------------------------------------------------

    def mark(self, session: Outgoing) -> None:
        """Note that a session has something to send, and see to it that it goes out when this turn is over."""
        session.dirty = True
        self._dirty.append(session)
        if not self._flush_due:
            self._flush_due = True
            self._call_soon(self.flush)

    def flush(self) -> None:
        """Send what has gathered: one write per circuit."""
        self._flush_due = False
        self.pass_on()
        dirty, self._dirty = self._dirty, []
        for session in dirty:
            session.flush()
        if self.payloads.made > self.limits.unread // 4:
            self.payloads.made = 0
            self.drop_greediest()

    def shared_out(self, sessions: list[Session]) -> SharedOut | None:
        """What is common to these sessions; None if one of them is to get everything twice."""
        key = tuple(sorted(map(id, sessions)))
        if len(set(key)) < len(key):
            return None
        found = self._shared.get(key)
        if found is None:
            found = self._shared[key] = SharedOut(tuple(sessions))
        return found

    def pass_on(self) -> None:
        """Give the sessions what has gathered for several of them: something else is to be sent."""
        gathering = self.gathering
        if gathering is not None:
            self.gathering = None
            gathering.close()

    def hold_flush(self) -> None:
        """A turn begins. The caller promises to call `flush` itself at its end (the reactor does)."""
        self._flush_due = True
        self.fresh = 0
        self._deadline = self._now() + self.limits.turn

    def overdue(self) -> bool:
        """Whether this turn has taken so long, or made so much, that others should have theirs."""
        return self._now() > self._deadline or self.fresh > MUCH

    def wait(self, session: Outgoing) -> None:
        """Call `session.resume` in the next turn."""
        if session.waiting:
            return
        session.waiting = True
        self._waiting.append(session)
        if not self._resume_due:
            self._resume_due = True
            self._call_soon(self._resume)

    def _resume(self) -> None:
        self._resume_due = False
        waiting, self._waiting = self._waiting, []
        self.hold_flush()
        try:
            for session in reversed(waiting):  # whoever used up the last turn's time comes last in this one
                session.waiting = False
                session.resume()
        finally:
            self.flush()

    def relieve(self, events: int) -> None:
        """Many events have been queued at once: do not wait for the turn's end if they become too many."""
        self._events += events
        if self._events > CROWDED:
            self._events = 0
            for session in self._dirty.copy():
                if len(session.out) > CROWD:
                    session.flush()

    # --- housekeeping -------------------------------------------------------------------------------------------

    def look_after(self) -> None:
        """Drop clients that take nothing, or have stopped in the middle of a message. To be called now and then."""
        now = self._now()
        for session in tuple(self.sessions):
            why = session.idle(now)
            if why:
                self.complain("%s: %s, and is dropped", session.peer, why)
                session.link.close()
        self.drop_greediest()

    def drop_greediest(self) -> None:
        """If too much waits for clients that do not read, drop those for whom most of it waits."""
        total = 0
        seen: set[int] = set()
        waiting: dict[Session, int] = {}
        for session in self.sessions:
            own = 0
            for piece in session.link.unsent():
                own += len(piece)
                if id(piece) not in seen:  # an array is one, however many are to get it
                    seen.add(id(piece))
                    total += len(piece)
            if own:
                waiting[session] = own
        while total > self.limits.unread and waiting:
            greediest = max(waiting, key=waiting.__getitem__)
            total -= waiting.pop(greediest)
            self.complain("%s: does not read what it asked for, and is dropped", greediest.peer)
            greediest.link.close()


def _views_of(session: Session) -> int:
    return session.views
