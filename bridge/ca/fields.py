"""The parts of a message: words of the header that are more than a number, and payloads."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from bridge.ca.dbr import ChannelType
from bridge.ca.errors import LocalProtocolError, RemoteProtocolError
from bridge.ca.header import EXTENDED, EXTENDED_FROM, HEADER, HEADER_SIZE, MAX_NAME, Command, Header, pack_header
from bridge.ca.payload import needed_size
from bridge.ca.roles import AccessRights
from bridge.ca.status import ECA

__all__ = [
    "DATA",
    "ERROR",
    "EVENT_MASK",
    "FROM_WORD",
    "REPLY",
    "TEXT",
    "TO_WORD",
    "VERSION",
    "Codec",
    "label",
]


class Codec(NamedTuple):
    """How the payload of a message comes from its attributes `names`, and they from it."""

    names: tuple[str, ...]
    encode: Callable[..., bytes]
    decode: Callable[[Header, bytes], tuple[Any, ...]]


def label(header: Header) -> str:
    try:
        return Command(header.command).name
    except ValueError:
        return f"command {header.command}"


# Words of the header that are more than a number


def _to_address(word: int) -> str:
    return ".".join(map(str, word.to_bytes(4, "big")))


def _from_address(text: str) -> int:
    if not text:
        return 0
    try:
        first, second, third, fourth = map(int, text.split("."))
        return int.from_bytes(bytes((first, second, third, fourth)), "big")
    except ValueError as err:
        raise LocalProtocolError(f"not an IPv4 address: {text!r}") from err


_STATUS: Final = {int(status): status for status in ECA}
_TYPES: Final = tuple(ChannelType)
_RIGHTS: Final = tuple(AccessRights(bits) for bits in range(4))

FROM_WORD: Final[dict[str, Callable[[int], Any]]] = {
    "data_type": _TYPES.__getitem__,
    "status": lambda code: _STATUS.get(code, code),
    # Two bits only: every new combination would live for ever in the enumeration.
    "access_rights": lambda bits: _RIGHTS[bits & 3],
    "ip": _to_address,
    "address": _to_address,
    "client_address": _to_address,
    "repeater_address": _to_address,
}
TO_WORD: Final[dict[str, Callable[[Any], int]]] = dict.fromkeys(
    (name for name, convert in FROM_WORD.items() if convert is _to_address), _from_address
)


# Payloads


def _encode_text(text: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape")
    if b"\0" in data or not data:
        raise LocalProtocolError(f"a name is neither empty nor holds NUL: {text!r}")
    if len(data) > MAX_NAME:
        raise LocalProtocolError(f"a name of {len(data)} bytes; no peer takes more than {MAX_NAME}")
    return data + b"\0"


def _decode_text(header: Header, payload: bytes) -> tuple[str]:
    # The closing NUL is not insisted on: the size of the payload ends the text as well.
    text = payload.partition(b"\0")[0]
    if len(text) > MAX_NAME:
        raise RemoteProtocolError(
            f"{label(header)}: a name of {len(text)} bytes, more than {MAX_NAME}", eca=ECA.STRTOBIG, request=header
        )
    return (text.decode("utf-8", "surrogateescape"),)


_MASK = struct.Struct(">fffHxx")  # caProto.h struct mon_info


def _decode_mask(header: Header, payload: bytes) -> tuple[float, float, float, int]:
    if len(payload) < _MASK.size:
        raise RemoteProtocolError(f"EVENT_ADD: no mask in {payload!r}", eca=ECA.BADMASK, request=header)
    low, high, to, mask = _MASK.unpack_from(payload)
    return low, high, to, mask


def _encode_version(version: int) -> bytes:
    return struct.pack(">H", version) if version else b""


def _decode_version(header: Header, payload: bytes) -> tuple[int]:
    return (int.from_bytes(payload[:2], "big"),)


def _encode_error(original_request: Header, error_message: str) -> bytes:
    command, size, *words = original_request
    return pack_header(command, size, *words) + error_message.encode("utf-8", "surrogateescape") + b"\0"


def _decode_error(header: Header, payload: bytes) -> tuple[Header, str]:
    if len(payload) < HEADER_SIZE:
        raise RemoteProtocolError(f"ERROR: no header in {payload!r}", eca=ECA.BADSTR, request=header)
    original, at = Header(*HEADER.unpack_from(payload)), HEADER_SIZE
    if original.payload_size == EXTENDED_FROM and len(payload) >= HEADER_SIZE + EXTENDED.size:
        size, count = EXTENDED.unpack_from(payload, HEADER_SIZE)
        original, at = original._replace(payload_size=size, data_count=count), at + EXTENDED.size
    return original, payload[at:].partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _decode_data(header: Header, payload: bytes) -> tuple[bytes]:
    needed = needed_size(header.data_type, header.data_count)
    if len(payload) < needed:
        raise RemoteProtocolError(
            f"{label(header)}: {header.data_count} of DBR type {header.data_type} are {needed} bytes, "
            f"got {len(payload)}",
            eca=ECA.BADCOUNT,
            request=header,
        )
    return (payload,)


def _decode_reply(header: Header, payload: bytes) -> tuple[bytes]:
    # A read that failed may come without its data, and EVENT_ADD without any ends a monitor.
    if not payload or (header.parameter1 != ECA.NORMAL and header.command != Command.READ):
        return (payload,)
    return _decode_data(header, payload)


TEXT: Final = Codec(("name",), _encode_text, _decode_text)
EVENT_MASK: Final = Codec(("low", "high", "to", "mask"), _MASK.pack, _decode_mask)
VERSION: Final = Codec(("version",), _encode_version, _decode_version)
ERROR: Final = Codec(("original_request", "error_message"), _encode_error, _decode_error)
DATA: Final = Codec(("payload",), bytes, _decode_data)
REPLY: Final = Codec(("payload",), bytes, _decode_reply)
