"""HttpPort: instruments that answer HTTP with JSON, polled with one request for many values, written, listened to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from drivers.backoff import Backoff
from drivers.errors import BadReply, DriverError, LinkDown, Refused, ReplyTimeout, UsageError
from drivers.http.jsonpath import Missing, parse, resolve
from drivers.http.pauses import Pauses, retry_after
from drivers.http.points import Document, GetPoint, SpokenGet, WritePoint
from drivers.http.push import PushPort
from drivers.http.questions import Command, Events, Get, Post, Push, Pushed, Query
from drivers.http.values import encode, encode_path
from drivers.http.wire import Answer, HttpWire
from drivers.options import check_seconds
from drivers.port import Point, Port
from drivers.transports.tcp import no_connection

__all__ = ["HttpPort"]

MAX_VERSIONS = 64  # answers that are kept for their ETag


class HttpPort(Port):
    """An HTTP server that speaks JSON, at ``http://host``, ``https://host:port`` or with a path that all others follow.

    HTTP has no standing connection, so "up" means that the server can be reached: when the port starts and after a
    request found the connection refused or reset, it tries the first path that a `Get` was bound to (or just to
    connect, if there is none) until there is an answer of any kind. A server that is silent, or answers nonsense, is
    up: its points raise ReplyTimeout and BadReply themselves.

    One request at a time. Reads of one path asked for while one of them waits or is under way share its answer and
    its time. A write goes ahead of waiting reads, uses a connection of its own, and is sent at most once (and again
    with credentials, if the server asks for them before it does anything).

    `timeout` covers connecting, asking and the whole answer, in seconds; `connect_timeout` connecting alone, if that is
    to end sooner, `queue_timeout` the wait for its turn (none). `user` and `password` answer a Digest or
    Basic challenge, whichever comes; Basic shows the password to the network unless the URL is https. `headers` go
    with every request (API keys), and so does `query` (``{"user": "admin", "password": ...}`` for Tasmota); neither
    shows in messages. `token` goes with every request as ``Authorization: Bearer``. `ca` is a file of certificates
    (PEM) to trust in place of the system's, for an instrument that signs its own, or an `ssl.SSLContext`.
    `keep_alive=False` closes the connection after each request, for servers that want it so. `connections` is how many
    of them the server takes at once: all ports of one host, push channels included, share them, and none is kept.

    `interval` seconds at least go from one request to the next (0). A server that answers 429, or 503 with a
    Retry-After, is not asked anything for as long as it says, but no longer than 300 s: reads raise BadReply, writes
    Refused. `etag` (True) saves the server from sending again what has not changed since. Raises UsageError for a URL
    that is none, and for what does not fit together.
    """

    def __init__(
        self,
        url: str,
        *,
        name: str | None = None,
        timeout: float = 3.0,
        connect_timeout: float | None = None,
        queue_timeout: float | None = None,
        user: str | None = None,
        password: str | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        token: str | None = None,
        ca: str | ssl.SSLContext | None = None,
        push: Push | Events | None = None,
        keep_alive: bool = True,
        connections: int | None = None,
        interval: float = 0.0,
        etag: bool = True,
        backoff: Backoff | None = None,
    ) -> None:
        super().__init__(name or _short(url), timeout=timeout, backoff=backoff)
        if token is not None and user is not None:
            raise UsageError(f"{self.name}: give a token or a user, not both")
        check_seconds(self.name, connect_timeout=connect_timeout, queue_timeout=queue_timeout)
        check_seconds(self.name, zero=True, interval=interval)
        self.queue_timeout = queue_timeout
        self.connect_timeout = max(self.connect_timeout, 2.0 * timeout + 1.0)  # a probe is a request, and may wait

        def wire(wire_name: str) -> HttpWire:
            return HttpWire(
                wire_name,
                url,
                trace=self.trace,
                timeout=timeout,
                connect_timeout=connect_timeout,
                user=user,
                password=password,
                headers=headers,
                query=query,
                token=token,
                ca=ca,
                connections=connections,
                keep_alive=keep_alive,
            )

        self._wire = wire(self.name)
        self._push = (
            None if push is None else PushPort(wire(f"{self.name} push"), push, self._catch_up, backoff=backoff)
        )
        self._interval = interval
        self._pauses = Pauses(interval, self.backoff)
        self._etag = etag
        self._versions: dict[str, tuple[str, Any]] = {}  # by path: ETag and what it stands for
        self._spoken: list[SpokenGet] = []
        self._catching_up: asyncio.Task[None] | None = None
        self._probe: str | None = None
        self._reads: dict[tuple[str, bytes | None], asyncio.Task[Document]] = {}  # by path and body
        self._looking: asyncio.Task[None] | None = None
        self._mute = False  # the push channel is down, and that was logged
        self._leave: Callable[[], None] | None = None

    # --- used alone ---------------------------------------------------------------------------------------------

    async def get(self, path: str, pointer: str = "") -> Any:
        """The JSON value at `pointer` of what ``GET path`` answers.

        Raises LinkDown, ReplyTimeout, BadReply, or UsageError for what is no path or pointer.
        """
        tokens, encoded = parse(pointer), encode_path(path)
        document = await self.document(encoded)
        try:
            return resolve(document.value, tokens)
        except Missing as error:
            raise BadReply(f"{self.name}: GET {path}: {error}") from error

    async def post(self, path: str, body: Any = None) -> Any:
        """``POST path`` with `body` as JSON (None for no body): the decoded answer, or None if that is not JSON.

        Raises LinkDown, ReplyTimeout, Refused, or UsageError for what is no path or not JSON.
        """
        return await self.send("POST", encode_path(path), None if body is None else encode(body))

    async def put(self, path: str, body: Any = None) -> Any:
        """As `post`, with PUT."""
        return await self.send("PUT", encode_path(path), None if body is None else encode(body))

    async def patch(self, path: str, body: Any = None) -> Any:
        """As `post`, with PATCH."""
        return await self.send("PATCH", encode_path(path), None if body is None else encode(body))

    # --- points -------------------------------------------------------------------------------------------------

    def point(self, question: Any) -> Point:
        """Bind a `Get`, `Query`, `Post`, `Put`, `Patch`, `Command` or `Pushed`. Raises UsageError for anything else."""
        match question:
            case Get(push=False):
                return self._getter(question)
            case Get():
                where = question.pointer if question.push is True else str(question.push)
                heard = self._channel(question).point(Pushed(where, question.scale, question.as_))
                point = SpokenGet(self._getter(question), heard)
                self._spoken.append(point)
                return point
            case Pushed():
                return self._channel(question).point(question)
            case Post() | Command():
                return WritePoint(self, question)
            case _:
                raise UsageError(f"{self.name}: an HTTP port cannot ask {question!r}")

    def _getter(self, question: Get) -> GetPoint:
        point = GetPoint(self, question)
        if self._probe is None and not isinstance(question, Query):
            self._probe = point.path
        return point

    def _channel(self, question: Get | Pushed) -> PushPort:
        if self._push is None:
            raise UsageError(f"{self.name}: {question} needs a port with push=Push(...)")
        return self._push

    # --- life ---------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """As `Port.start`, and the push channel with it."""
        await super().start()
        if self._push is not None:
            if self._leave is None:
                self._leave = self._push.watch(self._push_changed)
            await self._push.start()

    async def stop(self) -> None:
        """As `Port.stop`, and the push channel with it."""
        if self._leave is not None:
            self._leave()
            self._leave = None
        if self._push is not None:
            await self._push.stop()
        for task in (self._looking, self._catching_up):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        await super().stop()
        reads = tuple(self._reads.values())
        for read in reads:
            read.cancel()
        if reads:
            await asyncio.wait(reads)

    def disconnect(self) -> None:
        """As `Port.disconnect`, and the push channel with it."""
        super().disconnect()
        if self._push is not None:
            self._push.disconnect()

    def connect(self) -> None:
        """As `Port.connect`, and the push channel with it."""
        super().connect()
        if self._push is not None:
            self._push.connect()

    @property
    def where(self) -> str:
        """The URL."""
        return self._wire.url

    def _change(self, settings: dict[str, Any]) -> None:
        """Another `address`: a URL, or ``host:port`` in place of what stands there in the URL."""
        if settings.keys() != {"address"}:
            raise UsageError(f"{self.name}: only the address can be changed, not {', '.join(settings)}")
        before, address = self._wire.url, str(settings["address"])
        if "://" not in address:
            address = urlsplit(before)._replace(netloc=address).geturl()
        self._wire.move(address)
        if self._push is not None:
            self._push.move(self._wire.url)
        if self.name == _short(before):
            self.name = self._wire.name = _short(self._wire.url)
        self._versions = {}
        self._pauses = Pauses(self._interval, self.backoff)

    async def _open(self) -> None:
        self._wire.open()
        await self._reach()

    async def _reach(self) -> None:
        """Find out whether the server is there: any answer will do, and so will none as long as it can be reached."""
        if self._probe is None:
            try:
                _, writer = await asyncio.open_connection(self._wire.host, self._wire.port)
            except OSError as error:
                raise OSError(no_connection(self._wire.host, self._wire.port, error)) from error
            writer.close()
        else:
            with contextlib.suppress(ReplyTimeout, BadReply):
                await self._wire.ask("GET", self._probe)

    def _push_changed(self, fault: DriverError | None) -> None:
        if fault is None:
            if self._mute:
                self.log.info("%s: pushes again", self.name)
            self._mute = False
        elif self._fault is None and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look(fault), name=f"look at {self.name}")

    def _catch_up(self) -> None:
        """The push channel missed something: poll what can be polled."""
        if self._spoken and self._fault is None and (self._catching_up is None or self._catching_up.done()):
            self._catching_up = asyncio.create_task(self._poll_spoken(), name=f"catch up {self.name}")

    async def _poll_spoken(self) -> None:
        for point in self._spoken:  # those of one path come one after the other, and mostly share an answer
            with contextlib.suppress(DriverError):
                await point.catch_up()

    async def _look(self, fault: DriverError) -> None:
        """The push channel broke: is it the channel, or has the whole instrument gone?"""
        with contextlib.suppress(DriverError):
            async with self._turn():
                await self._reach()
        if self._fault is None:
            self._mute = True
            self.log.warning("%s (polling goes on)", fault)

    async def _close(self) -> None:
        await self._wire.close()

    # --- requests -----------------------------------------------------------------------------------------------

    async def document(self, path: str, body: bytes | None = None) -> Document:
        """What ``GET path`` (encoded) answers, decoded; shared with everybody who asks for it meanwhile.

        With a `body` it is asked by POST.
        """
        self._check_up()
        key = (path, body)
        read = self._reads.get(key)
        if read is None or read.done():
            read = self._reads[key] = asyncio.create_task(self._read(path, body), name=f"{self.name} reads {path}")
            read.add_done_callback(lambda task: self._done(key, task))
        try:
            # the request outlives any one of those who wait for it: one that gives up must not spoil it for the rest
            return await asyncio.shield(read)
        except DriverError as error:
            # a fresh exception each time: a shared one would collect every caller's traceback
            raise type(error)(str(error)) from error
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if caller is not None and caller.cancelling():
                raise
            raise LinkDown(f"{self.name}: the port is stopped") from None

    def _done(self, key: tuple[str, bytes | None], read: asyncio.Task[Document]) -> None:
        if self._reads.get(key) is read:
            del self._reads[key]
        if not read.cancelled():
            read.exception()  # retrieved, though everybody who waited may have given up

    async def _read(self, path: str, body: bytes | None) -> Document:
        method = "GET" if body is None else "POST"
        async with self._turn():
            versions = self._versions if self._etag and body is None else {}  # of the server that is asked
            known, document = versions.get(path, ("", None))
            answer = await self._ask(BadReply, method, path, body, known=known)
            if answer.status == 304 and known:
                return Document(document, answer.time_ns)
            if not 200 <= answer.status < 300:
                raise BadReply(self._complaint(method, path, answer))
            try:
                document = json.loads(answer.body)
            except (ValueError, RecursionError) as error:
                raise BadReply(f"{self.name}: {method} {path}: not JSON: '{answer.text()}'") from error
            if answer.etag and (path in versions or len(versions) < MAX_VERSIONS):
                versions[path] = (answer.etag, document)
            else:
                versions.pop(path, None)
            return Document(document, answer.time_ns)

    async def _ask(
        self,
        closed: type[DriverError],
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        fresh: bool = False,
        known: str = "",
    ) -> Answer:
        """As `HttpWire.ask`, when it is time. Raises `closed` while the server wants to be left alone."""
        loop = asyncio.get_running_loop()
        if left := self._pauses.closed(loop.time()):
            what = f"not sent, the server wants no request for another {left:.1f} s"
            raise closed(f"{self.name}: {method} {path}: {what}")
        if delay := self._pauses.wait(loop.time()):
            await asyncio.sleep(delay)
        self._pauses.sent(loop.time())
        answer = await self._wire.ask(method, path, body, fresh=fresh, known=known)
        asked = retry_after(answer.retry_after, time.time()) if answer.retry_after else None
        self._pauses.answered(answer.status, asked, loop.time())
        return answer

    async def send(
        self, method: str, path: str, body: bytes | None = None, check: Callable[[Any], None] | None = None
    ) -> Any:
        """Write once: the decoded answer, or None if it is not JSON. `check` raises ValueError if it is a refusal."""
        async with self._turn(urgent=True):
            try:
                answer = await self._ask(Refused, method, path, body, fresh=True)
            except BadReply as error:
                raise Refused(f"{error} (nobody knows whether it was obeyed)") from error
            if not 200 <= answer.status < 300:
                raise Refused(self._complaint(method, path, answer))
            try:
                decoded = json.loads(answer.body)
            except (ValueError, RecursionError):
                decoded = None
            if check is not None:
                try:
                    check(decoded)
                except ValueError as error:
                    raise Refused(f"{self.name}: {method} {path}: {error} in '{answer.text()}'") from error
            return decoded

    def _complaint(self, method: str, path: str, answer: Answer) -> str:
        text = f"{self.name}: {method} {path}: {answer.status} {answer.reason}".rstrip()
        if answer.status == 401:
            return f"{text}: {self._wire.authentication(answer.login)}"
        if answer.status == 403:
            text += ": authentication or permission is missing"
        if answer.location:
            text += f": it points to {answer.location[:80]!r}, which is not followed"
        return f"{text}: '{answer.text()}'" if answer.body else text


def _short(url: str) -> str:
    """What a port to this URL is called."""
    return url.rstrip("/").partition("://")[2]
