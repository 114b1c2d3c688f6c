"""Macros: caproto's ``{name}``, and EPICS's ``$(name)``, ``${name}``, ``$(n=default)``; in texts ``$(name)``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["expand", "expand_text"]

_ROUND: Final = r"\$\(\s*(?P<round>[\w.:-]+)\s*(?:=(?P<round_default>[^()]*))?\)"
_TEXT: Final = re.compile(_ROUND)
_MACRO: Final = re.compile(
    _ROUND + r"|\$\{\s*(?P<curly>[\w.:-]+)\s*(?:=(?P<curly_default>[^{}]*))?\}"
    r"|(?P<brace>\{\{|\}\})"
    r"|\{(?P<python>\w+)\}"
)


def expand(text: str, macros: Mapping[str, Any] | None = None) -> str:
    """Return `text` with every macro replaced by its value; ``{{`` and ``}}`` stand for braces.

    Raises ValueError if a macro without a default is undefined, or None (caproto's way to say "must be given").
    """
    if "{" not in text and "$" not in text and "}" not in text:
        return text

    def value(found: re.Match[str]) -> str:
        if found["brace"]:
            return str(found["brace"][0])
        if found["round"]:
            return _value(text, macros, found["round"], found["round_default"])
        return _value(text, macros, found["curly"] or found["python"], found["curly_default"])

    return _MACRO.sub(value, text)


def expand_text(text: str, macros: Mapping[str, Any] | None = None) -> str:
    """Return `text` with ``$(name)`` and ``$(name=default)`` replaced. Braces are left to templates: ``{f}``, ``{{``.

    Raises ValueError as `expand` does.
    """
    return _TEXT.sub(lambda found: _value(text, macros, found["round"], found["round_default"]), text)


def _value(text: str, macros: Mapping[str, Any] | None, name: str, default: str | None) -> str:
    known = macros or {}
    given = known.get(name)
    if given is None:
        given = default
    if given is None:
        defined = ", ".join(sorted(key for key, one in known.items() if one is not None)) or "none"
        raise ValueError(f"macro {name!r} in {text!r} is not defined (defined: {defined})")
    return str(given)
