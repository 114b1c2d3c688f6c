"""Place: where in a user's file a PV was specified, for messages that can be acted on."""

from __future__ import annotations

import linecache
import re
import sys
from types import FrameType
from typing import Any, Final, NamedTuple

__all__ = ["Place", "blamed", "check_arguments", "here"]

_OURS: Final = ("records.", "bridge.compat.")
_PROJECT: Final = ("records.", "bridge.", "drivers.")
_ASSIGNED: Final = re.compile(r"\s*(?:async\s+)?(?:def\s+)?(\w+)\s*(?:[:=(]|$)")


class Place(NamedTuple):
    """A line of a file; `owner` is the class whose body was being executed, as far as that is known."""

    file: str
    line: int
    owner: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def where(self) -> str:
        """``Class.attribute``, the attribute being read off the line: nobody has told it to the PV yet."""
        found = _ASSIGNED.match(linecache.getline(self.file, self.line))
        owner = "" if self.owner == "<module>" else self.owner
        return ".".join(part for part in (owner, found[1] if found else "") if part)

    def told(self, error: Exception) -> Exception:
        """The same kind of error, with class, attribute and line in its text."""
        where = self.where
        text = f"{where}: {error}" if where and not str(error).startswith(f"{where}: ") else str(error)
        return type(error)(f"{text} ({self})") if str(self) not in text else error


def here() -> Place:
    """The innermost frame outside of this package."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(_OURS):
        frame = frame.f_back
    if frame is None:
        return Place("?", 0, "<module>")
    return Place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_qualname.rpartition("<locals>.")[2])


def blamed(error: BaseException) -> str:
    """``file:line`` of the innermost frame that an error came through and that is not this project's, if there is one.

    What we raise, such as for ``self.x = 5``, is about the line that made us do so.
    """
    ours = theirs = ""
    step = error.__traceback__
    while step is not None:
        place = f"{step.tb_frame.f_code.co_filename}:{step.tb_lineno}"
        if step.tb_frame.f_globals.get("__name__", "").startswith(_PROJECT):
            ours = place
        else:
            theirs = place
        step = step.tb_next
    return theirs or ours or "?"


def check_arguments(kind: str, method: Any, names: tuple[str, ...]) -> None:
    """Raise TypeError if `method` cannot be called with as many arguments as there are `names`."""
    code = getattr(method, "__code__", None)
    if code is None or code.co_flags & 0x04:  # no Python function, or one with *args
        return
    bound = 1 if getattr(method, "__self__", None) is not None else 0
    most = code.co_argcount - bound
    least = most - len(getattr(method, "__defaults__", None) or ())
    if not least <= len(names) <= most:
        given = ", ".join(code.co_varnames[bound : code.co_argcount])
        raise TypeError(
            f"the {kind} is called with ({', '.join(names)}), but {method.__name__} takes ({given}) "
            f"({code.co_filename}:{code.co_firstlineno})"
        )
