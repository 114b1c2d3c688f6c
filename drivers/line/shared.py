"""One question on the wire for all who ask the same at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from drivers.errors import DriverError
from drivers.line.form import ONE_LINE, Form
from drivers.turns import Priority
from drivers.units import Unit

__all__ = ["SharedQuestions"]


class SharedQuestions:
    """Whoever asks what is being asked already gets the same reply: five records of one ``:READ?`` cost one.

    No reply is older than a write that its reader has awaited: writes go over the same wire, so that a question asked
    before the write is answered before the write ends, and is no longer there to be joined.
    """

    __slots__ = ("_ask", "_asked")

    def __init__(self, ask: Callable[[str, float | None, Form, Priority, Unit | None], Awaitable[str]]) -> None:
        self._ask = ask
        self._asked: dict[str | tuple[str, Form], list[asyncio.Future[str | DriverError | None]]] = {}

    async def ask(
        self,
        question: str,
        timeout: float | None,
        form: Form = ONE_LINE,
        priority: Priority = Priority.MEDIUM,
        unit: Unit | None = None,
    ) -> str:
        """The reply to `question`. Raises what asking it raises."""
        key = question if form is ONE_LINE else (question, form)
        while (followers := self._asked.get(key)) is not None:
            follower: asyncio.Future[str | DriverError | None] = asyncio.get_running_loop().create_future()
            followers.append(follower)
            outcome = await follower
            if isinstance(outcome, str):
                return outcome
            if outcome is not None:
                raise type(outcome)(str(outcome))
            # the one who asked was cancelled: somebody else has to
        return await self._lead(key, question, timeout, form, priority, unit)

    async def _lead(
        self,
        key: str | tuple[str, Form],
        question: str,
        timeout: float | None,
        form: Form,
        priority: Priority,
        unit: Unit | None,
    ) -> str:
        outcome: str | DriverError | None = None  # None: cancelled
        followers: list[asyncio.Future[str | DriverError | None]] = []
        self._asked[key] = followers
        try:
            outcome = reply = await self._ask(question, timeout, form, priority, unit)
        except DriverError as error:
            outcome = error
            raise
        finally:
            del self._asked[key]
            for follower in followers:
                if not follower.done():
                    follower.set_result(outcome)
        return reply
