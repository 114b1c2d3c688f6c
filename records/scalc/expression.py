"""StringExpression: postfix form, carried out step by step on a stack of numbers and texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import isfinite
from typing import Final, NamedTuple

from records.calc.postfix import Instruction
from records.metadata import Metadata
from records.scalc.ctext import LONGEST, Failed, Operand, cut, nint, number, number_text, text
from records.scalc.elements import NUMBERS, TEXT_WORDS, TEXTS
from records.scalc.operations import CONSTANTS, ONE, RANDOM, THREE, TWO, TWO_NUMBERS, VARARG
from records.scalc.postfix import scalc_postfix

__all__ = ["Outcome", "StringExpression", "compile_scalc"]

MAX_LOOPS: Final = 1000  # sCalcLoopMax: UNTIL goes round no more often than that in one calculation


class Outcome(NamedTuple):
    """What came out. A calculation that is not `good` may have a number all the same, which is NaN or infinite."""

    good: bool
    number: float | None = None
    text: str = ""


class _Memory:
    """The arguments while an expression is calculated; stores change the lists that were given."""

    def __init__(self, numbers: list[float], texts: list[str], value: float, said: str) -> None:
        self.numbers = numbers
        self.texts = texts
        self.value = value
        self.said = said
        self.stack: list[Operand] = []

    def number(self, index: int) -> float:
        return self.numbers[index] if 0 <= index < len(self.numbers) else 0.0

    def text(self, index: int) -> bytes:
        return _bytes(self.texts[index]) if 0 <= index < len(self.texts) else b""

    def store_number(self, index: int, operand: Operand) -> None:
        if 0 <= index < len(self.numbers):
            self.numbers[index] = number(operand)

    def store_text(self, index: int, operand: Operand) -> None:
        if 0 <= index < len(self.texts):
            self.texts[index] = text(operand).decode("utf-8", "surrogateescape")


class StringExpression:
    """A compiled string calculation."""

    __slots__ = ("_steps", "text", "uses_text")

    def __init__(self, expression: str) -> None:
        self.text = expression
        code = scalc_postfix(expression)
        self.uses_text = any(instruction.code in TEXT_WORDS for instruction in code)
        self._steps = _steps(code, self.uses_text)

    def __call__(
        self, numbers: list[float], texts: list[str], value: float = 0.0, said: str = "", precision: int = 0
    ) -> Outcome:
        """Calculate with arguments A, B ... and AA, BB ..., and what VAL and SVAL stand for.

        Assignments change the lists. `precision` is that of the text of a result without texts; others have 8 digits.
        """
        memory = _Memory(numbers, texts, value, said)
        try:
            self._run(memory)
        except (Failed, IndexError):  # IndexError: an operation without its operands, as in "AA[1]"
            return Outcome(False)
        (result,) = memory.stack or (0.0,)
        if isinstance(result, bytes):
            shown = cut(result).decode("utf-8", "surrogateescape")
            result = number(result)
        else:
            about = Metadata(precision=8 if self.uses_text else precision)
            shown = cut(number_text(result, about)).decode()
        return Outcome(isfinite(result), result, shown)

    def _run(self, memory: _Memory) -> None:
        steps, stack = self._steps, memory.stack
        at, loops = 0, 0
        marks: dict[int, int] = {}
        while at < len(steps):
            step, target = steps[at]
            at += 1
            if callable(step):
                step(memory)
            elif step == "UNTIL":
                marks[at - 1] = len(stack)
            elif step == "UNTIL_END":
                loops += 1
                if loops <= MAX_LOOPS and not number(stack[-1]):
                    at = target
                    del stack[marks[target] :]
            elif step == ":" or not number(stack.pop()):  # "?" goes on if it is true
                if target < 0:
                    raise Failed("a conditional without an end")
                at = target
        if len(stack) != 1:
            raise Failed("the branches of a conditional leave different numbers of values")

    def __repr__(self) -> str:
        return f"<StringExpression {self.text!r}>"


@lru_cache(maxsize=1024)
def compile_scalc(expression: str) -> StringExpression:
    """Compile an expression. Raises CalcError."""
    return StringExpression(expression)


def _bytes(said: str) -> bytes:
    return said.encode("utf-8", "surrogateescape")[:LONGEST]


# --- steps ----------------------------------------------------------------------------------------------------------

_Step = Callable[[_Memory], None] | str  # a name is of one that jumps


def _steps(code: Sequence[Instruction], uses_text: bool) -> list[tuple[_Step, int]]:
    steps: list[tuple[_Step, int]] = []
    open_loops: list[int] = []
    for at, instruction in enumerate(code):
        name = instruction.code
        if name == "UNTIL":
            open_loops.append(at)
            steps.append((name, -1))
        elif name == "UNTIL_END":
            steps.append((name, open_loops.pop()))
        elif name in ("?", ":"):
            steps.append((name, _after(code, at + 1, ":" if name == "?" else "END")))
        else:
            steps.append((_step(instruction, uses_text), -1))
    return steps


def _after(code: Sequence[Instruction], at: int, wanted: str) -> int:
    """Where it goes on after the part of a conditional that is left out (``cond_search``); -1 if it has no end."""
    depth = 1
    for index in range(at, len(code)):
        name = code[index].code
        if name == wanted:
            depth -= 1
            if not depth:
                return index + 1
        elif name == "?":
            depth += 1
    return -1


def _step(instruction: Instruction, uses_text: bool) -> _Step:
    code = instruction.code
    if code.startswith(":="):
        return _store(code[2:])
    if instruction.operands:
        return _vararg(VARARG[code], instruction.operands)
    if not uses_text and code in TWO_NUMBERS:
        return _two(TWO_NUMBERS[code])
    if code in ONE:
        return _one(_long_not if code == "~" and not uses_text else ONE[code])
    if code in TWO and (uses_text or code != "|-"):  # synApps forgets that one where there is no text
        return _two(TWO[code])
    return _three(THREE[code]) if code in THREE else _operand(instruction)


def _long_not(operand: Operand) -> float:
    value = number(operand)
    return float(~int(value)) if -(2.0**63) <= value < 2.0**63 else float((1 << 63) - 1)


def _operand(instruction: Instruction) -> _Step:
    code = instruction.code
    if code == "TEXT" or code == "LITERAL" or code in CONSTANTS:
        value: Operand = CONSTANTS.get(code, instruction.number)
        if code == "TEXT":
            value = _bytes(instruction.text)
        return lambda memory: memory.stack.append(value)
    if code in TEXTS:
        index = TEXTS.index(code)
        return lambda memory: memory.stack.append(memory.text(index))
    if code in NUMBERS:
        index = NUMBERS.index(code)
        return lambda memory: memory.stack.append(memory.number(index))
    if code in RANDOM:
        draw = RANDOM[code]
        return lambda memory: memory.stack.append(draw())
    return _OTHERS.get(code, _nothing)


def _nothing(memory: _Memory) -> None:
    """END, a bracket that closed a parenthesis, and what synApps knows only where there are texts."""


def _fetch_number(memory: _Memory) -> None:
    memory.stack[-1] = memory.number(nint(number(memory.stack[-1])))


def _fetch_text(memory: _Memory) -> None:
    memory.stack[-1] = memory.text(nint(number(memory.stack[-1])))


_OTHERS: Final[dict[str, _Step]] = {
    "VAL": lambda memory: memory.stack.append(memory.value),
    "SVAL": lambda memory: memory.stack.append(_bytes(memory.said)),
    "@": _fetch_number,
    "@@": _fetch_text,
}


def _store(target: str) -> _Step:
    if target in ("@", "@@"):

        def store(memory: _Memory) -> None:
            value, where = memory.stack.pop(), nint(number(memory.stack.pop()))
            (memory.store_number if target == "@" else memory.store_text)(where, value)

        return store
    if target in TEXTS:
        index = TEXTS.index(target)
        return lambda memory: memory.store_text(index, memory.stack.pop())
    index = NUMBERS.index(target)
    return lambda memory: memory.store_number(index, memory.stack.pop())


def _one(apply: Callable[..., Operand]) -> _Step:
    def step(memory: _Memory) -> None:
        memory.stack[-1] = apply(memory.stack[-1])

    return step


def _two(apply: Callable[..., Operand]) -> _Step:
    def step(memory: _Memory) -> None:
        right = memory.stack.pop()
        memory.stack[-1] = apply(memory.stack[-1], right)

    return step


def _three(apply: Callable[..., Operand]) -> _Step:
    def step(memory: _Memory) -> None:
        third, second = memory.stack.pop(), memory.stack.pop()
        memory.stack[-1] = apply(memory.stack[-1], second, third)

    return step


def _vararg(apply: Callable[..., Operand], count: int) -> _Step:
    def step(memory: _Memory) -> None:
        operands = memory.stack[-count:]
        if len(operands) < count:
            raise IndexError
        memory.stack[-count:] = [apply(operands)]

    return step
