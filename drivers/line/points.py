"""`Ask`, `Tell` and `Hear` bound to a port: what a record reads, writes and listens to."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from drivers.errors import BadReply, DriverError, LinkDown, Refused, ReplyTimeout, UsageError
from drivers.line.deadline import Deadline
from drivers.line.form import Form
from drivers.line.questions import Ask, Hear, Tell
from drivers.line.replies import acceptance, parser
from drivers.line.template import Command, summed
from drivers.options import check_seconds
from drivers.port import Watcher
from drivers.reading import Reading
from drivers.units import Unit

if TYPE_CHECKING:
    from drivers.line.port import LinePort

__all__ = ["AskPoint", "HearPoint", "TellPoint"]


class _LinePoint:
    """What the three have in common."""

    __slots__ = ("_unit", "port")

    def __init__(self, port: LinePort, unit: Unit | None = None) -> None:
        self.port = port
        self._unit = unit  # who is asked, of several on one line

    def watch(self, callback: Callable[[DriverError | None], None], /) -> Callable[[], None]:
        """Call `callback` with the fault when the link or the unit is gone, and with None when it is there again."""
        return self.port.watch(callback) if self._unit is None else self.port.watch_unit(self._unit, callback)


class AskPoint(_LinePoint):
    """A question to read by."""

    __slots__ = ("_form", "_parse", "question")

    def __init__(self, port: LinePort, question: Ask) -> None:
        super().__init__(port, question.unit)
        if (text := summed(question.text)) != question.text:
            question = replace(question, text=text)
        self.question = question
        self._parse = parser(question.as_, question.index, question.separator)
        check_seconds(f"{port.name}: {question!r}", timeout=question.timeout)
        port.check(question.text)
        self._form = Form.of(question.lines, question.until, question.length, question.ack, question.enquire)
        port.check_form(self._form)

    async def read(self) -> Reading:
        """Ask, and return the value. Raises LinkDown, ReplyTimeout or BadReply."""
        question = self.question
        try:
            text = await self.port.ask_shared(
                question.text, question.timeout, self._form, question.priority, self._unit
            )
        except BadReply as error:
            self.port.complain(question.text, error)
            raise
        try:
            return Reading(self._parse(text))
        except ValueError as error:
            self.port.doubtful()
            bad = BadReply(f"{self.port.name}: {question.text!r} {error}, got {text!r}")
            self.port.complain(f"{question.text} {question.index}", bad)  # the others of this reply may be good
            raise bad from error

    async def write(self, value: Any, /) -> None:
        """Raises UsageError: a question cannot be written."""
        raise UsageError(self.unwritable)

    @property
    def unwritable(self) -> str:
        """Why it cannot be written."""
        return f"{self.port.name}: {self.question!r} is a question; to write, use Tell"


class TellPoint(_LinePoint):
    """A command to write by."""

    __slots__ = ("_command", "_reply", "question")

    def __init__(self, port: LinePort, question: Tell) -> None:
        super().__init__(port, question.unit)
        self.question = question
        check_seconds(f"{port.name}: {question!r}", timeout=question.timeout)
        self._command = Command(question.text, question.words)
        self._reply = None if question.reply is None else acceptance(question.reply)

    async def read(self) -> Reading:
        """Raises UsageError: a command cannot be read."""
        raise UsageError(self.unreadable)

    @property
    def unreadable(self) -> str:
        """Why it cannot be read."""
        return f"{self.port.name}: {self.question!r} is a command; to read, use Ask"

    async def write(self, value: Any, /) -> None:
        """Send the command, and wait for its reply if it has one.

        Raises Refused if the instrument answers otherwise or the value cannot be sent at all; LinkDown, ReplyTimeout.
        """
        try:
            command = self._command(value)
            self.port.check(command)
        except ValueError as error:  # UsageError is one
            raise Refused(f"{self.port.name}: {self.question.text!r} was not sent: {error}") from error
        if self._reply is None:
            await self.port.tell(command)
            return
        answer = await self.port.tell_and_hear(command, self.question.timeout, self._unit)
        try:
            self._reply(answer)
        except ValueError as error:
            self.port.doubtful()
            raise Refused(f"{self.port.name}: {command!r} was answered {answer!r}, {error}") from error


class HearPoint(_LinePoint):
    """A value that the instrument sends by itself."""

    __slots__ = ("_callbacks", "_deadline", "_last", "_parse", "_pattern", "_silent", "_watchers", "question")

    def __init__(self, port: LinePort, question: Hear) -> None:
        super().__init__(port)
        self.question = question
        check_seconds(f"{port.name}: {question!r}", silence=question.silence)
        self._deadline = Deadline(self._fell_silent)  # for the next line, with `silence`
        self._silent: ReplyTimeout | None = None
        self._watchers: list[Watcher] = []
        self._parse = parser(question.as_, question.index, question.separator)
        self._callbacks: list[Callable[[Reading], None]] = []
        self._last: Reading | DriverError | None = None
        try:
            self._pattern = re.compile(question.pattern)
        except re.error as error:
            raise UsageError(f"{port.name}: {question!r}: the pattern is wrong: {error}") from error
        port.subscribe_lines(self._pattern, self._heard)
        port.watch(self._link_changed)  # before any record does, whose reads then know of it
        if port.fault is None:
            self._await_next()

    def watch(self, callback: Watcher, /) -> Callable[[], None]:
        """As that of the port, and also with a time-out when nothing was heard for `silence` seconds."""
        unwatch = self.port.watch(callback)
        self._watchers.append(callback)

        def unwatch_both() -> None:
            unwatch()
            if callback in self._watchers:
                self._watchers.remove(callback)

        return unwatch_both

    def subscribe(self, callback: Callable[[Reading], None], /) -> Callable[[], None]:
        """Call `callback` once for each line, in the order of the wire; returns what ends this.

        A line whose value cannot be made out calls nobody; `read` then raises BadReply until the next good one.
        """
        self._callbacks.append(callback)

        def unsubscribe() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return unsubscribe

    async def read(self) -> Reading:
        """What was heard last on this connection.

        Raises LinkDown while the link is down and until something is heard on the new one: the value may have changed
        meanwhile. ReplyTimeout if nothing has been heard yet.
        """
        if (fault := self.port.fault) is not None:
            raise type(fault)(str(fault))
        if self._silent is not None:
            raise ReplyTimeout(str(self._silent))
        if self._last is None:
            raise ReplyTimeout(f"{self.port.name}: nothing heard yet that matches {self.question.pattern!r}")
        if isinstance(self._last, DriverError):
            raise type(self._last)(str(self._last))
        return self._last

    async def write(self, value: Any, /) -> None:
        """Raises UsageError: what is heard cannot be written."""
        raise UsageError(self.unwritable)

    @property
    def unwritable(self) -> str:
        """Why it cannot be written."""
        return f"{self.port.name}: {self.question!r} is only listened to; to write, use Tell"

    def _link_changed(self, fault: DriverError | None) -> None:
        """What was heard is old with its link; what should come regularly is waited for while the link is up."""
        self._silent = None
        if isinstance(fault, LinkDown) and self._last is not None:
            what = f"the link was down, and nothing was heard since that matches {self.question.pattern!r}"
            self._last = LinkDown(f"{self.port.name}: {what}")
        if fault is None:
            self._await_next()
        else:
            self._deadline.cancel()

    def _await_next(self) -> None:
        if self.question.silence is not None:
            self._deadline.begin(self.question.silence)

    def _fell_silent(self) -> None:
        port, question = self.port, self.question
        self._silent = ReplyTimeout(
            f"{port.name}: nothing heard for {question.silence:g} s that matches {question.pattern!r}"
        )
        port.statistics.timeouts += 1
        port.log.warning("%s", self._silent)
        for watcher in tuple(self._watchers):
            watcher(self._silent)

    def _heard(self, event: Reading) -> None:
        self._await_next()
        if self._silent is not None:
            self._silent = None
            self.port.log.info("%s: %r is heard again", self.port.name, self.question.pattern)
        found = self._pattern.match(event.value)
        if found is None:  # cannot be: the port matched it
            return
        text = found[1 if self._pattern.groups else 0] or ""
        try:
            reading = Reading(self._parse(text), event.time_ns)
        except ValueError as error:
            self.port.statistics.errors += 1
            self.port.statistics.bad_replies += 1
            self._last = BadReply(f"{self.port.name}: {self.question.pattern!r} {error}, heard {event.value!r}")
            return
        self._last = reading
        for callback in tuple(self._callbacks):
            try:
                callback(reading)
            except Exception:
                self.port.log.exception("%s: a listener failed with %r", self.port.name, reading)
