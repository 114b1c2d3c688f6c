"""Several messages that belong together, with the wire to oneself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.line.wire import LineWire

__all__ = ["Conversation"]


class Conversation:
    """What `LinePort.conversation` and a `greet` function are given. Errors are those of the port's own methods."""

    __slots__ = ("_wire",)

    def __init__(self, wire: LineWire) -> None:
        self._wire = wire

    async def ask(self, question: str, timeout: float | None = None) -> str:
        """Send a line and return the next one that comes."""
        return await self._wire.exchange(question, timeout)

    async def tell(self, command: str) -> None:
        """Send a line."""
        await self._wire.say(command)

    async def line(self, timeout: float | None = None) -> str:
        """One more line of a reply that has several."""
        return await self._wire.line(timeout)

    def send(self, text: str) -> None:
        """Send characters as they stand, without a terminator."""
        self._wire.blurt(text)
