"""How long a server wants to be left alone: rate limits and Retry-After. Pure: the time is passed in."""

from __future__ import annotations

from datetime import UTC
from email.utils import parsedate_to_datetime

from drivers.backoff import Backoff

__all__ = ["LONGEST", "Pauses", "retry_after"]

LONGEST = 300.0  # seconds; what a server says beyond is not believed: its clock may be wrong, and ours too
BUSY = (429, 503)  # "Too Many Requests" (RFC 6585, 4) and "Service Unavailable" (RFC 9110, 15.6.4)


def retry_after(text: str, now: float) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110, 10.2.3), None if it is none. `now` is since 1970."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(LONGEST, float(text[:9]))
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    if date.tzinfo is None:  # "GMT" is all that the RFC allows
        date = date.replace(tzinfo=UTC)
    return min(LONGEST, max(0.0, date.timestamp() - now))


class Pauses:
    """When the next request may go out: not within `interval` seconds of the last, nor before the server allows it."""

    def __init__(self, interval: float, backoff: Backoff) -> None:
        self._interval = interval
        self._backoff = backoff
        self._next_at = 0.0
        self._closed_until = 0.0
        self._refusals = 0

    def wait(self, now: float) -> float:
        """Seconds until the interval is over."""
        return max(0.0, self._next_at - now) if self._interval else 0.0

    def closed(self, now: float) -> float:
        """Seconds for which the server wants no request at all."""
        return max(0.0, self._closed_until - now)

    def sent(self, now: float) -> None:
        """A request goes out."""
        self._next_at = now + self._interval

    def answered(self, status: int, asked: float | None, now: float) -> None:
        """An answer came; `asked` is what its Retry-After asks for."""
        if status not in BUSY:
            self._refusals = 0
            return
        if asked is None and status != 429:
            return  # out of order for a while: polling may go on
        self._refusals += 1
        self._closed_until = now + (self._backoff.after(self._refusals) if asked is None else asked)
