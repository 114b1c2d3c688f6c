"""What the parts of a circuit share: a message's body, and the end of all trust."""

from __future__ import annotations

from typing import TypeAlias

__all__ = ["BadMessage", "Body"]

Body: TypeAlias = "bytes | memoryview"


class BadMessage(Exception):
    """The client broke the protocol so that nothing after it can be trusted: tell it, and close."""
