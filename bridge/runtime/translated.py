"""What comes of a file that is no Python: code, and errors in the words of the file."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType
from typing import NamedTuple

__all__ = ["LoadError", "Translated"]


class LoadError(Exception):
    """The file cannot be used; the message says which, where in it, and why."""


class Translated(NamedTuple):
    """A file that was made into Python; `told` tells of an error that its code raised, in the words of the file."""

    code: CodeType
    told: Callable[[Exception], LoadError]
