"""What a port has done since it was made."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.errors import DriverError, LinkDown, Refused, ReplyTimeout

__all__ = ["Statistics"]


@dataclass(slots=True)
class Statistics:
    """Counts, and times in seconds. `errors` counts every failure but a time-out; the next three are its kinds."""

    requests: int = 0
    timeouts: int = 0
    errors: int = 0
    link_errors: int = 0  # the link was lost while somebody waited
    bad_replies: int = 0  # answers that make no sense: garbage, wrong checksum, not a number
    refusals: int = 0  # writes that the instrument refused
    busy: int = 0  # requests that waited too long for their turn, and were never sent
    connects: int = 0
    late: int = 0  # replies that came after their deadline, and were thrown away
    unclaimed: int = 0  # messages that nobody asked for or listens to
    replies: int = 0
    last_time: float = 0.0
    max_time: float = 0.0
    total_time: float = 0.0

    @property
    def mean_time(self) -> float:
        """Of all replies, 0 if there was none yet."""
        return self.total_time / self.replies if self.replies else 0.0

    def answered(self, took: float) -> None:
        """A request ended well."""
        self.replies += 1
        self.last_time = took
        self.total_time += took
        if took > self.max_time:
            self.max_time = took

    def failed(self, error: BaseException) -> None:
        """A request ended otherwise."""
        if isinstance(error, ReplyTimeout):
            self.timeouts += 1
            return
        self.errors += 1
        if isinstance(error, LinkDown):
            self.link_errors += 1
        elif isinstance(error, Refused):
            self.refusals += 1
        elif isinstance(error, DriverError):
            self.bad_replies += 1
