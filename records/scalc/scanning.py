"""SSCANF and READ of sCalc: one value of a text, by a format of C."""

from __future__ import annotations

import re
from struct import unpack
from typing import Final

from records.scalc.ctext import Failed, Operand, cut, strtod, unescaped
from records.scalc.printing import single, written_length

__all__ = ["read", "sscanf"]

_DIRECTIVE: Final = re.compile(rb"%(\*?)([0-9]*)(hh|h|ll|l|L|q|j|z|t)?(\[\^?\]?[^\]]*\]|.)", re.DOTALL)
_SPACE: Final = b" \t\n\v\f\r"
_INTEGERS: Final = {
    b"d": (re.compile(rb"[+-]?[0-9]+"), 10),
    b"u": (re.compile(rb"[+-]?[0-9]+"), 10),
    b"i": (re.compile(rb"[+-]?(?:0x[0-9a-f]+|0[0-7]*|[1-9][0-9]*)", re.IGNORECASE), 0),
    b"o": (re.compile(rb"[+-]?[0-7]+"), 8),
    b"x": (re.compile(rb"[+-]?(?:0x)?[0-9a-f]+", re.IGNORECASE), 16),
    b"X": (re.compile(rb"[+-]?(?:0x)?[0-9a-f]+", re.IGNORECASE), 16),
}
_FLOAT: Final = re.compile(
    rb"[+-]?(?:0x[0-9a-f]+(?:\.[0-9a-f]*)?(?:p[+-]?[0-9]+)?|nan|inf(?:inity)?"
    rb"|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)",
    re.IGNORECASE,
)
_CONVERSION: Final = re.compile(rb"[pwn$c\[deEfgGiousxX]")


def _indicator(form: bytes) -> int:
    """Where the letter of the only conversion is that stores something (``findConversionIndicator``).

    If none does, the last one counts. Raises Failed if there is none at all, or more than one.
    """
    found, at = _next_conversion(form, 0)
    if found is None:
        raise Failed("no conversion")
    if _next_conversion(form, at)[1] <= len(form):
        raise Failed("more than one conversion")
    return found


def _next_conversion(form: bytes, at: int) -> tuple[int | None, int]:
    """The letter of the next conversion without ``*``, and what comes after it: beyond the format if it has none."""
    found: int | None = None
    while at < len(form):
        percents = form.find(b"%%", at)
        if percents >= 0:  # synApps goes on after it, whatever was before
            at = percents + 2
            continue
        at = form.find(b"%", at)
        letter = _CONVERSION.search(form, at) if at >= 0 else None
        if letter is None:
            return None, len(form) + 1
        found = letter.start()
        star = form.find(b"*", at)
        if not 0 <= star < found:
            return found, letter.end()
        at = letter.end()
        if letter[0] == b"[":
            at += 1 if form[at : at + 1] == b"]" else 2 if form[at : at + 2] == b"^]" else 0
            at = form.find(b"]", at) + 1
            if not at:
                raise Failed("a set without an end")
    return found, len(form) + 1


def sscanf(source: Operand, form: Operand) -> Operand:
    """SSCANF: the value that the only conversion without ``*`` finds. Raises Failed if it finds none."""
    if not isinstance(source, bytes) or not isinstance(form, bytes):
        raise Failed("SSCANF wants two texts")
    if form[_indicator(form) :][:1] in b"pwn$":
        raise Failed("SSCANF does not know this conversion")
    found = [value for value in _scan(source, form) if value is not None]
    if len(found) != 1:
        raise Failed("SSCANF: the text is not as the format says")
    return found[0]


def _scan(source: bytes, form: bytes) -> list[Operand | None]:
    """The values that are found before something does not fit; None is one that is not wanted."""
    values: list[Operand | None] = []
    at = place = 0
    while place < len(form):
        directive = _DIRECTIVE.match(form, place)
        if form[place] in _SPACE:
            at = _after_space(source, at)
            place += 1
        elif directive is None or directive[4] == b"%":
            expected, place = form[place], place + 1 if directive is None else directive.end()
            at = at if directive is None else _after_space(source, at)
            if source[at : at + 1] != b"%c" % expected:
                break
            at += 1
        else:
            star, width, size, letter = directive.groups()
            if letter[:1] not in b"c[n":
                at = _after_space(source, at)
            room = source[at : at + int(width)] if int(width or b"0") else source[at:]
            taken, value = _converted(room, letter, size or b"", int(width or b"0"))
            if not taken:
                break
            values.append(None if star else value)
            at += taken
            place = directive.end()
    return values


def _after_space(source: bytes, at: int) -> int:
    while at < len(source) and source[at] in _SPACE:
        at += 1
    return at


def _converted(room: bytes, letter: bytes, size: bytes, width: int) -> tuple[int, Operand]:
    """How many bytes a conversion takes, 0 if it fails, and the value."""
    if letter == b"c":
        taken = room[: width or 1]
        return len(taken), cut(taken, written_length)
    if letter == b"s" or letter[:1] == b"[":
        length = _run(room, _set(letter))
        return length, cut(room[:length], written_length)
    if letter in _INTEGERS:
        form, base = _INTEGERS[letter]
        found = form.match(room)
        return (found.end(), _integer(found[0], base, letter, size)) if found is not None else (0, b"")
    found = _FLOAT.match(room) if letter in b"eEfgG" else None
    if found is None or room[found.end() : found.end() + 1] in (b"e", b"E"):  # scanf refuses an e without digits
        return 0, b""
    value = strtod(found[0])
    return found.end(), value if size == b"l" else float(unpack("<f", single(value))[0])


def _run(room: bytes, wanted: frozenset[int]) -> int:
    return next((index for index, byte in enumerate(room) if byte not in wanted), len(room))


def _set(letter: bytes) -> frozenset[int]:
    """The bytes that ``%s`` takes, or ``%[a-z]``, in which nothing is special but a range."""
    if letter == b"s":
        return frozenset(range(256)) - frozenset(_SPACE)
    inner = letter[1:-1]
    negated = inner.startswith(b"^")
    inner = inner[negated:]
    found: set[int] = set()
    at = 0
    while at < len(inner):
        if inner[at + 1 : at + 2] == b"-" and at + 2 < len(inner):
            found.update(range(inner[at], inner[at + 2] + 1))
            at += 3
        else:
            found.add(inner[at])
            at += 1
    return frozenset(range(256)) - found if negated else frozenset(found)


def _integer(digits: bytes, base: int, letter: bytes, size: bytes) -> float:
    if base == 0 and digits.lstrip(b"+-").startswith(b"0") and digits.lstrip(b"+-0").lower()[:1] != b"x":
        base = 8
    value = int(digits, base)
    bits = {b"hh": 8, b"h": 16, b"": 32}.get(size, 64)
    if letter in b"di":
        value = max(-(1 << 63), min(value, (1 << 63) - 1)) & (1 << bits) - 1
        return float(value - (1 << bits) if value >> bits - 1 else value)
    return float((value if abs(value) < 1 << 64 else -1) & (1 << bits) - 1)


# --- bytes ----------------------------------------------------------------------------------------------------------

_SKIPPED: Final = re.compile(rb"([0-9]*)(h|l|[diouxX]|[eEfgG])?")


def read(source: Operand, form: Operand) -> float:
    """READ: a number from the bytes of a text with escapes, in the order of a PC. Raises Failed for no such format.

    ``%*2c`` and the like skip bytes first. Four bytes with a sign are signed, which synApps forgets on 64-bit machines.
    """
    if not isinstance(source, bytes) or not isinstance(form, bytes):
        raise Failed("READ wants two texts")
    at = _indicator(form)
    letter, size = form[at : at + 1], form[at - 1 : at]
    if letter not in b"diouxXeEfgGc":
        raise Failed("READ does not know this conversion")
    raw = unescaped(source)[_skipped(form, at) :]
    if letter in b"eEfgG":
        length = 8 if size == b"l" else 4
        return float(unpack("<d" if length == 8 else "<f", raw[:length].ljust(length, b"\0"))[0])
    length = 1 if letter == b"c" else 2 if size == b"h" else 4
    return float(int.from_bytes(raw[:length], "little", signed=letter in b"cdi" and len(raw) >= length))


def _skipped(form: bytes, at: int) -> int:
    """Bytes to be skipped because of a ``*`` before the conversion."""
    star = form.find(b"*")
    if not 0 <= star < at:
        return 0
    found = _SKIPPED.match(form, star + 1)
    assert found is not None  # it matches nothing as well
    count = int(found[1]) if found[1] else 1
    kind = found[2] or b""
    if kind == b"h":
        return 2 * count
    if kind == b"l":
        return (4 if re.search(rb"[diouxX]", form[found.start(2) :]) else 8) * count
    return 4 * count if kind else count
