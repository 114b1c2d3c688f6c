"""HTTP/1.1, one request per connection, and WebSocket on the same port.

Small on purpose: a plug's web server is small too. It closes each connection after the reply ("does not support
connection keepalive", shelly-api-docs.shelly.cloud, "RPC Channels") and understands Content-Length bodies only.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, Protocol
from urllib.parse import parse_qsl, urlsplit

from sim.faults import IN_REPLY, Faults, without
from sim.hosts.speaker import COMMON, Reply, Speaker, noise
from sim.hosts.websocket import CLOSE, PING, PONG, TEXT, accept, build, parse

__all__ = ["HttpSpeaker", "Request", "Response", "Session", "WebDevice"]

LONGEST = 65_536  # bytes of request head and body


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request. Header names are in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response: `body` goes out as JSON."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Session:
    """One WebSocket client: its name once it has said one, and what it knows of the device's state."""

    src: str = ""
    known: dict[str, Any] = field(default_factory=dict)
    announcements: int = 0


class WebDevice(Protocol):
    """An instrument with a web server."""

    def respond(self, request: Request) -> Response:
        """Answer an HTTP request."""
        ...

    def hear(self, session: Session, text: str) -> Any:
        """Answer a WebSocket message with a JSON document, or None."""

    def news(self, session: Session) -> list[Any]:
        """What is to be pushed to a WebSocket client, now."""
        ...


class HttpSpeaker(Speaker):
    """HTTP until a client upgrades, WebSocket from then on."""

    KINDS: ClassVar[frozenset[str]] = COMMON | {"status", "missing"}
    TALKS: ClassVar[bool] = True
    CONNECTIONS: ClassVar[int | None] = 6  # "limited to 6" (RPC Channels)

    def __init__(self, device: WebDevice, faults: Faults) -> None:
        super().__init__(faults)
        self._device = device
        self._buffer = b""
        self._session: Session | None = None

    def receive(self, data: bytes, quiet: float) -> Iterator[Reply]:
        """The replies to what `data` completes."""
        self._buffer += data
        if self._session is not None:
            yield from self._frames(self._session)
            return
        try:
            request = self._request()
        except ValueError as error:
            yield self._refuse(400, str(error))
            return
        if request is not None:
            raw, self._buffer = self._buffer, b""
            yield self._upgrade(request, raw) or self._http(request, raw)
        elif len(self._buffer) > LONGEST:
            yield self._refuse(413, "request too long")

    def poll(self) -> Iterator[Reply]:
        """Notifications."""
        if self._session is not None:
            for document in self._device.news(self._session):
                yield Reply(build(json.dumps(document).encode()))

    def _refuse(self, status: int, message: str) -> Reply:
        raw, self._buffer = self._buffer, b""
        return Reply(_render(Response(status, {"code": status, "message": message})), raw, close=True)

    # --- HTTP -----------------------------------------------------------------------------------------------------

    def _request(self) -> Request | None:
        head, end, body = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return None
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if len(body) < int(headers.get("content-length") or 0):
            return None
        method, target, *_ = [*first.split(" "), "", ""]
        url = urlsplit(target)
        return Request(method, url.path, dict(parse_qsl(url.query, keep_blank_values=True)), headers, body)

    def _http(self, request: Request, raw: bytes) -> Reply:
        fault = self.faults.take(IN_REPLY, raw)
        if fault is not None and fault.kind == "status":
            response = Response(int(fault["code"]), {"code": int(fault["code"]), "message": "simulated fault"})
        else:
            response = self._device.respond(request)
        body = without(response.body, fault["key"]) if fault and fault.kind == "missing" else response.body
        return Reply(_render(Response(response.status, body, response.headers)), raw, close=True)

    # --- WebSocket ------------------------------------------------------------------------------------------------

    def _upgrade(self, request: Request, raw: bytes) -> Reply | None:
        key = request.headers.get("sec-websocket-key")
        if not key or request.headers.get("upgrade", "").lower() != "websocket" or request.path != "/rpc":
            return None
        self._session = Session()
        lines = ("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade")
        return Reply("\r\n".join((*lines, f"Sec-WebSocket-Accept: {accept(key)}", "", "")).encode(), raw)

    def _frames(self, session: Session) -> Iterator[Reply]:
        while (frame := parse(self._buffer)) is not None:
            self._buffer = self._buffer[frame.size :]
            if frame.opcode == CLOSE:
                yield Reply(build(frame.payload, CLOSE), close=True)
            elif frame.opcode == PING:
                yield Reply(build(frame.payload, PONG))
            elif frame.opcode == TEXT:
                yield self._message(session, frame.payload)

    def _message(self, session: Session, payload: bytes) -> Reply:
        document = self._device.hear(session, payload.decode("utf-8", "replace"))
        fault = self.faults.take(IN_REPLY, payload)
        if fault is not None and fault.kind == "status":
            error = {"code": int(fault["code"]), "message": "simulated fault"}
            document = {**{name: value for name, value in document.items() if name != "result"}, "error": error}
        elif fault is not None:
            document = without(document, fault["key"])
        return Reply(b"" if document is None else build(json.dumps(document).encode()), payload)

    def garbled(self, reply: Reply, rnd: random.Random) -> bytes:
        """The frame or the head as it should be, around a body of noise."""
        head, end, body = reply.data.partition(b"\r\n\r\n")
        if reply.data.startswith(b"HTTP/") and end:
            return head + end + noise(len(body), rnd)
        frame = parse(reply.data)
        return build(noise(len(frame.payload) if frame else len(reply.data), rnd))


def _render(response: Response) -> bytes:
    body = json.dumps(response.body).encode()
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {response.status} {phrase}", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode() + body
