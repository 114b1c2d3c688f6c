"""What a reply consists of, where it is not simply one line."""

from __future__ import annotations

import re
from dataclasses import dataclass

from drivers.errors import UsageError

__all__ = ["ONE_LINE", "Form"]


@dataclass(frozen=True, slots=True)
class Form:
    r"""The form of a reply.

    `lines` of them make it, joined by a newline; or as many as come up to and including the first that the regular
    expression `until` matches from its beginning. `length` bytes end it, on a port without terminator. With `ack`, the
    instrument first acknowledges by this text alone, and then is sent `enquire` (as it stands, without terminator) if
    there is one: ``ack="\x06", enquire="\x05"`` is the handshake of vacuum gauges.
    """

    lines: int = 1
    until: str | None = None
    length: int | None = None
    ack: str | None = None
    enquire: str | None = None

    @staticmethod
    def of(lines: int, until: str | None, length: int | None, ack: str | None, enquire: str | None) -> Form:
        """The form, which is ONE_LINE itself for a single line: that is what nearly all questions have.

        Raises UsageError for one that no reply can have.
        """
        if lines == 1 and (until, length, ack, enquire) == (None, None, None, None):
            return ONE_LINE
        if lines < 1 or (length is not None and length < 1):
            raise UsageError(f"a reply has at least one line and one byte, not lines={lines!r}, length={length!r}")
        if enquire is not None and ack is None:
            raise UsageError(f"enquire={enquire!r} answers an acknowledgement: say which, by ack=")
        try:
            re.compile(until or "")
        except re.error as error:
            raise UsageError(f"until={until!r} is no regular expression: {error}") from error
        return Form(lines, until, length, ack, enquire)


ONE_LINE = Form()
