"""Port: keeps one wire up, lets one request at a time onto it, and fails everybody at once when it is down.

A concrete port says how to open and close its link (`_open`, `_close`) and asks its questions inside `_turn`. This
class holds what every wire needs: the connection supervisor with its back-off, the queue, and who is told.

The rules of life:

* down -> connecting -> up -> down ...; one log line and one call per watcher for each change, not for each attempt;
* while down, requests fail at once with LinkDown; going down fails all that wait;
* `silent_after` time-outs in a row: the port is silent, and each further time-out fails all that wait, so that
  twenty records of a dead instrument are in alarm after two time-outs and not after twenty;
* a request that ended without its reply (time-out, cancellation) leaves the wire out of step: nobody gets it before
  `_resync` has made sure that the late reply cannot answer another question.
"""

from __future__ import annotations

import abc
import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from drivers.backoff import Backoff
from drivers.complaints import Complaints
from drivers.errors import BadReply, Disabled, DriverError, LinkDown, Refused, ReplyTimeout
from drivers.link import Link, Watcher, words
from drivers.options import check_number
from drivers.reading import Reading
from drivers.statistics import Statistics
from drivers.turn import Turn
from drivers.turns import Priority, Turns

__all__ = ["Point", "Port", "Statistics", "Watcher"]

MOST_COMPLAINTS = 64  # questions whose bad answers are told apart in the log; all others share one account
LONGEST_LINE = 300  # characters of the log for an answer that makes no sense: it may be a whole page


class Point(Protocol):
    """A question bound to its port: what a record reads, writes, listens to. See `records.links` for its other side.

    One that can do only one of the two says why, in `unreadable` or `unwritable`, so that a mistake shows at start.
    """

    async def read(self) -> Reading: ...
    async def write(self, value: Any, /) -> None: ...
    def watch(self, callback: Watcher, /) -> Callable[[], None]: ...


class Port(Link):
    """One wire to one or more instruments.

    `start` and `stop` never wait for the instrument: a port that cannot connect keeps trying in its own task, and
    every request meanwhile fails at once with LinkDown. Usable alone: ``async with port: await port.ask(...)``.
    """

    queue_timeout: float | None = None  # seconds that a request waits for its turn; None for as long as it takes
    silent_after: int = 2  # time-outs in a row; one alone may be a question that the instrument does not know

    def __init__(self, name: str, *, timeout: float = 1.0, backoff: Backoff | None = None) -> None:
        check_number(name, "timeout", timeout, "a number of seconds above 0", lambda seconds: seconds > 0)
        super().__init__(name, backoff)
        self.timeout = timeout  # seconds for the reply, once the question is on the wire
        self.statistics = Statistics()
        self._disabled: Disabled | None = None
        self._turns = Turns()
        self._complaints: dict[str, Complaints] = {}  # by question
        self._in_step = True  # False while a reply may still come that nobody waits for any more
        self._repairing = False  # the turn is kept back until the wire is in step
        self._silence = 0  # time-outs in a row

    # --- what a concrete port provides --------------------------------------------------------------------------

    @abc.abstractmethod
    def point(self, question: Any) -> Point:
        """Bind a question. Raises UsageError at once if this kind of port cannot ask it."""

    async def _resync(self) -> None:
        """Make sure that no late reply is still under way; called before the next turn of a port out of step.

        Raises as `_open` does, and the link then counts as lost. For ports that clear `_in_step`; others cannot get
        out of step, because each of their replies names its question.
        """
        return

    # --- state --------------------------------------------------------------------------------------------------

    @property
    def fault(self) -> DriverError | None:
        """Why nothing can be asked (the link is down, the port is disabled), or None while it can."""
        return self._fault or self._disabled

    @property
    def waiting(self) -> int:
        """How many requests wait for their turn."""
        return self._turns.waiting

    @property
    def enabled(self) -> bool:
        """False: everything that is asked fails at once with Disabled, and the link stays as it is."""
        return self._disabled is None

    @enabled.setter
    def enabled(self, wanted: bool) -> None:
        if wanted == self.enabled:
            return
        self._disabled = None if wanted else Disabled(f"{self.name}: the port is disabled")
        if self._disabled is not None:
            self._turns.fail(self._disabled)
        self._note("enabled" if wanted else "disabled")
        if self._fault is None:
            self._tell_watchers(self._disabled)

    def _came_up(self) -> None:
        self._in_step = True
        self._silence = 0
        self.statistics.connects += 1

    def _went_down(self, fault: DriverError) -> None:
        self._turns.fail(fault)

    async def _attend(self) -> None:
        """While the link is up: bring it back into step when asked to. Returns when it is lost."""
        try:
            while self._fault is None:
                await self._wake.wait()
                self._wake.clear()
                if self._repairing and self._fault is None:
                    await self._repair()
        finally:
            self._hand_back()

    async def _repair(self) -> None:
        try:
            await self._resync()
        except Exception as error:
            self.lost(error)
        else:
            self._in_step = True
            self._hand_back()

    def _hand_back(self) -> None:
        if self._repairing:
            self._repairing = False
            self._turns.give()

    # --- the queue ----------------------------------------------------------------------------------------------

    def _turn(self, priority: Priority = Priority.MEDIUM, *, urgent: bool = False) -> Turn:
        """The wire to oneself: ``async with self._turn(): ...``. Raises LinkDown, Disabled or ReplyTimeout instead of
        waiting when there is no use in it.

        `urgent` is the priority HIGH, for writes. What goes wrong inside is counted here; OSError and EOFError become
        LinkDown and end the connection, TimeoutError becomes ReplyTimeout.
        """
        return Turn(self, Priority.HIGH if urgent else priority)

    def _end_turn(self) -> None:
        if self._in_step or self._fault is not None:
            self._turns.give()
        else:
            self._repairing = True
            self._wake.set()

    def _heard(self) -> None:
        """The instrument is alive."""
        silent, self._silence = self._silence >= self.silent_after, 0
        if silent:
            self.log.info("%s: answers again", self.name)
            self._tell_watchers(None)  # what is scanned slowly need not show TIMEOUT until its next turn

    def _answered(self, took: float) -> None:
        if self._silence:
            self._heard()
        self.statistics.answered(took)

    def complain(self, question: str, error: BadReply) -> None:
        """Log that a question got an answer that makes no sense. Its record shows it; of many few are logged."""
        if question not in self._complaints and len(self._complaints) >= MOST_COMPLAINTS:
            question = ""
        untold = self._complaints.setdefault(question, Complaints()).due(asyncio.get_running_loop().time())
        if untold is not None:
            more = f" ({untold} more since it was last told)" if untold else ""
            self.log.warning("%s%s", str(error)[:LONGEST_LINE], more)

    def _failed(self, error: BaseException) -> DriverError | None:
        """Count a failure inside a turn. Returns what to raise in its place, None to let it pass."""
        instead: DriverError | None = None
        if isinstance(error, TimeoutError):
            error = instead = ReplyTimeout(f"{self.name}: no reply in time")
        elif isinstance(error, (OSError, EOFError)):
            self.lost(error)
            error = instead = LinkDown(f"{self.name}: connection lost: {words(error)}")
        if isinstance(error, Exception):
            self.statistics.failed(error)
            self.trace.failed(error)
        if isinstance(error, ReplyTimeout):
            self._silence += 1
            if self._silence == self.silent_after:
                self.log.warning("%s; the port is silent", error)
            if self._silence >= self.silent_after:
                self._turns.fail(ReplyTimeout(f"{self.name}: not asked, the port is silent ({error})"))
        elif isinstance(error, (BadReply, Refused)):
            self._heard()
        return instead
