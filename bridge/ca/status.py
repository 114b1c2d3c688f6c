"""Status codes that a Channel Access reply carries (ECA_...).

Source: EPICS base ``caerr.h``; the words are ``ca_message_text`` of ``access.cpp``, misspellings put right.

A server's choice matters: a client written with plain ``ca_get``/``ca_put`` ends its process on a FATAL code
(INTERNAL, DEFUNCT), so refuse with a WARNING (GETFAIL, PUTFAIL, NOCONVERT, NORDACCESS, NOWTACCESS ...).
"""

from __future__ import annotations

from enum import IntEnum

__all__ = ["ECA", "Eca", "Severity", "from_code"]


class Severity(IntEnum):
    """Low three bits of a status code."""

    WARNING = 0
    SUCCESS = 1
    ERROR = 2
    INFO = 3
    SEVERE = 4
    FATAL = 6


class ECA(IntEnum):
    """One status: as an int it is the 32-bit value on the wire (number << 3 | severity)."""

    number: int
    severity: Severity
    message: str

    def __new__(cls, number: int, severity: Severity, message: str) -> ECA:
        code = number << 3 | severity
        member = int.__new__(cls, code)
        member._value_ = code
        member.number = number
        member.severity = severity
        member.message = message
        return member

    @property
    def code(self) -> int:
        """The value on the wire."""
        return int(self)

    @property
    def success(self) -> bool:
        """True if what was asked has been done."""
        return bool(self & 1)

    def __str__(self) -> str:
        return f"ECA_{self.name}: {self.message}"

    NORMAL = 0, Severity.SUCCESS, "Normal successful completion"
    MAXIOC = 1, Severity.ERROR, "Maximum simultaneous IOC connections exceeded"
    UKNHOST = 2, Severity.ERROR, "Unknown internet host"
    UKNSERV = 3, Severity.ERROR, "Unknown internet service"
    SOCK = 4, Severity.ERROR, "Unable to allocate a new socket"
    CONN = 5, Severity.WARNING, "Unable to connect to internet host or service"
    ALLOCMEM = 6, Severity.WARNING, "Unable to allocate additional dynamic memory"
    UKNCHAN = 7, Severity.WARNING, "Unknown IO channel"
    UKNFIELD = 8, Severity.WARNING, "Record field specified inappropriate for channel specified"
    TOLARGE = (
        9,
        Severity.WARNING,
        "The requested data transfer is greater than available memory or EPICS_CA_MAX_ARRAY_BYTES",
    )
    TIMEOUT = 10, Severity.WARNING, "User specified timeout on IO operation expired"
    NOSUPPORT = 11, Severity.WARNING, "Sorry, that feature is planned but not supported at this time"
    STRTOBIG = 12, Severity.WARNING, "The supplied string is unusually large"
    DISCONNCHID = 13, Severity.ERROR, "The request was ignored because the specified channel is disconnected"
    BADTYPE = 14, Severity.ERROR, "The data type specified is invalid"
    CHIDNOTFND = 15, Severity.INFO, "Remote Channel not found"
    CHIDRETRY = 16, Severity.INFO, "Unable to locate all user specified channels"
    INTERNAL = 17, Severity.FATAL, "Channel Access Internal Failure"
    DBLCLFAIL = 18, Severity.WARNING, "The requested local DB operation failed"
    GETFAIL = 19, Severity.WARNING, "Channel read request failed"
    PUTFAIL = 20, Severity.WARNING, "Channel write request failed"
    ADDFAIL = 21, Severity.WARNING, "Channel subscription request failed"
    BADCOUNT = 22, Severity.WARNING, "Invalid element count requested"
    BADSTR = 23, Severity.ERROR, "Invalid string"
    DISCONN = 24, Severity.WARNING, "Virtual circuit disconnect"
    DBLCHNL = 25, Severity.WARNING, "Identical process variable names on multiple servers"
    EVDISALLOW = 26, Severity.ERROR, "Request inappropriate within subscription (monitor) update callback"
    BUILDGET = 27, Severity.WARNING, "Database value get for that channel failed during channel search"
    NEEDSFP = 28, Severity.WARNING, "Unable to initialize without the vxWorks VX_FP_TASK task option set"
    OVEVFAIL = 29, Severity.WARNING, "Event queue overflow has prevented first pass event after event add"
    BADMONID = 30, Severity.ERROR, "Bad event subscription (monitor) identifier"
    NEWADDR = 31, Severity.WARNING, "Remote channel has new network address"
    NEWCONN = 32, Severity.INFO, "New or resumed network connection"
    NOCACTX = 33, Severity.WARNING, "Specified task isn't a member of a CA context"
    DEFUNCT = 34, Severity.FATAL, "Attempt to use defunct CA feature failed"
    EMPTYSTR = 35, Severity.WARNING, "The supplied string is empty"
    NOREPEATER = 36, Severity.WARNING, "Unable to spawn the CA repeater thread- auto reconnect will fail"
    NOCHANMSG = 37, Severity.WARNING, "No channel id match for search reply- search reply ignored"
    DLCKREST = 38, Severity.WARNING, "Resetting dead connection- will try to reconnect"
    SERVBEHIND = 39, Severity.WARNING, "Server (IOC) has fallen behind or is not responding- still waiting"
    NOCAST = 40, Severity.WARNING, "No internet interface with broadcast available"
    BADMASK = 41, Severity.ERROR, "Invalid event selection mask"
    IODONE = 42, Severity.INFO, "IO operations have completed"
    IOINPROGRESS = 43, Severity.INFO, "IO operations are in progress"
    BADSYNCGRP = 44, Severity.ERROR, "Invalid synchronous group identifier"
    PUTCBINPROG = 45, Severity.ERROR, "Put callback timed out"
    NORDACCESS = 46, Severity.WARNING, "Read access denied"
    NOWTACCESS = 47, Severity.WARNING, "Write access denied"
    ANACHRONISM = 48, Severity.ERROR, "Requested feature is no longer supported"
    NOSEARCHADDR = 49, Severity.WARNING, "Empty PV search address list"
    NOCONVERT = 50, Severity.WARNING, "No reasonable data conversion between client and server types"
    BADCHID = 51, Severity.ERROR, "Invalid channel identifier"
    BADFUNCPTR = 52, Severity.ERROR, "Invalid function pointer"
    ISATTACHED = 53, Severity.WARNING, "Thread is already attached to a client context"
    UNAVAILINSERV = 54, Severity.WARNING, "Not supported by attached service"
    CHANDESTROY = 55, Severity.WARNING, "User destroyed channel"
    BADPRIORITY = 56, Severity.ERROR, "Invalid channel priority"
    NOTTHREADED = 57, Severity.ERROR, "Preemptive callback not enabled - additional threads may not join context"
    ARRAY16KCLIENT = 58, Severity.WARNING, "Client's protocol revision does not support transfers exceeding 16k bytes"
    CONNSEQTMO = 59, Severity.WARNING, "Virtual circuit connection sequence aborted"
    UNRESPTMO = 60, Severity.WARNING, "Virtual circuit unresponsive"


Eca = ECA
"""The type of one entry, for annotations that read better in the singular."""


def from_code(code: int) -> ECA | None:
    """Return the status of a wire value, or None if base has no such code."""
    try:
        return ECA(code)  # type: ignore[call-arg]  # look-up by value, not construction
    except ValueError:
        return None
