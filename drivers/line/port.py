"""LinePort: instruments that speak in lines of text, over any transport.

After a request that ended without its reply (time-out, cancellation, an endless line), nobody else is let onto the
wire before a late reply can no longer be taken for his (docs/adr/0003-late-replies.md):

* TCP is closed and opened anew. This is no change of state for anybody, unless opening fails.
* A serial line is listened to, and what comes is thrown away, until it has been quiet for `quiet` seconds or the late
  reply has come. If it has not, the next question's reply is held back for a moment, and if a second line follows,
  one of the two was late: neither is trusted, and it begins again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from drivers.backoff import Backoff
from drivers.errors import BadReply, LinkDown, ReplyTimeout, UsageError
from drivers.line.conversation import Conversation
from drivers.line.deadline import Deadline
from drivers.line.framing import Damaged, Framing, Lines
from drivers.line.listeners import Listener, Listeners
from drivers.line.points import AskPoint, HearPoint, TellPoint
from drivers.line.questions import Ask, Hear, Tell
from drivers.line.quiet import Quiet
from drivers.line.shared import SharedQuestions
from drivers.port import Port
from drivers.transports.base import Transport

__all__ = ["LinePort"]

HUSH = 0.05  # seconds after an answer that makes no sense: the right one may be just behind it
SETTLE = 0.25  # seconds, at most, for a second line after an unresolved time-out
MAX_INBOX = 1000  # lines of one reply; an instrument that never stops must not fill the memory
STALE = 0.1  # seconds in which no further byte of a line came; the slowest adapters pause for 16 ms
FULL_POLL = 0.005  # seconds between looks at a wire that takes no data


class LinePort(Port):
    """Questions and answers as lines of text.

    `terminator` ends lines both ways, unless `in_terminator` or `out_terminator` says otherwise for one of them; an
    empty `in_terminator` means that `gap` seconds of silence end a reply. All times are seconds: `timeout` for a
    reply, `delay` between one message and the next (slow instruments lose commands that come too fast), `quiet`
    before the next question on a serial line whose reply did not come (default: as long as the time-out, at least
    half a second). `encoding` is that of the text; a line may have `max_line` bytes. `framing` replaces terminators
    altogether. `greet` is awaited with a `Conversation` after each connect, before anything else is asked.

    Raises UsageError for settings that cannot work.
    """

    def __init__(
        self,
        name: str,
        transport: Transport,
        *,
        terminator: str = "\r\n",
        in_terminator: str | None = None,
        out_terminator: str | None = None,
        timeout: float = 1.0,
        delay: float = 0.0,
        quiet: float | None = None,
        gap: float = 0.1,
        encoding: str = "ascii",
        max_line: int = 65536,
        framing: Framing | None = None,
        greet: Callable[[Conversation], Awaitable[None]] | None = None,
        backoff: Backoff | None = None,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        super().__init__(name, timeout=timeout, backoff=backoff)
        try:
            ends = [(terminator if own is None else own).encode(encoding) for own in (in_terminator, out_terminator)]
        except (LookupError, UnicodeError) as error:
            raise UsageError(f"{name}: {error}") from error
        if delay < 0 or gap <= 0 or (quiet is not None and quiet <= 0):
            raise UsageError(f"{name}: delay, gap and quiet are seconds, and not negative")
        self.transport = transport
        self.delay = delay
        self.quiet = max(timeout, 0.5) if quiet is None else quiet
        self.encoding = encoding
        self._framing: Framing = framing or Lines(ends[0], ends[1], max_line)
        self._gap = gap if framing is None and not ends[0] else 0.0
        self._pause = Deadline(self._gap_over)
        self._greet = greet
        self._question = ""  # on the wire at present, for messages
        self._waiter: asyncio.Future[str] | None = None  # of whoever waits for the next line
        self._deadline = Deadline(self._expire)
        self._patience = timeout  # seconds that the waiter gives it
        self._inbox: deque[str] | None = None  # lines of the present conversation that nobody waits for yet
        self._not_before = 0.0  # loop time of the next message at the earliest; 0 for any time
        self._hearing_out: Quiet | None = None  # a late reply is waited for
        self._unresolved = False  # a reply is missing, and may yet come
        self._tail_since = 0.0  # loop time of the last byte of a line that is not complete
        self._listeners = Listeners(self.log, clock_ns)
        self._shared = SharedQuestions(self.ask)

    # --- for scripts and for device classes ---------------------------------------------------------------------

    async def ask(self, question: str, timeout: float | None = None) -> str:
        """Send a line and return the line that answers it, without terminators.

        Raises LinkDown, ReplyTimeout, BadReply (a line that is too long or not in `encoding`), UsageError.
        """
        async with self._turn():
            return await self._exchange(question, timeout)

    async def tell(self, command: str) -> None:
        """Send a line that is not answered, ahead of the questions that wait. Raises LinkDown, UsageError, and
        ReplyTimeout if the instrument takes no data.
        """
        async with self._turn(urgent=True):
            await self._say(command)

    @contextlib.asynccontextmanager
    async def conversation(self, *, urgent: bool = True) -> AsyncIterator[Conversation]:
        r"""The wire to oneself for several messages that belong together.

        ``async with port.conversation() as wire: await wire.ask("PRX"); pressures = await wire.ask("\x05")``
        """
        async with self._turn(urgent=urgent):
            self._inbox = deque()
            try:
                yield Conversation(self)
            finally:
                self._drop_inbox()
                self._inbox = None

    def subscribe_lines(self, pattern: str | re.Pattern[str] | None, callback: Listener) -> Callable[[], None]:
        """Call `callback` with each line that the instrument sends unasked, and when it came; returns what ends this.

        A line that `pattern` matches from its beginning is never taken for a reply, even while one is awaited.
        None stands for every line that comes while no reply is awaited, and that no pattern claims.
        """
        try:
            compiled = None if pattern is None else re.compile(pattern)
        except re.error as error:
            raise UsageError(f"{self.name}: the pattern {pattern!r} is wrong: {error}") from error
        return self._listeners.add(compiled, callback)

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

    async def ask_shared(self, question: str, timeout: float | None) -> str:
        """As `ask`, but points that ask the same while it is asked already get the same reply."""
        return await self._shared.ask(question, timeout)

    async def tell_and_hear(self, command: str, timeout: float | None) -> str:
        """Send a command that is answered, ahead of the questions that wait."""
        async with self._turn(urgent=True):
            return await self._exchange(command, timeout)

    def check(self, message: str) -> None:
        """Raises UsageError if the text cannot be sent."""
        self._encoded(message)

    def doubtful(self) -> None:
        """Count an answer that makes no sense, and let the wire rest: the right one may be just behind it."""
        self.statistics.errors += 1
        self._rest(HUSH)

    # --- one exchange, inside a turn ----------------------------------------------------------------------------

    async def _exchange(self, question: str, timeout: float | None) -> str:
        data = self._encoded(question)
        if self._not_before or self.transport.full:
            await self._clearance(question)
        if self._inbox:
            self._drop_inbox()
        if self._framing.pending:
            self._drop_tail()
        self._question = question
        self._send(data)
        reply = await (self._confirmed(timeout) if self._unresolved else self._line(timeout))
        if self.delay:
            self._rest(self.delay)
        return reply

    async def _say(self, command: str) -> None:
        data = self._encoded(command)
        if self._not_before or self.transport.full:
            await self._clearance(command)
        self._send(data)
        if self.delay:
            self._rest(self.delay)

    async def _line(self, timeout: float | None) -> str:
        """The next line that is no event. Leaves the wire out of step if none comes."""
        if self._inbox:
            return self._inbox.popleft()
        waiter: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._in_step = False
        self._waiter = waiter
        self._patience = self.timeout if timeout is None else timeout
        self._deadline.begin(self._patience)
        try:
            reply = await waiter
        except BadReply:  # it came, and its end was seen: the wire is in step
            self._in_step = True
            self._rest(HUSH)
            raise
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                waiter.exception()  # seen: asyncio need not complain that nobody looked at it
            raise
        finally:
            self._deadline.end()
            self._waiter = None
        self._in_step = True
        return reply

    async def _confirmed(self, timeout: float | None) -> str:
        """The next line, after a reply that never came, if no second one follows: is it really the answer?"""
        talking = self._inbox
        self._inbox = deque() if talking is None else talking
        try:
            reply = await self._line(timeout)
            try:
                second = await self._line(min(SETTLE, self.quiet))
            except ReplyTimeout:
                self._unresolved, self._in_step = False, True
                return reply
        finally:
            self._inbox = talking
        self._in_step = False
        self.statistics.late += 1
        raise ReplyTimeout(
            f"{self.name}: {self._question!r} was followed by {reply!r} and {second!r}; one of them is late, "
            "so that neither can be trusted"
        )

    def _encoded(self, message: str) -> bytes:
        try:
            return self._framing.encode(message.encode(self.encoding))
        except ValueError as error:
            raise UsageError(f"{self.name}: {message!r} cannot be sent: {error}") from error

    def _send(self, data: bytes) -> None:
        if self.log.isEnabledFor(logging.DEBUG):
            self.log.debug("%s > %r", self.name, data)
        self.transport.send(data)

    async def _clearance(self, message: str) -> None:
        """Wait until the instrument may, and can, be told something."""
        loop = asyncio.get_running_loop()
        if (wait := self._not_before - loop.time()) > 0:
            await asyncio.sleep(wait)
        self._not_before = 0.0
        deadline = loop.time() + self.timeout
        while self.transport.full:
            if loop.time() >= deadline:
                raise ReplyTimeout(f"{self.name}: {message!r} cannot be sent: the instrument takes no data")
            await asyncio.sleep(FULL_POLL)

    def _rest(self, seconds: float) -> None:
        self._not_before = asyncio.get_running_loop().time() + max(seconds, self.delay)

    def _expire(self) -> None:
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        words = f"{self.name}: no reply to {self._question!r} within {self._patience:g} s"
        if pending := self._framing.pending:
            words = words.replace("no reply", "no complete reply", 1) + f", only {pending[:64]!r}"
            if isinstance(self._framing, Lines) and not self._gap:
                words += f", which does not end with {self._framing.in_terminator!r}"
        waiter.set_exception(ReplyTimeout(words))

    # --- what the wire brings -----------------------------------------------------------------------------------

    def _received(self, chunk: bytes) -> None:
        if self.log.isEnabledFor(logging.DEBUG):
            self.log.debug("%s < %r", self.name, chunk)
        for message in self._framing.feed(chunk):
            self._arrived(message)
        if self._framing.pending:
            self._tail_since = asyncio.get_running_loop().time()
            if self._hearing_out is not None:
                self._hearing_out.noise()
            if self._gap:
                self._pause.begin(self._gap)

    def _arrived(self, message: bytes | Damaged) -> None:
        if isinstance(message, Damaged):
            self._damaged(message)
            return
        try:
            text = message.decode(self.encoding)
        except UnicodeDecodeError:
            self._damaged(Damaged(f"is not {self.encoding} text", message))
            return
        if self._listeners.claim(text):
            return
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            waiter.set_result(text)
        else:
            self._unasked(text)

    def _unasked(self, text: str) -> None:
        if self._inbox is not None and len(self._inbox) < MAX_INBOX:
            self._inbox.append(text)
        elif self._hearing_out is not None:
            self.statistics.late += 1
            self._hearing_out.reply()
        elif not self._listeners.rest(text):
            self.statistics.unclaimed += 1

    def _damaged(self, message: Damaged) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            words = f"the reply to {self._question!r} {message.why}: {message.data[:64]!r}"
            waiter.set_exception(BadReply(f"{self.name}: {words}"))
        else:
            self.statistics.unclaimed += 1
            if self._hearing_out is not None:
                self._hearing_out.noise()

    def _drop_tail(self) -> None:
        """Forget half a line that nobody finishes: noise, which would make 123.1 of the next reply's 23.1."""
        if asyncio.get_running_loop().time() - self._tail_since > STALE:
            self._framing.clear()
            self.statistics.unclaimed += 1

    def _drop_inbox(self) -> None:
        if self._inbox:
            self.statistics.unclaimed += len(self._inbox)
            self._inbox.clear()

    def _gap_over(self) -> None:
        if message := self._framing.clear():
            self._arrived(message)

    # --- the link -----------------------------------------------------------------------------------------------

    async def _open(self) -> None:
        self._framing.clear()
        self._unresolved = False
        self._not_before = 0.0
        await self.transport.open(self._received, self._link_lost)
        if self._greet is not None:
            self._inbox = deque()
            try:
                await self._greet(Conversation(self))
            finally:
                self._inbox = None

    async def _close(self) -> None:
        self._pause.cancel()
        self._deadline.cancel()
        self._abandon("the port is closing")
        await self.transport.close()

    async def _resync(self) -> None:
        if self.transport.reopens:
            await self.transport.close()
            try:
                async with asyncio.timeout(self.connect_timeout):
                    await self._open()
            except TimeoutError as error:
                raise LinkDown(f"no connection within {self.connect_timeout:g} s") from error
            return
        self._hearing_out = Quiet(self.quiet)
        try:
            settled = await self._hearing_out.wait()
        finally:
            self._hearing_out = None
        self._unresolved = not settled
        self._framing.clear()

    def _link_lost(self, reason: BaseException | str) -> None:
        self.lost(reason)
        self._abandon(f"connection lost: {reason}")

    def _abandon(self, why: str) -> None:
        """Nobody will get the line he waits for."""
        if self._hearing_out is not None:
            self._hearing_out.end()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(LinkDown(f"{self.name}: no reply to {self._question!r}: {why}"))
