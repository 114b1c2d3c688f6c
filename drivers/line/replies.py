"""From the text of a reply to a value: the meaning of ``Ask(..., as_=...)``. Pure.

A parser raises ValueError whose text says what was wanted ("wants a number"); the point adds port, question and reply.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from drivers.errors import UsageError
from drivers.line.template import FLOAT, Scan

__all__ = ["As", "acceptance", "parser"]

# What a reply is to be taken for. A type; words, the value being the index of the one that came ("OFF", "ON"); a scan
# template; a compiled pattern, of which the first group is the value; or a function of the text.
As = type[float] | type[int] | type[str] | type[bool] | tuple[str, ...] | str | re.Pattern[str] | Callable[[str], Any]
Parser = Callable[[str], Any]

# A reply that begins with a number. What is not so is no number: "E01" and "CH2" name things, "1.2.3" is a version,
# "12:30" a time, "0x1F" is not 0, "A-5" must not become 5, and "1.5E-" is the beginning of another number.
_NUMBER: Final = re.compile(
    r"(?:[a-z]\w*\s*[=:]|[>=:])?\s*"  # what it is called, "T=" or "CH1 :", or a prompt
    rf"(?:([-+])\s*)?({FLOAT}|(?:nan|inf(?:inity)?)(?!\w))"  # balances put blanks behind the sign
    r"(?!\s*e(?![a-z])|x[0-9a-f])"
    r"(?:[a-z%°µμΩ][\w%°µμΩ²³/^*.()-]*)?"  # a unit without a blank
    r"(?:[\s,;][^\x00-\x08\x0e-\x1f\x7f\ufffd]*)?\Z",  # a unit behind one, more values, words
    re.IGNORECASE | re.ASCII,
)
_INSIDE: Final = re.compile(r"(?<![\w.+\-])[-+]?\d", re.ASCII)
_COMPLAINT: Final = re.compile(r"\W*(?:err|error|nak|invalid|unknown|syntax)\b", re.IGNORECASE | re.ASCII)
_YES: Final = frozenset(("1", "ON", "TRUE", "YES", "HIGH", "ENABLED"))
_NO: Final = frozenset(("0", "OFF", "FALSE", "NO", "LOW", "DISABLED"))


def parser(as_: As, index: int | slice | None = None, separator: str | None = ",") -> Parser:
    """The function that turns a reply's text into the value wanted.

    `index` picks one of several values: of a template's fields, else of what `separator` parts (None: white space);
    a slice gives a list. Raises UsageError if that cannot be.
    """
    if isinstance(as_, str):
        return _scanned(Scan(as_), index)
    one = _single(as_)
    if index is None:
        return one
    if separator == "":
        raise UsageError("the separator between values cannot be empty; None stands for white space")
    if isinstance(index, slice):
        return lambda text: [one(part) for part in text.split(separator)[index]]
    least = index + 1 if index >= 0 else -index

    def pick(text: str) -> Any:
        parts = text.split(separator)
        if len(parts) < least:
            between = "white space" if separator is None else repr(separator)
            raise ValueError(f"wants {least} values or more, parted by {between}")
        return one(parts[index])

    return pick


def acceptance(reply: str | re.Pattern[str]) -> Parser:
    """The function that raises ValueError for an answer other than `reply`: see `Tell`. Raises UsageError."""
    if isinstance(reply, str) and ("{" in reply or "}" in reply):
        return Scan(reply, whole=True)
    wanted = reply if isinstance(reply, str) else reply.pattern
    pattern = re.compile(re.escape(reply.strip())) if isinstance(reply, str) else reply

    def accept(text: str) -> None:
        if pattern.fullmatch(text.strip()) is None:
            raise ValueError(f"not {wanted!r}")

    return accept


def _scanned(scan: Scan, index: int | slice | None) -> Parser:
    if index is None:
        return (lambda text: scan(text)[0]) if scan.count == 1 else scan
    if isinstance(index, slice):
        return lambda text: list(scan(text)[index])
    if not -scan.count <= index < scan.count:
        raise UsageError(f"the scan template {scan.text!r} has {scan.count} fields: there is no index {index}")
    return lambda text: scan(text)[index]


def _single(as_: Any) -> Parser:
    if as_ is float:
        return number
    if as_ is int:
        return integer
    if as_ is str:
        return str.strip
    if as_ is bool:
        return boolean
    if isinstance(as_, tuple):
        return _words(as_)
    if isinstance(as_, re.Pattern):
        return _matched(as_)
    if callable(as_):
        return _called(as_)
    raise UsageError(f"a reply can be float, int, str, bool, a template, words, a pattern or a function, not {as_!r}")


def number(text: str) -> float:
    """The number that the text begins with; behind it may be a unit or more, before it a name with "=" or ":".

    A number elsewhere may be part of a complaint, of an echo, or of what a line picked up: a template says where.
    """
    try:
        return float(text)  # most replies are nothing else
    except ValueError:
        found = None if _COMPLAINT.match(text) else _NUMBER.match(text.strip())
    if found is None:
        elsewhere = " at the beginning (a template says where else)" if _INSIDE.search(text) else ""
        raise ValueError(f"wants a number{elsewhere}")
    return float((found[1] or "") + found[2])


def integer(text: str) -> int:
    """The number that the text begins with, which must be whole; "+1.000E+00" is."""
    try:
        return int(text)  # most replies; and all digits of a long one
    except ValueError:
        pass
    try:
        value = number(text)
        if value == int(value):
            return int(value)
    except (ValueError, OverflowError):
        pass
    raise ValueError("wants a whole number")


def boolean(text: str) -> bool:
    """ON, TRUE, YES, 1 ... or OFF, FALSE, NO, 0 ..., in any case; other whole numbers are true."""
    word = text.strip().upper()
    if word in _YES:
        return True
    if word in _NO:
        return False
    try:
        return integer(text) != 0
    except ValueError:
        raise ValueError("wants ON or OFF, 1 or 0") from None


def _words(words: tuple[Any, ...]) -> Parser:
    if not words or not all(isinstance(word, str) for word in words):
        raise UsageError(f"words are a tuple of texts such as ('OFF', 'ON'), not {words!r}")
    table = {word.strip().upper(): number for number, word in enumerate(words)}

    def word(text: str) -> int:
        try:
            return table[text.strip().upper()]
        except KeyError:
            raise ValueError(f"wants one of {', '.join(words)}") from None

    return word


def _matched(pattern: re.Pattern[str]) -> Parser:
    def match(text: str) -> str:
        found = pattern.search(text)
        if found is None:
            raise ValueError(f"wants the pattern {pattern.pattern!r}")
        return found[1 if pattern.groups else 0] or ""

    return match


def _called(function: Callable[[str], Any]) -> Parser:
    def call(text: str) -> Any:
        try:
            return function(text)
        except (ValueError, LookupError, TypeError, ArithmeticError) as error:
            name = getattr(function, "__name__", repr(function))
            raise ValueError(f"does not satisfy {name} ({type(error).__name__}: {error})") from error

    return call
