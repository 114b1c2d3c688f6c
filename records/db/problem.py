"""Problem: something wrong in a database file, and where."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

__all__ = ["DbSyntaxError", "Kind", "Position", "Problem"]


class Position(NamedTuple):
    """A place in a file; line and column count from 1. Line 0 is the file as such."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Kind(Enum):
    """How bad it is."""

    ERROR = "error"  # cannot be loaded
    MISTAKE = "mistake"  # base loads it, but nobody can have meant it
    WARNING = "warning"  # may well be meant


class Problem(NamedTuple):
    """One message. `where` is ``RECORD``, ``RECORD.FIELD`` or empty."""

    position: Position
    message: str
    where: str = ""
    kind: Kind = Kind.ERROR

    def __str__(self) -> str:
        word = "warning" if self.kind is Kind.WARNING else "error"
        return f"{self.position}: {word}: {self.where}{': ' if self.where else ''}{self.message}"


class DbSyntaxError(Exception):
    """What the parser cannot read; it goes on behind it."""

    def __init__(self, position: Position, message: str) -> None:
        super().__init__(message)
        self.position = position
        self.message = message
