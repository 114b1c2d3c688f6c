"""LinePort: instruments that speak in lines of text, or in binary messages, over any transport."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypedDict, Unpack

from drivers.backoff import Backoff
from drivers.errors import LinkDown, UsageError
from drivers.line.bus import Bus
from drivers.line.conversation import Conversation
from drivers.line.form import ONE_LINE, Form
from drivers.line.framing import Framing, Lines
from drivers.line.greeting import Greeting
from drivers.line.listeners import Listener, Listeners
from drivers.line.points import AskPoint, HearPoint, TellPoint
from drivers.line.questions import Ask, Hear, Tell
from drivers.line.shared import SharedQuestions
from drivers.line.wire import LineWire
from drivers.options import check_known, check_seconds
from drivers.port import Port, Watcher
from drivers.transports.base import Transport
from drivers.turns import Priority
from drivers.units import Unit

__all__ = ["LineOptions", "LinePort"]


class LineOptions(TypedDict, total=False):
    r"""What every line port can be told, whatever its transport. All times are seconds.

    Messages: `terminator` ends lines both ways (CR LF), unless `in_terminator` or `out_terminator` says otherwise for
    one of them; an empty `in_terminator` means that `gap` (0.1) of silence ends a reply, or the length that the
    question names. `framing` replaces terminators altogether. `encoding` is that of the text ("ascii"; "latin-1"
    carries any byte). A line may have `max_line` bytes (65536). `echo`: each message comes back before its reply.

    Deadlines: `timeout` for a reply (1.0), or with `read_timeout` for its beginning, and `read_timeout` for each
    further piece; `connect_timeout` (5.0); `write_timeout` until the instrument takes data (as `timeout`);
    `queue_timeout` for the turn (none). `delay` goes between one message and the next: slow instruments lose commands
    that come too fast. `quiet` is listened before the next question on a serial line whose reply did not come (as long
    as `timeout`, at least 0.5).

    On each connect, before anything else: `wake` is sent as it stands, and `wake_delay` waited (0.1, or not at all
    without `wake`), during which whatever the instrument says is dropped, a banner for instance; then the lines of
    `init`, each a text that is not answered, or a pair of text and answer; then `greet` is awaited with a
    `Conversation`. `backoff` is how often to try.
    """

    terminator: str
    in_terminator: str | None
    out_terminator: str | None
    timeout: float
    read_timeout: float | None
    write_timeout: float | None
    connect_timeout: float
    queue_timeout: float | None
    delay: float
    quiet: float | None
    gap: float
    encoding: str
    max_line: int
    framing: Framing | None
    echo: bool
    wake: str
    wake_delay: float
    init: Sequence[str | tuple[str, str]]
    greet: Callable[[Conversation], Awaitable[None]] | None
    backoff: Backoff | None
    clock_ns: Callable[[], int]


class LinePort(Port):
    """Questions and answers as lines of text, see `LineOptions`. Raises UsageError for settings that cannot work."""

    def __init__(self, name: str, transport: Transport, **options: Unpack[LineOptions]) -> None:
        check_known(self, name, options, LineOptions.__optional_keys__)
        timeout = options.get("timeout", 1.0)
        super().__init__(name, timeout=timeout, backoff=options.get("backoff"))
        self.transport = transport
        self.connect_timeout = options.get("connect_timeout", self.connect_timeout)
        self.queue_timeout = options.get("queue_timeout")
        self.read_timeout = options.get("read_timeout")
        self.write_timeout = options.get("write_timeout")
        self.delay = options.get("delay", 0.0)
        quiet = options.get("quiet")
        self.quiet = max(timeout, 0.5) if quiet is None else quiet
        self.encoding = options.get("encoding", "ascii")
        gap = options.get("gap", 0.1)
        wake = options.get("wake", "")
        wake_delay = options.get("wake_delay", 0.1 if wake else 0.0)
        check_seconds(name, zero=True, delay=self.delay, wake_delay=wake_delay)
        check_seconds(
            name,
            connect_timeout=self.connect_timeout,
            queue_timeout=self.queue_timeout,
            read_timeout=self.read_timeout,
            write_timeout=self.write_timeout,
            quiet=self.quiet,
            gap=gap,
        )
        framing = options.get("framing")
        lines = self._lines(options)
        self._wire = LineWire(
            self,
            framing or lines,
            gap if framing is None and not lines.in_terminator else 0.0,
            options.get("echo", False),
        )
        self._greeting = Greeting(wake, wake_delay, options.get("init", ()), options.get("greet"))
        self.listeners = Listeners(self.log, options.get("clock_ns", time.time_ns))
        self._shared = SharedQuestions(self._ask)
        self._bus: Bus | None = None  # if questions name units

    def _lines(self, options: LineOptions) -> Lines:
        both = options.get("terminator", "\r\n")
        try:
            ends = [
                (both if own is None else own).encode(self.encoding)
                for own in (options.get("in_terminator"), options.get("out_terminator"))
            ]
        except (LookupError, UnicodeError) as error:
            raise UsageError(f"{self.name}: {error}") from error
        return Lines(ends[0], ends[1], options.get("max_line", 65536))

    # --- for scripts and for device classes ---------------------------------------------------------------------

    async def ask(
        self,
        question: str,
        timeout: float | None = None,
        *,
        lines: int = 1,
        until: str | None = None,
        length: int | None = None,
        ack: str | None = None,
        enquire: str | None = None,
        priority: Priority = Priority.MEDIUM,
    ) -> str:
        """Send a line and return the line that answers it, without terminators; see `Form` for longer replies.

        Raises LinkDown, Disabled, ReplyTimeout, BadReply (a line that is too long or not in `encoding`), UsageError.
        """
        form = None
        if lines != 1 or until or length or ack or enquire:  # hardly ever
            form = Form.of(lines, until, length, ack, enquire)
            self.check_form(form)
        async with self._turn(priority):
            return await self._wire.exchange(question, timeout, form)

    async def _ask(
        self, question: str, timeout: float | None, form: Form, priority: Priority, unit: Unit | None
    ) -> str:
        if unit is not None:
            return await self._units().ask(unit, question, timeout, form, priority)
        async with self._turn(priority):
            return await self._wire.exchange(question, timeout, None if form is ONE_LINE else form)

    async def tell(self, command: str) -> None:
        """Send a line that is not answered, ahead of the questions that wait. Raises LinkDown, Disabled, UsageError,
        and ReplyTimeout if the instrument takes no data or does not echo.
        """
        async with self._turn(Priority.HIGH):
            await self._wire.say(command)

    @contextlib.asynccontextmanager
    async def conversation(self, *, urgent: bool = True) -> AsyncIterator[Conversation]:
        r"""The wire to oneself for several messages that belong together.

        ``async with port.conversation() as wire: await wire.ask("PRX"); pressures = await wire.ask("\x05")``
        """
        async with self._turn(urgent=urgent):
            self._wire.inbox = deque()
            try:
                yield Conversation(self._wire)
            finally:
                self._wire.drop_inbox()
                self._wire.inbox = None

    def subscribe_lines(self, pattern: str | re.Pattern[str] | None, callback: Listener) -> Callable[[], None]:
        """Call `callback` with each line that the instrument sends unasked, and when it came; returns what ends this.

        A line that `pattern` matches from its beginning is never taken for a reply, even while one is awaited.
        None stands for every line that comes while no reply is awaited, and that no pattern claims.
        """
        try:
            compiled = None if pattern is None else re.compile(pattern)
        except re.error as error:
            raise UsageError(f"{self.name}: the pattern {pattern!r} is wrong: {error}") from error
        return self.listeners.add(compiled, callback)

    def point(self, question: Any) -> AskPoint | TellPoint | HearPoint:
        """Bind an Ask, a Tell or a Hear. Raises UsageError at once for anything else, and for a wrong template."""
        if isinstance(question, Ask):
            return AskPoint(self, question)
        if isinstance(question, Tell):
            return TellPoint(self, question)
        if isinstance(question, Hear):
            return HearPoint(self, question)
        raise UsageError(f"{self.name}: a line port takes Ask, Tell or Hear, not {question!r}")

    # --- for points ---------------------------------------------------------------------------------------------

    async def ask_shared(
        self,
        question: str,
        timeout: float | None,
        form: Form = ONE_LINE,
        priority: Priority = Priority.MEDIUM,
        unit: Unit | None = None,
    ) -> str:
        """As `ask`, but points that ask the same while it is asked already get the same reply."""
        return await self._shared.ask(question, timeout, form, priority, unit)

    def watch_unit(self, unit: Unit, callback: Watcher) -> Callable[[], None]:
        """As `watch`, and also when the unit falls silent on a line that is up, and when it answers again."""
        return self._units().members.watch(unit, callback)

    def _units(self) -> Bus:
        if self._bus is None:
            self._bus = Bus(self)
            self.silent_after = sys.maxsize  # silence is that of each unit, and one must not fail the others
        return self._bus

    async def tell_and_hear(self, command: str, timeout: float | None, unit: Unit | None = None) -> str:
        """Send a command that is answered, ahead of the questions that wait."""
        if unit is not None:
            return await self._units().ask(unit, command, timeout, priority=Priority.HIGH)
        async with self._turn(Priority.HIGH):
            return await self._wire.exchange(command, timeout)

    def check(self, message: str) -> None:
        """Raises UsageError if the text cannot be sent."""
        self._wire.encoded(message)

    def check_form(self, form: Form) -> None:
        """Raises UsageError for a reply that this port cannot tell the end of."""
        framing = self._wire.framing
        if form.length is not None and not (isinstance(framing, Lines) and not framing.in_terminator):
            raise UsageError(f"{self.name}: a length ends replies on ports without a terminator (in_terminator='')")

    def doubtful(self) -> None:
        """Count an answer that makes no sense, and let the wire rest: the right one may be just behind it."""
        self.statistics.errors += 1
        self.statistics.bad_replies += 1
        self._wire.rest()

    # --- the link -----------------------------------------------------------------------------------------------

    @property
    def where(self) -> str:
        """The device or address."""
        return self.transport.where

    @property
    def baudrate(self) -> int | None:
        """Of a serial line, else None."""
        return self.transport.baudrate

    def _change(self, settings: dict[str, Any]) -> None:
        self.transport.change(**settings)

    async def _open(self) -> None:
        self._wire.begin()
        await self.transport.open(self._wire.received, self._link_lost)
        await self._greeting.say(self._wire)

    async def _close(self) -> None:
        self._wire.forget()
        self._wire.end("the port is closing")
        await self.transport.close()

    async def _finish(self) -> None:
        await self.transport.shut()

    async def _resync(self) -> None:
        """See docs/adr/0003-late-replies.md: a link that carries nothing old when opened anew is; others are heard."""
        if not self.transport.reopens:
            await self._wire.hear_out(self.quiet)
            return
        await self.transport.close()
        try:
            async with asyncio.timeout(self.connect_timeout):
                await self._open()
        except TimeoutError as error:
            raise LinkDown(f"no connection within {self.connect_timeout:g} s") from error

    def _link_lost(self, reason: BaseException | str) -> None:
        self.lost(reason)
        self._wire.end(f"connection lost: {reason}")
