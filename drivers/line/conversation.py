"""Several messages that belong together, with the wire to oneself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.line.port import LinePort

__all__ = ["Conversation"]


class Conversation:
    """What `LinePort.conversation` and a `greet` function are given. Errors are those of the port's own methods."""

    __slots__ = ("_port",)

    def __init__(self, port: LinePort) -> None:
        self._port = port

    async def ask(self, question: str, timeout: float | None = None) -> str:
        """Send a line and return the next one that comes."""
        return await self._port._exchange(question, timeout)

    async def tell(self, command: str) -> None:
        """Send a line."""
        await self._port._say(command)

    async def line(self, timeout: float | None = None) -> str:
        """One more line of a reply that has several."""
        return await self._port._line(timeout)
