"""From the text of an expression to postfix form, by the algorithm of postfix.c and with its errors."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import isinf
from typing import Any, ClassVar, Final, NamedTuple, TypeAlias

from records.calc import errors
from records.calc.elements import ARGUMENTS, OPERANDS, OPERATORS, Element, Kind, next_element
from records.calc.errors import CalcError

__all__ = ["STEPS", "Instruction", "Pending", "Step", "Translator", "postfix"]

STACK: Final = 80  # CALCPERFORM_STACK

_SPACE: Final = " \t\n\v\f\r"
_DOUBLE: Final = re.compile(
    r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|inf(?:inity)?|nan(?:\([0-9a-z_]*\))?", re.IGNORECASE
)
_HEX: Final = re.compile(r"0x[0-9a-f]+|0", re.IGNORECASE)


class Instruction(NamedTuple):
    """One step: the operation, where it stands in the text, the number of a literal, the operands of a vararg.

    `text` is a literal text of sCalc.
    """

    code: str
    at: int
    number: float = 0.0
    operands: int = 0
    text: str = ""


Step: TypeAlias = "Callable[[Any, Element], bool]"  # what an element does; says whether an operand has to follow
_MOVES: Final = (Kind.LITERAL, Kind.TEXT)  # what moves on by itself


class Pending(NamedTuple):
    """An element on the translation stack."""

    element: Element
    at: int
    effect: int
    target: str = ""  # of a store


class Translator:
    """Translates one expression; the class knows the words of the language, and what to do with each kind."""

    operands: ClassVar[dict[str, Element]] = OPERANDS
    operators: ClassVar[dict[str, Element]] = OPERATORS
    steps: ClassVar[dict[Kind, Step]] = {}
    max_depth: ClassVar[int] = STACK

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.code: list[Instruction] = []
        self.stack: list[Pending] = []
        self.depth = 0
        self.open_conditionals: list[int] = []

    def error(self, reason: str, at: int | None = None) -> CalcError:
        """The error for a column."""
        return CalcError(reason, self.text, (self.at if at is None else at) + 1)

    def translate(self) -> list[Instruction]:
        """The instructions. Raises CalcError."""
        operand_needed = True
        while (element := self._next(operand_needed)) is not None:
            operand_needed = self.steps[element.kind](self, element)
            self.at += 0 if element.kind in _MOVES else len(element.name)
            if self.depth < 0:
                raise self.error(errors.UNDERFLOW, self.at - 1)
            if self.depth >= self.max_depth:
                raise self.error(errors.OVERFLOW, self.at - 1)
        if self.at < len(self.text):
            raise self.error(errors.SYNTAX)
        self._flush()
        if operand_needed or self.depth != 1:
            raise self.error(errors.INCOMPLETE)
        return self.code

    def _next(self, operand_needed: bool) -> Element | None:
        text = self.text
        while self.at < len(text) and text[self.at] in _SPACE:
            self.at += 1
        return next_element(text, self.at, self.operands if operand_needed else self.operators)

    # --- one method per kind of element: each says whether an operand has to follow ------------------------------

    def _operand(self, element: Element) -> bool:
        self.code.append(Instruction(element.code, self.at))
        self.depth += 1
        return False

    def _literal(self, element: Element) -> bool:
        number, end = self._hex() if element.code == "HEX" else self._double()
        self.code.append(Instruction("LITERAL", self.at, number))
        self.at = end
        self.depth += 1
        return False

    def _double(self) -> tuple[float, int]:
        found = _DOUBLE.match(self.text, self.at)
        if found is None:
            raise self.error(errors.BAD_LITERAL)
        word = found[0].lower()
        number = float("nan" if word.startswith("nan") else word)
        mantissa = word.partition("e")[0]
        if word[0] not in "in" and (isinf(number) or (number < 2.2250738585072014e-308 and mantissa.strip("0."))):
            raise self.error(errors.BAD_LITERAL)  # strtod's ERANGE, denormal numbers included
        return number, found.end()

    def _hex(self) -> tuple[float, int]:
        found = _HEX.match(self.text, self.at)
        assert found is not None  # the element was "0X"
        number = int(found[0], 16)
        if number > 0xFFFFFFFF:
            raise self.error(errors.BAD_LITERAL)
        return float(number - (1 << 32) if number >> 31 else number), found.end()  # it is kept as epicsInt32

    def _store(self, element: Element) -> bool:
        if not self.code or self.stack or self.code[-1].code not in ARGUMENTS:
            raise self.error(errors.BAD_ASSIGNMENT)
        target = self.code.pop().code
        self.stack.append(Pending(element, self.at, element.effect, target))
        self.depth -= 1
        return True

    def _prefix(self, element: Element) -> bool:
        self._pop_above(element.incoming)
        self.stack.append(Pending(element, self.at, element.effect))
        return True

    def _separator(self, element: Element) -> bool:
        self._pop_to_paren(errors.BAD_SEPARATOR)
        paren = self.stack[-1]
        self.stack[-1] = paren._replace(effect=paren.effect - 1)
        return True

    def _close(self, element: Element) -> bool:
        self._pop_to_paren(errors.PAREN_NOT_OPEN)
        paren = self.stack.pop()
        if self.stack and self.stack[-1].element.kind is Kind.VARARG:  # it takes what the parentheses held
            self.stack[-1] = self.stack[-1]._replace(effect=paren.effect)
        return False

    def _conditional(self, element: Element) -> bool:
        self._pop_above(element.incoming + 1)
        self.code.append(Instruction(element.code, self.at))
        self.depth += element.effect
        if element.code == "?":
            self.open_conditionals.append(self.at)
        else:
            if not self.open_conditionals:
                raise self.error(errors.CONDITIONAL)
            self.open_conditionals.pop()
            self.stack.append(Pending(element, self.at, 0))
        return True

    def _terminator(self, element: Element) -> bool:
        self._flush()
        if self.depth > 1:
            raise self.error(errors.TOO_MANY)
        return True

    # --- the translation stack ----------------------------------------------------------------------------------

    def _pop(self) -> None:
        top = self.stack.pop()
        element = top.element
        operands = 1 - top.effect if element.kind is Kind.VARARG else 0
        code = "END" if element.code == ":" else f":={top.target}" if element.kind is Kind.STORE else element.code
        self.code.append(Instruction(code, top.at, operands=operands))
        self.depth += top.effect

    def _pop_above(self, priority: int) -> None:
        while self.stack and self.stack[-1].element.in_stack >= priority:
            self._pop()

    def _pop_to_paren(self, reason: str) -> None:
        if not any(one.element.code == "(" for one in self.stack):
            raise self.error(reason)
        while self.stack[-1].element.code != "(":
            self._pop()

    def _flush(self) -> None:
        while self.stack:
            if self.stack[-1].element.code == "(":
                raise self.error(errors.PAREN_OPEN, self.stack[-1].at)
            self._pop()
        if self.open_conditionals:
            raise self.error(errors.CONDITIONAL, self.open_conditionals[-1])


STEPS: Final[dict[Kind, Step]] = {
    Kind.OPERAND: Translator._operand,
    Kind.LITERAL: Translator._literal,
    Kind.STORE: Translator._store,
    Kind.UNARY: Translator._prefix,
    Kind.VARARG: Translator._prefix,
    Kind.BINARY: Translator._prefix,
    Kind.SEPARATOR: Translator._separator,
    Kind.CLOSE: Translator._close,
    Kind.CONDITIONAL: Translator._conditional,
    Kind.TERMINATOR: Translator._terminator,
}
Translator.steps = STEPS


def postfix(text: str) -> list[Instruction]:
    """Translate an expression. Raises CalcError."""
    if not text:
        raise CalcError(errors.NULL_ARG, text, 1)
    return Translator(text).translate()
