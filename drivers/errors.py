"""What can go wrong on a wire, ordered by what the caller does about it.

::

    DriverError
    ├── LinkDown      wait: the port reconnects by itself               COMM
    ├── ReplyTimeout  wait: the instrument did not answer in time       TIMEOUT
    ├── BadReply      report: it answered, but not what was asked for   READ
    ├── Refused       report: it understood and said no                 WRITE
    ├── Disabled      nothing: somebody has disabled the port           DISABLE
    └── UsageError    mend your code or configuration

`stat` is the alarm status that a record shows for the error. Every message names port, question and answer.
"""

from __future__ import annotations

__all__ = ["BadReply", "Disabled", "DriverError", "LinkDown", "Refused", "ReplyTimeout", "UsageError"]


class DriverError(Exception):
    """Any failure of a port or a point."""

    stat = "READ"


class LinkDown(DriverError):
    """The wire is not there: cannot connect, connection lost, cable pulled."""

    stat = "COMM"


class ReplyTimeout(DriverError):
    """The link is up, but no (complete) reply came before the deadline."""

    stat = "TIMEOUT"


class BadReply(DriverError):
    """A reply came that cannot be used: garbage, wrong checksum, an error code in answer to a read."""

    stat = "READ"


class Refused(DriverError):
    """The instrument refused a write."""

    stat = "WRITE"


class Disabled(DriverError):
    """Somebody has disabled the port: nothing is asked until it is enabled again."""

    stat = "DISABLE"


class UsageError(DriverError, ValueError):
    """The question itself is wrong: a bad template, an impossible register, a port used before it was started."""

    stat = "SOFT"
