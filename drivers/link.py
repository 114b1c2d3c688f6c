"""Link: keeps one connection up. It opens, notices the end, backs off, opens again, and tells who watches.

* down -> connecting -> up -> down ...; one log line and one call per watcher for each change, not for each attempt;
* a link that comes and goes is logged as such, then rarely, and again once it holds; its watchers are told all;
* `start`, `stop` and everything an operator does return at once, whatever the instrument does.
"""

from __future__ import annotations

import abc
import asyncio
import contextlib
import logging
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar, Self

from drivers.backoff import Backoff
from drivers.complaints import Complaints
from drivers.errors import DriverError, LinkDown, UsageError
from drivers.trace import Trace

__all__ = ["Link", "Watcher", "words"]

Watcher = Callable[[DriverError | None], None]

CLOSE_DEADLINE = 0.5  # seconds; a driver that hangs while closing must not keep the IOC from ending
STEADY = 5.0  # seconds up before a link counts as good; one that is accepted and dropped at once is backed off from


class Link(abc.ABC):
    """The connection of a port."""

    connect_timeout: float = 5.0  # seconds
    state_level: ClassVar[int] = logging.WARNING  # at which the loss of the link is logged

    def __init__(self, name: str, backoff: Backoff | None = None) -> None:
        self.name = name
        self.backoff = backoff or Backoff()
        self.trace = Trace()
        self.log = logging.getLogger(f"iocbridge.port.{name}")
        self._fault: DriverError | None = LinkDown(f"{name}: the port is not started")
        self._gone: str | None = None  # why the link is no use, said while it was being opened
        self._announced: bool | None = None  # what log and watchers were told last: up, down, or nothing yet
        self._watchers: list[Watcher] = []
        self._supervisor: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()  # the first attempt to connect has ended
        self._wake = asyncio.Event()  # the supervisor is wanted: link lost, or wire out of step
        self._hurry = asyncio.Event()  # the supervisor is to go on at once
        self._parked = False  # disconnected on purpose
        self._short_lives = 0  # losses in a row of a link that had not been up for long
        self._flaps = Complaints()  # of such losses few are logged

    # --- what is to be provided ---------------------------------------------------------------------------------

    @abc.abstractmethod
    async def _open(self) -> None:
        """Bring the link up, or raise OSError, TimeoutError or DriverError. Runs under `connect_timeout`."""

    @abc.abstractmethod
    async def _close(self) -> None:
        """Take the link down. Must not raise, and may be called on a link that is already gone."""

    async def _finish(self) -> None:
        """The link is stopped: let go of what outlives a connection."""
        return

    def _change(self, settings: dict[str, Any]) -> None:
        raise UsageError(f"{self.name}: {', '.join(settings)} cannot be changed while running")

    def _came_up(self) -> None:  # noqa: B027 - need not do anything
        """The link is up; nobody has been told yet."""

    def _went_down(self, fault: DriverError) -> None:  # noqa: B027
        """The link is down; nobody has been told yet."""

    def _check_up(self) -> None:
        """Raises the fault if there is one."""
        fault = self.fault
        if fault is not None:
            # a fresh exception each time: a shared one would collect every caller's traceback
            raise type(fault)(str(fault))

    async def _attend(self) -> None:
        """While the link is up. Returns when it is lost."""
        while self._fault is None:
            await self._wake.wait()
            self._wake.clear()

    # --- life ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to connect, in the background. Starting twice is harmless."""
        if self._supervisor is None:
            # an Event belongs to the loop that waits for it
            self._tried, self._wake, self._hurry = asyncio.Event(), asyncio.Event(), asyncio.Event()
            if self._announced is None:
                self._fault = LinkDown(f"{self.name}: connecting")
            self._supervisor = asyncio.create_task(self._supervise(), name=f"port {self.name}")

    async def stop(self) -> None:
        """Close the link and fail whatever is still waiting. Takes no longer than `CLOSE_DEADLINE`, roughly."""
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is None:
            return
        self._down(LinkDown(f"{self.name}: the port is stopped"))
        supervisor.cancel()
        # wait(), not await: its cancellation must not be taken for ours, nor ours for its
        await asyncio.wait([supervisor])

    async def __aenter__(self) -> Self:
        """Start, and wait for the first attempt to connect. Raises LinkDown if that fails."""
        await self.start()
        try:
            await self._tried.wait()
            self._check_up()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def fault(self) -> DriverError | None:
        """Why the link is down, or None while it is up."""
        return self._fault

    async def wait_up(self, timeout: float) -> None:
        """Return when the link is up. Raises the fault (LinkDown ...) if it is not within `timeout` seconds."""
        if self.fault is None:
            return
        up = asyncio.Event()
        unwatch = self.watch(lambda fault: up.set() if fault is None else None)
        try:
            async with asyncio.timeout(timeout):
                await up.wait()
        except TimeoutError:
            self._check_up()
        finally:
            unwatch()

    def watch(self, callback: Watcher) -> Callable[[], None]:
        """Call `callback` with the fault when the link goes down and with None when it comes up, once per change.

        Returns a function that ends this.
        """
        self._watchers.append(callback)

        def unwatch() -> None:
            with contextlib.suppress(ValueError):
                self._watchers.remove(callback)

        return unwatch

    # --- what an operator may do --------------------------------------------------------------------------------

    @property
    def wanted(self) -> bool:
        """False after `disconnect`: the port does not try to connect."""
        return not self._parked

    def disconnect(self) -> None:
        """Close the link, and leave it closed until `connect`: somebody else may want the line."""
        if not self._parked:
            self._parked = True
            self._part("disconnected on purpose")

    def connect(self) -> None:
        """Connect again after `disconnect`; without waiting for the next attempt, if the link is down."""
        self._parked = False
        self._hurry.set()

    def reconnect(self, why: str = "connecting anew") -> None:
        """Close the link and open it at once."""
        if not self._parked:
            self._part(why)

    def _part(self, why: str) -> None:
        if self._supervisor is None:
            return
        if self._fault is None:
            self._down(LinkDown(f"{self.name}: {why}"))
        else:
            self._gone = why  # it may just be connecting
        self._hurry.set()

    @property
    def where(self) -> str:
        """What the link leads to: a device, an address."""
        return self.name

    def change(self, **settings: Any) -> None:
        """Change settings of the link while running (``host=``, ``baudrate=``): it is closed and opened with them.

        Raises UsageError for what this kind of link does not have; nothing is changed then.
        """
        before = self.where
        self._change(settings)
        words = ", ".join(f"{name} {value}" for name, value in settings.items())
        if self.name == before != self.where:  # it is called by its address
            self.name = self.where
        self.reconnect(f"connecting anew with {words}")

    # --- the supervisor -----------------------------------------------------------------------------------------

    def lost(self, reason: BaseException | str) -> None:
        """A transport noticed that the link is gone. Everybody who waits fails now."""
        if self._fault is None:
            self._short_lives += 1
            self._down(LinkDown(f"{self.name}: connection lost: {words(reason)}"))
        else:
            self._gone = f"connection lost: {words(reason)}"

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        try:
            while True:
                if self._parked:
                    self._hurry.clear()
                    self._down(LinkDown(f"{self.name}: disconnected on purpose"))
                    await self._hurry.wait()
                    continue
                try:
                    await self._connect()
                except Exception as error:
                    self._down(self._no_connection(error))
                else:
                    since = loop.time()
                    self._up()
                    steady = loop.call_later(STEADY, self._steady)
                    try:
                        await self._attend()
                    finally:
                        steady.cancel()
                    if loop.time() - since >= STEADY:
                        failures = 0
                failures += 1
                await self._close_in_time()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.backoff.after(failures)):
                        await self._hurry.wait()
                self._hurry.clear()
        finally:
            await self._close_in_time()
            await self._finish()

    async def _connect(self) -> None:
        self._gone = None
        try:
            async with asyncio.timeout(self.connect_timeout):
                await self._open()
        finally:
            self._tried.set()
        if self._gone is not None:  # it came up and went away again before we could look
            raise LinkDown(f"{self.name}: {self._gone}")

    async def _close_in_time(self) -> None:
        deadline = asyncio.timeout(CLOSE_DEADLINE)
        try:
            async with deadline:
                await self._close()
        except (TimeoutError, asyncio.CancelledError):
            # before Python 3.11.4 it is the latter that ends a task in time which has been cancelled already
            if not deadline.expired():
                raise
            self.log.warning("%s: the link did not close within %g s", self.name, CLOSE_DEADLINE)
        except Exception:
            self.log.exception("%s: closing the link failed", self.name)

    def _no_connection(self, error: Exception) -> DriverError:
        if isinstance(error, TimeoutError) and not error.args:
            return LinkDown(f"{self.name}: no connection within {self.connect_timeout:g} s")
        why = words(error)
        fault = LinkDown(why if why.startswith(self.name) else f"{self.name}: {why}")
        if not isinstance(error, (OSError, EOFError, DriverError)) and self._announced is not False:
            self.log.error("%s: cannot connect", self.name, exc_info=error)  # a bug: its author needs the place
        return fault

    def _up(self) -> None:
        self._fault = None
        self._wake.clear()
        self._came_up()
        self._announced = True
        self._note("connected", logging.DEBUG if self._flapping else min(self.state_level, logging.INFO))
        self._tell_watchers(self.fault)

    @property
    def _flapping(self) -> bool:
        return self._short_lives > 1  # once is an accident

    def _steady(self) -> None:
        """The link has been up for a while."""
        if self._flapping:
            self.log.log(min(self.state_level, logging.INFO), "%s: connected, and steady again", self.name)
        self._short_lives, self._flaps = 0, Complaints()

    def _down(self, fault: DriverError) -> None:
        """Note that the link is gone or cannot be had."""
        news = self._announced is not False
        self._fault = fault
        self._announced = False
        self._went_down(fault)
        self._wake.set()
        if self._supervisor is None:
            self.log.info("%s", fault)  # stopped on purpose
        elif news and self._flapping:
            self._log_flap(fault)
        else:
            # one line for a change of state; why each further attempt fails is in AMSG, and here for who looks closer
            self.log.log(self.state_level if news else logging.DEBUG, "%s", fault)
        if news:
            self.trace.note(str(fault))
            self._tell_watchers(fault)

    def _log_flap(self, fault: DriverError) -> None:
        untold = self._flaps.due(asyncio.get_running_loop().time())
        level = logging.DEBUG if untold is None else self.state_level
        more = f", {untold} times since this was last told" if untold else ""
        self.log.log(level, "%s (it comes and goes%s; told rarely until it stays up for %g s)", fault, more, STEADY)

    def _note(self, what: str, level: int = logging.INFO) -> None:
        self.log.log(level, "%s: %s", self.name, what)
        self.trace.note(what)

    def _tell_watchers(self, fault: DriverError | None) -> None:
        for callback in tuple(self._watchers):
            try:
                callback(fault)
            except Exception:
                self.log.exception("%s: a watcher failed", self.name)


def words(reason: BaseException | str) -> str:
    """What to call an error that may have no text."""
    return str(reason) or type(reason).__name__
