"""Macros as macLib of EPICS base expands them: ``$(P)``, ``${P=default}``, ``$(A$(N))``, ``$(P,A=1,B="x y")``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

__all__ = ["Expansion", "Macros", "parse_macros"]

_ENDS: Final = {"(": ")", "{": "}"}


class Expansion(NamedTuple):
    """A line without macros: the text, the column that each character comes from, and what was wrong where."""

    text: str
    columns: list[int]
    faults: list[tuple[int, str]]


class _Output:
    def __init__(self) -> None:
        self.characters: list[str] = []
        self.columns: list[int] = []

    def add(self, text: str, column: int) -> None:
        self.characters.append(text)
        self.columns += [column] * len(text)


class Macros:
    """Definitions of macros; a value may refer to others."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._scopes: list[dict[str, str]] = [dict(values)]
        self._open: list[str] = []  # names that are being expanded
        self._faults: list[tuple[int, str]] = []

    def expand(self, line: str) -> Expansion:
        """Replace all macros in a line. Quotes and backslashes of the line itself stay as they are."""
        if "$" not in line:
            return Expansion(line, list(range(1, len(line) + 2)), [])
        self._faults = []
        output = _Output()
        self._translate(line, 0, "", 0, output, None)
        return Expansion("".join(output.characters), [*output.columns, len(line) + 1], self._faults)

    def value(self, text: str) -> str:
        """`text` with its macros replaced and its quotes removed, as the value of a macro; faults stay in it."""
        output = _Output()
        self._faults = []
        self._translate(text, 0, "", 1, output, 0)
        return "".join(output.characters)

    def _translate(self, text: str, at: int, ends: str, level: int, output: _Output, column: int | None) -> int:
        """``trans`` of macCore.c: copy up to one of `ends`, and say where that is. `column` None: count."""
        quote = ""
        while at < len(text) and text[at] not in ends:
            here = at + 1 if column is None else column
            character = text[at]
            if quote and character == quote:
                quote = ""
                if level:
                    at += 1
                    continue
            elif not quote and character in "\"'":
                quote = character
                if level:
                    at += 1
                    continue
            if character == "$" and text[at + 1 : at + 2] in ("(", "{") and quote != "'":
                at = self._refer(text, at + 1, level, output, here)
            elif character == "\\" and at + 1 < len(text):
                output.add(text[at + 1] if level else text[at : at + 2], here)
                at += 2
            else:
                output.add(character, here)
                at += 1
        return at

    def _refer(self, text: str, at: int, level: int, output: _Output, column: int) -> int:
        """``refer`` of macCore.c: `at` is the opening parenthesis; gives what follows the closing one."""
        end = _ENDS[text[at]]
        name, at = self._part(text, at + 1, "=," + end, level, column)
        default: str | None = None
        if text[at : at + 1] == "=":
            begin = at + 1
            faults = list(self._faults)
            _, at = self._part(text, begin, "," + end, level, column)
            self._faults = faults  # of a default that may not be needed
            default = text[begin:at]
        scope: dict[str, str] = {}
        while text[at : at + 1] == ",":
            key, at = self._part(text, at + 1, "=," + end, level, column)
            if text[at : at + 1] == "=":
                scope[key], at = self._part(text, at + 1, "," + end, level, column)
        if at >= len(text):
            self._faults.append((column, f"macro $({name} is not closed"))
            return at
        self._scopes.append(scope)
        self._put(name, default, level, output, column)
        self._scopes.pop()
        return at + 1

    def _part(self, text: str, at: int, ends: str, level: int, column: int) -> tuple[str, int]:
        part = _Output()
        at = self._translate(text, at, ends, level + 1, part, column)
        return "".join(part.characters), at

    def _put(self, name: str, default: str | None, level: int, output: _Output, column: int) -> None:
        value = next((scope[name] for scope in reversed(self._scopes) if name in scope), default)
        if value is None:
            self._faults.append((column, f"macro {name!r} is not defined"))
            output.add(f"$({name},undefined)", column)
        elif name in self._open:
            self._faults.append((column, f"macro {name!r} refers to itself"))
            output.add(f"$({name},recursive)", column)
        else:
            if value is not default:
                self._open.append(name)
            self._translate(value, 0, "", level + 1, output, column)
            if value is not default:
                self._open.remove(name)


def parse_macros(text: str) -> dict[str, str]:
    """Take ``P=LAB:,R=ai 1,S="a,b"`` apart (``macParseDefns``). Raises ValueError for what is no definition."""
    macros: dict[str, str] = {}
    for part in _split(text):
        name, equals, value = part.partition("=")
        if not part.strip():
            continue
        if not equals or not name.strip():
            raise ValueError(f"{part.strip()!r} defines no macro: NAME=VALUE is wanted")
        macros[name.strip()] = value.strip()
    return macros


def _split(text: str) -> list[str]:
    """At commas that are neither quoted nor escaped."""
    parts, quote, at = [""], "", 0
    while at < len(text):
        character = text[at]
        if character == "\\":
            character = text[at : at + 2]
        elif quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == ",":
            parts.append("")
            at += 1
            continue
        parts[-1] += character
        at += len(character)
    return parts
