"""Values and paths of HTTP/JSON questions: templates filled, JSON values converted and checked. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from string import Formatter
from typing import Any
from urllib.parse import quote

from drivers.errors import UsageError
from drivers.http.questions import VALUE, Convert

__all__ = ["PathTemplate", "encode", "encode_path", "fill", "incoming", "outgoing"]

# --- paths ------------------------------------------------------------------------------------------------------

_STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_SAFE = "/?&=%:@!$'()*+,;~-._[]"  # RFC 3986 sections 3.3 and 3.4, and the escapes that are there already


def encode_path(path: str) -> str:
    """The path and query as they go on the wire: what a URL cannot hold is percent-encoded. Raises UsageError."""
    if not path.startswith("/"):
        raise UsageError(f"path {path!r} must begin with '/'")
    return _encode_part(path)


def _encode_part(text: str) -> str:
    if _STRAY_PERCENT.search(text):
        raise UsageError(f"path {text!r}: a '%' of its own must be written '%25'")
    return quote(text, safe=_SAFE)


class PathTemplate:
    """A path with any number of places for the value. Raises UsageError for what is no such template."""

    def __init__(self, template: str) -> None:
        if not template.startswith("/"):
            raise UsageError(f"path {template!r} must begin with '/'")
        try:
            parts = list(Formatter().parse(template))
        except ValueError as error:
            raise UsageError(f"path {template!r}: {error}") from error
        if any(name or conversion for _, name, _, conversion in parts):
            raise UsageError(f"path {template!r}: the value goes in as {{}} or {{:format}}, nothing else")
        self.template = template
        self._parts = [(_encode_part(text), None if name is None else spec or "") for text, name, spec, _ in parts]

    def fill(self, value: Any) -> str:
        """The encoded path with the value in it. Raises UsageError if the value does not fit its format."""
        try:
            return "".join(
                text if spec is None else text + quote(format(value, spec), safe="") for text, spec in self._parts
            )
        except (TypeError, ValueError) as error:
            raise UsageError(f"path {self.template!r} cannot hold {value!r}: {error}") from error


# --- values -----------------------------------------------------------------------------------------------------


def incoming(raw: Any, as_: Convert | None, scale: float | None) -> Any:
    """The value for a record out of a JSON value. Raises ValueError saying what is wrong with it."""
    value = raw
    if as_ is not None:
        try:
            value = as_(raw)
        except Exception as error:  # whatever a user's conversion does, only this reading is bad
            raise ValueError(f"{_shown(raw)} does not convert: {error}") from error
    if isinstance(value, list):
        if not all(isinstance(item, (int, float, str)) for item in value):
            raise ValueError(f"{_shown(value)} is no array of numbers or of strings")
    elif value is None or isinstance(value, Mapping):
        raise ValueError(f"{_shown(value)} is no value")
    return value if scale is None else _numbers(value, lambda number: number * scale)


def outgoing(value: Any, as_: Convert | None, scale: float | None) -> Any:
    """What JSON can hold for a record's value. Raises UsageError."""
    tolist = getattr(value, "tolist", None)  # array.array, numpy arrays and numpy scalars
    plain = tolist() if tolist is not None else list(value) if isinstance(value, (bytes, bytearray)) else value
    try:
        scaled = plain if scale is None else _numbers(plain, lambda number: number / scale)
        return scaled if as_ is None else as_(scaled)
    except Exception as error:  # as above
        raise UsageError(f"{_shown(value)} does not convert: {error}") from error


def _numbers(value: Any, change: Callable[[float], float]) -> Any:
    if isinstance(value, (int, float)):
        return change(value)
    if isinstance(value, list):
        return [_numbers(item, change) for item in value]
    raise ValueError(f"{_shown(value)} is no number to scale")


def fill(template: Any, value: Any) -> Any:
    """The JSON value with every `VALUE` replaced."""
    if template is VALUE:
        return value
    if isinstance(template, Mapping):
        return {key: fill(item, value) for key, item in template.items()}
    if isinstance(template, (list, tuple)):
        return [fill(item, value) for item in template]
    return template


def encode(body: Any) -> bytes:
    """JSON as bytes. Raises UsageError for what JSON cannot say, NaN and infinity included (RFC 8259 section 6)."""
    try:
        return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{_shown(body)} is not JSON: {error}") from error


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
