"""Several instruments on one line of text, told apart by an address: one that is dead must not slow the others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from drivers.errors import BadReply, ReplyTimeout
from drivers.line.form import ONE_LINE, Form
from drivers.line.wire import SETTLE
from drivers.members import Members
from drivers.turns import Priority
from drivers.units import Unit

if TYPE_CHECKING:
    from drivers.line.port import LinePort

__all__ = ["Bus"]


class Bus:
    """The questions of `port` that name a unit."""

    def __init__(self, port: LinePort) -> None:
        self.members = Members(port)
        self._port = port
        port.watch(lambda fault: self.members.health.reset() if fault is None else None)

    async def ask(
        self,
        unit: Unit,
        question: str,
        timeout: float | None,
        form: Form = ONE_LINE,
        priority: Priority = Priority.MEDIUM,
    ) -> str:
        """As `LinePort.ask`. A unit that is silent is asked once in a while, and then mostly for a short time.

        Raises ReplyTimeout at once in between. `priority` HIGH is for writes: these get their whole time-out.
        """
        port, health = self._port, self.members.health
        port._check_up()  # an attempt that cannot be made must not be taken
        loop = asyncio.get_running_loop()
        writing = priority is Priority.HIGH
        why = health.refuse(unit, loop.time(), urgent=writing)
        if not why:
            attempt = bool(health.why(unit))
            async with port._turn(priority):
                if attempt or not (why := health.why(unit)):  # it may have fallen silent while we waited
                    patience = port.timeout if writing else health.patience(unit, loop.time())
                    if patience < port.timeout:
                        timeout = patience
                    return await self._exchange(unit, question, timeout, form)
        raise ReplyTimeout(f"{port.name}: {question!r} was not asked, unit {unit} is silent ({why})")

    async def _exchange(self, unit: Unit, question: str, timeout: float | None, form: Form) -> str:
        port, loop = self._port, asyncio.get_running_loop()
        begin = loop.time()
        try:
            reply = await port._wire.exchange(question, timeout, None if form is ONE_LINE else form)
        except ReplyTimeout as error:
            now = loop.time()
            # a line that is not opened anew is listened to before anybody else may speak: ADR 3
            after = 0.0 if port.transport.reopens else port.quiet + SETTLE
            self.members.missed(unit, error, now, now - begin + after)
            raise
        except BadReply:
            self.members.answered(unit)
            raise
        self.members.answered(unit, loop.time() - begin)
        return reply
