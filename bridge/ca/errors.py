"""Who broke the protocol.

ProtocolError
├── LocalProtocolError    our caller did: mend the program
└── RemoteProtocolError   the peer did: answer `eca`, and close the circuit if `fatal`
"""

from __future__ import annotations

from bridge.ca.header import Header
from bridge.ca.status import ECA

__all__ = ["LocalProtocolError", "ProtocolError", "RemoteProtocolError"]


class ProtocolError(Exception):
    """The rules of Channel Access do not allow this message here."""


class LocalProtocolError(ProtocolError):
    """What was to be sent is not allowed; nothing has been sent."""


class RemoteProtocolError(ProtocolError):
    """The peer sent something that is not allowed.

    `eca` is the status to answer with, `request` the header of the offending message (None if there was none whole).
    If `fatal`, message boundaries are lost or the peer cannot be served: close the circuit. Otherwise the offending
    message has been dropped, and reading may go on.
    """

    def __init__(
        self, text: str, *, eca: ECA = ECA.UNAVAILINSERV, request: Header | None = None, fatal: bool = False
    ) -> None:
        super().__init__(text)
        self.eca = eca
        self.request = request
        self.fatal = fatal
