"""Port: keeps one wire up, lets one request at a time onto it, and fails everybody at once when it is down.

A concrete port says how to open and close its link (`_open`, `_close`) and asks its questions inside `_turn`. This
class holds what every wire needs: the connection supervisor with its back-off, the queue, and who is told.
"""

from __future__ import annotations

import abc
import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from drivers.backoff import Backoff
from drivers.errors import DriverError, LinkDown, ReplyTimeout, UsageError
from drivers.reading import Reading

__all__ = ["Point", "Port", "Statistics"]

Watcher = Callable[[DriverError | None], None]

SILENT_AFTER = 2  # time-outs in a row; one alone may be a question that the instrument does not know
CLOSE_DEADLINE = 1.0  # seconds; a driver that hangs while closing must not keep the IOC from ending


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
    last_time: float = 0.0
    max_time: float = 0.0


class Port(abc.ABC):
    """One wire to one or more instruments.

    `start` and `stop` never wait for the instrument: a port that cannot connect keeps trying in its own task, and
    every request meanwhile fails at once with LinkDown. Usable alone: ``async with port: await port.ask(...)``.
    """

    connect_timeout: float = 5.0

    def __init__(self, name: str, *, timeout: float = 1.0, backoff: Backoff | None = None) -> None:
        if timeout <= 0:
            raise UsageError(f"{name}: the time-out must be positive, not {timeout!r}")
        self.name = name
        self.timeout = timeout  # seconds for the reply, once the question is on the wire
        self.backoff = backoff or Backoff()
        self.statistics = Statistics()
        self.log = logging.getLogger(f"iocbridge.port.{name}")
        self._fault: DriverError | None = LinkDown(f"{name}: not connected yet")
        self._supervisor: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self._busy = False
        self._queue: deque[asyncio.Future[None]] = deque()
        self._silence = 0  # time-outs in a row
        self._watchers: list[Watcher] = []

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

    # --- life ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to connect, in the background. Starting twice is harmless."""
        if self._supervisor is None:
            self._supervisor = asyncio.create_task(self._supervise(), name=f"port {self.name}")

    async def stop(self) -> None:
        """Close the link and fail whatever is still waiting."""
        supervisor, self._supervisor = self._supervisor, None
        if supervisor is None:
            return
        supervisor.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await supervisor
        self._down(LinkDown(f"{self.name}: the port is stopped"))

    async def __aenter__(self) -> Self:
        await self.start()
        await self.wait_up(self.connect_timeout)
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
        """Call `callback` with the fault when the link goes down and with None when it comes up, once per change."""
        self._watchers.append(callback)

        def unwatch() -> None:
            with contextlib.suppress(ValueError):
                self._watchers.remove(callback)

        return unwatch

    # --- the supervisor -----------------------------------------------------------------------------------------

    async def _supervise(self) -> None:
        failures = 0
        try:
            while True:
                self._lost.clear()
                try:
                    async with asyncio.timeout(self.connect_timeout):
                        await self._open()
                except (OSError, EOFError, TimeoutError, DriverError) as error:
                    failures += 1
                    why = str(error) or f"no connection within {self.connect_timeout:g} s"
                    self._down(LinkDown(why if why.startswith(self.name) else f"{self.name}: {why}"))
                    await self._close_in_time()
                else:
                    failures = 0
                    self._up()
                    await self._lost.wait()
                    await self._close_in_time()
                    failures = 1
                await asyncio.sleep(self.backoff.after(failures))
        finally:
            await self._close_in_time()

    async def _close_in_time(self) -> None:
        try:
            async with asyncio.timeout(CLOSE_DEADLINE):
                await self._close()
        except TimeoutError:
            self.log.warning("%s: the link did not close within %g s", self.name, CLOSE_DEADLINE)

    def _up(self) -> None:
        self._fault = None
        self._silence = 0
        self.statistics.connects += 1
        self.log.info("%s: connected", self.name)
        self._tell(None)

    def _down(self, fault: DriverError) -> None:
        """Note that the link is gone: one log line and one call per watcher for each change, not for each attempt."""
        news = self._fault is None or (self._supervisor is not None and self.statistics.connects == 0 and not self._told)
        self._fault = fault
        self._fail_queue(fault)
        self._lost.set()
        if news:
            self._told = True
            self.log.warning("%s", fault)
            self._tell(fault)

    _told = False

    def _tell(self, fault: DriverError | None) -> None:
        for callback in tuple(self._watchers):
            callback(fault)

    def lost(self, reason: BaseException | str) -> None:
        """A transport noticed that the link is gone."""
        if self._fault is None:
            self._down(LinkDown(f"{self.name}: connection lost: {reason}"))

    # --- the queue ----------------------------------------------------------------------------------------------

    def _check_up(self) -> None:
        if self._fault is not None:
            # a fresh exception each time: a shared one would collect every caller's traceback
            raise type(self._fault)(str(self._fault))

    @contextlib.asynccontextmanager
    async def _turn(self, *, urgent: bool = False) -> AsyncIterator[None]:
        """The wire to oneself. Raises LinkDown or ReplyTimeout at once if there is no use in waiting.

        `urgent` (writes) goes ahead of what waits already. Time-outs and lost links inside are counted here.
        """
        self._check_up()
        if self._busy:
            await self._wait(urgent)
        self._busy = True
        self.statistics.requests += 1
        begin = time.monotonic()
        try:
            yield
        except ReplyTimeout as error:
            self.statistics.timeouts += 1
            self._silence += 1
            if self._silence >= SILENT_AFTER:
                self._fail_queue(ReplyTimeout(f"{self.name}: not asked, the port is silent ({error})"))
            raise
        except (OSError, EOFError) as error:
            self.statistics.errors += 1
            self.lost(error)
            raise LinkDown(f"{self.name}: connection lost: {error}") from error
        except DriverError:
            self.statistics.errors += 1
            self._silence = 0
            raise
        else:
            self._silence = 0
            took = time.monotonic() - begin
            self.statistics.last_time = took
            self.statistics.max_time = max(self.statistics.max_time, took)
        finally:
            self._busy = False
            self._next()

    async def _wait(self, urgent: bool) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        (self._queue.appendleft if urgent else self._queue.append)(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._busy = False  # the turn was ours already: hand it on
                self._next()
            raise

    def _next(self) -> None:
        """Give the turn to the first that still waits. `_busy` stays set on its behalf until it runs."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                self._busy = True
                turn.set_result(None)
                return

    def _fail_queue(self, error: DriverError) -> None:
        waiting, self._queue = self._queue, deque()
        for turn in waiting:
            if not turn.done():
                turn.set_exception(type(error)(str(error)))
