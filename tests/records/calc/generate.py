"""Expressions at random, of the whole grammar, and numbers to put into them."""

from __future__ import annotations

import math
import random

__all__ = ["arguments", "expression", "mutated", "soup"]


def _words(*lines: str) -> list[str]:
    return [word for line in lines for word in line.split()]


LETTERS = "ABCDEFGHIJKLMNOPQRSTU"
PREFIX = ("!", "-", "NOT", "~")
UNARY = _words("ABS ACOS ASIN ATAN CEIL COS COSH EXP FLOOR ISINF LN LOG LOGE NINT SIN SINH SQR SQRT TAN TANH")
VARARG = ("MAX", "MIN", "FINITE", "ISNAN")
BINARY = _words("+ - * / ** ^ < <= > >= = == != # && || & | AND OR XOR << >> >>>")
LITERALS = _words(
    "0 1 2 3 0.5 .25 1e3 1.5E-3 7 10 31 32 100 255 65536 2147483647 2147483648 4294967296 1e10 1e300 1e-300",
    "0x0 0xFF 0x7fffffff 0x80000000 0xffffffff inf NaN",
)
NUMBERS = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 2.0, 3.0, 7.0, 31.0, 32.0, 33.0, 100.0, 1e-5, 1e5),
    *(2147483647.0, 2147483648.0, -2147483648.0, -2147483649.0, 4294967295.0, 4294967296.0, 9.3e18, 1.9e19),
    *(1e300, -1e300, 1e-300, 5e-324, math.inf, -math.inf, math.nan, math.pi),
)


def arguments(rng: random.Random) -> list[float]:
    """A to U, and VAL."""
    return [rng.choice(NUMBERS) if rng.random() < 0.5 else rng.uniform(-100, 100) for _ in range(22)]


def _operand(rng: random.Random) -> str:
    kind = rng.random()
    if kind < 0.6:
        return rng.choice(LETTERS)
    return rng.choice(LITERALS) if kind < 0.9 else rng.choice(("PI", "D2R", "R2D", "VAL"))


def _term(rng: random.Random, depth: int) -> str:
    if depth <= 0:
        return _operand(rng)
    kind = rng.random()
    inner = depth - 1
    if kind < 0.40:
        return f"{_term(rng, inner)}{rng.choice(('', ' '))}{_spaced(rng)}{_term(rng, inner)}"
    if kind < 0.50:
        return f"{rng.choice(PREFIX)} {_term(rng, inner)}"
    if kind < 0.65:
        return f"{rng.choice(UNARY)}({_term(rng, inner)})"
    if kind < 0.72:
        several = ",".join(_term(rng, inner - 1) for _ in range(rng.randint(1, 4)))
        return f"{rng.choice(VARARG)}({several})"
    if kind < 0.78:
        return f"{rng.choice(('ATAN2', 'FMOD'))}({_term(rng, inner)},{_term(rng, inner)})"
    if kind < 0.82:
        return f"({_term(rng, inner)})%({_nonzero(rng)})"  # INT_MIN % -1 would kill the oracle
    if kind < 0.90:
        return f"({_term(rng, inner)}?{_term(rng, inner)}:{_term(rng, inner)})"
    if kind < 0.93:
        return f"{_term(rng, inner)}?{_term(rng, inner)}:{_term(rng, inner)}"
    return f"({_term(rng, inner)})"


def _spaced(rng: random.Random) -> str:
    word = rng.choice(BINARY)
    return f" {word} " if word.isalpha() else word


def _nonzero(rng: random.Random) -> str:
    return rng.choice(("2", "3", "7", "10", "0x10", "65536", "-3", "0", "0.5"))


def expression(rng: random.Random, limit: int = 159) -> str:
    """An expression that base accepts as it is written, at most `limit` characters long."""
    while True:
        body = _term(rng, rng.randint(1, 4))
        kind = rng.random()
        if kind < 0.12:
            body = f"{rng.choice(LETTERS)}:={_term(rng, 2)};{body}"
        elif kind < 0.18:
            body = f"{body};{rng.choice(LETTERS)}:={_term(rng, 2)}"
        if rng.random() < 0.2:
            body = body.lower()
        if len(body) <= limit:
            return body


WORDS = (
    *PREFIX,
    *UNARY,
    *VARARG,
    *BINARY,
    *LETTERS,
    *LITERALS,
    *["(", "(", "(", ")", ")", ")", ",", ",", "?", ":", "?", ":", ":=", ";", "%", "ATAN2", "FMOD", "PI"],
)
RUBBISH = (".", "0x", "1e", "$", "''", "V", "W", "1.2.3", "0xG", "1e400", "1e-320", "0x1ffffffff", "{", "\t", "=:")


def soup(rng: random.Random) -> str:
    """Words in any order, for errors."""
    words = [rng.choice(WORDS if rng.random() < 0.95 else RUBBISH) for _ in range(rng.randint(1, 9))]
    return rng.choice((" ", "")).join(words)


def mutated(rng: random.Random, text: str) -> str:
    """An expression with one or two words put in, taken out or changed."""
    for _ in range(rng.randint(1, 2)):
        at = rng.randrange(len(text) + 1)
        word = rng.choice(("", *WORDS, *"():,?;", *RUBBISH))
        text = text[:at] + word + text[at + rng.randint(0, 2) :]
    return text
