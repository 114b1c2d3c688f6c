"""Macros in names: caproto's ``{name}``, and EPICS's ``$(name)``, ``${name}``, ``$(name=default)``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

__all__ = ["expand"]

_MACRO: Final = re.compile(
    r"\$\(\s*(?P<round>[\w.:-]+)\s*(?:=(?P<round_default>[^()]*))?\)"
    r"|\$\{\s*(?P<curly>[\w.:-]+)\s*(?:=(?P<curly_default>[^{}]*))?\}"
    r"|(?P<brace>\{\{|\}\})"
    r"|\{(?P<python>\w+)\}"
)


def expand(text: str, macros: Mapping[str, Any] | None = None) -> str:
    """Return `text` with every macro replaced by its value; ``{{`` and ``}}`` stand for braces.

    Raises ValueError if a macro without a default is undefined, or None (caproto's way to say "must be given").
    """
    if "{" not in text and "$" not in text and "}" not in text:
        return text
    known = macros or {}

    def value(found: re.Match[str]) -> str:
        if found["brace"]:
            return str(found["brace"][0])
        name = found["round"] or found["curly"] or found["python"]
        given = known.get(name)
        if given is None:
            given = found["round_default"] if found["round"] else found["curly_default"]
        if given is None:
            defined = ", ".join(sorted(key for key, one in known.items() if one is not None)) or "none"
            raise ValueError(f"macro {name!r} in {text!r} is not defined (defined: {defined})")
        return str(given)

    return _MACRO.sub(value, text)
