"""Checksums, by the names that StreamDevice gives them, and how they are written on a wire. Pure.

Each is named with its value for "123456789" in docs/drivers.md, and tested with it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from drivers.errors import UsageError

__all__ = ["CHECKSUMS", "Checksum"]

ALL: Final = 0xFFFFFFFF
Function = Callable[[bytes, int], int]  # data, start value


class Algorithm(NamedTuple):
    """`size` bytes of ``function(data, start) ^ end``."""

    function: Function
    size: int
    start: int = 0
    end: int = 0


def _sum(data: bytes, start: int) -> int:
    return start + sum(data)


def _xor(data: bytes, start: int) -> int:
    for byte in data:
        start ^= byte
    return start


def _xor7(data: bytes, start: int) -> int:
    return _xor(data, start) & 0x7F


def _bits(data: bytes, start: int) -> int:
    return start + int.from_bytes(data, "big").bit_count()


@lru_cache(maxsize=16)
def _table(polynomial: int, width: int, reflected: bool) -> tuple[int, ...]:
    top, mask = 1 << (width - 1), (1 << width) - 1
    found = []
    for byte in range(256):
        value = byte if reflected else byte << (width - 8)
        for _ in range(8):
            if reflected:
                value = value >> 1 ^ (polynomial if value & 1 else 0)
            else:
                value = (value << 1 ^ (polynomial if value & top else 0)) & mask
        found.append(value)
    return tuple(found)


def _crc(polynomial: int, width: int) -> Function:
    """A CRC, most significant bit first."""
    shift, mask = width - 8, (1 << width) - 1

    def crc(data: bytes, start: int) -> int:
        table = _table(polynomial, width, False)
        value = start & mask
        for byte in data:
            value = table[(value >> shift ^ byte) & 0xFF] ^ (value << 8 & mask)
        return value

    return crc


def _reflected(polynomial: int, width: int) -> Function:
    """A CRC, least significant bit first; `polynomial` is written in that order, too."""

    def crc(data: bytes, start: int) -> int:
        table = _table(polynomial, width, True)
        value = start & ((1 << width) - 1)
        for byte in data:
            value = table[(value ^ byte) & 0xFF] ^ value >> 8
        return value

    return crc


def _adler(data: bytes, start: int) -> int:
    return zlib.adler32(data, start & ALL)


def _digits(data: bytes) -> list[int]:
    return [int(chr(byte), 16) for byte in data if chr(byte) in "0123456789abcdefABCDEF"]


def _hexsum(data: bytes, start: int) -> int:
    return start + sum(_digits(data))


def _cpi(data: bytes, start: int) -> int:
    """TRIUMF's CPI amplifier: printable characters count from the space on, and so does the sum."""
    return ((start + sum(data) - 32 * len(data)) & ALL) % 95 + 32


def _leybold(data: bytes, start: int) -> int:
    """Leybold Graphix: 255 less the sum; 32 more if that were a control character."""
    value = 255 - (start + sum(data)) % 256
    return value + 32 if value < 32 else value


def _brooks(data: bytes, start: int) -> int:
    """Brooks cryopumps: sum of seven bits, folded to six, as a printable character."""
    value = start + sum(byte & 0x7F for byte in data)
    return ((value >> 6 ^ value) & 0x3F) + 0x30


def _lrc(data: bytes, start: int) -> int:
    return -(start + sum(data)) & 0xFF


def _hexlrc(data: bytes, start: int) -> int:
    """The LRC of bytes that are written as two hex digits each, counted from the end."""
    total, high = start, 0
    for place, byte in zip(range(len(data) - 1, -1, -1), data, strict=True):
        for digit in _digits(bytes((byte,))):
            if place % 2:
                high = digit << 4
            else:
                total += high + digit
                high = 0
    return -total & 0xFF


def _spellman(data: bytes, start: int) -> int:
    """Spellman's supplies (MPS): two's complement of the sum, seven bits, bit 6 set so that it can be printed."""
    return -(start + sum(data)) & 0x7F | 0x40


_CRC16, _CCITT, _CRC32 = _crc(0x8005, 16), _crc(0x1021, 16), _crc(0x04C11DB7, 32)
_CRC16R, _CRC32R = _reflected(0xA001, 16), _reflected(0xEDB88320, 32)

#: In StreamDevice's order, for a name may be shortened: the first that begins so is meant.
CHECKSUMS: Final = {
    "sum": Algorithm(_sum, 1),
    "sum8": Algorithm(_sum, 1),
    "sum16": Algorithm(_sum, 2),
    "sum32": Algorithm(_sum, 4),
    "nsum8": Algorithm(_sum, 1, 0xFF, 0xFF),
    "nsum16": Algorithm(_sum, 2, 0xFFFF, 0xFFFF),
    "nsum32": Algorithm(_sum, 4, ALL, ALL),
    "notsum": Algorithm(_sum, 1, 0, 0xFF),
    "xor": Algorithm(_xor, 1),
    "xor8": Algorithm(_xor, 1),
    "xor8ff": Algorithm(_xor, 1, 0, 0xFF),
    "xor7": Algorithm(_xor7, 1),
    "crc8": Algorithm(_crc(0x07, 8), 1),
    "ccitt8": Algorithm(_reflected(0x8C, 8), 1),
    "crc16": Algorithm(_CRC16, 2),
    "crc16r": Algorithm(_CRC16R, 2),
    "modbus": Algorithm(_CRC16R, 2, 0xFFFF),
    "ccitt16": Algorithm(_CCITT, 2, 0xFFFF),
    "ccitt16a": Algorithm(_CCITT, 2, 0x1D0F),
    "ccitt16x": Algorithm(_CCITT, 2),
    "crc16c": Algorithm(_CCITT, 2),
    "xmodem": Algorithm(_CCITT, 2),
    "crc32": Algorithm(_CRC32, 4, ALL, ALL),
    "crc32r": Algorithm(_CRC32R, 4, ALL, ALL),
    "jamcrc": Algorithm(_CRC32R, 4, ALL),
    "adler32": Algorithm(_adler, 4, 1),
    "hexsum8": Algorithm(_hexsum, 1),
    "cpi": Algorithm(_cpi, 1),
    "leybold": Algorithm(_leybold, 1),
    "brksCryo": Algorithm(_brooks, 1),
    "lrc": Algorithm(_lrc, 1),
    "hexlrc": Algorithm(_hexlrc, 1),
    "bitsum": Algorithm(_bits, 1),
    "bitsum8": Algorithm(_bits, 1),
    "bitsum16": Algorithm(_bits, 2),
    "bitsum32": Algorithm(_bits, 4),
    "hv_mps": Algorithm(_spellman, 1),
}

_NEGATIVE: Final = ("neg", "-", "n")
_INVERTED: Final = ("not", "~")


def _found(name: str) -> Algorithm:
    """The algorithm of a name in any case, shortened or not, with or without a prefix."""
    wanted = name.lower()
    for known, algorithm in CHECKSUMS.items():
        if known.lower() == wanted:
            return algorithm
    for prefix in (*_NEGATIVE, *_INVERTED):
        if wanted.startswith(prefix) and len(wanted) > len(prefix):
            try:
                plain = _found(wanted.removeprefix(prefix))
            except UsageError:
                continue
            if prefix in _INVERTED:
                return plain._replace(end=plain.end ^ ALL)
            return plain._replace(start=plain.start ^ ALL, end=plain.end ^ ALL)
    for known, algorithm in CHECKSUMS.items():
        if wanted and known.lower().startswith(wanted):
            return algorithm
    raise UsageError(f"there is no checksum {name!r}, only {', '.join(CHECKSUMS)}")


@dataclass(frozen=True, slots=True)
class Checksum:
    """A checksum on a wire: ``Checksum("xor", "hex", start=1, skip=1)`` is that of NMEA's ``$...*hh``.

    `name` is one of `CHECKSUMS`; before it, neg, - or n takes the two's complement, not or ~ inverts. `form`: "raw"
    bytes, "hex" digits, "decimal" digits, or "nibbles", two characters from 0x30 to 0x3F for each byte. `order` is that
    of the bytes. The first `start` bytes and the last `skip` bytes before the checksum do not count. Raises UsageError
    for a name or form that there is not.
    """

    name: str
    form: Literal["raw", "hex", "decimal", "nibbles"] = "raw"
    order: Literal["big", "little"] = "big"
    start: int = 0
    skip: int = 0

    def __post_init__(self) -> None:
        _found(self.name)
        if self.form not in ("raw", "hex", "decimal", "nibbles") or self.order not in ("big", "little"):
            raise UsageError(
                f"a checksum is raw, hex, decimal or nibbles, big or little: not {self.form!r} {self.order!r}"
            )
        if self.start < 0 or self.skip < 0:
            raise UsageError(f"{self.name}: start and skip are numbers of bytes")

    @property
    def size(self) -> int:
        """Bytes that it takes on the wire."""
        size = _found(self.name).size
        # as many decimal digits as the largest needs: 3, 5, 10
        return {"raw": size, "hex": 2 * size, "nibbles": 2 * size, "decimal": len(str((1 << 8 * size) - 1))}[self.form]

    def value(self, data: bytes) -> int:
        """The number, over all that goes before it."""
        algorithm = _found(self.name)
        counted = data[self.start : max(len(data) - self.skip, 0)]
        return (algorithm.function(counted, algorithm.start) ^ algorithm.end) & ((1 << 8 * algorithm.size) - 1)

    def of(self, data: bytes) -> bytes:
        """What follows `data` on the wire."""
        value = self.value(data)
        if self.form == "decimal":
            return b"%0*d" % (self.size, value)
        raw = value.to_bytes(_found(self.name).size, self.order)
        if self.form == "hex":
            return raw.hex().upper().encode()
        if self.form == "nibbles":
            return bytes(0x30 | nibble for byte in raw for nibble in (byte >> 4, byte & 0xF))
        return raw

    def wrong(self, data: bytes, found: bytes) -> str:
        """What is wrong with `found` after `data`, or ""; hex digits may be small."""
        wanted = self.of(data)
        if found == wanted or (self.form == "hex" and found.upper() == wanted):
            return ""
        return f"has the checksum {found!r}, not {wanted!r}"
