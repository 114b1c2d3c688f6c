"""Templates: ``"SETP {:.3f}"`` makes a command of a value, ``"T={f} K"`` finds values in a reply. Pure.

Both raise UsageError when they are made, so that a mistake in a template shows at start-up and not on the first put.
What else than numbers and words may stand between braces is in `drivers.line.converters`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from string import Formatter
from typing import Any, Final, SupportsFloat

from drivers.errors import UsageError
from drivers.line.checksums import Checksum
from drivers.line.converters import WORDS, Converter, converter

__all__ = ["FLOAT", "Command", "Scan", "filled", "summed"]

FLOAT: Final = r"(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?"  # as instruments write numbers, without sign

_CHECKSUM: Final = re.compile(r"\{(chk\([^{}]*\))\}")
_INTEGER_TYPES = frozenset("bcdoxXn")


def filled(text: str, names: dict[str, Any]) -> str:
    """The template with its named fields replaced: ``filled("SETP {ch},{:.3f}", {"ch": 1})`` is "SETP 1,{:.3f}".

    Raises UsageError for a name that is not in it.
    """
    for name, value in names.items():
        pattern = re.compile(r"\{" + re.escape(name) + r"(?::([^{}]*))?\}")
        if not pattern.search(text):
            raise UsageError(f"{text!r} has no field {{{name}}}")
        text = pattern.sub(lambda found, value=value: format(value, found[1] or ""), text)  # type: ignore[misc]
    return text


def summed(question: str) -> str:
    """A question with each ``{chk(...)}`` in it replaced by that checksum over all before it.

    Nothing else in it is a template: other braces are what is sent. Raises UsageError.
    """
    text, at = "", 0
    for found in _CHECKSUM.finditer(question):
        text += question[at : found.start()]
        known = converter(found[1])
        assert known is not None
        assert known.checksum is not None
        try:
            text += known.checksum.of(text.encode("latin-1")).decode("latin-1")
        except UnicodeEncodeError as error:
            raise UsageError(f"{question!r}: checksums are over bytes: {error}") from error
        at = found.end()
    return text + question[at:]


def _parts(text: str) -> Iterator[tuple[str, str | None, Converter | None]]:
    """Literal text, the field behind it (None at the end), and the converter of the field if it has one."""
    for literal, name, spec, _ in Formatter().parse(text):
        field = None if name is None else f"{name}:{spec}" if name and spec else name or spec or ""
        yield literal, field, converter(field) if field else None


class Command:
    """Formats one value into a command, by the rules of `str.format`.

    With `words`, the value is an index into them: ``Command("OUT {}", ("OFF", "ON"))`` makes OUT ON of 1. A template
    without a field is a command that needs no value (``"*RST"``). ``{:u16be}``, ``{chk(crc16)}`` and their like are
    written by converters.
    """

    __slots__ = ("_converters", "_kinds", "_words", "text")

    def __init__(self, text: str, words: Sequence[str] = ()) -> None:
        if isinstance(words, str):
            raise UsageError(f"Tell({text!r}): words are a tuple such as ('OFF', 'ON'), not {words!r}")
        self.text = text
        self._words = tuple(words)
        self._converters: list[tuple[str, str | None, Converter | None]] = []
        try:
            parts = list(_parts(text))
        except ValueError as error:
            raise UsageError(f"Tell({text!r}): {error}") from error
        if any(found for _, _, found in parts):
            self._with_converters(parts)
            return
        self._kinds = self._fields(text)
        sample: Any = self._words[0] if self._words else "" if "s" in self._kinds else 0 if "d" in self._kinds else 0.0
        try:
            text.format(sample)
        except (ValueError, IndexError, KeyError) as error:
            kind = "word" if self._words else "value"
            raise UsageError(f"Tell({text!r}): this template cannot format a {kind}: {error}") from error

    def _with_converters(self, parts: list[tuple[str, str | None, Converter | None]]) -> None:
        if self._words:
            raise UsageError(f"Tell({self.text!r}): words are for a plain field {{}}; use {{enum(OFF|ON)}}")
        self._kinds = set()
        for _, field, found in parts:
            if found is not None and found.format is None and found.checksum is None:
                raise UsageError(f"Tell({self.text!r}): {{{field}}} cannot be written")
            if field is not None and found is None:
                self._kinds |= self._fields(f"{{:{field}}}")
        self._converters = parts

    def _written(self, value: Any) -> str:
        text = ""
        for literal, field, found in self._converters:
            text += literal
            if found is None:
                text += self._plain(value, field)
            elif found.checksum is not None:
                text += found.checksum.of(text.encode("latin-1")).decode("latin-1")
            elif found.format is not None:
                text += found.format(value)
        return text

    def _plain(self, value: Any, field: str | None) -> str:
        if field is None:
            return ""
        return format(value if isinstance(value, str) else self._number(value), field)

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
        if self._converters:
            try:
                return self._written(value)
            except TypeError as error:
                raise ValueError(f"{value!r} does not fit: {error}") from error
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
    not kept; {:f} and {:d} mean {f} and {i}; the words of `drivers.line.converters` besides. Spaces match any amount of
    space (not in templates with raw bytes); the rest of a longer reply is ignored. A checksum is checked, and no value.
    With `whole`, a longer reply does not fit, and nothing has to be read: so it is with what accepts a command.
    """

    __slots__ = ("_convert", "_count", "_pattern", "_raw", "text")

    FIELDS: Final[dict[str, tuple[str, Callable[[str], Any] | None]]] = {
        "f": (rf"\s*([-+]?{FLOAT})", float),
        "i": (r"\s*([-+]?\d+)", int),
        "x": (r"\s*([-+]?(?:0[xX])?[0-9a-fA-F]+)", lambda text: int(text, 16)),
        "s": (r"\s*([^\s,;]+)", str),
        "t": (r"(.*?)", str),
        "_": (r".*?", None),
    }

    def __init__(self, text: str, *, whole: bool = False) -> None:
        self.text = text
        try:
            parts = list(_parts(text))
        except ValueError as error:
            raise UsageError(f"the scan template {text!r} is wrong: {error}") from error
        self._raw = any(found is not None and found.raw for _, _, found in parts)
        self._convert: list[Callable[[str], Any] | Checksum] = []
        pattern = ""
        for literal, field, found in parts:
            spaced = r"\s*".join(re.escape(word) for word in re.split(r"\s+", literal))
            pattern += re.escape(literal) if self._raw else spaced
            if field is not None:
                pattern += self._field(field, found)
        self._count = sum(not isinstance(convert, Checksum) for convert in self._convert)
        if not self._count and not whole:
            raise UsageError(f"the scan template {text!r} has no field to read, such as {{f}}")
        if whole or pattern.endswith((".*?", "(.*?)")):  # a last {t} or {_} takes the rest
            pattern += r"\Z"
        self._pattern = re.compile(pattern, re.DOTALL | re.ASCII)

    def _field(self, field: str, found: Converter | None) -> str:
        """The pattern of a field, whose conversion is noted."""
        if found is not None:
            self._convert.append(found.checksum or found.parse)
            return found.pattern
        kind = "i" if field == "d" else field or "f"
        if kind not in self.FIELDS:
            known = f"{', '.join(self.FIELDS)}, {WORDS}"
            raise UsageError(
                f"the scan template {self.text!r} has no field {{{kind}}}: use {known}; {{{{ is a brace itself"
            )
        expression, convert = self.FIELDS[kind]
        if convert is not None:
            self._convert.append(convert)
        return expression

    @property
    def count(self) -> int:
        """How many values it finds."""
        return self._count

    def __call__(self, reply: str) -> tuple[Any, ...]:
        """All values. Raises ValueError if the reply looks otherwise."""
        if not self._raw:
            reply = reply.strip()
        found = self._pattern.match(reply)
        if found is None:
            raise ValueError(f"wants {self.text!r}")
        values = []
        for number, convert in enumerate(self._convert, 1):
            text = found[number]
            if not isinstance(convert, Checksum):
                values.append(convert(text))
            elif why := convert.wrong(reply[: found.start(number)].encode("latin-1"), text.encode("latin-1")):
                raise ValueError(why)
        return tuple(values)
