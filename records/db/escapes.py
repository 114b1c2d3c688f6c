"""What a backslash means in the value of a field (``epicsStrnRawFromEscaped``)."""

from __future__ import annotations

import re
from typing import Final

from records.db.definitions import Text

__all__ = ["unescaped"]

_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def unescaped(text: Text) -> Text:
    """The text without its escapes; each character remembers its column."""
    if "\\" not in text.text:
        return text
    result: list[str] = []
    columns: list[int] = []
    at = 0
    for found in _ESCAPE.finditer(text.text):
        result += text.text[at : found.start()]
        columns += text.columns[at : found.start()]
        code, octal, letter = found.groups()
        number = int(code, 16) if code else int(octal, 8) & 0xFF if octal else None
        result.append(_LETTERS.get(letter, letter) if number is None else chr(number))
        columns.append(text.columns[found.start()])
        at = found.end()
    result += text.text[at:]
    columns += text.columns[at:]
    return Text("".join(result), text.position, columns)
