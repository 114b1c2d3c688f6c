"""What the parts of a circuit share: bytes as they come, a message's body, and ways to end early."""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["BadMessage", "Body", "Data", "Enough"]

Body: TypeAlias = "bytes | bytearray | memoryview"
Data: TypeAlias = "bytes | bytearray"


class BadMessage(Exception):
    """The client broke the protocol so that nothing after it can be trusted: tell it, and close."""


class Enough(Exception):
    """What was asked for takes long: the rest of it waits for a later turn. It begins at `rest`, if that is known."""

    def __init__(self, rest: int | None = None) -> None:
        super().__init__()
        self.rest = rest
