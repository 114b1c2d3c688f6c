"""CalcError: what is wrong with an expression, in base's words (``calcErrorStr``), and where."""

from __future__ import annotations

from typing import Final

__all__ = [
    "BAD_ASSIGNMENT",
    "BAD_LITERAL",
    "BAD_SEPARATOR",
    "CONDITIONAL",
    "INCOMPLETE",
    "NULL_ARG",
    "OVERFLOW",
    "PAREN_NOT_OPEN",
    "PAREN_OPEN",
    "SYNTAX",
    "TOO_MANY",
    "UNDERFLOW",
    "CalcError",
]

TOO_MANY: Final = "Too many results returned"
BAD_LITERAL: Final = "Badly formed numeric literal"
BAD_ASSIGNMENT: Final = "Bad assignment target"
BAD_SEPARATOR: Final = "Comma without enclosing parentheses"
PAREN_NOT_OPEN: Final = "Close parenthesis found without open"
PAREN_OPEN: Final = "Parenthesis still open at end of expression"
CONDITIONAL: Final = "Unbalanced conditional ?: operators"
INCOMPLETE: Final = "Incomplete expression, operand missing"
UNDERFLOW: Final = "Not enough operands provided"
OVERFLOW: Final = "Runtime stack overflow"
SYNTAX: Final = "Syntax error, unknown operator/operand"
NULL_ARG: Final = "NULL or empty input argument to postfix()"


class CalcError(ValueError):
    """A mistake in an expression: base's words for it, and the column (from 1) of what made it one."""

    def __init__(self, reason: str, text: str, column: int) -> None:
        super().__init__(f"{reason} at column {column} of {text!r}")
        self.reason = reason
        self.text = text
        self.column = column
