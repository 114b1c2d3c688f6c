"""C's arithmetic on doubles, as calcPerform.c does it on x86-64: nothing raises, and integers are 32 bits wide.

Every function takes and returns float.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from math import copysign, inf, isfinite, isinf, isnan, nan
from typing import Final

__all__ = [
    "BINARY",
    "UNARY",
    "Random",
    "all_finite",
    "any_nan",
    "maximum",
    "minimum",
]

INT_MIN: Final = -(1 << 31)


def to_int(value: float) -> int:
    """``(epicsInt32) value``: what does not fit is INT_MIN (cvttsd2si)."""
    if not isfinite(value):
        return INT_MIN
    whole = int(value)
    return whole if INT_MIN <= whole < 1 << 31 else INT_MIN


def _to_uint(value: float) -> int:
    """``(epicsUInt32) value`` of what is not negative: the low half of 64 bits."""
    if not isfinite(value) or value >= 1 << 63:
        return 0
    return int(value) & 0xFFFFFFFF


def bits(value: float) -> int:
    """``d2i``: negative numbers as signed, others as unsigned, the result signed."""
    if value < 0.0:
        return to_int(value)
    return signed(_to_uint(value))


def unsigned_bits(value: float) -> int:
    """``d2ui``: likewise, the result unsigned."""
    return to_int(value) & 0xFFFFFFFF if value < 0.0 else _to_uint(value)


def signed(number: int) -> int:
    """The low 32 bits of `number` as epicsInt32."""
    number &= 0xFFFFFFFF
    return number - (1 << 32) if number >> 31 else number


# --- one operand ----------------------------------------------------------------------------------------------------


def _exp(value: float) -> float:
    try:
        return math.exp(value)
    except OverflowError:
        return inf


def _hyperbolic(function: Callable[[float], float], odd: bool) -> Callable[[float], float]:
    def call(value: float) -> float:
        try:
            return function(value)
        except OverflowError:
            return copysign(inf, value) if odd else inf

    return call


def _or_nan(function: Callable[[float], float]) -> Callable[[float], float]:
    """`function`, with NaN where it is not defined."""

    def call(value: float) -> float:
        try:
            return function(value)
        except ValueError:
            return nan

    return call


def _logarithm(function: Callable[[float], float]) -> Callable[[float], float]:
    def call(value: float) -> float:
        if value > 0.0:
            return function(value)
        return -inf if value == 0.0 else nan

    return call


def _whole(function: Callable[[float], int]) -> Callable[[float], float]:
    def call(value: float) -> float:
        return copysign(float(function(value)), value) if isfinite(value) else value

    return call


def _nint(value: float) -> float:
    return float(to_int(value + 0.5 if value >= 0.0 else value - 0.5))


def _isinf(value: float) -> float:
    return copysign(1.0, value) if isinf(value) else 0.0  # glibc's tells the sign


UNARY: Final[dict[str, Callable[[float], float]]] = {
    "NEG": lambda value: -value,
    "!": lambda value: 0.0 if value else 1.0,
    "~": lambda value: float(~bits(value)),
    "ABS": math.fabs,
    "ACOS": _or_nan(math.acos),
    "ASIN": _or_nan(math.asin),
    "ATAN": math.atan,
    "CEIL": _whole(math.ceil),
    "COS": _or_nan(math.cos),
    "COSH": _hyperbolic(math.cosh, False),
    "EXP": _exp,
    "FLOOR": _whole(math.floor),
    "ISINF": _isinf,
    "LN": _logarithm(math.log),
    "LOG": _logarithm(math.log10),
    "NINT": _nint,
    "SIN": _or_nan(math.sin),
    "SINH": _hyperbolic(math.sinh, True),
    "SQRT": _or_nan(math.sqrt),
    "TAN": _or_nan(math.tan),
    "TANH": math.tanh,
}


# --- two operands ---------------------------------------------------------------------------------------------------


def _divide(left: float, right: float) -> float:
    if right:
        return left / right
    if left == 0.0 or isnan(left):
        return nan
    return copysign(inf, left) * copysign(1.0, right)


def _modulo(left: float, right: float) -> float:
    divisor = to_int(right)
    if not divisor:
        return nan
    dividend = to_int(left)
    rest = abs(dividend) % abs(divisor)  # C: the sign of the dividend. INT_MIN % -1, which kills a C IOC, is 0 here
    return float(-rest if dividend < 0 else rest)


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except OverflowError:
        return -inf if left < 0.0 and right % 2.0 == 1.0 else inf
    except ValueError:
        if left == 0.0:  # a pole; negative only for -0 to an odd power
            return copysign(inf, left) if right % 2.0 == 1.0 else inf
        return nan


def _fmod(left: float, right: float) -> float:
    try:
        return math.fmod(left, right)
    except ValueError:
        return nan


BINARY: Final[dict[str, Callable[[float, float], float]]] = {
    "%": _modulo,
    "/": _divide,
    "^": _power,
    "ATAN2": lambda left, right: math.atan2(right, left),  # calcPerform.c: "Ouch!: Args backwards!"
    "FMOD": _fmod,
    "||": lambda left, right: 1.0 if left or right else 0.0,
    "&&": lambda left, right: 1.0 if left and right else 0.0,
    "|": lambda left, right: float(bits(left) | bits(right)),
    "&": lambda left, right: float(bits(left) & bits(right)),
    "XOR": lambda left, right: float(bits(left) ^ bits(right)),
    ">>": lambda left, right: float(bits(left) >> (bits(right) & 31)),
    "<<": lambda left, right: float(signed(bits(left) << (bits(right) & 31))),
    ">>>": lambda left, right: float(unsigned_bits(left) >> (unsigned_bits(right) & 31)),
}


# --- any number of operands -----------------------------------------------------------------------------------------


def maximum(values: list[float]) -> float:
    """MAX: from the last to the first as base has it, a NaN wins."""
    best = values[-1]
    for value in values[-2::-1]:
        if value >= best or (value != value and best == best):
            best = value
    return best


def minimum(values: list[float]) -> float:
    """MIN, likewise."""
    best = values[-1]
    for value in values[-2::-1]:
        if value <= best or (value != value and best == best):
            best = value
    return best


def all_finite(values: list[float]) -> float:
    """FINITE."""
    return 1.0 if all(map(isfinite, values)) else 0.0


def any_nan(values: list[float]) -> float:
    """ISNAN."""
    return 1.0 if any(map(isnan, values)) else 0.0


class Random:
    """RNDM: Knuth's 16-bit generator with base's seed, so that the first numbers of an IOC are those of a C IOC."""

    def __init__(self) -> None:
        self.seed = 0xA3BF

    def __call__(self) -> float:
        self.seed = (self.seed * (191 * 8 + 5) + 0x3141) & 0xFFFF
        return self.seed / 65535.0
