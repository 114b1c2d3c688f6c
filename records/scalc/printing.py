"""PRINTF and WRITE of sCalc: one value by a format of C, as text or as bytes."""

from __future__ import annotations

import re
from math import inf
from struct import pack
from typing import Final

from records.rec.formats import Directive, directives
from records.scalc.ctext import Failed, Operand, cut, escaped, nint, number, text

__all__ = ["printf", "write", "written_length"]

written_length: Final = 38  # of a result: one byte less than other texts
_LETTERS: Final = re.compile(rb"[*cdeEfgGiousxX]")
_WHOLE: Final = "cdiouxX"
_BITS: Final = {"hh": 8, "h": 16, "": 32}


def printf(form: Operand, value: Operand) -> bytes:
    """PRINTF. A format without a conversion is the result as it is. Raises Failed for one that is none."""
    if not isinstance(form, bytes):
        raise Failed("the format of PRINTF is a number")
    at = _conversion(form)
    if at is None:
        return cut(form, written_length)
    if form[at] == ord("*"):
        raise Failed("PRINTF takes no *")
    said: list[str] = []
    done = False
    for one in directives(form.decode("latin-1")):
        if isinstance(one, Directive) and one.letter != "%" and not one.bad:
            if done:
                raise Failed("PRINTF has one value only")
            done = True
            said.append(one.format(_value(one, value)))
        else:
            said.append(one if isinstance(one, str) else "%" if one.letter == "%" else one.text)
    return cut("".join(said).encode("latin-1"), written_length)


def _conversion(form: bytes) -> int | None:
    """Where the letter of the conversion is: the first after the last ``%%``, as synApps looks for it."""
    start = 0
    while (at := form.find(b"%%", start)) >= 0:
        start = at + 2
    at = form.find(b"%", start)
    found = _LETTERS.search(form, at + 1) if at >= 0 else None
    return found.start() if found is not None else None


def _value(one: Directive, value: Operand) -> float | int | str:
    if one.letter == "s":
        return text(value).decode("latin-1")
    if one.letter not in _WHOLE:
        return number(value)
    whole = nint(number(value))
    bits = _BITS.get(one.size, 64)
    whole &= (1 << bits) - 1
    return whole - (1 << bits) if one.letter in "di" and whole >> bits - 1 else whole


def write(form: Operand, value: Operand) -> bytes:
    """WRITE: the bytes of a number in the order of a PC, escaped. Raises Failed for what is no format of a number."""
    at = _conversion(form) if isinstance(form, bytes) else None
    if at is None or not isinstance(form, bytes) or form[at : at + 1] in (b"*", b"s"):
        raise Failed("WRITE has no format of a number")
    letter, size = form[at : at + 1], form[at - 1 : at]
    if letter in b"eEfgG":
        raw = pack("<d", number(value)) if size == b"l" else single(number(value))
    else:
        whole = nint(number(value))
        length = 1 if letter == b"c" else 2 if size == b"h" else 4
        raw = (whole & (1 << 8 * length) - 1).to_bytes(length, "little")
    return cut(escaped(raw), written_length)


def single(value: float) -> bytes:
    """A number as four bytes."""
    try:
        return pack("<f", value)
    except OverflowError:
        return pack("<f", inf if value > 0 else -inf)
