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
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, ClassVar, Protocol, Self

from drivers.backoff import Backoff
from drivers.errors import BadReply, DriverError, LinkDown, Refused, ReplyTimeout, UsageError
from drivers.reading import Reading
from drivers.turns import Turns

__all__ = ["Point", "Port", "Statistics"]

Watcher = Callable[[DriverError | None], None]

CLOSE_DEADLINE = 0.5  # seconds; a driver that hangs while closing must not keep the IOC from ending
STEADY = 5.0  # seconds up before a link counts as good; one that is accepted and dropped at once is backed off from


class Point(Protocol):
    """A question bound to its port: what a record reads, writes, listens to. See `records.links` for its other side."""

    async def read(self) -> Reading: ...
    async def write(self, value: Any, /) -> None: ...
    def watch(self, callback: Watcher, /) -> Callable[[], None]: ...


@dataclass(slots=True)
class Statistics:
    """What a port has done since it was made. Times in seconds."""

    requests: int = 0
    timeouts: int = 0
    errors: int = 0  # every failure but a time-out
    connects: int = 0
    late: int = 0  # replies that came after their deadline, and were thrown away
    unclaimed: int = 0  # messages that nobody asked for or listens to
    last_time: float = 0.0
    max_time: float = 0.0


class Port(abc.ABC):
    """One wire to one or more instruments.

    `start` and `stop` never wait for the instrument: a port that cannot connect keeps trying in its own task, and
    every request meanwhile fails at once with LinkDown. Usable alone: ``async with port: await port.ask(...)``.
    """

    connect_timeout: float = 5.0  # seconds
    state_level: ClassVar[int] = logging.WARNING  # at which the loss of the link is logged
    silent_after: ClassVar[int] = 2  # time-outs in a row; one alone may be a question that the instrument does not know

    def __init__(self, name: str, *, timeout: float = 1.0, backoff: Backoff | None = None) -> None:
        if not timeout > 0:
            raise UsageError(f"{name}: the time-out must be positive, not {timeout!r}")
        self.name = name
        self.timeout = timeout  # seconds for the reply, once the question is on the wire
        self.backoff = backoff or Backoff()
        self.statistics = Statistics()
        self.log = logging.getLogger(f"iocbridge.port.{name}")
        self._fault: DriverError | None = LinkDown(f"{name}: the port is not started")
        self._gone: str | None = None  # what `lost` said while the link was being opened
        self._announced: bool | None = None  # what log and watchers were told last: up, down, or nothing yet
        self._watchers: list[Watcher] = []
        self._supervisor: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()  # the first attempt to connect has ended
        self._wake = asyncio.Event()  # the supervisor is wanted: link lost, or wire out of step
        self._turns = Turns()
        self._in_step = True  # False while a reply may still come that nobody waits for any more
        self._repairing = False  # the turn is kept back until the wire is in step
        self._silence = 0  # time-outs in a row

    # --- what a concrete port provides --------------------------------------------------------------------------

    @abc.abstractmethod
    async def _open(self) -> None:
        """Bring the link up, or raise OSError, TimeoutError or DriverError. Runs under `connect_timeout`."""

    @abc.abstractmethod
    async def _close(self) -> None:
        """Take the link down. Must not raise, and may be called on a link that is already gone."""

    @abc.abstractmethod
    def point(self, question: Any) -> Point:
        """Bind a question. Raises UsageError at once if this kind of port cannot ask it."""

    async def _resync(self) -> None:
        """Make sure that no late reply is still under way; called before the next turn of a port out of step.

        Raises as `_open` does, and the link then counts as lost. For ports that clear `_in_step`; others cannot get
        out of step, because each of their replies names its question.
        """
        return

    # --- life ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to connect, in the background. Starting twice is harmless."""
        if self._supervisor is None:
            self._tried, self._wake = asyncio.Event(), asyncio.Event()  # an Event belongs to the loop that waits for it
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
        if self._fault is None:
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

    def lost(self, reason: BaseException | str) -> None:
        """A transport noticed that the link is gone. Everybody who waits fails now."""
        if self._fault is None:
            self._down(LinkDown(f"{self.name}: connection lost: {_words(reason)}"))
        else:
            self._gone = _words(reason)

    # --- the supervisor -----------------------------------------------------------------------------------------

    async def _supervise(self) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        try:
            while True:
                try:
                    await self._connect()
                except Exception as error:
                    self._down(self._no_connection(error))
                else:
                    since = loop.time()
                    self._up()
                    await self._attend()
                    if loop.time() - since >= STEADY:
                        failures = 0
                failures += 1
                await self._close_in_time()
                await asyncio.sleep(self.backoff.after(failures))
        finally:
            await self._close_in_time()

    async def _connect(self) -> None:
        self._gone = None
        self._in_step = True
        try:
            async with asyncio.timeout(self.connect_timeout):
                await self._open()
        finally:
            self._tried.set()
        if self._gone is not None:  # it came up and went away again before we could look
            raise LinkDown(f"{self.name}: connection lost: {self._gone}")

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

    async def _close_in_time(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_DEADLINE):
                await self._close()
        except TimeoutError:
            self.log.warning("%s: the link did not close within %g s", self.name, CLOSE_DEADLINE)
        except Exception:
            self.log.exception("%s: closing the link failed", self.name)

    def _no_connection(self, error: Exception) -> DriverError:
        if isinstance(error, TimeoutError) and not error.args:
            return LinkDown(f"{self.name}: no connection within {self.connect_timeout:g} s")
        why = _words(error)
        fault = LinkDown(why if why.startswith(self.name) else f"{self.name}: {why}")
        if not isinstance(error, (OSError, EOFError, DriverError)) and self._announced is not False:
            self.log.error("%s: cannot connect", self.name, exc_info=error)  # a bug: its author needs the place
        return fault

    def _up(self) -> None:
        self._fault = None
        self._silence = 0
        self._wake.clear()
        self._announced = True
        self.statistics.connects += 1
        self.log.log(min(self.state_level, logging.INFO), "%s: connected", self.name)
        self._tell_watchers(None)

    def _down(self, fault: DriverError) -> None:
        """Note that the link is gone or cannot be had."""
        news = self._announced is not False
        self._fault = fault
        self._announced = False
        self._turns.fail(fault)
        self._wake.set()
        if self._supervisor is None:
            self.log.info("%s", fault)  # stopped on purpose
        else:
            # one line for a change of state; why each further attempt fails is in AMSG, and here for who looks closer
            self.log.log(self.state_level if news else logging.DEBUG, "%s", fault)
        if news:
            self._tell_watchers(fault)

    def _tell_watchers(self, fault: DriverError | None) -> None:
        for callback in tuple(self._watchers):
            try:
                callback(fault)
            except Exception:
                self.log.exception("%s: a watcher failed", self.name)

    # --- the queue ----------------------------------------------------------------------------------------------

    def _check_up(self) -> None:
        if self._fault is not None:
            # a fresh exception each time: a shared one would collect every caller's traceback
            raise type(self._fault)(str(self._fault))

    def _turn(self, *, urgent: bool = False) -> _Turn:
        """The wire to oneself: ``async with self._turn(): ...``. Raises LinkDown or ReplyTimeout instead of waiting
        when there is no use in it.

        `urgent` (writes) goes ahead of reads that wait already. What goes wrong inside is counted here; OSError and
        EOFError become LinkDown and end the connection, TimeoutError becomes ReplyTimeout.
        """
        return _Turn(self, urgent)

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
        statistics = self.statistics
        statistics.last_time = took
        if took > statistics.max_time:
            statistics.max_time = took

    def _failed(self, error: BaseException) -> DriverError | None:
        """Count a failure inside a turn. Returns what to raise in its place, None to let it pass."""
        instead: DriverError | None = None
        if isinstance(error, TimeoutError):
            error = instead = ReplyTimeout(f"{self.name}: no reply in time")
        elif isinstance(error, (OSError, EOFError)):
            self.lost(error)
            error = instead = LinkDown(f"{self.name}: connection lost: {_words(error)}")
        if isinstance(error, ReplyTimeout):
            self.statistics.timeouts += 1
            self._silence += 1
            if self._silence == self.silent_after:
                self.log.warning("%s; the port is silent", error)
            if self._silence >= self.silent_after:
                self._turns.fail(ReplyTimeout(f"{self.name}: not asked, the port is silent ({error})"))
        elif isinstance(error, Exception):
            self.statistics.errors += 1
            if isinstance(error, (BadReply, Refused)):
                self._heard()
        return instead


class _Turn:
    """A class, not a generator with @asynccontextmanager: this is on the path of every request."""

    __slots__ = ("_begin", "_port", "_urgent")

    def __init__(self, port: Port, urgent: bool) -> None:
        self._port = port
        self._urgent = urgent

    async def __aenter__(self) -> None:
        port = self._port
        port._check_up()
        if not port._turns.take():
            await port._turns.wait(self._urgent)
            if port._fault is not None:  # went down between our being called and our coming
                port._turns.give()
                port._check_up()
        port.statistics.requests += 1
        self._begin = time.perf_counter()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        port = self._port
        try:
            if error is None:
                port._answered(time.perf_counter() - self._begin)
            elif (instead := port._failed(error)) is not None:
                raise instead from error
        finally:
            port._end_turn()


def _words(reason: BaseException | str) -> str:
    """What to call an error that may have no text."""
    return str(reason) or type(reason).__name__
