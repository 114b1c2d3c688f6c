"""Texts as C has them, for string calculations: bytes up to a NUL, at most 39 of them, and how they become numbers."""

from __future__ import annotations

import re
from math import inf, nan
from typing import Final, TypeAlias

from records.calc.arithmetic import to_int
from records.convert import text_of
from records.metadata import Metadata
from records.types import FieldType

__all__ = [
    "LONGEST",
    "STRTOD",
    "Failed",
    "Operand",
    "cut",
    "escaped",
    "first_number",
    "nint",
    "number",
    "number_text",
    "strtod",
    "text",
    "unescaped",
]

Operand: TypeAlias = "float | bytes"

LONGEST: Final = 39  # SCALC_STRING_SIZE is 40, with the closing NUL
STRTOD: Final = re.compile(
    rb"[ \t\n\v\f\r]*([+-]?)(0x[0-9a-f]+(?:\.[0-9a-f]*)?(?:p[+-]?[0-9]+)?|nan|inf(?:inity)?"
    rb"|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)",
    re.IGNORECASE,
)
_PRECISION: Final = Metadata(precision=8)  # to_string of sCalcPerform.c
_RAW: Final = dict(zip(b"abfnrtv0", b"\a\b\f\n\r\t\v\0", strict=True))
_ESCAPED: Final = {
    **{raw: b"\\%c" % letter for letter, raw in _RAW.items()},
    **{raw: b"\\%c" % raw for raw in b"\\'\""},
}


class Failed(Exception):
    """The expression cannot be calculated: sCalcPerform returns -1, the record goes into CALC alarm."""


def cut(raw: bytes, longest: int = LONGEST) -> bytes:
    """What a buffer of C keeps: nothing after a NUL, and no more than there is room for."""
    return raw.partition(b"\0")[0][:longest]


def strtod(raw: bytes) -> float:
    """The number at the beginning of a text, 0 if there is none (``atof``)."""
    found = STRTOD.match(raw)
    if found is None:
        return 0.0
    digits = found[2].decode().lower()
    value = _hexadecimal(digits) if digits.startswith("0x") else nan if digits == "nan" else float(digits)
    return -value if found[1] == b"-" else value


def _hexadecimal(digits: str) -> float:
    try:
        return float.fromhex(digits)
    except OverflowError:
        return inf


def number(operand: Operand) -> float:
    """An operand as a number."""
    return strtod(operand) if isinstance(operand, bytes) else operand


def first_number(operand: Operand) -> float:
    """The first number anywhere in a text, with its sign (INT and DBL)."""
    if not isinstance(operand, bytes):
        return operand
    at = next((index for index, byte in enumerate(operand) if byte in b"0123456789"), None)
    if at is None:
        return 0.0
    for before in b".-":
        if at and operand[at - 1] == before:
            at -= 1
    return strtod(operand[at:])


def number_text(value: float, precision: Metadata = _PRECISION) -> bytes:
    """A number as text, with eight digits unless told otherwise (``cvtDoubleToString``)."""
    return b"NaN" if value != value else text_of(value, FieldType.DOUBLE, precision).encode()


def text(operand: Operand) -> bytes:
    """An operand as text."""
    return operand if isinstance(operand, bytes) else number_text(operand)


def nint(value: float) -> int:
    """The nearest whole number, of 32 bits (``myNINT``)."""
    return to_int(value + 0.5 if value >= 0.0 else value - 0.5)


def unescaped(raw: bytes) -> bytes:
    r"""What ``\r``, ``\x1b`` and the like stand for; there may be NULs in it (``dbTranslateEscape``)."""
    out = bytearray()
    at = 0
    while at < len(raw):
        if raw[at] != ord("\\"):
            out.append(raw[at])
            at += 1
            continue
        letter = raw[at + 1 : at + 2]
        at += 2
        if letter == b"x":
            digits = re.compile(rb"[0-9a-fA-F]{0,2}").match(raw, at)
            assert digits is not None  # which may be nothing
            if digits[0]:
                out.append(int(digits[0], 16))
            at = digits.end()
        elif letter:
            out.append(_RAW.get(letter[0], letter[0]))
    return bytes(out)


def escaped(raw: bytes) -> bytes:
    """The reverse: bytes that cannot be shown as escapes (``epicsStrnEscapedFromRaw``)."""
    return b"".join(_ESCAPED.get(byte) or (b"%c" % byte if 32 <= byte < 127 else b"\\x%02x" % byte) for byte in raw)
