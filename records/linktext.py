"""The text of a link, taken apart: ``OTHER.VAL PP MS``, a constant, or JSON.

Source: ``dbParseLink`` in dbStaticLib.c of EPICS base.
"""

from __future__ import annotations

import json
import re
from enum import Enum
from typing import Any, Final, NamedTuple

from records.convert import FLOAT_TEXT
from records.jsontext import ConstSpec, JsonSpec, json_spec

__all__ = ["Constant", "JsonText", "LinkKind", "LinkSyntaxError", "PvLink", "lost_mode", "parse_link"]

MODES: Final = ("NPP", "CPP", "PP", "CA", "CP")  # the order in which base looks for them
SEVERITIES: Final = ("NMS", "MSI", "MSS", "MS")
_BARE_KEY: Final = re.compile(r"([{,]\s*)([A-Za-z_][A-Za-z0-9_]*)(\s*:)")  # JSON5, which base takes


class LinkKind(Enum):
    """What a link field is for (``DBF_INLINK``, ``DBF_OUTLINK``, ``DBF_FWDLINK``)."""

    IN = "IN"
    OUT = "OUT"
    FORWARD = "FORWARD"


class LinkSyntaxError(ValueError):
    """A text is no link. `column` counts from 1; `message` says why, without it."""

    def __init__(self, message: str, column: int = 1) -> None:
        super().__init__(f"column {column}: {message}")
        self.message = message
        self.column = column


class Constant(NamedTuple):
    """A link that is a value: text of a number, or what JSON said. An empty text is no value at all."""

    text: str
    value: Any  # None: there is none

    def __str__(self) -> str:
        return self.text


class JsonText(NamedTuple):
    """A link that is JSON, and no constant."""

    text: str
    spec: JsonSpec

    def __str__(self) -> str:
        return self.text


class PvLink(NamedTuple):
    """A link to a PV: its name, when to process (``NPP PP CA CP CPP``), and which severities to take over."""

    target: str
    mode: str = "NPP"
    severity: str = "NMS"
    kind: LinkKind = LinkKind.IN

    @property
    def by_ca(self) -> bool:
        """Whether it goes through Channel Access even to a record of the same IOC."""
        return self.mode in ("CA", "CP", "CPP")

    def __str__(self) -> str:
        """As a client reads it (``dbGetString``): both modifiers always, for a forward link only CA."""
        if self.kind is LinkKind.FORWARD:
            return f"{self.target} CA" if self.mode == "CA" else self.target
        return f"{self.target} {self.mode} {self.severity}"


def parse_link(text: str, kind: LinkKind = LinkKind.IN) -> Constant | JsonText | PvLink:
    """Take the text of a link field apart. Words that are no modifiers are ignored, as base does.

    Raises LinkSyntaxError for JSON that is none, and for the address of hardware (``@...``, ``#...``).
    """
    bare = text.strip()
    if not bare:
        return Constant("", None)
    column = text.index(bare[0]) + 1
    if bare[0] in "@#":
        raise LinkSyntaxError(f"{bare!r} is the address of hardware; this record has no device support for it", column)
    if bare[0] == "{" and bare[-1] == "}":
        return _json_link(bare, kind, column)
    if FLOAT_TEXT.fullmatch(bare):
        return Constant(bare, bare)
    if bare[0] == "[" and bare[-1] == "]":
        return Constant(bare, _json(bare, column))
    target, _, modifiers = bare.partition(" ")
    mode = next((word for word in MODES if word in modifiers), "NPP")
    severity = next((word for word in SEVERITIES if word in modifiers), "NMS")
    if kind is LinkKind.OUT and mode in ("CP", "CPP"):
        # base masks CPP's bit; both make no sense for an output, and leave a plain link
        mode = "CA" if mode == "CP" else "NPP"
    elif kind is LinkKind.FORWARD:
        mode, severity = "CA" if mode == "CA" else "NPP", "NMS"
    return PvLink(target, mode, severity, kind)


def lost_mode(text: str, link: PvLink) -> str:
    """What to tell the author of a text with CP or CPP if `link`, which was made of it, has neither; else nothing."""
    lost = next((word for word in text.split()[1:] if word in ("CP", "CPP")), "")
    if not lost or link.mode in ("CP", "CPP"):
        return ""
    if link.kind is not LinkKind.IN:
        return f"{lost} has no effect here: only a link that is read has it"
    return f"{lost} has no effect beside {link.mode}, which counts: leave {link.mode} out"


def _json(text: str, column: int) -> Any:
    try:
        return json.loads(_BARE_KEY.sub(r'\1"\2"\3', text))
    except json.JSONDecodeError as error:
        raise LinkSyntaxError(f"bad JSON: {error.msg}", column + error.pos) from None


def _json_link(text: str, kind: LinkKind, column: int) -> Constant | JsonText:
    parsed = _json(text, column)
    try:
        if kind is LinkKind.FORWARD:
            raise ValueError("a forward link leads to a record")
        spec = json_spec(parsed, output=kind is LinkKind.OUT)
    except ValueError as error:
        raise LinkSyntaxError(f"{error}: {text}", column) from None
    return Constant(text, spec.value) if isinstance(spec, ConstSpec) else JsonText(text, spec)
