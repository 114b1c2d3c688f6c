"""Substitution files: which template with which macros, by the grammar of base's dbLoadTemplate.y."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from records.db.macros import Macros
from records.db.problem import DbSyntaxError, Kind, Position, Problem

__all__ = ["Template", "substitutions"]

_TOKEN: Final = re.compile(
    r"""(?P<space>[ \t\r\f\v]+|\#[^\n]*)|(?P<newline>\n)|(?P<mark>[={},])"""
    r"""|"(?P<double>(?:[^"\n\\]|\\.)*)"|'(?P<single>(?:[^'\n\\]|\\.)*)'|(?P<word>[a-zA-Z0-9_\-+:./\\\[\]<>;$()]+)"""
)


class Template(NamedTuple):
    """A template to be loaded once with these macros."""

    file: str
    macros: dict[str, str]
    position: Position


class _Word(NamedTuple):
    kind: str  # a mark, "word", "quote", "end", or "character" for what has no meaning
    text: str
    position: Position

    @property
    def raw(self) -> str:
        """As the value of a macro: quoted text keeps its quotes."""
        return f'"{self.text}"' if self.kind == "quote" else self.text


def substitutions(file: str, text: str, macros: dict[str, str], problems: list[Problem]) -> list[Template]:
    """The templates of a substitution file, in their order; `macros` come from outside. Mistakes go to `problems`."""
    reader = _Reader(file, text, macros, problems)
    try:
        reader.read()
    except DbSyntaxError as error:
        problems.append(Problem(error.position, error.message))
    return reader.templates


class _Reader:
    def __init__(self, file: str, text: str, macros: dict[str, str], problems: list[Problem]) -> None:
        self.templates: list[Template] = []
        self._problems = problems
        self._outside = macros
        self._globals: dict[str, str] = {}
        self._words = list(_words(file, text))
        self._at = 0

    def _next(self, *wanted: str) -> _Word:
        word = self._words[self._at]
        if wanted and word.kind not in wanted:
            shown = word.text or "the end of the file"
            raise DbSyntaxError(word.position, f"{' or '.join(wanted)} is wanted here, not {shown!r}")
        self._at = min(self._at + 1, len(self._words) - 1)
        return word

    def read(self) -> None:
        while (word := self._next("word", "end")).kind != "end":
            if word.text == "global":
                self._next("{")
                self._globals |= self._definitions()
            elif word.text == "file":
                self._file(self._next("word", "quote"))
            else:
                raise DbSyntaxError(word.position, f"'file' or 'global' is wanted here, not {word.text!r}")

    def _file(self, name: _Word) -> None:
        self._next("{")
        names: list[str] | None = None
        while (word := self._next("word", "{", "}")).kind != "}":
            if word.text == "global":
                self._next("{")
                self._globals |= self._definitions()
            elif word.text == "pattern" and names is None:
                self._next("{")
                names = [one.text for one in self._list("word")]
            elif word.kind == "word":  # "the string that comes just before the '{' is extraneous": base warns as well
                self._warn(word, f"{word.text!r} means nothing here and should be removed")
            else:
                found = self._definitions() if names is None else self._row(names)
                macros = {**self._outside, **self._globals, **found}
                self.templates.append(Template(Macros(macros).value(name.text), macros, word.position))

    def _row(self, names: list[str]) -> dict[str, str]:
        values = self._list("word", "quote")
        if len(values) > len(names):
            self._warn(values[len(names)], f"more values than the pattern has names ({len(names)})")
        return {name: value.raw for name, value in zip(names, values, strict=False)}

    def _list(self, *kinds: str) -> list[_Word]:
        found = []
        while (word := self._next(*kinds, ",", "}")).kind != "}":
            if word.kind != ",":
                found.append(word)
        return found

    def _definitions(self) -> dict[str, str]:
        found = {}
        while (word := self._next("word", ",", "}")).kind != "}":
            if word.kind == "word":
                self._next("=")
                found[word.text] = self._next("word", "quote").raw
        return found

    def _warn(self, word: _Word, message: str) -> None:
        self._problems.append(Problem(word.position, message, kind=Kind.WARNING))


def _words(file: str, text: str) -> Iterator[_Word]:
    line, begin, at = 1, 0, 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        position = Position(file, line, at - begin + 1)
        if found is None:
            yield _Word("character", text[at], position)
            at += 1
            continue
        at = found.end()
        if found["newline"]:
            line, begin = line + 1, at
        elif found["mark"]:
            yield _Word(found["mark"], found["mark"], position)
        elif found["word"] is not None:
            yield _Word("word", found["word"], position)
        elif not found["space"]:
            yield _Word("quote", found["double"] if found["double"] is not None else found["single"], position)
    yield _Word("end", "", Position(file, line, at - begin + 1))
