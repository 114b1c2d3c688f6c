"""Values as base's tools print them (ca/src/tools/tool_lib.c), so that scripts made for those go on working.

Two things differ on purpose: text that is UTF-8 is printed as such, not byte by byte, and -0x, -0o, -0b hold for
characters too.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from bridge.ca import ChannelType
from bridge.ca.dbr import BASE_TYPE, MAX_ENUM_STATES
from bridge.client import Result
from bridge.client.result import text_of

__all__ = [
    "Style",
    "details",
    "elements",
    "escaped",
    "long_string",
    "name_column",
    "plain",
    "raw",
    "severity_name",
    "shown_type",
    "status_name",
    "values",
]

STRING, FLOAT, ENUM, CHAR, DOUBLE = (
    ChannelType.STRING,
    ChannelType.FLOAT,
    ChannelType.ENUM,
    ChannelType.CHAR,
    ChannelType.DOUBLE,
)


@dataclass(slots=True)
class Style:
    """How values are printed; options of the tools set these."""

    enum_as_number: bool = False  # -n
    long_strings: bool = False  # -S
    float_as_string: bool = False  # -s
    float_format: str = "%g"  # -e -f -g
    float_base: str = ""  # -l: x, o or b
    int_base: str = ""  # -0: x, o or b
    separator: str = " "  # -F


# Text

_ESCAPES: Final = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
    "'": "\\'",
    '"': '\\"',
    "\0": "\\0",
}
_RAW: Final = {escape[1]: char.encode() for char, escape in _ESCAPES.items()}
_ESCAPED: Final = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|(.))?", re.DOTALL)


def escaped(data: bytes) -> str:
    """Text that shows what cannot be printed (epicsStrnEscapedFromRaw)."""
    return "".join([_escape(char) for char in data.decode("utf-8", "surrogateescape")])


def _escape(char: str) -> str:
    known = _ESCAPES.get(char)
    return _printable(char) if known is None else known


def _printable(char: str) -> str:
    if char.isprintable():
        return char
    return "".join([f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape")])


def plain(data: bytes) -> str:
    """A unit or label, which base prints as it is; here it cannot command the terminal."""
    return "".join([_printable(char) for char in text_of(data)])


def raw(text: str) -> bytes:
    """The bytes that a text with escapes means (epicsStrnRawFromEscaped)."""

    def unescape(match: re.Match[bytes]) -> bytes:
        number, char = match.groups()
        if number is not None:
            return bytes((int(number, 16),))
        return _RAW.get(char.decode("latin-1"), char) if char else b""

    pattern = re.compile(_ESCAPED.pattern.encode(), re.DOTALL)
    return pattern.sub(unescape, text.encode("utf-8", "surrogateescape"))


# Numbers

_BASES: Final = {"x": "0x%X", "o": "0o%o"}


def _integer(value: int, base: str) -> str:
    if not base:
        return str(value)
    if value < 0:
        value &= 0xFFFFFFFF if value >= -0x80000000 else 0xFFFFFFFFFFFFFFFF  # the bits that it has in C
    return f"{value:b}" if base == "b" else _BASES[base] % value


def _float(value: float, style: Style) -> str:
    if not style.float_base or not math.isfinite(value):
        return style.float_format % value
    return _integer(int(value + 0.5 if value > 0 else value - 0.5), style.float_base)


def _state(value: int, labels: tuple[bytes, ...] | None) -> str:
    if labels is None:
        return str(value)
    if value >= MAX_ENUM_STATES:
        return f"Illegal Value ({value})"
    return plain(labels[value]) if value < len(labels) else f"Enum Index Overflow ({value})"


def elements(result: Result, style: Style) -> list[str]:
    """Each element in words."""
    data, base = result.data, BASE_TYPE[result.dbr]
    if isinstance(data, list):
        return [escaped(item) for item in data]
    if base in (FLOAT, DOUBLE):
        return [_float(value, style) for value in data]
    if base == ENUM:
        has_labels = result.dbr in (ChannelType.GR_ENUM, ChannelType.CTRL_ENUM) and not style.enum_as_number
        labels = result.metadata.enum_strings if has_labels else None
        return [_state(int(value), labels) for value in data]
    if base == CHAR:
        return [_integer(int(value) - 256 if value > 127 else int(value), style.int_base) for value in data]
    return [_integer(int(value), style.int_base) for value in data]


def long_string(result: Result, style: Style, requested: int) -> str | None:
    """A CHAR array as text, if that is wanted and it is one."""
    if style.long_strings and isinstance(result.data, bytes) and (requested or result.count > 1):
        return escaped(result.data.partition(b"\0")[0])
    return None


def values(result: Result, style: Style, requested: int) -> str:
    """All elements; their number first if there are several, or if some number was asked for."""
    text = long_string(result, style, requested)
    if text is not None:
        return text
    words = elements(result, style)
    if requested or len(words) > 1:
        words.insert(0, str(len(words)))
    return style.separator.join(words)


def name_column(name: str, count: int, style: Style) -> str:
    """The name before a value: scalars stand in a column."""
    return (f"{name:<30}" if count <= 1 and style.separator == " " else name) + style.separator


# Metadata


def shown_type(dbr: ChannelType) -> str:
    """The name of a DBR type that base's tools print: INT is SHORT to them (db_access.h has both)."""
    family, underscore, base = dbr.name.rpartition("_")
    return family + underscore + ("SHORT" if base == "INT" else base)


def status_name(status: int) -> str:
    """Alarm status in words."""
    from records import Status  # all record types come with it: not for those who read a value only

    return Status(status).name if status in Status._value2member_map_ else "??"


def severity_name(severity: int) -> str:
    """Alarm severity in words."""
    from records import Severity

    return Severity(severity).name if severity in Severity._value2member_map_ else "??"


_LIMITS: Final = (
    ("Lo disp limit", "lower_disp_limit"),
    ("Hi disp limit", "upper_disp_limit"),
    ("Lo alarm limit", "lower_alarm_limit"),
    ("Lo warn limit", "lower_warning_limit"),
    ("Hi warn limit", "upper_warning_limit"),
    ("Hi alarm limit", "upper_alarm_limit"),
    ("Lo ctrl limit", "lower_ctrl_limit"),
    ("Hi ctrl limit", "upper_ctrl_limit"),
)


def _row(title: str, text: str) -> str:
    return f"    {title + ':':<18}{text}"


def details(result: Result, stamp: str) -> list[str]:
    """One line for each thing that the DBR type says besides the value (tool_lib.c dbr2str)."""
    dbr, meta = result.dbr, result.metadata
    family, base = divmod(dbr, 7)
    if dbr is ChannelType.STSACK_STRING:
        family = 1
    if family == 0 or dbr is ChannelType.CLASS_NAME:
        return []
    rows = [_row("Timestamp", stamp)] if family == 2 else []
    rows += [_row("Status", status_name(meta.status)), _row("Severity", severity_name(meta.severity))]
    if dbr is ChannelType.STSACK_STRING:
        return [
            *rows,
            _row("Ack transient?", "YES" if meta.ackt else "NO"),
            _row("Ack severity", severity_name(meta.acks)),
        ]
    if family > 2 and base == ENUM:
        rows.append(_row("Enums", f"({len(meta.enum_strings):2d})"))
        rows += [f"{'':22}[{number:2d}] {plain(label)}" for number, label in enumerate(meta.enum_strings)]
    elif family > 2 and base != STRING:
        rows.append(_row("Units", plain(meta.units)))
        is_float = base in (FLOAT, DOUBLE)
        if is_float:
            rows.append(_row("Precision", str(meta.precision)))
        for title, attribute in _LIMITS if family > 3 else _LIMITS[:6]:
            limit = getattr(meta, attribute)
            if base == CHAR and limit > 127:
                limit -= 256
            rows.append(_row(title, ("%g" if is_float else "%8d") % limit))
    return rows
