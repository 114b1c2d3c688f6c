"""The words of the CALC language: two tables as in postfix.c, one for where an operand may stand, one for after it."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, NamedTuple

__all__ = [
    "ARGUMENTS",
    "OPERANDS",
    "OPERATORS",
    "Element",
    "Kind",
    "binaries",
    "by_name",
    "next_element",
    "operands",
    "prefixes",
]

#: The arguments; base 7.0.8 and older end at L.
ARGUMENTS: Final = "ABCDEFGHIJKLMNOPQRSTU"


class Kind(Enum):
    """What an element is to the translator."""

    OPERAND = auto()
    LITERAL = auto()
    STORE = auto()
    UNARY = auto()
    VARARG = auto()
    BINARY = auto()
    SEPARATOR = auto()
    CLOSE = auto()
    CONDITIONAL = auto()
    TERMINATOR = auto()
    TEXT = auto()  # this and what follows it are words of sCalc only
    CLOSE_RANGE = auto()
    UNTIL = auto()


class Element(NamedTuple):
    """A word with its priorities on the stack and in the text, and how far it moves the run-time stack."""

    name: str
    in_stack: int
    incoming: int
    effect: int
    kind: Kind
    code: str  # the operation; several words may mean the same


def operands(names: str) -> list[Element]:
    """Words that stand for a value."""
    return [Element(name, 0, 0, 1, Kind.OPERAND, name) for name in names.split()]


def _literals(names: str) -> list[Element]:
    return [Element(name, 0, 0, 1, Kind.LITERAL, "HEX" if name == "0X" else "DOUBLE") for name in names.split()]


def prefixes(kind: Kind, effect: int, names: str, code: str = "", *, priority: int = 7) -> list[Element]:
    """Functions and signs, which stand before their operands."""
    return [Element(name, priority, priority + 1, effect, kind, code or name) for name in names.split()]


def binaries(priority: int, names: str, code: str = "") -> list[Element]:
    """Operators between two operands."""
    return [Element(name, priority, priority, -1, Kind.BINARY, code or name) for name in names.split()]


def by_name(*blocks: list[Element]) -> dict[str, Element]:
    """A table of words."""
    return {element.name: element for block in blocks for element in block}


OPERANDS: Final = by_name(
    operands(" ".join(ARGUMENTS)),
    operands("VAL PI D2R R2D RNDM"),
    _literals(". 0 0X 1 2 3 4 5 6 7 8 9 INF NAN"),
    prefixes(Kind.UNARY, 0, "! ABS ACOS ASIN ATAN CEIL COS COSH EXP FLOOR ISINF LN LOG NINT SIN SINH TAN TANH"),
    prefixes(Kind.UNARY, 0, "-", "NEG"),
    prefixes(Kind.UNARY, 0, "LOGE", "LN"),
    prefixes(Kind.UNARY, 0, "SQR SQRT", "SQRT"),
    prefixes(Kind.UNARY, 0, "~ NOT", "~"),
    prefixes(Kind.UNARY, -1, "ATAN2 FMOD"),
    prefixes(Kind.VARARG, 0, "FINITE ISNAN MAX MIN"),
    [Element("(", 0, 8, 0, Kind.UNARY, "(")],
)

OPERATORS: Final = by_name(
    binaries(1, "| OR", "|"),
    binaries(1, "XOR ||"),
    binaries(2, "& AND", "&"),
    binaries(2, "&& << >> >>>"),
    binaries(3, "< <= > >="),
    binaries(3, "!= #", "!="),
    binaries(3, "= ==", "=="),
    binaries(4, "+ -"),
    binaries(5, "* / %"),
    binaries(6, "** ^", "^"),
    [
        Element(")", 0, 0, 0, Kind.CLOSE, ")"),
        Element(",", 0, 0, 0, Kind.SEPARATOR, ","),
        Element("?", 0, 0, -1, Kind.CONDITIONAL, "?"),
        Element(":", 0, 0, -1, Kind.CONDITIONAL, ":"),
        Element(":=", 0, 0, -1, Kind.STORE, ":="),
        Element(";", 0, 0, 0, Kind.TERMINATOR, ";"),
    ],
)

LONGEST: Final = len("ADD_XOR8")  # the longest word there is, of sCalc


def next_element(text: str, position: int, table: dict[str, Element]) -> Element | None:
    """The longest word of `table` that `text` has at `position`, in either case."""
    for length in range(LONGEST, 0, -1):
        found = table.get(text[position : position + length].upper())
        if found is not None and position + length <= len(text):
            return found
    return None
