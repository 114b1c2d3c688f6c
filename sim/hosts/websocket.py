"""WebSocket frames from the server's side (RFC 6455). Pure."""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

__all__ = ["BINARY", "CLOSE", "PING", "PONG", "TEXT", "Frame", "accept", "build", "parse"]

TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # section 1.3


class Frame(NamedTuple):
    """One whole frame and how many bytes of the buffer it took."""

    opcode: int
    payload: bytes
    size: int


def accept(key: str) -> str:
    """Sec-WebSocket-Accept for a client's Sec-WebSocket-Key."""
    return base64.b64encode(hashlib.sha1(key.encode() + MAGIC, usedforsecurity=False).digest()).decode()


def build(payload: bytes, opcode: int = TEXT) -> bytes:
    """A frame as a server sends it: final, not masked."""
    head = bytes((0x80 | opcode,))
    if len(payload) < 126:
        return head + bytes((len(payload),)) + payload
    if len(payload) < 0x10000:
        return head + b"\x7e" + len(payload).to_bytes(2) + payload
    return head + b"\x7f" + len(payload).to_bytes(8) + payload


def parse(buffer: bytes) -> Frame | None:
    """The first frame in `buffer`, or None if it is not complete. Fragmented messages are not put together."""
    if len(buffer) < 2:
        return None
    masked, length, at = buffer[1] & 0x80, buffer[1] & 0x7F, 2
    if length >= 126:
        more = 2 if length == 126 else 8
        length, at = int.from_bytes(buffer[at : at + more]), at + more
    mask = buffer[at : at + 4] if masked else b"\0\0\0\0"
    at += 4 if masked else 0
    if len(buffer) < at + length:
        return None
    payload = bytes(byte ^ mask[place % 4] for place, byte in enumerate(buffer[at : at + length]))
    return Frame(buffer[0] & 0x0F, payload, at + length)
