"""Parser: database files to definitions, by the grammar of base's dbYacc.y. It reads on after each mistake."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from records.db.definitions import Alias, BreakPoints, Definitions, FieldDef, RecordDef, Text
from records.db.escapes import unescaped
from records.db.lexer import END, STRING, WORD, Lexer, Token
from records.db.macros import Macros
from records.db.problem import DbSyntaxError, Kind, Position, Problem

__all__ = ["Parser", "Reader"]

#: Gives the path and the text of an included file; `position` is that of the ``include``. Raises OSError.
Reader = Callable[[str, Position], tuple[str, str]]

MAX_INCLUDES: Final = 20  # files within files: more is a file that includes itself
MAX_JSON: Final = 50  # levels of braces in one value

_QUOTE: Final = re.compile(r"""\\.|\"""")  # text in single quotes, as JSON wants it
_RECORD: Final = ("record", "grecord")
_DBD: Final = ("menu", "recordtype", "device", "driver", "link", "registrar", "function", "variable", "path", "addpath")
_BAD_NAME: Final = " \t\"'.$"  # dbRecordNameValidate


class Parser:
    """Reads files into `definitions` and says in `problems` what is wrong with them."""

    def __init__(self, definitions: Definitions, problems: list[Problem], read: Reader) -> None:
        self.definitions = definitions
        self.problems = problems
        self._read = read
        self._depth = 0
        self._macros = Macros({})
        self._lexer = Lexer("", "", self._macros, self._fault)

    def parse(self, file: str, text: str, macros: dict[str, str]) -> None:
        """Read the text of a file."""
        self._macros = Macros(macros)
        self._file(file, text, None)

    # --- mistakes -----------------------------------------------------------------------------------------------

    def _fault(self, position: Position, message: str) -> None:
        self._say(position, message)

    def _say(self, position: Position, message: str, where: str = "", kind: Kind = Kind.ERROR) -> None:
        self.problems.append(Problem(position, message, where, kind))

    def _wrong(self, token: Token, wanted: str) -> DbSyntaxError:
        return DbSyntaxError(token.position, f"{wanted} is wanted here, not {token.shown}")

    # --- files and statements -----------------------------------------------------------------------------------

    def _file(self, file: str, text: str, record: RecordDef | None) -> None:
        outer, self._lexer = self._lexer, Lexer(file, text, self._macros, self._fault)
        try:
            self._statements(record)
        finally:
            self._lexer = outer

    def _statements(self, record: RecordDef | None) -> None:
        """Statements up to the end of the file; in a file that a record includes, parts of that record."""
        while True:
            try:
                token = self._lexer.next()
                if token.kind is END:
                    return
                if record is None:
                    self._statement(token)
                else:
                    self._part(record, token)
            except DbSyntaxError as error:
                self._say(error.position, error.message, record.name.text if record is not None else "")
                self._lexer.skip(record is not None)

    def _statement(self, token: Token) -> None:
        word = token.text.text if token.kind is WORD else ""
        if word in _RECORD:
            self._record()
        elif word == "alias":
            record, name = self._two()
            if self._is_name(record) and self._is_name(name):
                self.definitions.aliases.append(Alias(record, name))
        elif word == "breaktable":
            self._breaktable()
        elif word == "include":
            self._include(None)
        elif word in _DBD:
            raise DbSyntaxError(token.position, f"{word!r} belongs into a .dbd file; ours are built in")
        else:
            raise self._wrong(token, "record, alias, breaktable or include")

    def _include(self, record: RecordDef | None) -> None:
        name = self._text("the name of a file")
        if self._depth >= MAX_INCLUDES:
            self._say(name.position, f"include {name.text!r}: files include each other more than {MAX_INCLUDES} deep")
            return
        try:
            path, text = self._read(name.text, name.position)
        except OSError as error:
            self._say(name.position, f"include {name.text!r}: {error.strerror or error}")
            return
        self._depth += 1
        self._file(path, text, record)
        self._depth -= 1

    def _breaktable(self) -> None:
        self._take("(")
        name = self._text("the name of a table")
        self._take(")")
        self._take("{")
        numbers: list[Text] = []
        while (token := self._lexer.next()).kind != "}":
            if token.kind in (WORD, STRING):
                numbers.append(token.text)
            elif token.kind != ",":
                raise self._wrong(token, "a number or '}'")
        self.definitions.tables.setdefault(name.text, BreakPoints(name, numbers))  # base: the first one stays

    # --- records ------------------------------------------------------------------------------------------------

    def _record(self) -> None:
        type_, name = self._two()
        record = self._begun(type_, name)
        lexer = self._lexer
        token = lexer.next()
        if token.kind != "{":  # a record without a body is one, too
            if token.kind is END:
                return
            lexer.back()
            return
        while True:
            try:
                token = lexer.next()
                if token.kind == "}":
                    return
                if token.kind is END:
                    raise DbSyntaxError(token.position, "the '}' of the record is missing")
                if token.kind is WORD and token.text.text in _RECORD:
                    self._say(token.position, "the '}' of the record before is missing", name.text)
                    lexer.back()
                    return
                self._part(record, token)
            except DbSyntaxError as error:
                self._say(error.position, error.message, name.text)
                if token.kind is END:
                    return
                lexer.skip(True)

    def _begun(self, type_: Text, name: Text) -> RecordDef:
        """The record that is being defined: a new one, or one to which something is added."""
        records = self.definitions.records
        new = RecordDef(type_, name)
        if not self._is_name(name):
            return new
        old = records.get(name.text)
        if type_.text == "#":
            if records.pop(name.text, None) is None:
                self._say(name.position, "there is no such record to delete", name.text, Kind.WARNING)
            return new
        if type_.text == "*":
            if old is None:
                self._say(name.position, "there is no such record to add to", name.text)
            return old or new
        if old is None:
            records[name.text] = new
            return new
        if old.type.text != type_.text:
            self._say(name.position, f"is a record of type {old.type.text} already, at {old.name.position}", name.text)
            return new
        self._say(
            name.position,
            f'is defined already, at {old.name.position}; to add fields to it say record("*", "{name.text}")',
            name.text,
            Kind.MISTAKE,
        )
        return old

    def _part(self, record: RecordDef, token: Token) -> None:
        word = token.text.text if token.kind is WORD else ""
        if word in ("field", "info"):
            self._take("(")
            name = self._text("the name of a field" if word == "field" else "a name")
            self._take(",")
            value = self._value()
            self._take(")")
            parts = record.fields if word == "field" else record.infos
            parts[name.text] = FieldDef(name, value)
        elif word == "alias":
            self._take("(")
            name = self._text("a name")
            self._take(")")
            if self._is_name(name):
                record.aliases.append(name)
        elif word == "include":
            self._include(record)
        else:
            raise self._wrong(token, "field, info, alias or '}'")

    def _is_name(self, name: Text) -> bool:
        bad = next((at for at, character in enumerate(name.text) if character in _BAD_NAME), None)
        if not name.text:
            self._say(name.position, "the name of a record cannot be empty")
        elif bad is not None:
            said = f"a name cannot contain {name.text[bad]!r}"
            if "undefined)" not in name.text and "recursive)" not in name.text:  # that was said already
                self._say(name.at(bad), said, name.text)
        return bool(name.text) and bad is None

    # --- words --------------------------------------------------------------------------------------------------

    def _take(self, kind: str) -> None:
        token = self._lexer.next()
        if token.kind != kind:
            raise self._wrong(token, repr(kind))

    def _text(self, wanted: str) -> Text:
        token = self._lexer.next()
        if token.kind not in (WORD, STRING):
            raise self._wrong(token, wanted)
        return token.text

    def _two(self) -> tuple[Text, Text]:
        self._take("(")
        first = self._text("a name")
        self._take(",")
        second = self._text("a name")
        self._take(")")
        return first, second

    def _value(self) -> Text:
        """The value of a field: a word, quoted text, or JSON, which is put together again."""
        token = self._lexer.next(json=True)
        if token.kind is WORD:
            return token.text
        if token.kind is STRING:
            return unescaped(token.text)
        if token.kind not in ("{", "["):
            raise self._wrong(token, "a value")
        text = self._json(token, 0)
        return Text(text, token.position, range(token.position.column, token.position.column + len(text) + 1))

    def _json(self, token: Token, depth: int) -> str:
        """The text of a JSON value that begins with `token`; commas may follow the last one, as in base."""
        text = token.text.text
        if token.kind is STRING:
            return f'"{_QUOTE.sub(_requoted, text)}"'
        if token.kind is WORD:
            return text
        if token.kind not in ("{", "[") or depth > MAX_JSON:
            raise self._wrong(token, "a JSON value")
        close = "}" if token.kind == "{" else "]"
        parts: list[str] = []
        while (token := self._lexer.next(json=True)).kind != close:
            if parts:
                if token.kind != ",":
                    raise self._wrong(token, f"',' or {close!r}")
                parts.append(",")
                token = self._lexer.next(json=True)
                if token.kind == close:
                    break
            parts.append(self._pair(token, depth) if close == "}" else self._json(token, depth + 1))
        return f"{text}{''.join(parts)}{close}"

    def _pair(self, token: Token, depth: int) -> str:
        if token.kind not in (WORD, STRING):
            raise self._wrong(token, "a JSON name")
        colon = self._lexer.next(json=True)
        if colon.kind != ":":
            raise self._wrong(colon, "':'")
        key = token.text.text
        if token.kind is STRING or set("+-.") & set(key):  # a bare name stays as it is, for clients to read
            key = f'"{key}"'
        return f"{key}:{self._json(self._lexer.next(json=True), depth + 1)}"


def _requoted(found: re.Match[str]) -> str:
    return {'"': '\\"', "\\'": "'"}.get(found[0], found[0])
