r"""What stands between braces in a template, both ways: ``{u16be}``, ``{bcd2}``, ``{enum(OFF|ON)}``, ``{time(%H:%M)}``.

The same word reads a value from a reply and writes one into a command. Text stands for bytes here, one character each
(ports with raw bytes have ``encoding="latin-1"``). Pure.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any, Final, NamedTuple

from drivers.errors import UsageError
from drivers.line.checksums import Checksum

__all__ = ["WORDS", "Converter", "converter"]

WORDS: Final = (
    "u8 i16be u32le f32be f64le ..., bcd2, bits8, hex4, oct3, enum(OFF|ON=5), re(...), time(%Y-%m-%d), chk(crc16)"
)


class Converter(NamedTuple):
    """`pattern` finds it in a reply, `parse` makes a value of what was found, `format` the other way round.

    `raw`: bytes that may look like spaces. `checksum`: it carries no value.
    """

    pattern: str
    parse: Callable[[str], Any]
    format: Callable[[Any], str] | None
    raw: bool = False
    checksum: Checksum | None = None


_INTEGER: Final = re.compile(r"([ui])(8|16|24|32|64)(be|le)?")
_FLOAT: Final = re.compile(r"f(32|64)(be|le)")
_SIZED: Final = re.compile(r"(bcd|bits|hex|oct)(\d{1,3})")
_CALLED: Final = re.compile(r"(enum|re|time|chk)\((.*)\)", re.DOTALL)

_TIME: Final = {
    **dict.fromkeys("dmHMSyIW", r"\d{1,2}"),
    "Y": r"\d{4}",
    "j": r"\d{1,3}",
    "f": r"\d{1,6}",
    "b": r"[A-Za-z]{3}",
    "B": r"[A-Za-z]+",
    "p": "[AaPp][Mm]",
    "z": r"[-+]\d\d:?\d\d",
    "%": "%",
}


def converter(word: str) -> Converter | None:
    """The converter of a word, or None if it is none. Raises UsageError for one that is written wrongly."""
    if found := _INTEGER.fullmatch(word):
        return _integer(found[1] == "i", int(found[2]) // 8, found[3], word)
    if found := _FLOAT.fullmatch(word):
        return _float(found[1], found[2])
    if found := _SIZED.fullmatch(word):
        return _sized(found[1], int(found[2]), word)
    if found := _CALLED.fullmatch(word):
        return {"enum": _enum, "re": _regular, "time": _time, "chk": _checksum}[found[1]](found[2])
    return None


def _whole(value: Any) -> int:
    """A whole number of what a record has. Raises ValueError."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is no number to send")
    return int(value) if isinstance(value, int) else round(number)


def _integer(signed: bool, size: int, order: str | None, word: str) -> Converter:
    if order is None and size > 1:
        raise UsageError(f"{{{word}}}: say in which order the bytes come: {word}be or {word}le")
    byteorder: Any = "little" if order == "le" else "big"

    def write(value: Any) -> str:
        try:
            return _whole(value).to_bytes(size, byteorder, signed=signed).decode("latin-1")
        except OverflowError:
            raise ValueError(f"{value!r} does not fit into {word}") from None

    def read(text: str) -> int:
        return int.from_bytes(text.encode("latin-1"), byteorder, signed=signed)

    return Converter(f"(.{{{size}}})", read, write, raw=True)


def _float(bits: str, order: str) -> Converter:
    packing = struct.Struct((">" if order == "be" else "<") + ("f" if bits == "32" else "d"))

    def write(value: Any) -> str:
        try:
            return packing.pack(float(value)).decode("latin-1")
        except OverflowError:
            raise ValueError(f"{value!r} does not fit into f{bits}") from None

    return Converter(f"(.{{{packing.size}}})", lambda text: packing.unpack(text.encode("latin-1"))[0], write, raw=True)


def _sized(kind: str, size: int, word: str) -> Converter:
    if not size:
        raise UsageError(f"{{{word}}} has no length")
    if kind == "bcd":  # two decimal digits in a byte
        return Converter(f"(.{{{size}}})", partial(_from_bcd, word), partial(_to_bcd, word, size), raw=True)
    base, letter, digits = {"bits": (2, "b", "01"), "oct": (8, "o", "0-7"), "hex": (16, "X", "0-9A-Fa-f")}[kind]

    def write(value: Any) -> str:
        number = _whole(value)
        if not 0 <= number < base**size:
            raise ValueError(f"{value!r} does not fit into {word}")
        return format(number, f"0{size}{letter}")

    return Converter(f"([{digits}]{{{size}}})", lambda text: int(text, base), write)


def _from_bcd(word: str, text: str) -> int:
    digits = text.encode("latin-1").hex()
    if not digits.isdecimal():
        raise ValueError(f"wants decimal digits for {word}")
    return int(digits)


def _to_bcd(word: str, size: int, value: Any) -> str:
    number = _whole(value)
    if not 0 <= number < 100**size:
        raise ValueError(f"{value!r} does not fit into {word}")
    return bytes.fromhex(f"{number:0{2 * size}}").decode("latin-1")


def _enum(text: str) -> Converter:
    """``OFF|ON`` are 0 and 1; ``STOP=5|GO`` are 5 and 6."""
    values: dict[str, int] = {}
    following = 0
    for part in text.split("|"):
        word, equals, number = part.partition("=")
        if equals:
            try:
                following = int(number, 0)
            except ValueError:
                raise UsageError(f"{{enum({text})}}: {number!r} is no number") from None
        if not word or word in values:
            raise UsageError(f"{{enum({text})}}: wants different words, parted by |")
        values[word] = following
        following += 1
    numbers = {number: word for word, number in values.items()}
    longest_first = sorted(values, key=len, reverse=True)  # else ON would be found in ONLINE

    def write(value: Any) -> str:
        if isinstance(value, str) and value in values:
            return value
        try:
            return numbers[_whole(value)]
        except (KeyError, ValueError):
            raise ValueError(f"{value!r} is none of {text}") from None

    return Converter(f"({'|'.join(map(re.escape, longest_first))})", values.__getitem__, write)


def _regular(text: str) -> Converter:
    try:
        compiled = re.compile(text)
    except re.error as error:
        raise UsageError(f"{{re({text})}} is no regular expression: {error}") from error
    if compiled.groups:
        raise UsageError(f"{{re({text})}}: write groups as (?:...); the whole of it is the value")
    return Converter(f"({text})", str, None)


def _time(text: str) -> Converter:
    pattern = ""
    for literal, directive in re.findall(r"([^%]*)(?:%(.))?", text):
        pattern += re.escape(literal)
        if directive:
            if directive not in _TIME:
                raise UsageError(f"{{time({text})}}: %{directive} is none of %{' %'.join(_TIME)}")
            pattern += _TIME[directive]
    return Converter(
        f"({pattern})",
        lambda found: datetime.strptime(found, text).timestamp(),
        lambda value: datetime.fromtimestamp(float(value)).strftime(text),
    )


def _checksum(text: str) -> Converter:
    """``chk(xor hex start=1 skip=1)``: the arguments of `Checksum`."""
    options: dict[str, Any] = {}
    name, *words = text.split()
    for word in words:
        key, equals, number = word.partition("=")
        if equals and key in ("start", "skip") and number.isdecimal():
            options[key] = int(number)
        elif word in ("big", "little"):
            options["order"] = word
        else:
            options["form"] = word
    checksum = Checksum(name, **options)
    return Converter(f"(.{{{checksum.size}}})", str, None, raw=checksum.form == "raw", checksum=checksum)
