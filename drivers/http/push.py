"""What an HTTP instrument says unasked: a channel kept up by a supervisor of its own, beside the port that polls."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

from drivers.backoff import Backoff
from drivers.errors import UsageError
from drivers.http.channels import Channel, EventChannel, SocketChannel
from drivers.http.heard import PushedPoint
from drivers.http.jsonpath import MISSING, find, parse
from drivers.http.questions import Events, Push, Pushed
from drivers.http.wire import HttpWire
from drivers.port import Port

__all__ = ["PushPort"]


class PushPort(Port):
    """The push channel of an `HttpPort`. Goes down and comes back by itself; `HttpPort` starts and stops it.

    What becomes of it is logged by `HttpPort`, which finds out whether it is only the channel that is gone. `missed`
    is called when frames were lost: the channel was down, or one is missing in the sequence (`gaps` counts these).
    """

    state_level = logging.DEBUG

    def __init__(
        self, wire: HttpWire, push: Push | Events, missed: Callable[[], None], *, backoff: Backoff | None = None
    ) -> None:
        super().__init__(wire.name, timeout=wire.timeout, backoff=backoff)
        self.trace = wire.trace
        self.connect_timeout = max(self.connect_timeout, 3.0 * wire.timeout)  # for a slot, to connect, to be greeted
        self.gaps = 0
        self._wire = wire
        self._channel: Channel = EventChannel(wire, push) if isinstance(push, Events) else SocketChannel(wire, push)
        self._under = [parse(pointer) for pointer in (*push.under, "")]
        self._sequence = None if push.sequence is None else parse(push.sequence)
        self._number: int | None = None
        self._missed = missed
        self._points: list[PushedPoint] = []
        self._listening: asyncio.Task[None] | None = None
        self._vacate: Callable[[], None] | None = None
        self._puzzled = False

    def point(self, question: Any) -> PushedPoint:
        """Bind a `Pushed`. Raises UsageError for anything else."""
        if not isinstance(question, Pushed):
            raise UsageError(f"{self.name}: a push channel takes Pushed, not {question!r}")
        point = PushedPoint(self, question)
        self._points.append(point)
        return point

    def check_up(self) -> None:
        """Raise LinkDown while the channel is down."""
        self._check_up()

    def move(self, url: str) -> None:
        """Go to another server, at once."""
        self._wire.move(url)
        self.reconnect(f"connecting anew with {url}")

    def _note(self, what: str, level: int = logging.INFO) -> None:
        self.log.log(level, "%s: %s", self.name, what)
        self.trace.note(f"push channel {what}")  # which it shares with the port that polls

    async def _open(self) -> None:
        for point in self._points:
            point.forget()
        self._number = None
        self._wire.open()
        self._vacate = await self._wire.occupy()
        await self._channel.open()
        self._listening = asyncio.create_task(self._listen(), name=f"listen {self.name}")
        if self.statistics.connects:  # not the first time
            self._missed()

    async def _close(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
            await asyncio.wait([listening])
        try:
            await self._channel.close()
            await self._wire.close()
        finally:
            vacate, self._vacate = self._vacate, None
            if vacate is not None:
                vacate()

    async def _listen(self) -> None:
        try:
            async with contextlib.aclosing(self._channel.frames()) as frames:  # type: ignore[type-var]
                async for frame, raw in frames:
                    if self._frame(frame, raw):
                        self._missed()
                        await self._channel.refresh()
        except Exception as error:
            self.log.exception("%s: listening failed", self.name)
            self.lost(error)
        else:
            self.lost(self._channel.ending())

    def _frame(self, frame: Any, raw: str | bytes) -> bool:
        """Hand a frame out. Returns whether others are missing before it."""
        now = time.time_ns()
        self.trace.add("<", raw.encode() if isinstance(raw, str) else raw)
        if frame is MISSING:
            self.statistics.unclaimed += 1
            if not self._puzzled:  # once, since it may come with every frame
                self._puzzled = True
                self.log.warning("%s: pushed what is not JSON: %.80r", self.name, raw)
            return False
        places = [place for tokens in self._under if (place := find(frame, tokens)) is not MISSING]
        for point in self._points:
            point.hear(frame, places, now)
        return self._gap(frame)

    def _gap(self, frame: Any) -> bool:
        number = MISSING if self._sequence is None else find(frame, self._sequence)
        if not isinstance(number, int):  # frames of other kinds carry none
            return False
        expected, self._number = self._number, number
        if expected is None or number == expected + 1:
            return False
        self.gaps += 1
        self.log.warning("%s: frame %d came after frame %d", self.name, number, expected)
        return True
