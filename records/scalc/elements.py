"""The words of sCalc: the tables of sCalcPostfix.c. Their priorities are not those of base's CALC."""

from __future__ import annotations

from typing import Final

from records.calc.elements import Element, Kind, binaries, by_name, operands, prefixes

__all__ = ["NUMBERS", "OPERANDS", "OPERATORS", "TEXTS", "TEXT_WORDS"]

NUMBERS: Final = "ABCDEFGHIJKLMNOP"  # the numeric arguments; a record may have fewer
TEXTS: Final = tuple(letter * 2 for letter in "ABCDEFGHIJKL")

_PREFIX: Final = 9
_TEXT_WORDS: Final = (
    "SVAL STR PRINTF WRITE SSCANF READ TEXT [ { @@ TR_ESC ESC CRC16 MODBUS LRC AMODBUS XOR8 ADD_XOR8 LEN"
)

OPERANDS: Final = by_name(
    operands(" ".join((*NUMBERS, *TEXTS))),
    operands("VAL SVAL PI D2R R2D S2R R2S RNDM NRNDM"),
    [Element(name, 0, 0, 1, Kind.LITERAL, "LITERAL") for name in (*".0123456789", "INF", "NAN")],
    [Element(quote, 0, 0, 1, Kind.TEXT, "TEXT") for quote in "\"'"],
    prefixes(Kind.UNARY, 0, "! ABS ACOS ASIN ATAN CEIL COS COSH EXP FLOOR ISINF SIN SINH TAN TANH", priority=_PREFIX),
    prefixes(Kind.UNARY, 0, "BYTE DBL STR LEN CRC16 MODBUS LRC AMODBUS XOR8 ADD_XOR8 @ @@", priority=_PREFIX),
    prefixes(Kind.UNARY, 0, "-", "NEG", priority=_PREFIX),
    prefixes(Kind.UNARY, 0, "LN LOGE", "LN", priority=_PREFIX),
    prefixes(Kind.UNARY, 0, "LOG", priority=_PREFIX),
    prefixes(Kind.UNARY, 0, "INT NINT", "NINT", priority=_PREFIX),
    prefixes(Kind.UNARY, 0, "SQR SQRT", "SQRT", priority=_PREFIX),
    prefixes(Kind.UNARY, 0, "~ NOT", "~", priority=_PREFIX),
    prefixes(Kind.UNARY, 0, "$E ESC", "ESC", priority=_PREFIX),
    prefixes(Kind.UNARY, 0, "$T TR_ESC", "TR_ESC", priority=_PREFIX),
    prefixes(Kind.UNARY, -1, "$P PRINTF", "PRINTF", priority=_PREFIX),
    prefixes(Kind.UNARY, -1, "$R READ", "READ", priority=_PREFIX),
    prefixes(Kind.UNARY, -1, "$S SSCANF", "SSCANF", priority=_PREFIX),
    prefixes(Kind.UNARY, -1, "$W WRITE", "WRITE", priority=_PREFIX),
    prefixes(Kind.UNARY, -1, "ATAN2", priority=_PREFIX),
    prefixes(Kind.VARARG, 0, "FINITE ISNAN MAX MIN", priority=_PREFIX),
    [Element("(", 0, 10, 0, Kind.UNARY, "("), Element("UNTIL", 0, 10, 0, Kind.UNTIL, "UNTIL")],
)

OPERATORS: Final = by_name(
    binaries(2, "| OR", "|"),
    binaries(2, "XOR ||"),
    binaries(3, "& AND", "&"),
    binaries(3, "&& << >>"),
    binaries(4, ">? <?"),
    binaries(5, "< <= > >="),
    binaries(5, "!= #", "!="),
    binaries(5, "= ==", "=="),
    binaries(6, "+ |-"),
    binaries(6, "- -|", "-"),
    binaries(7, "* / %"),
    binaries(8, "** ^", "^"),
    [
        Element(")", 0, 0, 0, Kind.CLOSE, ")"),
        Element("[", 0, 11, -1, Kind.BINARY, "["),
        Element("{", 0, 11, -1, Kind.BINARY, "{"),
        Element("]", 0, 0, 0, Kind.CLOSE_RANGE, "["),
        Element("}", 0, 0, 0, Kind.CLOSE_RANGE, "{"),
        Element(",", 0, 0, 0, Kind.SEPARATOR, ","),
        Element("?", 0, 0, -1, Kind.CONDITIONAL, "?"),
        Element(":", 0, 0, -1, Kind.CONDITIONAL, ":"),
        Element(":=", 1, 0, -1, Kind.STORE, ":="),
        Element(";", 0, 0, 0, Kind.TERMINATOR, ";"),
    ],
)

#: Operations that make an expression one of texts; others calculate with doubles alone.
TEXT_WORDS: Final = frozenset((*TEXTS, *_TEXT_WORDS.split()))
