"""Bugs of hooks: the log says where they are. Of a bug that clients can bring about at will it has few lines."""

from __future__ import annotations

from typing import Final

from records.logs import logs
from records.place import blamed

__all__ = ["tell_bug"]

#: Errors of the program and no refusals.
BUGS: Final = (ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, NameError, TypeError)

AGAIN_NS: Final = 600 * 10**9  # the same bug is logged every ten minutes: today's log shall have it too

#: By hook and place: when a bug was told last, and how often it has come since.
_told: Final[dict[tuple[str, str], tuple[int, int]]] = {}


def tell_bug(hook: str, error: Exception, now_ns: int) -> None:
    """Log what is a bug of the program, and for each place again only after `AGAIN_NS`; a refusal is none.

    The traceback is for whoever looks for it (``-v``).
    """
    if not isinstance(error, BUGS):
        return
    place = blamed(error)
    last, untold = _told.get((hook, place), (now_ns - AGAIN_NS, 0))
    if 0 <= now_ns - last < AGAIN_NS:  # else the clock was set back
        _told[hook, place] = last, untold + 1
        return
    _told[hook, place] = now_ns, 0
    more = f", {untold + 1} times since it was logged last" if untold else ""
    log = logs.logger("iocbridge.records")
    log.error("%s failed: %s: %s (%s)%s", hook, type(error).__name__, error, place, more)
    log.debug("%s failed here", hook, exc_info=error)
