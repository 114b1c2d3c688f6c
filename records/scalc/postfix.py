"""From the text of a string calculation to postfix form, by the algorithm of sCalcPostfix.c and with its errors."""

from __future__ import annotations

import re
from typing import Final

from records.calc import errors
from records.calc.elements import Element, Kind
from records.calc.errors import CalcError
from records.calc.postfix import STEPS, Instruction, Pending, Translator
from records.scalc.ctext import STRTOD, strtod
from records.scalc.elements import NUMBERS, OPERANDS, OPERATORS, TEXTS

__all__ = ["scalc_postfix"]

BRACKET_NOT_OPEN: Final = "Close bracket without open"
CURLY_NOT_OPEN: Final = "Close curly bracket without open"
ARGUMENTS: Final = frozenset((*NUMBERS, *TEXTS))
LITERAL: Final = re.compile(STRTOD.pattern.decode(), re.IGNORECASE | re.ASCII)


class _Translator(Translator):
    operands = OPERANDS
    operators = OPERATORS
    max_depth = 30  # SCALC_STACKSIZE

    def _literal(self, element: Element) -> bool:
        found = LITERAL.match(self.text, self.at)
        if found is None:  # a point without digits
            raise self.error(errors.BAD_LITERAL)
        self.code.append(Instruction("LITERAL", self.at, strtod(found[0].encode())))
        self.at = found.end()
        self.depth += 1
        return False

    def _quoted(self, element: Element) -> bool:
        end = self.text.find(element.name, self.at + 1)
        if end < 0:  # synApps takes a text without its closing quote
            end = len(self.text)
        self.code.append(Instruction("TEXT", self.at, text=self.text[self.at + 1 : end]))
        self.at = min(end + 1, len(self.text))
        self.depth += 1
        return False

    def _store(self, element: Element) -> bool:
        self.depth -= 1
        for index in range(len(self.stack) - 1, -1, -1):
            code = self.stack[index].element.code
            if code in ("@", "@@"):  # the argument's number has been worked out by then
                while len(self.stack) > index + 1:
                    self._pop()
                self.stack[index] = Pending(element, self.at, element.effect, code)
                return True
        if not self.code or self.code[-1].code not in ARGUMENTS:
            raise self.error(errors.BAD_ASSIGNMENT)
        self.stack.append(Pending(element, self.at, element.effect, self.code.pop().code))
        return True

    def _separator(self, element: Element) -> bool:
        self._pop_to("([{", errors.BAD_SEPARATOR)
        opening = self.stack[-1]
        self.stack[-1] = opening._replace(effect=opening.effect - 1)
        return True

    def _close(self, element: Element) -> bool:
        self._pop_to("(", errors.PAREN_NOT_OPEN)
        paren = self.stack.pop()
        if self.stack and self.stack[-1].element.kind is Kind.VARARG:  # it takes what the parentheses held
            self.stack[-1] = self.stack[-1]._replace(effect=paren.effect)
        return False

    def _close_range(self, element: Element) -> bool:
        self._pop_to(element.code, BRACKET_NOT_OPEN if element.code == "[" else CURLY_NOT_OPEN)
        self._pop()
        return False

    def _until(self, element: Element) -> bool:
        self._pop_above(element.incoming)
        self.code.append(Instruction("UNTIL", self.at))
        self.stack.append(Pending(element._replace(code="UNTIL_END"), self.at, 0))
        return True

    def _terminator(self, element: Element) -> bool:
        while self.stack and self.stack[-1].element.code != "(":  # inside of UNTIL(...) there may be several
            self._pop()
        return True

    def _pop_to(self, opening: str, reason: str) -> None:
        while self.stack and self.stack[-1].element.code not in opening:
            if len(self.stack) == 1:
                break
            self._pop()
        if not self.stack or self.stack[-1].element.code not in opening:
            raise self.error(reason)


_Translator.steps = {
    **STEPS,
    Kind.LITERAL: _Translator._literal,
    Kind.TEXT: _Translator._quoted,
    Kind.STORE: _Translator._store,
    Kind.SEPARATOR: _Translator._separator,
    Kind.CLOSE: _Translator._close,
    Kind.CLOSE_RANGE: _Translator._close_range,
    Kind.UNTIL: _Translator._until,
    Kind.TERMINATOR: _Translator._terminator,
}


def scalc_postfix(text: str) -> list[Instruction]:
    """Translate an expression. Raises CalcError."""
    if not text:
        raise CalcError(errors.NULL_ARG, text, 1)
    return _Translator(text).translate()
