"""What the operations of sCalc do to the stack of operands (``sCalcPerform``): numbers where one is, texts else."""

from __future__ import annotations

import math
from collections.abc import Callable
from math import pi
from typing import Any, Final, TypeAlias

from records.calc.arithmetic import BINARY, UNARY, all_finite, any_nan, maximum, minimum, to_int
from records.scalc.checksums import crc16, lrc, xor8
from records.scalc.ctext import LONGEST, Failed, Operand, cut, escaped, first_number, number, text, unescaped
from records.scalc.printing import printf, write, written_length
from records.scalc.scanning import read, sscanf

__all__ = ["CONSTANTS", "ONE", "RANDOM", "THREE", "TWO", "TWO_NUMBERS", "VARARG"]

Apply: TypeAlias = "Callable[..., Operand]"

_AS_BASE: Final = "! ABS ACOS ASIN ATAN CEIL COS COSH EXP FLOOR ISINF NEG SIN SINH TAN TANH"  # functions of one number
SMALL: Final = 1e-11  # numbers that are nearer to each other are equal

CONSTANTS: Final = {
    "PI": pi,
    "D2R": pi / 180.0,
    "R2D": 180.0 / pi,
    "S2R": pi / (180.0 * 3600),
    "R2S": (180.0 * 3600) / pi,
}


def _long(value: float) -> int:
    """``(long) value`` on a 64-bit machine: what does not fit is the lowest (cvttsd2si)."""
    return int(value) if -(2.0**63) <= value < 2.0**63 else -(1 << 63)


def _wrapped(value: int, bits: int) -> float:
    value &= (1 << bits) - 1
    return float(value - (1 << bits) if value >> bits - 1 else value)


# --- one operand ----------------------------------------------------------------------------------------------------


def _numeric(function: Callable[[float], float]) -> Apply:
    return lambda operand: function(number(operand))


def _positive(function: Callable[[float], float]) -> Apply:
    """A function that fails for negative numbers."""

    def call(operand: Operand) -> float:
        value = number(operand)
        if value < 0:
            raise Failed("a negative number")
        return function(value)

    return call


def _textual(function: Callable[[bytes], bytes]) -> Apply:
    """A function of texts, which leaves a number as it is."""
    return lambda operand: function(operand) if isinstance(operand, bytes) else operand


def _appended(raw: bytes, more: bytes | None) -> bytes:
    return cut(raw + (more or b""))


ONE: Final[dict[str, Apply]] = {
    **{code: _numeric(UNARY[code]) for code in _AS_BASE.split()},
    **{code: _positive(UNARY[code]) for code in ("SQRT", "LN", "LOG")},
    "~": _numeric(lambda value: float(~to_int(value))),
    "NINT": lambda operand: float(_long(_half_away(first_number(operand)))),
    "DBL": first_number,
    "STR": text,
    "LEN": lambda operand: float(len(text(operand))),
    "BYTE": lambda operand: _byte(operand) if isinstance(operand, bytes) else operand,
    "ESC": _textual(lambda raw: cut(escaped(raw), written_length)),
    "TR_ESC": _textual(lambda raw: cut(unescaped(raw), written_length)),
    "CRC16": _textual(lambda raw: crc16(raw) or raw),
    "MODBUS": _textual(lambda raw: _appended(raw, crc16(raw))),
    "LRC": _textual(lrc),
    "AMODBUS": _textual(lambda raw: _appended(b":" + raw, lrc(raw))),
    "XOR8": _textual(lambda raw: xor8(raw) or raw),
    "ADD_XOR8": _textual(lambda raw: _appended(raw, xor8(raw))),
}


def _half_away(value: float) -> float:
    return value + 0.5 if value >= 0 else value - 0.5


def _byte(raw: bytes) -> float:
    return float((raw[0] ^ 0x80) - 0x80) if raw else 0.0  # a char has a sign


# --- two operands ---------------------------------------------------------------------------------------------------


def _numbers(function: Callable[[float, float], float]) -> Apply:
    return lambda left, right: function(number(left), number(right))


def _either(of_numbers: Callable[[float, float], float], of_texts: Callable[[bytes, bytes], Operand]) -> Apply:
    """Texts if both are."""

    def call(left: Operand, right: Operand) -> Operand:
        if isinstance(left, bytes) and isinstance(right, bytes):
            return of_texts(left, right)
        return of_numbers(number(left), number(right))

    return call


def _compared(of_numbers: Callable[[float, float], bool], of_texts: Callable[[bytes, bytes], bool]) -> Apply:
    return _either(lambda a, b: 1.0 if of_numbers(a, b) else 0.0, lambda a, b: 1.0 if of_texts(a, b) else 0.0)


def _bitwise(function: Callable[[int, int], int]) -> Apply:
    return _numbers(lambda left, right: float(function(_long(left), _long(right))))


def _divide(left: float, right: float) -> float:
    if right == 0:
        raise Failed("division by zero")
    return left / right


def _modulo(whole: Callable[[float], int]) -> Apply:
    def call(left: float, right: float) -> float:
        dividend, divisor = whole(left), whole(right)
        if not divisor:
            raise Failed("modulo zero")
        rest = abs(dividend) % abs(divisor)
        return float(-rest if dividend < 0 else rest)  # C: the sign of the dividend

    return _numbers(call)


def _without_first(left: bytes, right: bytes) -> bytes:
    return left.replace(right, b"", 1) if right else left


def _without_last(left: bytes, right: bytes) -> bytes:
    at = left.rfind(right) if right else -1
    return left[:at] + left[at + len(right) :] if at > 0 else left  # synApps does not look at the very beginning


def _shift(left: Operand, right: Operand, to_left: bool) -> Operand:
    by = number(right)
    if isinstance(left, bytes):
        places = min(to_int(_half_away(by)), LONGEST + 1)
        places = places if to_left else -places
        return left[places:] if places > 0 else cut(b" " * -places + left)
    value, count = to_int(left), to_int(by) & 31
    return _wrapped(value << count if to_left else value >> count, 32)


def _shift_long(left: Operand, right: Operand, to_left: bool) -> float:
    value, count = _long(number(left)), _long(number(right)) & 63
    return _wrapped(value << count if to_left else value >> count, 64)


TWO: Final[dict[str, Apply]] = {
    "+": _either(lambda a, b: a + b, lambda a, b: cut(a + b)),
    "-": _either(lambda a, b: a - b, _without_first),
    "|-": _either(lambda a, b: a - b, _without_last),
    "*": _numbers(lambda a, b: a * b),
    "/": _numbers(_divide),
    "%": _modulo(_long),
    "^": _numbers(BINARY["^"]),
    "ATAN2": _numbers(BINARY["ATAN2"]),
    "||": _numbers(BINARY["||"]),
    "&&": _numbers(BINARY["&&"]),
    "|": _bitwise(lambda a, b: a | b),
    "&": _bitwise(lambda a, b: a & b),
    "XOR": _bitwise(lambda a, b: a ^ b),
    ">=": _compared(lambda a, b: abs(a - b) < SMALL or a > b, lambda a, b: a >= b),
    ">": _compared(lambda a, b: a - b > SMALL, lambda a, b: a > b),
    "<=": _compared(lambda a, b: abs(a - b) < SMALL or a < b, lambda a, b: a <= b),
    "<": _compared(lambda a, b: b - a > SMALL, lambda a, b: a < b),
    "!=": _compared(lambda a, b: abs(a - b) > SMALL, lambda a, b: a != b),
    "==": _compared(lambda a, b: abs(a - b) < SMALL, lambda a, b: a == b),
    ">>": lambda left, right: _shift(left, right, False),
    "<<": lambda left, right: _shift(left, right, True),
    ">?": _either(lambda a, b: b if a < b else a, max),
    "<?": _either(lambda a, b: b if a > b else a, min),
    "PRINTF": printf,
    "WRITE": write,
    "SSCANF": sscanf,
    "READ": read,
}

#: What is different where no operand is a text.
TWO_NUMBERS: Final[dict[str, Apply]] = {
    "%": _modulo(to_int),
    ">>": lambda left, right: _shift_long(left, right, False),
    "<<": lambda left, right: _shift_long(left, right, True),
}


# --- three and more operands ----------------------------------------------------------------------------------------


def _subrange(host: Operand, start: Operand, end: Operand) -> bytes:
    """``AA[1,3]``, both ends included; a text as an end stands for what lies after it, or before it."""
    raw = text(host)
    if isinstance(start, bytes):
        at = raw.find(start)
        first = at + len(start) if at >= 0 else 0
    else:
        first = to_int(start) + (len(raw) if to_int(start) < 0 else 0)
    if isinstance(end, bytes):
        at = raw.find(end) if end else -1
        last = at - 1 if at >= 0 else len(raw)
    else:
        last = to_int(end) + (len(raw) if to_int(end) < 0 else 0)
    return raw[max(first, 0) : last + 1] if last >= 0 else b""


def _replace(host: Operand, old: Operand, new: Operand) -> bytes:
    """``AA{'old','new'}``: the first one only."""
    return cut(text(host).replace(text(old), text(new), 1))


THREE: Final[dict[str, Apply]] = {"[": _subrange, "{": _replace}


def _extreme(of_numbers: Callable[[list[float]], float], of_texts: Callable[[Any], bytes]) -> Apply:
    def call(operands: list[Operand]) -> Operand:
        texts = [operand for operand in operands if isinstance(operand, bytes)]
        return of_texts(texts) if len(texts) == len(operands) else of_numbers(list(map(number, operands)))

    return call


VARARG: Final[dict[str, Apply]] = {
    "MAX": _extreme(maximum, max),
    "MIN": _extreme(minimum, min),
    "FINITE": lambda operands: all_finite(list(map(number, operands))),
    "ISNAN": lambda operands: any_nan(list(map(number, operands))),
}


class _Random:
    """RNDM and NRNDM: Knuth's generator, which never gives zero here."""

    def __init__(self) -> None:
        self.seed = 0xA3BF

    def uniform(self) -> float:
        """Between 0 and 1."""
        self.seed = (self.seed * (191 * 8 + 5) + 0x3141) & 0xFFFF
        return (self.seed + 1) / 65536.0

    def normal(self) -> float:
        """Around 0, with a standard deviation of 1."""
        return math.sqrt(-2 * math.log(self.uniform())) * math.cos(2 * pi * self.uniform())


_random = _Random()  # one for the whole IOC
RANDOM: Final[dict[str, Callable[[], float]]] = {"RNDM": _random.uniform, "NRNDM": _random.normal}
