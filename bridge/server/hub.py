"""Hub: what all circuits of one server share. No sockets and no event loop: both are handed in as functions."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from bridge.server.limits import Limits
from bridge.server.outlet import Outlet
from bridge.server.views import MODIFIERS, open_view
from records import PV, resolve

if TYPE_CHECKING:
    from bridge.server.session import Session

__all__ = ["Hub", "Runner"]

log = logging.getLogger("iocbridge.server")


class Runner(Protocol):
    """How the event loop is asked to do things. The shells (asyncio ...) provide it."""

    def run(self, work: Coroutine[Any, Any, Any], done: Callable[[BaseException | None], None], /) -> None:
        """Run a coroutine and say how it ended; `done` may be called before this returns."""
        ...

    def call_soon(self, function: Callable[[], None], /) -> None:
        """Call `function` once this turn of the loop is over."""
        ...


class Hub:
    """The database, the outlets in use, and the circuits that have something to send."""

    def __init__(self, pvdb: Mapping[str, PV], runner: Runner, limits: Limits, port: int = 0) -> None:
        self.pvdb = pvdb
        self.limits = limits
        self.port = port  # where searches are told to connect
        self.run = runner.run
        self._call_soon = runner.call_soon
        self._outlets: dict[PV, Outlet] = {}
        self._dirty: list[Session] = []
        self._flush_due = False
        self.sessions: set[Session] = set()
        self.channels = 0
        self.subscriptions = 0

    def find(self, name: bytes) -> PV | None:
        """The PV of a name as it comes from the wire, or None. `NAME.FIELD` reaches a record's field.

        A name with modifiers (``NAME.FIELD$``, ``NAME.[2:4]``, filters) gets a view of its own.
        """
        try:
            text = name.decode()
        except UnicodeDecodeError:
            return None
        found = resolve(self.pvdb, text)
        if found is None and not MODIFIERS.isdisjoint(text):
            found = open_view(self.pvdb, text)
        return found

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
            outlet.close()
            del self._outlets[outlet.pv]

    def mark(self, session: Session) -> None:
        """Note that a session has something to send, and see to it that it goes out when this turn is over."""
        session.dirty = True
        self._dirty.append(session)
        if not self._flush_due:
            self._flush_due = True
            self._call_soon(self.flush)

    def flush(self) -> None:
        """Send what has gathered: one write per circuit."""
        self._flush_due = False
        dirty, self._dirty = self._dirty, []
        for session in dirty:
            session.flush()

    def hold_flush(self) -> None:
        """The caller promises to call `flush` itself at the end of this turn (the reactor does)."""
        self._flush_due = True
