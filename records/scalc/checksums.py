"""The checksums of sCalc, as text to send: escaped where they are bytes."""

from __future__ import annotations

from functools import reduce
from operator import xor

from records.scalc.ctext import unescaped

__all__ = ["crc16", "lrc", "xor8"]


def crc16(raw: bytes) -> bytes | None:
    """The CRC of Modbus RTU over a text with escapes, low byte first; None for nothing.

    synApps has other results for bytes above 0x7f, which it takes for negative; these are Modbus's.
    """
    message = unescaped(raw)
    if not message:
        return None
    crc = 0xFFFF
    for byte in message:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return b"\\x%02x\\x%02x" % (crc & 0xFF, crc >> 8)


def lrc(raw: bytes) -> bytes:
    """The LRC of Modbus ASCII over a text of hexadecimal digits."""
    total = sum(_hex(raw[at]) * 16 + _hex(raw[at + 1]) for at in range(0, len(raw) - 1, 2))
    return b"%02X" % (-total & 0xFF)


def _hex(byte: int) -> int:
    digit = chr(byte)
    return int(digit, 16) if digit in "0123456789abcdefABCDEF" else 0


def xor8(raw: bytes) -> bytes | None:
    """All bytes of a text with escapes, combined by exclusive or; None for nothing."""
    message = unescaped(raw)
    return b"\\x%02x" % reduce(xor, message) if message else None
