"""Lexer: the words of a database file, by the rules of base's dbLex.l. Lines are taken one by one, macros expanded."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from records.db.definitions import Text
from records.db.macros import Macros
from records.db.problem import DbSyntaxError, Position

__all__ = ["END", "STRING", "WORD", "Lexer", "Token"]

WORD: Final = "word"
STRING: Final = "quoted text"
END: Final = "the end of the file"

_STRING: Final = re.compile(r'"(?:[^"\n\\]|\\.)*"')
_SINGLE: Final = re.compile(r"'(?:[^'\n\\]|\\.)*'")
_WORD: Final = re.compile(r"[a-zA-Z0-9_\-+:.\[\]<>;]+")
_JSON_WORD: Final = re.compile(r"[a-zA-Z0-9_\-+.]+")
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[^ux1-9])")
_COMMENT: Final = re.compile(r'(?:[^"#]|"(?:[^"\\]|\\.)*(?:"|$))*')
#: Where reading goes on after a mistake, in a record and outside of one.
_PART: Final = re.compile(r"\b(?:g?record|field|info|alias|breaktable)\s*\(|\}(?!\s*[),\]}])|\binclude\b")
_STATEMENT: Final = re.compile(r"\b(?:g?record|breaktable)\s*\(|\balias\s*\([^,)]*,|\binclude\b")


class Token(NamedTuple):
    """A word, a quoted text, a punctuation mark (its own kind), or the end."""

    kind: str
    text: Text

    @property
    def position(self) -> Position:
        """Where it begins."""
        return self.text.position

    @property
    def shown(self) -> str:
        """As a message names it."""
        return self.kind if self.kind is END else repr(self.text.text)


class Lexer:
    """The words of one file. `fault(position, message)` hears of macros that cannot be expanded."""

    def __init__(self, file: str, text: str, macros: Macros, fault: Callable[[Position, str], None]) -> None:
        self.file = file
        self._lines = text.splitlines()
        self._macros = macros
        self._fault = fault
        self._line = 0
        self._text = ""
        self._columns: list[int] = [1]
        self._at = 0
        self._begun = 0  # where the last token began

    def _next_line(self) -> bool:
        if self._line >= len(self._lines):
            return False
        found = _COMMENT.match(self._lines[self._line])
        assert found is not None  # it matches nothing, too
        self._line += 1
        self._text, self._columns, faults = self._macros.expand(found[0])
        for column, message in faults:
            self._fault(Position(self.file, self._line, column), message)
        self._at = 0
        return True

    def _token(self, kind: str, begin: int, end: int, cut: int = 0) -> Token:
        """The token that goes from `begin` to `end`, and is `cut` characters shorter on both sides."""
        self._begun, self._at = begin, end
        position = Position(self.file, max(self._line, 1), self._columns[begin])
        text = self._text[begin + cut : end - cut]
        return Token(kind, Text(text, position, self._columns[begin + cut : end - cut + 1]))

    def next(self, json: bool = False) -> Token:
        """The next token; the value of a field is made of other words than the rest. Raises DbSyntaxError."""
        while True:
            while self._at < len(self._text) and self._text[self._at].isspace():
                self._at += 1
            if self._at < len(self._text):
                break
            if not self._next_line():
                return self._token(END, len(self._text), len(self._text))
        at = self._at
        character = self._text[at]
        if character == '"' or (json and character == "'"):
            return self._quoted(json)
        if character in "{}()," or (json and character in ":[]"):
            return self._token(character, at, at + 1)
        found = (_JSON_WORD if json else _WORD).match(self._text, at)
        if found is None:
            self._begun, self._at = at, at + 1
            raise DbSyntaxError(self._position(at), f"invalid character {character!r}")
        return self._token(WORD, at, found.end())

    def _quoted(self, json: bool) -> Token:
        at = self._at
        found = (_STRING if self._text[at] == '"' else _SINGLE).match(self._text, at)
        if found is None:
            self._begun, self._at = at, len(self._text)
            raise DbSyntaxError(self._position(at), "the closing quote is missing on this line")
        token = self._token(STRING, at, found.end(), 1)
        return Token(STRING, self._checked(token.text)) if json else token

    def _checked(self, text: Text) -> Text:
        """A quoted value; it may hold no control characters, and only certain escapes (``jsondqstr``)."""
        for offset, character in enumerate(text.text):
            if character < " ":
                raise DbSyntaxError(text.at(offset), f"a bad character in the text: {character!r}")
        at = text.text.find("\\")
        while at >= 0:
            found = _ESCAPE.match(text.text, at)
            if found is None:
                raise DbSyntaxError(text.at(at), f"a bad escape in the text: {text.text[at : at + 2]!r}")
            at = text.text.find("\\", found.end())
        return text

    def _position(self, at: int) -> Position:
        return Position(self.file, self._line, self._columns[at])

    def back(self) -> None:
        """Give the last token again."""
        self._at = self._begun

    def skip(self, inside: bool) -> None:
        """After a mistake: go past it, to whatever may begin something new in a record (`inside`) or outside."""
        resume = _PART if inside else _STATEMENT
        at = self._begun + 1 if self._begun < self._at else self._at
        while True:
            found = resume.search(self._text, at)
            if found is not None:
                self._at = found.start()
                return
            at = 0
            if not self._next_line():
                self._at = len(self._text)
                return
