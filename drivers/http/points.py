"""Questions of an HTTP port bound to it: what a record reads, writes and listens to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from drivers.errors import BadReply, DriverError, UsageError
from drivers.http.heard import Listener, PushedPoint, Unsubscribe
from drivers.http.jsonpath import Missing, parse, resolve
from drivers.http.questions import Command, Get, Post, Query
from drivers.http.values import PathTemplate, encode, encode_path, fill, incoming, outgoing
from drivers.port import Statistics
from drivers.reading import Reading

__all__ = ["Asker", "Document", "GetPoint", "SpokenGet", "WritePoint"]

Watcher = Callable[[DriverError | None], None]


class Document(NamedTuple):
    """A decoded answer and when it was complete (ns since 1970)."""

    value: Any
    time_ns: int


class Asker(Protocol):
    """What a point needs of its port; see `drivers.http.port.HttpPort`."""

    name: str
    statistics: Statistics

    @property
    def fault(self) -> DriverError | None: ...
    async def document(self, path: str, body: bytes | None = None) -> Document: ...
    async def send(
        self, method: str, path: str, body: bytes | None = None, check: Callable[[Any], None] | None = None
    ) -> Any: ...
    def complain(self, question: str, error: BadReply) -> None: ...
    def watch(self, callback: Watcher) -> Unsubscribe: ...


class GetPoint:
    """One value of a polled path."""

    def __init__(self, port: Asker, question: Get) -> None:
        self.path = encode_path(question.path)
        self._body = encode(question.body) if isinstance(question, Query) else None  # what is not JSON shows now
        self._port = port
        self._question = question
        self._find = _finder(port.name, question)

    @property
    def fault(self) -> DriverError | None:
        """Why the port is down, or None while it is up."""
        return self._port.fault

    async def read(self) -> Reading:
        """Raises LinkDown, ReplyTimeout or BadReply."""
        try:
            document = await self._port.document(self.path, self._body)
        except BadReply as error:
            self._port.complain(self.path, error)  # once for all that stands in the document
            raise
        try:
            return self._reading(document)
        except BadReply as error:
            self._port.complain(str(self._question), error)
            raise

    def _reading(self, document: Document) -> Reading:
        try:
            raw = self._find(document.value)
            return Reading(incoming(raw, self._question.as_, self._question.scale), document.time_ns)
        except (Missing, ValueError) as error:
            self._port.statistics.errors += 1
            self._port.statistics.bad_replies += 1
            where = "" if isinstance(error, Missing) else f" {self._question.select or self._question.pointer!r}"
            method = "GET" if self._body is None else "POST"
            raise BadReply(f"{self._port.name}: {method} {self.path}{where}: {error}") from error

    async def write(self, value: Any, /) -> None:
        """Not possible. Raises UsageError."""
        raise UsageError(self.unwritable)

    @property
    def unwritable(self) -> str:
        """Why it cannot be written."""
        return f"{self._port.name}: {self._question} only reads; to write, use Post, Put, Patch or Command"

    def watch(self, callback: Watcher, /) -> Unsubscribe:
        """As `Port.watch`."""
        return self._port.watch(callback)


def _finder(name: str, question: Get) -> Callable[[Any], Any]:
    """What takes the value out of an answer, or raises Missing."""
    if question.select is None:
        tokens = parse(question.pointer)
        return lambda document: resolve(document, tokens)
    if question.pointer:
        raise UsageError(f"{name}: {question}: give a pointer or select=, not both")
    return _selector(name, question.select)


def _selector(name: str, expression: str) -> Callable[[Any], Any]:
    try:
        import jmespath
        from jmespath.exceptions import JMESPathError
    except ImportError as error:
        raise UsageError(f"{name}: select= needs JMESPath: pip install 'iocbridge[jmespath]'") from error
    try:
        compiled = jmespath.compile(expression)
    except JMESPathError as error:
        raise UsageError(f"{name}: {expression!r} is no JMESPath expression: {error}".splitlines()[0]) from error

    def select(document: Any) -> Any:
        try:
            found = compiled.search(document)
        except JMESPathError as error:  # a function that got what it does not take
            raise Missing(f"{expression!r}: {error}".splitlines()[0]) from error
        if found is None:
            raise Missing(f"{expression!r} finds nothing")
        return found

    return select


class SpokenGet:
    """A polled value that is pushed as well."""

    def __init__(self, polled: GetPoint, heard: PushedPoint) -> None:
        self._polled = polled
        self._heard = heard

    async def read(self) -> Reading:
        """As `GetPoint.read`: asks."""
        return await self._polled.read()

    async def write(self, value: Any, /) -> None:
        """Not possible. Raises UsageError."""
        await self._polled.write(value)

    @property
    def unwritable(self) -> str:
        """Why it cannot be written."""
        return self._polled.unwritable

    def subscribe(self, callback: Listener, /) -> Unsubscribe:
        """As `PushedPoint.subscribe`."""
        return self._heard.subscribe(callback)

    async def catch_up(self) -> None:
        """Frames were missed: poll, and tell whoever listens."""
        if self._heard.heard:
            self._heard.tell(await self._polled.read())

    def watch(self, callback: Watcher, /) -> Unsubscribe:
        """As `Port.watch`. Whoever subscribed is told of the push channel too: its silence would look like no news."""
        told = True if self._fault() is None else None  # up, down, or nothing yet; a first "down" is news

        def changed(news: DriverError | None) -> None:
            nonlocal told
            fault = self._fault()
            if told is None and news is None and fault is not None:
                return  # one of the two has come up, and the other has yet to try
            if told is not (fault is None):
                told = fault is None
                callback(fault)

        ends = (self._polled.watch(changed), self._heard.watch(changed))

        def unwatch() -> None:
            for end in ends:
                end()

        return unwatch

    def _fault(self) -> DriverError | None:
        return self._polled.fault or (self._heard.fault if self._heard.heard else None)


class WritePoint:
    """One value that is written."""

    def __init__(self, port: Asker, question: Post | Command) -> None:
        self._port = port
        self._question = question
        self._path = PathTemplate(question.path)
        self._body = question.body if isinstance(question, Post) else None
        if self._body is not None:
            encode(fill(self._body, None))  # what is not JSON shows now
        self._expect = None if question.expect is None else (parse(question.expect[0]), question.expect[1])

    async def read(self) -> Reading:
        """Not possible. Raises UsageError."""
        raise UsageError(self.unreadable)

    @property
    def unreadable(self) -> str:
        """Why it cannot be read."""
        return f"{self._port.name}: {self._question} only writes; to read, use Get or Query"

    async def write(self, value: Any, /) -> None:
        """Return when the instrument has accepted. Raises LinkDown, ReplyTimeout, Refused, or UsageError."""
        ready = outgoing(value, self._question.as_, self._question.scale)
        path = self._path.fill(ready)
        body = None if self._body is None else encode(fill(self._body, ready))
        await self._port.send(self._question.method, path, body, lambda answer: self._check(answer, ready))

    def _check(self, answer: Any, value: Any) -> None:
        if self._expect is None:
            return
        tokens, template = self._expect
        expected = fill(template, value)
        try:
            found = resolve(answer, tokens)
        except Missing as error:
            raise ValueError(str(error)) from error
        if found != expected:
            raise ValueError(f"{found!r:.40} where {expected!r:.40} was expected")

    def watch(self, callback: Watcher, /) -> Unsubscribe:
        """As `Port.watch`."""
        return self._port.watch(callback)
