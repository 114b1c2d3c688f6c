r"""The text of a save file, as synApps autosave writes and reads it, with a checksum of our own. Bytes in, bytes out.

::

    # iocbridge autosave 1	Automatically generated - DO NOT MODIFY - 2026-02-14 10:15:00	serial 12
    LAB:SP.VAL 77.5
    LAB:NAME.VAL two \x6dm
    LAB:TABLE.VAL @array@ { "1.0" "2.5" }
    #crc32 1a2b3c4d
    <END>

The format is that of ``dbrestore.c`` (``reboot_restore``, ``SR_array_restore``) of autosave R6: a name, one space, the
value up to the end of the line; ``#`` begins a comment and ``!`` a complaint; the file must end in ``<END>``. To it the
checksum is one more comment, and to us a file of synApps is one without a checksum. Whoever has edited one of our files
by hand writes ``#crc32 edited``.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

__all__ = ["BadFile", "Content", "Snapshot", "parse", "render", "savable"]

#: What is saved of one field: the text of a scalar, or the texts of an array's elements.
Content: TypeAlias = str | tuple[str, ...]

MAGIC: Final = "# iocbridge autosave 1"
END: Final = b"<END>"
ARRAY: Final = "@array@"
CRC: Final = b"#crc32 "
EDITED: Final = b"edited"
MAX_FILE: Final = 256 << 20  # bytes; the waveforms of a large IOC are some 10 MiB, and what is larger is no save file

_ESCAPES: Final = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v", "\\": "\\"}
_UNESCAPES: Final = {letter: char for char, letter in _ESCAPES.items()} | {'"': '"', "'": "'"}
_ESCAPED: Final = re.compile(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_ELEMENT: Final = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|(\}))', re.DOTALL)
_SERIAL: Final = re.compile(r"\tserial ([0-9]+)\s*$")
_UNSAVABLE: Final = re.compile(r"[\s\x00-\x20\x7f]|^[#!<]|^$")


class BadFile(ValueError):
    """This is no save file, or not all of one. The message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The content of a save file.

    `serial` counts the saves of an IOC, 0 for a file that does not say. `complaints` are lines that could not be
    understood, and the notes of synApps on channels that it could not save.
    """

    values: Mapping[str, Content]
    serial: int = 0
    complaints: tuple[str, ...] = field(default=())


def savable(name: str) -> bool:
    """Whether a PV of this name fits into a line of the file."""
    return _UNSAVABLE.search(name) is None


# --- writing --------------------------------------------------------------------------------------------------------


def render(values: Mapping[str, Content], *, serial: int, when: str) -> bytes:
    """The file for `values`, by their names with field (``"LAB:SP.VAL"``); `when` is for people."""
    lines = [f"{MAGIC}\tAutomatically generated - DO NOT MODIFY - {when}\tserial {serial}"]
    for name, content in values.items():
        if isinstance(content, str):
            lines.append(f"{name} {_escape(content)}")
        else:
            lines.append(f"{name} {ARRAY} {{ {''.join([_element(text) for text in content])}}}")
    body = ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape")
    return b"%s%s%08x\n%s\n" % (body, CRC, zlib.crc32(body), END)


def _escape(text: str) -> str:
    """As ``epicsStrPrintEscaped`` of base does it, so that its ``epicsStrnRawFromEscaped`` gives `text` back."""
    if text.isascii() and text.isprintable() and "\\" not in text and '"' not in text:
        return text
    out: list[str] = []
    for byte in text.encode("utf-8", "surrogateescape"):
        char = chr(byte)
        if char in _ESCAPES:
            out.append("\\" + _ESCAPES[char])
        elif char in "\"'":
            out.append("\\" + char)
        else:
            out.append(char if 0x20 <= byte < 0x7F else f"\\x{byte:02x}")
    return "".join(out)


def _element(text: str) -> str:
    # read by synApps in two steps: \" and \\ first, then all escapes
    escaped = _escape(text)
    if "\\" in escaped:
        escaped = escaped.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" '


# --- reading --------------------------------------------------------------------------------------------------------


def parse(data: bytes) -> Snapshot:
    """Understand a save file of ours or of synApps. Raises BadFile for one that is torn, changed or something else."""
    if not data:
        raise BadFile("it is empty")
    if len(data) > MAX_FILE:
        raise BadFile(f"{len(data)} bytes are too many for a save file")
    if not data.startswith(b"#"):
        raise BadFile("it does not begin with the # of a save file")
    stripped = data.rstrip(b"\r\n")
    if not stripped.endswith(END) or not stripped[: -len(END)].endswith((b"\n", b"\r")):
        raise BadFile("it does not end in <END>: it was not written to its end, or cut")
    body = stripped[: -len(END)]
    ours = data.startswith(MAGIC.encode()) or b"\n" + CRC in body[-2 * len(CRC) - 8 :]
    if ours:
        body = _checked(body)
    text = body.decode("utf-8", "surrogateescape")
    header, _, _ = text.partition("\n")
    serial = _SERIAL.search(header) if ours else None
    values, complaints = _lines(text, ours)
    return Snapshot(values, int(serial[1]) if serial else 0, tuple(complaints))


def _checked(body: bytes) -> bytes:
    start = body.rfind(CRC)
    if start <= 0 or body[start - 1 : start] != b"\n":
        raise BadFile("its checksum is missing")
    word = body[start + len(CRC) :].strip()
    body = body[:start]
    if word != EDITED and word != b"%08x" % zlib.crc32(body):
        raise BadFile("its checksum is wrong: it is damaged, or was edited (then write: #crc32 edited)")
    return body


def _lines(text: str, ours: bool) -> tuple[dict[str, Content], list[str]]:
    values: dict[str, Content] = {}
    complaints: list[str] = []
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end].rstrip("\r")
        name, _, rest = line.partition(" ")
        if rest.startswith(ARRAY):
            # the elements may go on over several lines, even of an array that is commented out
            start = at + len(name) + 1 + len(ARRAY)
            try:
                elements, end = _array(text, start, ours)
            except BadFile as error:
                complaints.append(f"{name}: {error}")
            else:
                if not name.startswith("#"):
                    values[name] = elements
                end = text.find("\n", end)
                end = len(text) if end < 0 else end
        elif line.startswith("!"):
            complaints.append(line[1:].strip())
        elif name and not name.startswith("#"):
            values[name] = _unescape(rest)
        elif rest.strip() and not name:
            complaints.append(f"not understood: {line.strip()[:80]!r}")
        at = end + 1
    return values, complaints


def _array(text: str, at: int, ours: bool) -> tuple[tuple[str, ...], int]:
    begin = text.find("{", at)
    if begin < 0 or text[at:begin].strip():
        raise BadFile("an array without {")
    at = begin + 1
    elements: list[str] = []
    while True:
        match = _ELEMENT.match(text, at)
        if match is None:
            raise BadFile(f"element {len(elements)} of an array is not understood")
        at = match.end()
        if match[2]:
            return tuple(elements), at
        raw = match[1]
        if "\\" in raw:
            # synApps writes one level of escapes and reads two; ours has both
            raw = _unescape(re.sub(r'\\(["\\])', r"\1", raw)) if ours else _unescape(raw)
        elements.append(raw)


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    # hexadecimal escapes stand for single bytes of UTF-8: decode once all are known
    raw = _ESCAPED.sub(_char, text.encode("utf-8", "surrogateescape").decode("latin-1"))
    return raw.encode("latin-1").decode("utf-8", "surrogateescape")


def _char(match: re.Match[str]) -> str:
    code = match[1]
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8) & 0xFF)
    return _UNESCAPES.get(code, code)
