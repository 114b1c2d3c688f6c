"""Connections over which an HTTP instrument speaks unasked: WebSocket and server-sent events, as frames of JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from drivers.errors import LinkDown
from drivers.http.events import Event, EventStream
from drivers.http.jsonpath import MISSING
from drivers.http.questions import Events, Push
from drivers.http.values import encode, encode_path
from drivers.http.wire import HttpWire
from drivers.options import check_seconds

if TYPE_CHECKING:
    import aiohttp

__all__ = ["Channel", "EventChannel", "SocketChannel"]

MAX_EARLY = 100  # frames that may come before the answer to the hello; a busy instrument sends a few
CHUNK = 65_536  # bytes


class Channel(Protocol):
    """One way of listening, opened and closed many times."""

    async def open(self) -> None:
        """Connect. Raises OSError or DriverError."""
        ...

    def frames(self) -> AsyncIterator[tuple[Any, Any]]:
        """Each frame, decoded (MISSING if it cannot be) and as it came, until the connection ends."""
        ...

    def ending(self) -> BaseException | str:
        """Why `frames` came to an end."""
        ...

    async def refresh(self) -> None:
        """Ask for the full status again, if there is a way."""
        ...

    async def close(self) -> None:
        """Disconnect. Harmless if not open."""
        ...


class SocketChannel:
    """A WebSocket."""

    def __init__(self, wire: HttpWire, push: Push) -> None:
        self._wire = wire
        self._path = encode_path(push.path)
        self._hello = push.hello
        encode(push.hello)  # what is not JSON shows now
        check_seconds(wire.name, heartbeat=push.heartbeat)
        self._heartbeat = push.heartbeat
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._early: list[str | bytes] = []

    async def open(self) -> None:
        self._early = []
        self._socket = await self._wire.websocket(self._path, heartbeat=self._heartbeat)
        try:
            async with asyncio.timeout(self._wire.timeout):
                await self._greet(self._socket)
        except TimeoutError as error:
            raise LinkDown(f"{self._wire.name}: no answer to the hello within {self._wire.timeout:g} s") from error

    async def _greet(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Say hello, and wait for the answer if it asks for one. What comes meanwhile is kept for the listeners."""
        hello, auth = self._hello, None
        if hello is not None:
            await self._say(socket, hello)
        while isinstance(hello, Mapping) and "id" in hello:
            frame = await self._early_frame(socket)
            if not isinstance(frame, dict) or frame.get("id") != hello["id"]:
                continue
            error = frame.get("error")
            if error is None:
                return
            if auth is not None or (auth := self._wire.frame_login(error)) is None:
                raise LinkDown(f"{self._wire.name}: the hello was refused: {self._words(error)}")
            await self._say(socket, hello, auth=auth)

    def _words(self, error: Any) -> str:
        stranger = isinstance(error, dict) and error.get("code") == 401
        return self._wire.authentication("Digest") if stranger else f"{error!r:.200}"

    async def _early_frame(self, socket: aiohttp.ClientWebSocketResponse) -> Any:
        message = await socket.receive()
        name = self._wire.name
        if not isinstance(message.data, (str, bytes)):
            raise LinkDown(f"{name}: closed with code {socket.close_code} instead of an answer to the hello")
        self._early.append(message.data)
        if len(self._early) > MAX_EARLY:
            raise LinkDown(f"{name}: {MAX_EARLY} frames, and no answer to the hello among them")
        return _decoded(message.data)

    async def frames(self) -> AsyncIterator[tuple[Any, Any]]:
        import aiohttp

        assert self._socket is not None
        for data in self._early:
            yield _decoded(data), data
        async for message in self._socket:  # ends with the connection, whoever closes it
            if message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                yield _decoded(message.data), message.data

    def ending(self) -> BaseException | str:
        assert self._socket is not None
        return self._socket.exception() or f"WebSocket closed with code {self._socket.close_code}"

    async def refresh(self) -> None:
        if self._socket is not None and self._hello is not None:
            await self._say(self._socket, self._hello)

    async def _say(self, socket: aiohttp.ClientWebSocketResponse, hello: Mapping[str, Any] | str, **more: Any) -> None:
        self._wire.trace.add(">", hello.encode() if isinstance(hello, str) else encode(hello))  # without credentials
        await socket.send_str(hello if isinstance(hello, str) else encode({**hello, **more}).decode())

    async def close(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()


class EventChannel:
    """Server-sent events."""

    def __init__(self, wire: HttpWire, events: Events) -> None:
        self._wire = wire
        self._path = encode_path(events.path)
        check_seconds(wire.name, silence=events.silence)
        self._silence = events.silence
        self._response: aiohttp.ClientResponse | None = None
        self._stream = EventStream()
        self._why: BaseException | str = "closed"

    async def open(self) -> None:
        if self._stream.retry:
            await asyncio.sleep(min(self._stream.retry, self._wire.timeout))  # the server said so
        try:
            async with asyncio.timeout(self._wire.timeout):
                self._response = await self._wire.events(self._path, self._stream.last_id)
        except TimeoutError as error:
            raise LinkDown(
                f"{self._wire.name}: no event stream at {self._path} within {self._wire.timeout:g} s"
            ) from error
        self._stream = EventStream(self._stream.last_id)
        self._why = "the event stream ended"

    async def frames(self) -> AsyncIterator[tuple[Any, Any]]:
        import aiohttp

        response = self._response
        assert response is not None
        try:
            while True:
                async with asyncio.timeout(self._silence):
                    data = await response.content.read(CHUNK)
                if not data:
                    return
                for event in self._stream.feed(data):
                    yield _frame(event), event.data
        except TimeoutError:
            self._why = f"nothing heard for {self._silence:g} s"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            self._why = error

    def ending(self) -> BaseException | str:
        return self._why

    async def refresh(self) -> None:
        """There is no way to ask over this channel."""

    async def close(self) -> None:
        response, self._response = self._response, None
        if response is not None:
            response.close()


def _frame(event: Event) -> dict[str, Any]:
    data = _decoded(event.data)
    return {"event": event.name, "id": event.id, "data": event.data if data is MISSING else data}


def _decoded(data: str | bytes) -> Any:
    """The frame, or MISSING if it is not JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return MISSING
