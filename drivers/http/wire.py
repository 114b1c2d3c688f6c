"""One HTTP request at a time to one server: sessions, log-in, deadlines, bounds, and no request sent behind our back.

This is the only module besides `drivers.http.push` that touches aiohttp, and it imports it when the wire is opened.
"""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from drivers.errors import BadReply, LinkDown, ReplyTimeout, UsageError
from drivers.http.hooks import Dropped, Stage, connected, first_line, login, once, reused
from drivers.http.rpclogin import answer
from drivers.http.slots import Slots, slots_of
from drivers.trace import Trace

if TYPE_CHECKING:
    import aiohttp
    from yarl import URL

__all__ = ["MAX_ANSWER", "Answer", "HttpWire", "split_url"]

MAX_ANSWER = 1 << 20  # bytes; the full status of a large instrument is some 100 KiB, and a page is not JSON anyway
KEPT_OPEN = 15.0  # seconds that an idle connection is kept, aiohttp's own choice


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. `time_ns` (since 1970) is when it was complete."""

    status: int
    reason: str
    body: bytes
    time_ns: int
    login: str = ""  # the scheme that the server asks for, with status 401
    location: str = ""  # where it points to, with status 3xx
    etag: str = ""  # names this version of the document
    retry_after: str = ""  # when to ask again

    def text(self, longest: int = 80) -> str:
        """The beginning of the body for an error message, control characters escaped."""
        return repr(self.body[:longest].decode("utf-8", "replace"))[1:-1]


def split_url(url: str) -> tuple[str, str, int]:
    """The URL without a closing slash, its host and its port number. Raises UsageError."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise UsageError(f"{url!r} is no URL: {error}") from error
    if parts.username is not None or parts.password is not None:
        raise UsageError("give the port user= and password=, not a URL that holds them: URLs get into logs")
    if parts.scheme not in ("http", "https") or not host:
        raise UsageError(f"{url!r} must look like http://host or https://host:port")
    if parts.query or parts.fragment:
        raise UsageError(f"{url!r} must end before '?' and '#': use query= for what each request carries")
    return url.rstrip("/"), host, port or (443 if parts.scheme == "https" else 80)


def _tls(name: str, ca: str | ssl.SSLContext | None) -> ssl.SSLContext | bool:
    """What aiohttp shall check certificates with. Raises UsageError for a file that holds none."""
    if ca is None:
        return True
    if isinstance(ca, ssl.SSLContext):
        return ca
    try:
        return ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"{name}: ca={ca!r} holds no certificates in PEM form: {error}") from error


class HttpWire:
    """Requests to the server at `url`. Raises UsageError for one that is none.

    `connections` is how many the server takes, from all who go there.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        trace: Trace,
        timeout: float,
        connect_timeout: float | None = None,
        user: str | None = None,
        password: str | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        token: str | None = None,
        ca: str | ssl.SSLContext | None = None,
        connections: int | None = None,
        keep_alive: bool = True,
    ) -> None:
        self.name = name
        self.trace = trace
        self.timeout = timeout
        self._connect_timeout = connect_timeout
        self._connections = connections
        self.move(url)
        self._user = user
        self._password = password or ""
        self._headers = dict(headers or {})
        self._query = urlencode(query or {})
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._tls = _tls(name, ca)
        self._keep_alive = keep_alive and connections is None  # an idle connection would take a slot
        self._session: aiohttp.ClientSession | None = None
        self._opened = False  # between `open` and `close`, whether there is a session at this instant or not

    def move(self, url: str) -> None:
        """Go to another server from the next `open` on. Raises UsageError."""
        url, host, port = split_url(url)
        most = self._connections
        self._slots: Slots | None = None if most is None else slots_of(self.name, host, port, most)
        self.url, self.host, self.port = url, host, port
        self._middlewares: list[Any] | None = None  # made once: they remember the server's challenge

    # --- life ---------------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Get ready for requests. None is sent, and no connection made."""
        self._opened = True
        if self._session is None:
            self._session = self._new_session()

    async def close(self) -> None:
        """Close whatever is open. Requests under way fail. Harmless on a closed wire."""
        self._opened = False
        await self._end_session()

    async def _end_session(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _new_session(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._middlewares is None:
            self._middlewares = [once, *login(self._user, self._password)]
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(connected)
        trace.on_connection_reuseconn.append(reused)
        return aiohttp.ClientSession(
            # one connection: small servers have few to give (a Shelly six, an ESP8266 four)
            connector=aiohttp.TCPConnector(limit_per_host=1, force_close=True, ssl=self._tls)
            if not self._keep_alive
            else aiohttp.TCPConnector(limit_per_host=1, keepalive_timeout=KEPT_OPEN, ssl=self._tls),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept-Encoding": "identity", **self._headers},
            middlewares=self._middlewares,
            trace_configs=[trace],
            # the deadline of the whole is kept here, not by aiohttp's default of 300 s
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._connect_timeout),
        )

    def target(self, path: str) -> URL:
        """The address of an encoded path, with the query that every request carries."""
        from yarl import URL

        if self._query:
            path += ("&" if "?" in path else "?") + self._query
        return URL(self.url + path, encoded=True)

    def authentication(self, scheme: str) -> str:
        """What to say of status 401 from a server that asks for this scheme."""
        if self._user is None:
            return f"authentication is needed ({scheme or 'no scheme named'}): give user= and password=, or headers="
        if scheme.lower() not in ("digest", "basic"):
            return f"authentication by {scheme[:20]!r} is not supported, only Digest and Basic are"
        return f"authentication failed: user {self._user!r} or the password is wrong"

    def frame_login(self, error: Any) -> dict[str, Any] | None:
        """The credentials for a JSON-RPC frame that was answered with this error; None without any, or if in vain."""
        return None if self._user is None else answer(error, self._user, self._password, secrets.randbelow(1 << 31))

    # --- requests -----------------------------------------------------------------------------------------------

    async def ask(
        self, method: str, path: str, body: bytes | None = None, *, fresh: bool = False, known: str = ""
    ) -> Answer:
        """Send a request once and return the answer, whatever its status.

        `fresh` uses a new connection. Otherwise a request that meets the end of a kept connection is sent again on
        a new one, which is for reads alone: nobody can tell whether the instrument had acted on the first. `known` is
        the ETag of an answer that need not come again. Raises
        OSError (no connection, or lost), ReplyTimeout, BadReply (not HTTP, broken off, or too long).
        """
        slots = self._slots
        if slots is None:
            return await self._ask(method, path, body, fresh, known)
        try:
            async with asyncio.timeout(self.timeout):
                await slots.take()
        except TimeoutError as error:
            what = f"none of the {slots.most} connections was free within {self.timeout:g} s"
            raise ReplyTimeout(f"{self.name}: {method} {path}: not sent, {what}") from error
        try:
            return await self._ask(method, path, body, fresh, known)
        finally:
            slots.give()

    async def _ask(self, method: str, path: str, body: bytes | None, fresh: bool, known: str) -> Answer:
        stage = Stage()
        try:
            async with asyncio.timeout(self.timeout):
                if fresh:
                    await self._end_session()  # there is no public way to close just its idle connection
                try:
                    return await self._send(method, path, body, stage, known)
                except Dropped:
                    if fresh or not stage.reused:
                        raise
                    stage.connected = stage.reused = False
                    return await self._send(method, path, body, stage, known)
        except Dropped as error:
            raise ConnectionError(f"{method} {path}: {error}") from error
        except TimeoutError as error:
            if not stage.connected:
                raise ConnectionError(f"{method} {path}: no connection within {self.timeout:g} s") from error
            raise ReplyTimeout(f"{self.name}: {method} {path}: no complete answer within {self.timeout:g} s") from error

    async def _send(self, method: str, path: str, body: bytes | None, stage: Stage, known: str) -> Answer:
        import aiohttp

        session = self._live_session()
        headers = {} if body is None else {"Content-Type": "application/json"}
        if known:
            headers["If-None-Match"] = known
        self._asked(method, path, body)
        try:
            async with session.request(
                method,
                self.target(path),
                data=body,
                headers=headers,
                allow_redirects=False,  # a redirected write is a second write, and a log-in is for one server
                trace_request_ctx=stage,
            ) as response:
                content = await self._content(response, f"{method} {path}")
                head = f"{response.status} {response.reason or ''}".rstrip()
                self.trace.add("<", head.encode() + (b" " + content if content else b""))
                return Answer(
                    response.status,
                    response.reason or "",
                    content,
                    time.time_ns(),
                    login=response.headers.get("WWW-Authenticate", "").partition(" ")[0],
                    location=response.headers.get("Location", ""),
                    etag=response.headers.get("ETag", ""),
                    retry_after=response.headers.get("Retry-After", ""),
                )
        except aiohttp.ClientPayloadError as error:
            raise BadReply(f"{self.name}: {method} {path}: the answer broke off: {first_line(error)}") from error
        except aiohttp.ClientConnectionError as error:  # the wire was closed meanwhile
            raise Dropped(first_line(error)) from error
        except aiohttp.ClientError as error:
            raise BadReply(f"{self.name}: {method} {path}: not HTTP as it should be: {first_line(error)}") from error

    def _asked(self, method: str, path: str, body: bytes | None = None) -> None:
        """Tell the trace, but for headers and the query of all requests, which may hold secrets."""
        self.trace.add(">", f"{method} {path}".encode() + (b" " + body if body else b""))

    def _live_session(self) -> aiohttp.ClientSession:
        if not self._opened:
            raise Dropped("the port is closed")
        self._session = self._session or self._new_session()
        return self._session

    async def websocket(self, path: str, *, heartbeat: float | None) -> aiohttp.ClientWebSocketResponse:
        """Connect to the WebSocket at an encoded path. Raises OSError or LinkDown. The caller keeps the deadline."""
        import aiohttp

        self._asked("GET", path)
        try:
            return await self._live_session().ws_connect(
                self.target(path),
                heartbeat=heartbeat,
                max_msg_size=MAX_ANSWER,
                # seconds for its good-bye, which many never send
                timeout=aiohttp.ClientWSTimeout(ws_close=0.25),  # pyright: ignore[reportCallIssue]  # attrs, no stub
            )
        except Dropped as error:
            raise ConnectionError(f"WebSocket {path}: {error}") from error
        except aiohttp.WSServerHandshakeError as error:
            raise LinkDown(f"{self.name}: no WebSocket at {path}: {error.status} {error.message}"[:200]) from error
        except aiohttp.ClientError as error:
            raise LinkDown(f"{self.name}: no WebSocket at {path}: {first_line(error)}") from error

    async def events(self, path: str, last_id: str) -> aiohttp.ClientResponse:
        """Open the event stream at an encoded path. Raises OSError or LinkDown. The caller keeps the deadline."""
        import aiohttp

        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        self._asked("GET", path)
        if last_id:
            headers["Last-Event-ID"] = last_id
        try:
            response = await self._live_session().get(self.target(path), headers=headers, allow_redirects=False)
        except Dropped as error:
            raise ConnectionError(f"events {path}: {error}") from error
        except aiohttp.ClientError as error:
            raise LinkDown(f"{self.name}: no event stream at {path}: {first_line(error)}") from error
        if response.status != 200 or response.content_type != "text/event-stream":
            response.close()
            what = f"{response.status} {response.reason or ''}".rstrip() + f", {response.content_type}"
            raise LinkDown(f"{self.name}: no event stream at {path}: {what}")
        return response

    async def occupy(self) -> Callable[[], None]:
        """Take a connection for as long as a channel is open. Returns what gives it back."""
        slots = self._slots
        if slots is None:
            return lambda: None
        await slots.take()
        return slots.give

    async def _content(self, response: aiohttp.ClientResponse, question: str) -> bytes:
        content = bytearray()
        async for chunk in response.content.iter_any():
            content += chunk
            if len(content) > MAX_ANSWER:
                # leaving the response unread closes its connection: the rest cannot be taken for the next answer
                raise BadReply(f"{self.name}: {question}: the answer is longer than {MAX_ANSWER} bytes")
        return bytes(content)
