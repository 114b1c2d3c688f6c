"""The directives of a C format string, as printf records take them (``doPrintf`` of printfRecord.c)."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any, Final, NamedTuple

__all__ = ["Directive", "directives"]

LETTERS: Final = "diouxXeEfFgGcs%"
WHOLE: Final = "diouxX"
UNSIGNED: Final = "ouxX"


class Directive(NamedTuple):
    """``%-10.3ld`` taken apart: ``flags`` width . precision ``size`` letter; None is what is not there."""

    text: str
    flags: str
    width: int | None
    precision: int | None
    size: str
    letter: str
    bad: bool  # no directive of C, which is shown as it is
    stars: tuple[str, ...]  # "width" and "precision", which are read from links

    def filled(self, numbers: list[int]) -> Directive:
        """With numbers in place of the stars."""
        one = self
        for name, number in zip(self.stars, numbers, strict=True):
            if name == "width":
                one = one._replace(flags=f"{one.flags}{'-' if number < 0 else ''}", width=abs(number))
            else:
                one = one._replace(precision=max(number, 0))
        return one

    def format(self, value: Any) -> str:
        """The text for a value, as C's printf makes it."""
        flags, precision, letter = self.flags, self.precision, self.letter
        if letter in WHOLE and precision is not None:
            flags = flags.replace("0", "")  # C ignores it then
            if not precision and not value:
                return " " * (self.width or 0)
        if letter in UNSIGNED:
            flags = flags.replace("+", "").replace(" ", "")
        if letter == "o" and "#" in flags:
            flags = flags.replace("#", "")
            precision = max(precision or 0, len(f"{value:o}") + bool(value))
        if letter in "cs" or (isinstance(value, float) and not isfinite(value)):
            flags = flags.replace("0", "")
        if letter == "c":
            one = bytes((int(value) & 0xFF,)).decode("utf-8", "surrogateescape")  # a byte, as in C
            value, letter, precision = one, "s", None
        width = "" if not self.width else str(self.width)
        point = "" if precision is None else f".{precision}"
        template = f"%{flags}{width}{point}{letter}"
        text: str = template % value
        return text  # a format of C, with a width that a variable holds


def directives(text: str) -> Iterator[str | Directive]:
    """The parts of a format: text as it is, and directives. A directive without an end ends it all."""
    at = 0
    while at < len(text):
        if text[at] != "%":
            end = text.find("%", at)
            end = len(text) if end < 0 else end
            yield text[at:end]
        else:
            end = _end(text, at + 1)
            if not end:
                return
            yield _directive(text[at:end])
        at = end


def _end(text: str, at: int) -> int:
    """Where the directive ends whose first character after ``%`` is at `at`; 0 if it does not."""
    while at < len(text):
        if text[at] not in "+ #-.0123456789*hl":
            return at + 1
        at += 1
    return 0


def _directive(text: str) -> Directive:
    flags, digits, size, stars = "", {"width": "", "precision": ""}, "", []
    field, pointed = "width", False
    bad = text[-1] not in LETTERS
    for char in text[1:-1]:
        if char in "+ #-" or (char == "0" and field == "width" and not digits[field]):
            flags += char
        elif char == ".":
            field, pointed = "precision", True
        elif char.isdigit():
            digits[field] += char
        elif char == "*":
            bad = bad or bool(digits[field].strip("0"))
            stars.append(field)
        else:
            size += char
    bad = bad or size not in ("", "h", "hh", "l", "ll")
    width = int(digits["width"]) if digits["width"] else None
    precision = int(digits["precision"] or "0") if pointed else None
    return Directive(text, flags, width, precision, size, text[-1], bad, tuple(stars))
