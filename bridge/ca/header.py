"""The 16-byte message header of Channel Access, the commands, and the numbers that come with them.

Source: EPICS base ``caProto.h`` (revision 4.13) and the CA protocol specification, "Message Structure".
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final, NamedTuple

__all__ = [
    "BEACON_PORT",
    "DONT_REPLY",
    "DO_REPLY",
    "EXTENDED",
    "EXTENDED_FROM",
    "EXTENDED_SINCE",
    "HALF",
    "HEADER",
    "HEADER_SIZE",
    "MAX_NAME",
    "MAX_PRIORITY",
    "MAX_UDP_RECV",
    "MAX_UDP_SEND",
    "MINOR_VERSION",
    "NO_ADDRESS",
    "REPEATER_PORT",
    "SERVER_PORT",
    "Command",
    "Header",
    "pack_header",
    "pack_message",
]

#: command, payload size, data type, data count, parameter 1, parameter 2: all big-endian.
HEADER: Final = struct.Struct(">HHHHII")
HEADER_SIZE: Final = HEADER.size
#: A header without its last word, which is what tells the answers to many like requests apart.
HALF: Final = struct.Struct(">HHHHI")
#: Follows a header whose size is 0xFFFF and whose count is 0: payload size and data count in 32 bits (CA 4.9).
EXTENDED: Final = struct.Struct(">II")
EXTENDED_FROM: Final = 0xFFFF  # the smallest payload or element count that needs the extended header
EXTENDED_SINCE: Final = 9  # the first minor version that knows it

MINOR_VERSION: Final = 13
SERVER_PORT: Final = 5064  # EPICS_CA_SERVER_PORT
REPEATER_PORT: Final = 5065  # EPICS_CA_REPEATER_PORT
BEACON_PORT: Final = REPEATER_PORT  # a server sends its beacons to where the repeaters listen
MAX_UDP_SEND: Final = 1024  # base's clients put no more in a search datagram
MAX_UDP_RECV: Final = 0xFFFF + 16
MAX_NAME: Final = 500  # caProto.h unreasonablePVNameSize
MAX_PRIORITY: Final = 99

DO_REPLY: Final = 10  # SEARCH: answer NOT_FOUND if the name is not here
DONT_REPLY: Final = 5
NO_ADDRESS: Final = 0xFFFFFFFF  # SEARCH reply: "the server is where this datagram came from"


class Header(NamedTuple):
    """The words of one header, extended or not; `payload_size` includes the padding."""

    command: int
    payload_size: int
    data_type: int
    data_count: int
    parameter1: int
    parameter2: int


class Command(IntEnum):
    """First word of the header."""

    VERSION = 0
    EVENT_ADD = 1
    EVENT_CANCEL = 2
    READ = 3
    WRITE = 4
    SNAPSHOT = 5
    SEARCH = 6
    BUILD = 7
    EVENTS_OFF = 8
    EVENTS_ON = 9
    READ_SYNC = 10
    ERROR = 11
    CLEAR_CHANNEL = 12
    RSRV_IS_UP = 13
    BEACON = 13  # what everybody calls RSRV_IS_UP
    NOT_FOUND = 14
    READ_NOTIFY = 15
    READ_BUILD = 16
    REPEATER_CONFIRM = 17
    CREATE_CHAN = 18
    WRITE_NOTIFY = 19
    CLIENT_NAME = 20
    HOST_NAME = 21
    ACCESS_RIGHTS = 22
    ECHO = 23
    REPEATER_REGISTER = 24
    SIGNAL = 25
    CREATE_CH_FAIL = 26
    SERVER_DISCONN = 27


def pack_header(command: int, size: int, data_type: int = 0, count: int = 0, p1: int = 0, p2: int = 0) -> bytes:
    """Return a header for a payload of `size` bytes, a multiple of 8; extended where `size` or `count` needs it.

    Raises struct.error if a word does not fit its field.
    """
    # From 0xFFFF, not 0x10000: that is where base's server and client change over (caserverio.c, comQueSend.cpp).
    if size >= EXTENDED_FROM or count >= EXTENDED_FROM:
        return HEADER.pack(command, 0xFFFF, data_type, 0, p1, p2) + EXTENDED.pack(size, count)
    return HEADER.pack(command, size, data_type, count, p1, p2)


def pack_message(
    command: int, payload: bytes = b"", data_type: int = 0, count: int = 0, p1: int = 0, p2: int = 0
) -> bytes:
    """Return one whole message: header (extended where needed), payload, and NULs up to a multiple of 8 bytes.

    Raises struct.error if a header word does not fit its field.
    """
    size = len(payload)
    if not size:
        return pack_header(command, 0, data_type, count, p1, p2)
    pad = -size & 7
    head = pack_header(command, size + pad, data_type, count, p1, p2)
    return b"".join((head, payload, bytes(pad))) if pad else head + payload
