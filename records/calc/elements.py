"""The words of the CALC language: two tables as in postfix.c, one for where an operand may stand, one for after it."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, NamedTuple

__all__ = ["ARGUMENTS", "OPERANDS", "OPERATORS", "Element", "Kind", "next_element"]

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


class Element(NamedTuple):
    """A word with its priorities on the stack and in the text, and how far it moves the run-time stack."""

    name: str
    in_stack: int
    incoming: int
    effect: int
    kind: Kind
    code: str  # the operation; several words may mean the same


def _operands(names: str) -> list[Element]:
    return [Element(name, 0, 0, 1, Kind.OPERAND, name) for name in names.split()]


def _literals(names: str) -> list[Element]:
    return [Element(name, 0, 0, 1, Kind.LITERAL, "HEX" if name == "0X" else "DOUBLE") for name in names.split()]


def _prefixes(kind: Kind, effect: int, names: str, code: str = "") -> list[Element]:
    return [Element(name, 7, 8, effect, kind, code or name) for name in names.split()]


def _binaries(priority: int, names: str, code: str = "") -> list[Element]:
    return [Element(name, priority, priority, -1, Kind.BINARY, code or name) for name in names.split()]


def _by_name(*blocks: list[Element]) -> dict[str, Element]:
    return {element.name: element for block in blocks for element in block}


OPERANDS: Final = _by_name(
    _operands(" ".join(ARGUMENTS)),
    _operands("VAL PI D2R R2D RNDM"),
    _literals(". 0 0X 1 2 3 4 5 6 7 8 9 INF NAN"),
    _prefixes(Kind.UNARY, 0, "! ABS ACOS ASIN ATAN CEIL COS COSH EXP FLOOR ISINF LN LOG NINT SIN SINH TAN TANH"),
    _prefixes(Kind.UNARY, 0, "-", "NEG"),
    _prefixes(Kind.UNARY, 0, "LOGE", "LN"),
    _prefixes(Kind.UNARY, 0, "SQR SQRT", "SQRT"),
    _prefixes(Kind.UNARY, 0, "~ NOT", "~"),
    _prefixes(Kind.UNARY, -1, "ATAN2 FMOD"),
    _prefixes(Kind.VARARG, 0, "FINITE ISNAN MAX MIN"),
    [Element("(", 0, 8, 0, Kind.UNARY, "(")],
)

OPERATORS: Final = _by_name(
    _binaries(1, "| OR", "|"),
    _binaries(1, "XOR ||"),
    _binaries(2, "& AND", "&"),
    _binaries(2, "&& << >> >>>"),
    _binaries(3, "< <= > >="),
    _binaries(3, "!= #", "!="),
    _binaries(3, "= ==", "=="),
    _binaries(4, "+ -"),
    _binaries(5, "* / %"),
    _binaries(6, "** ^", "^"),
    [
        Element(")", 0, 0, 0, Kind.CLOSE, ")"),
        Element(",", 0, 0, 0, Kind.SEPARATOR, ","),
        Element("?", 0, 0, -1, Kind.CONDITIONAL, "?"),
        Element(":", 0, 0, -1, Kind.CONDITIONAL, ":"),
        Element(":=", 0, 0, -1, Kind.STORE, ":="),
        Element(";", 0, 0, 0, Kind.TERMINATOR, ";"),
    ],
)

_LONGEST: Final = max(map(len, (*OPERANDS, *OPERATORS)))


def next_element(text: str, position: int, table: dict[str, Element]) -> Element | None:
    """The longest word of `table` that `text` has at `position`, in either case."""
    for length in range(_LONGEST, 0, -1):
        found = table.get(text[position : position + length].upper())
        if found is not None and position + length <= len(text):
            return found
    return None
