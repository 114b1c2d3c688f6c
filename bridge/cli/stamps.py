"""Time stamps as base's tools print them (tool_lib.c, epicsTimeToStrftime)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from bridge.ca import DbrMetadata
from bridge.ca.dbr import EPICS_EPOCH

__all__ = ["Stamps", "absolute"]

_BILLION: Final = 1_000_000_000


def absolute(seconds: int, nanoseconds: int) -> str:
    """Local date and time of an EPICS time stamp, to the microsecond."""
    if seconds == 0 and nanoseconds == 0:
        return "<undefined>"
    date = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(EPICS_EPOCH + seconds))
    if nanoseconds >= _BILLION:
        return f"{date}.OVF"
    return f"{date}.{min(nanoseconds + 500, _BILLION - 1) // 1000:06d}"


@dataclass(slots=True)
class _Seen:
    """The stamps of an update, in nanoseconds since 1990: server's and client's."""

    server: int
    client: int


class Stamps:
    """Prints stamps by camonitor's -t: sources s (server) and c (client), none (n); r, i or I for times since."""

    def __init__(self, key: str = "s") -> None:
        self._server = "s" in key
        self._client = "c" in key
        self._since = next((letter for letter in reversed(key) if letter in "riI"), "")
        self._start = _now()
        self._first: int | None = None
        self._previous = _Seen(0, 0)
        self._of_pv: dict[str, _Seen] = {}
        self._printed: set[str] = set()

    @staticmethod
    def wrong_letters(key: str) -> str:
        """The letters of `key` that mean nothing."""
        return "".join(letter for letter in key if letter not in "scnriI")

    def text(self, name: str, meta: DbrMetadata) -> str:
        """The stamp column of an update that has just come."""
        new = _Seen(meta.seconds * _BILLION + meta.nanoseconds, _now())
        if self._first is None:
            self._first = new.server
        reference = {
            "r": _Seen(self._first, self._start),
            "i": self._previous,
            "I": self._of_pv.get(name, self._previous),
        }.get(self._since)
        if name not in self._printed or reference is None:
            # the first of a PV has nothing to count from
            self._printed.add(name)
            text = absolute(meta.seconds, meta.nanoseconds) if self._server else ""
            if self._client:
                text += f"({absolute(*divmod(new.client, _BILLION))})"
        else:
            text = f"{'':14}{_seconds(new.server - reference.server)}" if self._server else ""
            if self._client:
                text += f"{'':14}({_seconds(new.client - reference.client)})"
        self._previous = new
        self._of_pv[name] = new
        return text


def _now() -> int:
    return time.time_ns() - EPICS_EPOCH * _BILLION


def _seconds(nanoseconds: int) -> str:
    return f"{nanoseconds / 1e9:+12.6f}"
