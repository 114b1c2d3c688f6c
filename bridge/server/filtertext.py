"""Filters as a channel's name spells them: ``[2:4]``, ``{"dbnd":{"abs":1.5}}``. Source: chfPlugin.c of EPICS base."""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final, cast

from bridge.ca.dbr import EPICS_EPOCH
from bridge.server.filters import (
    SYNC_MODES,
    BadFilter,
    Deadband,
    Decimate,
    Filter,
    Slice,
    Synchronize,
    Timestamp,
    UserTag,
)
from records import FieldType, Value, convert

__all__ = ["parse_json", "parse_slice"]

LONGEST_RANGE: Final = 100  # characters; Python itself takes no number of more than 4300 digits
LONGEST_JSON: Final = 1024
MAX_DEPTH: Final = 4  # no filter nests deeper; a bound for whoever sends a thousand brackets

_WHOLE: Final = r"\s*([+-]?(?:0[xX][0-9a-fA-F]+|\d+))"  # as strtol reads it
_SLICE: Final = re.compile(rf"\[(?:{_WHOLE}|{_WHOLE}?:{_WHOLE}?(?::{_WHOLE}?)?)\]")


def parse_slice(text: str) -> Slice:
    """``[n]``, ``[start:end]`` or ``[start:increment:end]``. Raises BadFilter."""
    match = _SLICE.fullmatch(text) if len(text) < LONGEST_RANGE else None
    if match is None:
        raise BadFilter(f"{text[:40]!r} is no range of elements")
    try:
        single, start, middle, end = (_index(one) for one in match.groups())
    except ValueError as error:
        raise BadFilter(str(error)) from None
    if single is not None:
        return Slice(single, 1, single)
    if text.count(":") == 1:
        middle, end = 1, middle
    return Slice(start or 0, 1 if middle is None else middle, -1 if end is None else end)


def _index(text: str | None) -> int | None:
    return None if text is None else cast(int, convert(text, FieldType.INT64))


#: What JSON5 has beyond JSON: names without quotes, single quotes, numbers as +1, .5, 5. and 0x1F, a last comma. No
#: character is looked at many times: a name begins where a word does, and a text that is not closed goes to the end.
_JSON5: Final = re.compile(
    r"""
    (?P<text> "(?:[^"\\]|\\.)*(?:"|\\?\Z) )
    | '(?P<single> (?:[^'\\]|\\.)* )(?:'|\\?\Z)
    | (?<![\w$.]) (?: (?P<name> [A-Za-z_$][\w$]*+ ) (?=\s*:)
        | (?P<sign> [+-]? ) (?: 0[xX](?P<hex> [0-9a-fA-F]++ ) | (?P<whole> \d*+ ) \. (?P<part> \d*+ ) )
        | \+(?=\d) )
    | (?<![{\[\s]) , (?=\s*[}\]])
    """,
    re.VERBOSE | re.DOTALL,
)


def _as_json(found: re.Match[str]) -> str:
    if found["text"]:
        return found["text"]
    if found["single"] is not None:
        return '"' + found["single"].replace("\\'", "'").replace('"', '\\"') + '"'
    if found["name"]:
        return f'"{found["name"]}"'
    minus = "-" if found["sign"] == "-" else ""
    if found["hex"]:
        return f"{minus}{int(found['hex'], 16)}"
    if found["whole"] or found["part"]:
        return f"{minus}{found['whole'] or 0}.{found['part'] or 0}"
    return "" if found[0] in "+," else found[0]


Options = list[tuple[str, Any]]  # as they were given: the later ones count


class _Map(Options):
    """An object of JSON; a filter may stand there twice."""


def parse_json(text: str) -> list[Filter]:
    """The filters of ``{"name":{options}, ...}`` in their order. Takes JSON5, as base does. Raises BadFilter."""
    if len(text) > LONGEST_JSON or text.count("{") > MAX_DEPTH * 4 or text.count("[") > MAX_DEPTH:
        raise BadFilter(f"{text[:40]!r}... is too long or nests too deep")
    try:
        found = json.loads(_JSON5.sub(_as_json, text), object_pairs_hook=_Map)
    except (ValueError, RecursionError) as error:
        raise BadFilter(f"{text!r} is no JSON: {error}") from error
    if not isinstance(found, _Map):
        raise BadFilter(f"{text!r} names no filter")
    filters = []
    for name, options in found:
        if name in SYNC_MODES and isinstance(options, str):
            filters.append(_sync([(name, options)]))  # shorthand {"while":"state"}
        elif name in _FILTERS and isinstance(options, _Map):
            filters.append(_FILTERS[name](options))
        else:
            raise BadFilter(f"{text!r}: no filter {name!r}")
    return filters


def _strict(value: Any) -> int:
    if type(value) is not int:
        raise TypeError("no whole number")
    return _whole(value)


def _whole(value: Any) -> int:
    """A number of 32 bits, as base makes it of any number or text (chfPlugin.c)."""
    if isinstance(value, str):
        return cast(int, convert(value, FieldType.LONG))
    if isinstance(value, (int, float)) and -(1 << 31) <= value < 1 << 31:
        return int(value)
    raise ValueError("no number of 32 bits")


def _double(value: Any) -> float:
    number = float(cast(float, convert(value, FieldType.DOUBLE) if isinstance(value, str) else value))
    if not isfinite(number):
        raise ValueError("no finite number")
    return number


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _options(name: str, options: Options, **kinds: Callable[[Any], Any]) -> dict[str, Any]:
    """What was given for each key, the later ones last."""
    given: dict[str, Any] = {}
    for key, value in options:
        try:
            kind = kinds[key]
            given.pop(key, None)
            given[key] = kind(value)
        except (KeyError, ValueError, TypeError, OverflowError) as error:
            raise BadFilter(f"{name}: cannot use {key!r}: {value!r}") from error
    return given


def _arr(options: Options) -> Filter:
    given = _options("arr", options, s=_whole, i=_whole, e=_whole)
    return Slice(given.get("s", 0), given.get("i", 1), given.get("e", -1))


def _dbnd(options: Options) -> Filter:
    delta, relative = 0.0, False
    for key, value in _options("dbnd", options, d=_double, m=_text, abs=_double, rel=_double).items():
        if key == "m":
            if value not in ("abs", "rel"):
                raise BadFilter(f"dbnd: m is 'abs' or 'rel', not {value!r}")
            relative = value == "rel"
        else:
            delta = value
            relative = relative if key == "d" else key == "rel"
    return Deadband(delta, relative)


def _dec(options: Options) -> Filter:
    given = _options("dec", options, n=_strict)
    if "n" not in given:
        raise BadFilter('dec: say how many, as in {"n":10}')
    return Decimate(given["n"])


def _sync(options: Options) -> Filter:
    given = _options("sync", options, m=_text, s=_text, **dict.fromkeys(SYNC_MODES, _text))
    for mode in SYNC_MODES:
        if mode in given:
            return Synchronize(mode, given[mode])
    if "m" not in given or "s" not in given:
        raise BadFilter('sync: say mode and state, as in {"m":"while","s":"beam"}')
    return Synchronize(given["m"], given["s"])


def _utag(options: Options) -> Filter:
    given = _options("utag", options, M=_whole, V=_whole)
    return UserTag(given.get("M", 0xFFFFFFFF), given.get("V", 0))


def _ts(options: Options) -> Filter:
    given = _options("ts", options, num=_text, str=_text, epoch=_text)
    epoch = {"epics": EPICS_EPOCH, "unix": 0}.get(given.get("epoch", "epics"))
    number, text = given.get("num"), given.get("str")
    if epoch is None or number not in (None, *_TS_NUMBERS) or text not in (None, "epics", "iso"):
        raise BadFilter(f"ts: cannot use {options!r}")
    if text is not None:
        return Timestamp(lambda ns: (_stamp_text(ns, text == "iso"), FieldType.STRING))
    if number is None:
        return Timestamp(None)
    of = _TS_NUMBERS[number]
    return Timestamp(lambda ns: of(ns - epoch * 1_000_000_000), 2 if number == "ts" else 1)


_TS_NUMBERS: Final[dict[str, Callable[[int], tuple[Value, FieldType]]]] = {
    "dbl": lambda ns: (ns / 1e9, FieldType.DOUBLE),
    "sec": lambda ns: (ns // 1_000_000_000, FieldType.ULONG),
    "nsec": lambda ns: (ns % 1_000_000_000, FieldType.ULONG),
    "ts": lambda ns: (array("I", (ns // 1_000_000_000 & 0xFFFFFFFF, ns % 1_000_000_000)), FieldType.ULONG),
}


def _stamp_text(ns: int, iso: bool) -> str:
    if ns == EPICS_EPOCH * 1_000_000_000:  # there has been no time yet
        return "<undefined>"
    try:
        when = datetime.fromtimestamp(ns // 1_000_000_000, UTC).astimezone()
    except (ValueError, OverflowError, OSError):  # a time beyond the calendar
        return ""
    fraction = f"{min(ns % 1_000_000_000 + 500, 999_999_999) // 1000:06d}"  # rounded, but not to the next second
    if iso:
        return f"{when:%Y-%m-%dT%H:%M:%S}.{fraction}{when:%z}"
    return f"{when:%Y-%m-%d %H:%M:%S}.{fraction}"


_FILTERS: Final[dict[str, Callable[[Options], Filter]]] = {
    "arr": _arr,
    "dbnd": _dbnd,
    "dec": _dec,
    "sync": _sync,
    "ts": _ts,
    "utag": _utag,
}
