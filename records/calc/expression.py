"""Expression: postfix form made into closures, one inside the other, so that calculating is calling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import pi
from operator import itemgetter
from typing import Final, TypeAlias

from records.calc import errors
from records.calc.arithmetic import BINARY, UNARY, Random, all_finite, any_nan, maximum, minimum
from records.calc.elements import ARGUMENTS
from records.calc.errors import CalcError
from records.calc.postfix import Instruction, postfix

__all__ = ["ARGUMENTS", "Expression", "compile_calc"]

#: Takes the arguments, the last of which is VAL.
Node: TypeAlias = Callable[[list[float]], float]

_VAL: Final = len(ARGUMENTS)
_CONSTANTS: Final = {"PI": pi, "D2R": pi / 180.0, "R2D": 180.0 / pi}
_VARARG: Final = {"MAX": maximum, "MIN": minimum, "FINITE": all_finite, "ISNAN": any_nan}

random = Random()  # one for the whole IOC, as in base


class Expression:
    """A compiled expression: call it with the 21 arguments and VAL, get the result.

    `inputs` are the letters that are read before anything is stored to them, `stores` those that are stored to
    (``calcArgUsage``).
    """

    __slots__ = ("_first", "_rest", "_result", "inputs", "stores", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        code = postfix(text)
        self.inputs, self.stores = _usage(code)
        self._first, self._result, self._rest = _statements(_Builder(text, code).build())

    def __call__(self, args: list[float]) -> float:
        """Calculate with `args`: the floats A to U, then VAL. Never raises; assignments change the list."""
        for step in self._first:
            step(args)
        result = self._result(args)
        for step in self._rest:
            step(args)
        return result

    def __repr__(self) -> str:
        return f"<Expression {self.text!r}>"


@lru_cache(maxsize=4096)  # thousands of records share few expressions
def compile_calc(text: str) -> Expression:
    """Compile an expression. Raises CalcError."""
    return Expression(text)


def _usage(code: Sequence[Instruction]) -> tuple[str, str]:
    inputs: dict[str, None] = {}
    stores: dict[str, None] = {}
    for instruction in code:
        name = instruction.code
        if name in ARGUMENTS and name not in stores:
            inputs[name] = None
        elif name.startswith(":="):
            stores[name[2:]] = None
    return "".join(inputs), "".join(stores)


def _statements(nodes: list[tuple[Node, bool]]) -> tuple[list[Node], Node, list[Node]]:
    """Split what is done in order into what comes before the result, the result, and what comes after it."""
    place = next(index for index, (_, is_value) in enumerate(nodes) if is_value)
    steps = [node for node, _ in nodes]
    return steps[:place], steps[place], steps[place + 1 :]


class _Builder:
    """Makes closures of postfix. The stack holds nodes, and whether each leaves a value; stores do not."""

    def __init__(self, text: str, code: list[Instruction]) -> None:
        self.text = text
        self.code = code
        self.next = 0

    def build(self) -> list[tuple[Node, bool]]:
        stack, _ = self._block()
        return stack

    def _block(self) -> tuple[list[tuple[Node, bool]], int]:
        """Build up to the `:` or END that belongs to an outer conditional; says how many ENDs are still to come."""
        stack: list[tuple[Node, bool]] = []
        owed = 0
        while self.next < len(self.code):
            instruction = self.code[self.next]
            if instruction.code == ":" or (instruction.code == "END" and not owed):
                break
            self.next += 1
            if instruction.code == "END":
                owed -= 1
            elif instruction.code == "?":
                condition = self._take(stack, 1, instruction)[0]
                node, more = self._conditional(condition, instruction)
                stack.append((node, True))
                owed += more
            else:
                self._step(stack, instruction)
        return stack, owed

    def _conditional(self, condition: Node, instruction: Instruction) -> tuple[Node, int]:
        """The two branches. Where `:` follow each other (``A?B?1:2:3``) their ENDs come together, after all."""
        then, owed = self._branch(instruction)
        self.next += 1  # the ":", which the translator has seen to
        otherwise, more = self._branch(instruction)
        if self.next < len(self.code) and self.code[self.next].code == "END":
            self.next += 1
        else:
            owed += 1
        return (lambda args: then(args) if condition(args) else otherwise(args)), owed + more

    def _branch(self, instruction: Instruction) -> tuple[Node, int]:
        stack, owed = self._block()
        if len(stack) != 1 or not stack[0][1]:  # "A?MAX(1,2:3)": base notices when it calculates
            raise self._unbalanced(instruction)
        return stack[0][0], owed

    def _step(self, stack: list[tuple[Node, bool]], instruction: Instruction) -> None:
        code = instruction.code
        if code.startswith(":="):
            (value,) = self._take(stack, 1, instruction)
            stack.append((_store(ARGUMENTS.index(code[2:]), value), False))
        elif instruction.operands:
            stack.append((_vararg(code, self._take(stack, instruction.operands, instruction)), True))
        elif code in UNARY:
            stack.append((_unary(code, *self._take(stack, 1, instruction)), True))
        elif code in BINARY or code in _INLINE:
            stack.append((_binary(code, *self._take(stack, 2, instruction)), True))
        else:
            stack.append((_operand(instruction), True))

    def _take(self, stack: list[tuple[Node, bool]], count: int, instruction: Instruction) -> list[Node]:
        taken = stack[len(stack) - count :] if count <= len(stack) else []
        if not taken or not all(is_value for _, is_value in taken):
            raise self._unbalanced(instruction)
        del stack[-count:]
        return [node for node, _ in taken]

    def _unbalanced(self, instruction: Instruction) -> CalcError:
        return CalcError(errors.UNDERFLOW, self.text, instruction.at + 1)


def _operand(instruction: Instruction) -> Node:
    code = instruction.code
    if code == "LITERAL" or code in _CONSTANTS:
        number = _CONSTANTS.get(code, instruction.number)
        return lambda args: number
    if code == "RNDM":
        return lambda args: random()
    return itemgetter(_VAL if code == "VAL" else ARGUMENTS.index(code))


def _store(index: int, value: Node) -> Node:
    def store(args: list[float]) -> float:
        args[index] = value(args)
        return 0.0

    return store


def _unary(code: str, operand: Node) -> Node:
    function = UNARY[code]
    return lambda args: function(operand(args))


def _vararg(code: str, operands: list[Node]) -> Node:
    function = _VARARG[code]
    return lambda args: function([operand(args) for operand in operands])


def _binary(code: str, left: Node, right: Node) -> Node:
    if code in _INLINE:
        return _INLINE[code](left, right)
    function = BINARY[code]
    return lambda args: function(left(args), right(args))


#: What Python's operators do as C's would, without another call.
_INLINE: Final[dict[str, Callable[[Node, Node], Node]]] = {
    "+": lambda left, right: lambda args: left(args) + right(args),
    "-": lambda left, right: lambda args: left(args) - right(args),
    "*": lambda left, right: lambda args: left(args) * right(args),
    "<": lambda left, right: lambda args: 1.0 if left(args) < right(args) else 0.0,
    "<=": lambda left, right: lambda args: 1.0 if left(args) <= right(args) else 0.0,
    ">": lambda left, right: lambda args: 1.0 if left(args) > right(args) else 0.0,
    ">=": lambda left, right: lambda args: 1.0 if left(args) >= right(args) else 0.0,
    "==": lambda left, right: lambda args: 1.0 if left(args) == right(args) else 0.0,
    "!=": lambda left, right: lambda args: 1.0 if left(args) != right(args) else 0.0,
}
