"""What can go wrong for a caller, ordered by what the caller does about it.

ClientError
├── NotConnected   no server has the PV, or the circuit to it was lost: it may come back, try again
├── Timeout        connected, but no answer in time (a TimeoutError as well)
└── Refused        the server said no; `eca` is its reason
    ├── GetFailed
    └── PutFailed
"""

from __future__ import annotations

from bridge.ca import ECA

__all__ = ["ClientError", "GetFailed", "NotConnected", "PutFailed", "Refused", "Timeout"]


class ClientError(Exception):
    """A PV could not be reached, read or written. `pv` is its name; the message begins with it."""

    def __init__(self, pv: str, text: str) -> None:
        super().__init__(f"{pv}: {text}")
        self.pv = pv


class NotConnected(ClientError):
    """No server has answered for this PV, or its circuit was lost before the answer came."""


class Timeout(ClientError, TimeoutError):
    """The PV is connected, but the answer did not come in time."""


class Refused(ClientError):
    """The server, or a check made here in its place, said no. `eca` is an int if base has no such code."""

    def __init__(self, pv: str, text: str, eca: ECA | int) -> None:
        reason = str(eca) if isinstance(eca, ECA) else f"unknown status {eca}"
        super().__init__(pv, f"{text}: {reason}")
        self.eca = eca


class GetFailed(Refused):
    """A read was refused."""


class PutFailed(Refused):
    """A write was refused, or what it set going failed."""
