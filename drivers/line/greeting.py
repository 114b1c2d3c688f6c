"""What an instrument is told on each connect, before anything else."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from drivers.errors import Refused
from drivers.line.conversation import Conversation

if TYPE_CHECKING:
    from drivers.line.wire import LineWire

__all__ = ["Greeting"]


class Greeting:
    """First what wakes it, then lines with or without an answer, then a function of one's own."""

    def __init__(
        self,
        wake: str,
        wake_delay: float,
        init: Sequence[str | tuple[str, str]],
        greet: Callable[[Conversation], Awaitable[None]] | None,
    ) -> None:
        self._wake = wake
        self._wake_delay = wake_delay
        self._init = tuple(init)
        self._greet = greet

    async def say(self, wire: LineWire) -> None:
        """Raises Refused for another answer than the one wanted, ReplyTimeout, and whatever `greet` does."""
        if not (self._wake or self._wake_delay or self._init or self._greet):
            return
        wire.inbox = deque()
        try:
            if self._wake:
                wire.blurt(self._wake)
            if self._wake or self._wake_delay:
                await asyncio.sleep(self._wake_delay)
                wire.begin()  # whatever it muttered while waking up
                wire.drop_inbox()
            for step in self._init:
                await _step(wire, step)
            if self._greet is not None:
                await self._greet(Conversation(wire))
        finally:
            wire.drop_inbox()
            wire.inbox = None


async def _step(wire: LineWire, step: str | tuple[str, str]) -> None:
    if isinstance(step, str):
        await wire.say(step)
        return
    question, wanted = step
    answer = await wire.exchange(question, None)
    if answer.strip() != wanted.strip():
        raise Refused(f"{question!r} was answered {answer!r}, not {wanted!r}")
