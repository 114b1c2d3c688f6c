"""Templates: ``"SETP {:.3f}"`` makes a command of a value, ``"T={f} K"`` finds values in a reply. Pure.

Both raise UsageError when they are made, so that a mistake in a template shows at start-up and not on the first put.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from string import Formatter
from typing import Any, Final, SupportsFloat

from drivers.errors import UsageError

__all__ = ["FLOAT", "Command", "Scan"]

FLOAT: Final = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"  # as instruments write numbers

_INTEGER_TYPES = frozenset("bcdoxXn")


class Command:
    """Formats one value into a command, by the rules of `str.format`.

    With `words`, the value is an index into them: ``Command("OUT {}", ("OFF", "ON"))`` makes OUT ON of 1. A template
    without a field is a command that needs no value (``"*RST"``).
    """

    __slots__ = ("_kinds", "_words", "text")

    def __init__(self, text: str, words: Sequence[str] = ()) -> None:
        if isinstance(words, str):
            raise UsageError(f"Tell({text!r}): words are a tuple such as ('OFF', 'ON'), not {words!r}")
        self.text = text
        self._words = tuple(words)
        self._kinds = self._fields(text)
        sample: Any = self._words[0] if self._words else "" if "s" in self._kinds else 0 if "d" in self._kinds else 0.0
        try:
            text.format(sample)
        except (ValueError, IndexError, KeyError) as error:
            kind = "word" if self._words else "value"
            raise UsageError(f"Tell({text!r}): this template cannot format a {kind}: {error}") from error

    @staticmethod
    def _fields(text: str) -> set[str]:
        """What the fields want: "d" whole numbers, "f" numbers, "s" text, "" anything."""
        try:
            fields = [(name, spec or "", how) for _, name, spec, how in Formatter().parse(text) if name is not None]
        except ValueError as error:
            raise UsageError(f"Tell({text!r}): {error}") from error
        kinds = set()
        for name, spec, conversion in fields:
            if name not in ("", "0"):
                raise UsageError(f"Tell({text!r}): there is one value, so a field is {{}} or {{:.3f}}, not {{{name}}}")
            if conversion or spec[-1:] == "s":
                kinds.add("s")
            elif spec:
                kinds.add("d" if spec[-1] in _INTEGER_TYPES else "f")
            else:
                kinds.add("")
        if sum(name == "" for name, _, _ in fields) > 1:
            raise UsageError(f"Tell({text!r}): there is one value; write {{0}} to use it twice")
        return kinds

    def __call__(self, value: Any) -> str:
        """Raises ValueError saying what is wrong with the value."""
        if self._words:
            value = self._word(value)
        elif isinstance(value, SupportsFloat):
            value = self._number(value)
        elif not isinstance(value, str):
            raise ValueError(f"{type(value).__name__} is neither a number nor text")
        try:
            return self.text.format(value)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{value!r} does not fit: {error}") from error

    def _number(self, value: SupportsFloat) -> SupportsFloat:
        as_float = float(value)
        if not math.isfinite(as_float):
            raise ValueError(f"{as_float} is no number to send")
        if isinstance(value, bool):
            value = int(value)
        if "d" in self._kinds and isinstance(value, float):
            return round(value)  # as an ao's RVAL is
        if self._kinds == {""} and as_float.is_integer() and abs(as_float) < 1e15:
            return int(as_float)  # "OUTP {}" of an ao's 1.0 is OUTP 1
        return value

    def _word(self, value: Any) -> str:
        if isinstance(value, str):
            if value in self._words:
                return value
        elif isinstance(value, SupportsFloat) and float(value) in range(len(self._words)):
            return self._words[int(float(value))]
        raise ValueError(f"{value!r} is none of {', '.join(f'{n} = {word}' for n, word in enumerate(self._words))}")


class Scan:
    """Finds values in a reply: literal text with fields between.

    {f} a number, {i} a whole number, {x} one in hexadecimal, {s} a word, {t} text up to what follows, {_} anything,
    not kept; {:f} and {:d} mean {f} and {i}. Spaces match any amount of space; the rest of a longer reply is ignored.
    """

    __slots__ = ("_convert", "_pattern", "text")

    FIELDS: Final[dict[str, tuple[str, Callable[[str], Any] | None]]] = {
        "f": (rf"\s*({FLOAT})", float),
        "i": (r"\s*([-+]?\d+)", int),
        "x": (r"\s*([-+]?(?:0[xX])?[0-9a-fA-F]+)", lambda text: int(text, 16)),
        "s": (r"\s*([^\s,;]+)", str),
        "t": (r"(.*?)", str),
        "_": (r".*?", None),
    }

    def __init__(self, text: str) -> None:
        self.text = text
        pattern = ""
        self._convert: list[Callable[[str], Any]] = []
        try:
            parts = list(Formatter().parse(text))
        except ValueError as error:
            raise UsageError(f"the scan template {text!r} is wrong: {error}") from error
        for literal, name, spec, _ in parts:
            pattern += r"\s*".join(re.escape(word) for word in re.split(r"\s+", literal))
            if name is None:
                continue
            kind = "i" if (name or spec) == "d" else name or spec or "f"
            if kind not in self.FIELDS:
                raise UsageError(f"the scan template {text!r} has no field {{{kind}}}: use {', '.join(self.FIELDS)}")
            expression, convert = self.FIELDS[kind]
            pattern += expression
            if convert is not None:
                self._convert.append(convert)
        if not self._convert:
            raise UsageError(f"the scan template {text!r} has no field to read, such as {{f}}")
        if pattern.endswith((".*?", "(.*?)")):  # a last {t} or {_} takes the rest
            pattern += "$"
        self._pattern = re.compile(pattern, re.DOTALL | re.ASCII)

    @property
    def count(self) -> int:
        """How many values it finds."""
        return len(self._convert)

    def __call__(self, reply: str) -> tuple[Any, ...]:
        """All values. Raises ValueError if the reply looks otherwise."""
        found = self._pattern.match(reply.strip())
        if found is None:
            raise ValueError(f"wants {self.text!r}")
        return tuple(convert(text) for convert, text in zip(self._convert, found.groups(), strict=True))
