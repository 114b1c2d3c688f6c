"""JSON Pointer (RFC 6901) on decoded JSON: `/switch:0/apower` names one value in a document.

An answer may have an array as its root (`/0/temperature`) or be a bare number (the empty pointer).
"""

from __future__ import annotations

import re
from typing import Any

from drivers.errors import UsageError

__all__ = ["MISSING", "Missing", "Tokens", "find", "parse", "resolve"]

Tokens = tuple[str, ...]

SHOWN_KEYS = 12  # an error message names so many keys; a status page may have hundreds


class Missing(LookupError):
    """The pointer names nothing in this document. The message says where it ended and what is there instead."""


# Section 4: digits without leading zeros ('-' names the element after the last, which is never there). No list has
# more elements than 18 digits can count.
_INDEX = re.compile(r"0|[1-9][0-9]{0,17}", re.ASCII)


class _Nothing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Any = _Nothing()  # None is a JSON value, so it cannot say "not there"


def parse(pointer: str) -> Tokens:
    """The reference tokens of a pointer, unescaped (RFC 6901 sections 3 and 4). Raises UsageError."""
    if pointer == "":
        return ()
    if not pointer.startswith("/"):
        raise UsageError(f"JSON pointer {pointer!r} must be empty or begin with '/'")
    return tuple(_unescape(token, pointer) for token in pointer[1:].split("/"))


def _unescape(token: str, pointer: str) -> str:
    head, *escapes = token.split("~")
    if any(escape[:1] not in ("0", "1") or not escape for escape in escapes):
        raise UsageError(f"JSON pointer {pointer!r}: '~' must be written '~0' (and '/' in a name '~1')")
    return head + "".join(("~" if escape[0] == "0" else "/") + escape[1:] for escape in escapes)


def find(document: Any, tokens: Tokens) -> Any:
    """The value that the tokens name, or MISSING."""
    for token in tokens:
        document = _step(document, token)
        if document is MISSING:
            break
    return document


def resolve(document: Any, tokens: Tokens) -> Any:
    """The value that the tokens name. Raises Missing."""
    value = document
    for depth, token in enumerate(tokens):
        below = _step(value, token)
        if below is MISSING:
            raise Missing(f"no {_text(tokens)!r}: {_text(tokens[:depth]) or 'the answer'} {_contents(value)}")
        value = below
    return value


def _step(document: Any, token: str) -> Any:
    if isinstance(document, dict):
        return document.get(token, MISSING)
    if isinstance(document, list) and _INDEX.fullmatch(token) and int(token) < len(document):
        return document[int(token)]
    return MISSING


def _text(tokens: Tokens) -> str:
    return "".join("/" + token.replace("~", "~0").replace("/", "~1") for token in tokens)


def _contents(value: Any) -> str:
    """What is at the place where a pointer ended, for an error message."""
    if isinstance(value, dict):
        shown = ", ".join(key[:40] for key in list(value)[:SHOWN_KEYS])
        more = f" and {len(value) - SHOWN_KEYS} more" if len(value) > SHOWN_KEYS else ""
        return f"has the keys {shown}{more}" if value else "is an empty object"
    if isinstance(value, list):
        return f"is an array of {len(value)}"
    return f"is {str(value)[:40]!r}" if isinstance(value, str) else f"is {value!r:.40}"
