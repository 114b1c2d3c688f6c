"""LineWire: one question at a time on a wire of lines, and what comes back is its reply, an event, or nobody's.

After a request that ended without its reply (time-out, cancellation, an endless line), nobody else is let onto the
wire before a late reply can no longer be taken for his (docs/adr/0003-late-replies.md): see `resync`.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from typing import TYPE_CHECKING

from drivers.errors import BadReply, LinkDown, ReplyTimeout, UsageError
from drivers.line.deadline import Deadline
from drivers.line.echo import Echo
from drivers.line.framing import Damaged, Framing, Lines
from drivers.line.quiet import Quiet
from drivers.pause import pause

if TYPE_CHECKING:
    from drivers.line.form import Form
    from drivers.line.port import LinePort

__all__ = ["LineWire"]

HUSH = 0.05  # seconds after an answer that makes no sense: the right one may be just behind it
SETTLE = 0.25  # seconds, at most, for a second line after an unresolved time-out
MAX_INBOX = 1000  # lines of one reply; an instrument that never stops must not fill the memory
STALE = 0.1  # seconds in which no further byte of a line came; the slowest adapters pause for 16 ms
FULL_POLL = 0.005  # seconds between looks at a wire that takes no data


class LineWire:
    """The exchange of lines, inside a turn of `port`, whose settings, statistics and listeners it uses."""

    def __init__(self, port: LinePort, framing: Framing, gap: float, echo: bool) -> None:
        self._port = port
        self.framing = framing
        self.inbox: deque[str] | None = None  # lines of the present conversation that nobody waits for yet
        self._gap = gap  # seconds of silence that end a message; 0 if a terminator does
        self._pause = Deadline(self._gap_over)
        self._echo = Echo(framing) if echo else None
        self._question = ""  # on the wire at present, for messages
        self._waiter: asyncio.Future[str] | None = None  # of whoever waits for the next line
        self._deadline = Deadline(self._expire)
        self._patience = 0.0  # seconds that the waiter gives it
        self._not_before = 0.0  # loop time of the next message at the earliest; 0 for any time
        self._hearing_out: Quiet | None = None  # a late reply is waited for
        self._unresolved = False  # a reply is missing, and may yet come
        self._tail_since = 0.0  # loop time of the last byte of a line that is not complete

    # --- one exchange -------------------------------------------------------------------------------------------

    async def exchange(self, question: str, timeout: float | None, form: Form | None = None) -> str:
        """Send a line and return the reply to it."""
        data = self.encoded(question)
        if self._not_before or self._port.transport.full:
            await self._clearance(question)
        if self.inbox:
            self.drop_inbox()
        if self.framing.pending:
            self._drop_tail()
        self._question = question
        if form is not None and isinstance(self.framing, Lines):
            self.framing.expected = form.length or 0
        self._send(data, echo=question)
        if self._unresolved:
            reply = await self._confirmed(timeout, form)
        else:
            reply = await (self.line(timeout) if form is None else self._formed(timeout, form))
        if self._port.delay:
            self.rest(self._port.delay)
        return reply

    async def say(self, command: str) -> None:
        """Send a line that is not answered, though it may be echoed."""
        data = self.encoded(command)
        if self._not_before or self._port.transport.full:
            await self._clearance(command)
        self._question = command
        self._send(data, echo=command)
        if self._echo is not None:
            self._echo.alone = True
            await self.line(None)
        if self._port.delay:
            self.rest(self._port.delay)

    def blurt(self, text: str) -> None:
        """Send characters as they stand, without terminator and without waiting for an echo."""
        self._send(text.encode(self._port.encoding), echo=None)

    async def line(self, timeout: float | None) -> str:
        """The next line that is no event. Leaves the wire out of step if none comes."""
        if self.inbox:
            return self.inbox.popleft()
        port = self._port
        waiter: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        port._in_step = False
        self._waiter = waiter
        self._patience = port.timeout if timeout is None else timeout
        self._deadline.begin(self._patience)
        try:
            reply = await waiter
        except BadReply:  # it came, and its end was seen: the wire is in step
            port._in_step = True
            self.rest(HUSH)
            raise
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                waiter.exception()  # seen: asyncio need not complain that nobody looked at it
            raise
        finally:
            self._deadline.end()
            self._waiter = None
        port._in_step = True
        return reply

    async def _formed(self, timeout: float | None, form: Form) -> str:
        """A reply of several parts. One that breaks off leaves the wire out of step: the rest may be on its way."""
        talking = self.inbox
        self.inbox = deque() if talking is None else talking
        began = False
        try:
            if form.ack is not None:
                await self._acknowledged(timeout, form.ack)
                if form.enquire is not None:
                    self.blurt(form.enquire)
            lines: list[str] = []
            while True:
                lines.append(await self.line((began and self._port.read_timeout) or timeout))
                began = True
                if re.match(form.until, lines[-1]) if form.until else len(lines) >= form.lines:
                    return "\n".join(lines)
                if len(lines) >= MAX_INBOX:
                    raise BadReply(f"{self._port.name}: the reply to {self._question!r} has over {MAX_INBOX} lines")
        except BadReply:
            self._port._in_step = not began
            raise
        finally:
            if talking is None:
                self.drop_inbox()
            self.inbox = talking

    async def _acknowledged(self, timeout: float | None, ack: str) -> None:
        answer = await self.line(timeout)
        if answer.strip("\r\n ") != ack:
            self.rest(HUSH)
            raise BadReply(f"{self._port.name}: {self._question!r} was answered {answer!r}, not {ack!r}")

    async def _confirmed(self, timeout: float | None, form: Form | None) -> str:
        """The reply, after one that never came, if no further line follows: is it really the answer?"""
        talking = self.inbox
        self.inbox = deque() if talking is None else talking
        try:
            reply = await (self.line(timeout) if form is None else self._formed(timeout, form))
            try:
                second = await self.line(min(SETTLE, self._port.quiet))
            except ReplyTimeout:
                self._unresolved, self._port._in_step = False, True
                return reply
        finally:
            self.inbox = talking
        self._port._in_step = False
        self._port.statistics.late += 1
        raise ReplyTimeout(
            f"{self._port.name}: {self._question!r} was followed by {reply!r} and {second!r}; one of them is late, "
            "so that neither can be trusted"
        )

    def encoded(self, message: str) -> bytes:
        """The bytes to send. Raises UsageError if the text cannot be sent."""
        try:
            return self.framing.encode(message.encode(self._port.encoding))
        except ValueError as error:
            raise UsageError(f"{self._port.name}: {message!r} cannot be sent: {error}") from error

    def _send(self, data: bytes, echo: str | None) -> None:
        port = self._port
        if self._echo is not None:
            self._echo.expect(b"" if echo is None else data, echo or "")
        port.trace.add(">", data)
        if port.log.isEnabledFor(logging.DEBUG):
            port.log.debug("%s > %r", port.name, data)
        port.transport.send(data)

    async def _clearance(self, message: str) -> None:
        """Wait until the instrument may, and can, be told something."""
        port = self._port
        loop = asyncio.get_running_loop()
        if (wait := self._not_before - loop.time()) > 0:
            await pause(wait)
        self._not_before = 0.0
        deadline = loop.time() + (port.timeout if port.write_timeout is None else port.write_timeout)
        while port.transport.full:
            if loop.time() >= deadline:
                raise ReplyTimeout(f"{port.name}: {message!r} cannot be sent: the instrument takes no data")
            await asyncio.sleep(FULL_POLL)

    def rest(self, seconds: float = HUSH) -> None:
        """Say nothing for a while."""
        self._not_before = asyncio.get_running_loop().time() + max(seconds, self._port.delay)

    def _expire(self) -> None:
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        what = "echo of" if self._echo is not None and self._echo.expected else "reply to"
        words = f"{self._port.name}: no {what} {self._question!r} within {self._patience:g} s"
        if pending := self.framing.pending:
            words = words.replace("no reply", "no complete reply", 1) + f", only {pending[:64]!r}"
            if isinstance(self.framing, Lines) and not self._gap:
                words += f", which does not end with {self.framing.in_terminator!r}"
        waiter.set_exception(ReplyTimeout(words))

    # --- what the wire brings -----------------------------------------------------------------------------------

    def received(self, chunk: bytes) -> None:
        """Bytes have come."""
        port = self._port
        port.trace.add("<", chunk)
        if port.log.isEnabledFor(logging.DEBUG):
            port.log.debug("%s < %r", port.name, chunk)
        if self._echo is not None and self._echo.of_bytes:
            chunk = self._without_echo(chunk)
        for message in self.framing.feed(chunk):
            self._arrived(message)
        if self.framing.pending:
            if port.transport.datagrams:
                self._datagram_over()
                return
            self._tail_since = asyncio.get_running_loop().time()
            if self._hearing_out is not None:
                self._hearing_out.noise()
            if self._gap:
                self._pause.begin(self._gap)
            if port.read_timeout is not None and self._waiter is not None and not self._waiter.done():
                self._patience = port.read_timeout
                self._deadline.begin(port.read_timeout)

    def _arrived(self, message: bytes | Damaged) -> None:
        if isinstance(message, Damaged):
            self._damaged(message)
            return
        try:
            text = message.decode(self._port.encoding)
        except UnicodeDecodeError:
            self._damaged(Damaged(f"is not {self._port.encoding} text", message))
            return
        if self._port.listeners.claim(text):
            return
        waiter = self._waiter
        if waiter is None or waiter.done():
            self._unasked(text)
        elif self._echo is not None and self._echo.expected:
            self._echoed(text, waiter)
        else:
            waiter.set_result(text)

    def _echoed(self, text: str, waiter: asyncio.Future[str]) -> None:
        assert self._echo is not None
        rest = self._echo.strip(text)
        if rest is None:
            waiter.set_exception(BadReply(f"{self._port.name}: {self._question!r} was echoed as {text!r}"))
        elif rest or self._echo.alone:
            waiter.set_result(rest)

    def _without_echo(self, chunk: bytes) -> bytes:
        assert self._echo is not None
        if not self._echo.expected:
            return chunk
        rest = self._echo.strip_bytes(chunk)
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            if rest is None:
                waiter.set_exception(BadReply(f"{self._port.name}: {self._question!r} was echoed as {chunk!r}"))
            elif self._echo.was_all():
                waiter.set_result("")
        return rest or b""

    def _unasked(self, text: str) -> None:
        if self.inbox is not None and len(self.inbox) < MAX_INBOX:
            self.inbox.append(text)
        elif self._hearing_out is not None:
            self._port.statistics.late += 1
            self._hearing_out.reply()
        elif not self._port.listeners.rest(text):
            self._port.statistics.unclaimed += 1

    def _damaged(self, message: Damaged) -> None:
        waiter = self._waiter
        if waiter is not None and not waiter.done():
            words = f"the reply to {self._question!r} {message.why}: {message.data[:64]!r}"
            waiter.set_exception(BadReply(f"{self._port.name}: {words}"))
        else:
            self._port.statistics.unclaimed += 1
            if self._hearing_out is not None:
                self._hearing_out.noise()

    def _drop_tail(self) -> None:
        """Forget half a line that nobody finishes: noise, which would make 123.1 of the next reply's 23.1."""
        if asyncio.get_running_loop().time() - self._tail_since > STALE:
            self.framing.clear()
            self._port.statistics.unclaimed += 1

    def drop_inbox(self) -> None:
        """Forget the lines that nobody has asked for."""
        if self.inbox:
            self._port.statistics.unclaimed += len(self.inbox)
            self.inbox.clear()

    def _datagram_over(self) -> None:
        """A datagram ends a message; one that lacks the terminator is cut off, and the next does not go on with it."""
        if isinstance(self.framing, Lines) and not self.framing.in_terminator:
            self._gap_over()
        elif part := self.framing.clear():
            self._damaged(Damaged("is not complete", part))

    def _gap_over(self) -> None:
        if message := self.framing.clear():
            self._arrived(message)

    # --- the link -----------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A new connection."""
        self.framing.clear()
        self._unresolved = False
        self._not_before = 0.0

    def end(self, why: str) -> None:
        """Nobody will get the line he waits for."""
        self._pause.cancel()
        if self._hearing_out is not None:
            self._hearing_out.end()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(LinkDown(f"{self._port.name}: no reply to {self._question!r}: {why}"))

    def forget(self) -> None:
        """Leave no timer behind."""
        self._deadline.cancel()

    async def hear_out(self, quiet: float) -> None:
        """Listen, and throw away what comes, until the late reply has come or nothing has for `quiet` seconds."""
        self._hearing_out = Quiet(quiet)
        try:
            settled = await self._hearing_out.wait()
        finally:
            self._hearing_out = None
        self._unresolved = not settled
        self.framing.clear()
