"""What an HTTP instrument says unasked: a WebSocket kept up by a supervisor of its own, beside the port that polls."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from drivers.backoff import Backoff
from drivers.errors import DriverError, LinkDown, ReplyTimeout, UsageError
from drivers.http.jsonpath import MISSING, find, parse
from drivers.http.questions import Push, Pushed
from drivers.http.values import encode, encode_path, incoming
from drivers.http.wire import HttpWire
from drivers.port import Port
from drivers.reading import Reading

if TYPE_CHECKING:
    import aiohttp

__all__ = ["Listener", "PushPort", "PushedPoint", "Unsubscribe"]

MAX_EARLY = 100  # frames that may come before the answer to the hello; a busy instrument sends a few

Listener = Callable[[Reading], None]
Unsubscribe = Callable[[], None]


class PushedPoint:
    """A value that the instrument pushes.

    Frames are deltas: a subscriber is called for a frame that holds the value and left alone by all others. `read`
    gives what was heard last on this connection, without asking.
    """

    def __init__(self, port: PushPort, question: Pushed) -> None:
        self._port = port
        self._question = question
        self._tokens = parse(question.pointer)
        self._listeners: list[Listener] = []
        self._last: Reading | None = None
        self._bad = False

    @property
    def heard(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    @property
    def fault(self) -> DriverError | None:
        """Why the push channel is down, or None while it is up."""
        return self._port.fault

    async def read(self) -> Reading:
        """What was heard last. Raises LinkDown, or ReplyTimeout if nothing was heard since the connection came up."""
        self._port.check_up()
        if self._last is None:
            raise ReplyTimeout(f"{self._port.name}: nothing heard of {self._question.pointer!r} yet")
        return self._last

    async def write(self, value: Any, /) -> None:
        """Not possible. Raises UsageError."""
        raise UsageError(f"{self._port.name}: {self._question} is only heard; it cannot write {value!r}")

    def subscribe(self, callback: Listener, /) -> Unsubscribe:
        """Call `callback` once for each frame that holds the value, in the order of the frames."""
        self._listeners.append(callback)

        def unsubscribe() -> None:
            with contextlib.suppress(ValueError):
                self._listeners.remove(callback)

        return unsubscribe

    def watch(self, callback: Callable[[DriverError | None], None], /) -> Unsubscribe:
        """As `Port.watch`, for the push channel: without it this value is silent, even if the port is up."""
        return self._port.watch(callback)

    # --- what the port calls ------------------------------------------------------------------------------------

    def forget(self) -> None:
        """A new connection begins: what was heard before it may have changed since."""
        self._last = None

    def hear(self, places: Sequence[Any], time_ns: int) -> None:
        """Take the value from the first place that holds it, if one does."""
        for place in places:
            raw = find(place, self._tokens)
            if raw is not MISSING:
                self._take(raw, time_ns)
                return

    def _take(self, raw: Any, time_ns: int) -> None:
        try:
            reading = Reading(incoming(raw, self._question.as_, self._question.scale), time_ns)
        except ValueError as error:
            self._last = None
            self._port.statistics.errors += 1
            if not self._bad:
                self._port.log.warning("%s: pushed %r: %s", self._port.name, self._question.pointer, error)
            self._bad = True
            return
        self._bad = False
        self._last = reading
        for callback in tuple(self._listeners):
            try:
                callback(reading)
            except Exception:  # one listener's mistake must cost neither the others nor the connection
                self._port.log.exception("%s: a listener of %r failed", self._port.name, self._question.pointer)


class PushPort(Port):
    """The WebSocket of an `HttpPort`. Goes down and comes back by itself; `HttpPort` starts and stops it.

    What becomes of it is logged by `HttpPort`, which finds out whether it is only the channel that is gone.
    """

    state_level = logging.DEBUG

    def __init__(self, wire: HttpWire, push: Push, *, backoff: Backoff | None = None) -> None:
        super().__init__(wire.name, timeout=wire.timeout, backoff=backoff)
        self.connect_timeout = max(self.connect_timeout, 2.0 * wire.timeout)  # to connect, and to be greeted
        self._wire = wire
        self._path = encode_path(push.path)
        self._hello = push.hello
        encode(push.hello)  # what is not JSON shows now
        self._heartbeat = push.heartbeat
        self._under = [parse(pointer) for pointer in (*push.under, "")]
        self._points: list[PushedPoint] = []
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._listening: asyncio.Task[None] | None = None
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

    async def _open(self) -> None:
        for point in self._points:
            point.forget()
        self._wire.open()
        self._socket = await self._wire.websocket(self._path, heartbeat=self._heartbeat)
        early: list[str | bytes] = []
        try:
            async with asyncio.timeout(self.timeout):
                await self._greet(self._socket, early)
        except TimeoutError as error:
            raise LinkDown(f"{self.name}: no answer to the hello within {self.timeout:g} s") from error
        self._listening = asyncio.create_task(self._listen(self._socket, early), name=f"listen {self.name}")

    async def _greet(self, socket: aiohttp.ClientWebSocketResponse, early: list[str | bytes]) -> None:
        """Say hello, and wait for the answer if it asks for one. What comes meanwhile is kept for the listeners."""
        hello, auth = self._hello, None
        if hello is not None:
            await socket.send_str(hello if isinstance(hello, str) else encode(hello).decode())
        while isinstance(hello, Mapping) and "id" in hello:
            frame = await self._early_frame(socket, early)
            if not isinstance(frame, dict) or frame.get("id") != hello["id"]:
                continue
            error = frame.get("error")
            if error is None:
                return
            if auth is not None or (auth := self._wire.frame_login(error)) is None:
                raise LinkDown(f"{self.name}: the hello was refused: {self._words(error)}")
            await socket.send_str(encode({**hello, "auth": auth}).decode())

    def _words(self, error: Any) -> str:
        stranger = isinstance(error, dict) and error.get("code") == 401
        return self._wire.authentication("Digest") if stranger else f"{error!r:.200}"

    async def _early_frame(self, socket: aiohttp.ClientWebSocketResponse, early: list[str | bytes]) -> Any:
        message = await socket.receive()
        if not isinstance(message.data, (str, bytes)):
            raise LinkDown(f"{self.name}: closed with code {socket.close_code} instead of an answer to the hello")
        early.append(message.data)
        if len(early) > MAX_EARLY:
            raise LinkDown(f"{self.name}: {MAX_EARLY} frames, and no answer to the hello among them")
        return _decoded(message.data)

    async def _close(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            listening.cancel()
            await asyncio.wait([listening])
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()
        await self._wire.close()

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse, early: list[str | bytes]) -> None:
        import aiohttp

        try:
            for data in early:
                self._frame(data)
            async for message in socket:  # ends with the connection, whoever closes it
                if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                    self._frame(message.data)
        except Exception as error:
            self.log.exception("%s: listening failed", self.name)
            self.lost(error)
        else:
            self.lost(socket.exception() or f"WebSocket closed with code {socket.close_code}")

    def _frame(self, data: str | bytes) -> None:
        now = time.time_ns()
        frame = _decoded(data)
        if frame is MISSING:
            self.statistics.unclaimed += 1
            if not self._puzzled:  # once, since it may come with every frame
                self._puzzled = True
                self.log.warning("%s: pushed what is not JSON: %.80r", self.name, data)
            return
        places = [place for tokens in self._under if (place := find(frame, tokens)) is not MISSING]
        for point in self._points:
            point.hear(places, now)


def _decoded(data: str | bytes) -> Any:
    """The frame, or MISSING if it is not JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return MISSING
