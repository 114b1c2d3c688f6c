"""Channel filters: what stands between a PV and one client's channel when its name ends in ``{"dbnd":{"abs":1.5}}``.

A filter gets each change as a Sample and lets it pass, changes it, or drops it. `at_read` is what it does to a value
that is read; most only act on events. Source: EPICS base, "Field Modifiers and Channel Filters" (filters.dbd.pod).
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import isfinite, isnan, nan
from typing import Any, Final, cast

from bridge.ca.dbr import EPICS_EPOCH
from records import LOG, PROPERTY, VALUE, Alarm, FieldType, Value, clock, convert, states

__all__ = ["BadFilter", "Filter", "Sample", "Slice", "parse_json", "parse_slice"]

LONGEST_RANGE: Final = 100  # characters; Python itself takes no number of more than 4300 digits
LONGEST_JSON: Final = 1024
MAX_DEPTH: Final = 4  # no filter nests deeper; a bound for whoever sends a thousand brackets


class BadFilter(ValueError):
    """No such filter, or it was given something that it does not take. A client sees "channel not found"."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One state of a PV on its way through the filters."""

    value: Value
    field_type: FieldType
    alarm: Alarm
    time_ns: int
    utag: int = 0


class Filter:
    """Lets everything pass."""

    def at_read(self, sample: Sample) -> Sample:
        """What is read in place of `sample`."""
        return sample

    def most(self, count: int) -> int:
        """Elements, at most, of what this filter makes of `count` elements."""
        return count

    def first(self, sample: Sample) -> None:
        """The value that a new monitor begins with has been sent."""

    def at_event(self, sample: Sample, changes: int) -> Sample | None:
        """What subscribers get for a change; None for nothing."""
        return self.at_read(sample)


class Slice(Filter):
    """``arr`` and ``[start:increment:end]``: some elements of an array; negative indices count from its end."""

    def __init__(self, start: int = 0, increment: int = 1, end: int = -1) -> None:
        self.start = start
        self.increment = max(1, increment)
        self.end = end

    def at_read(self, sample: Sample) -> Sample:
        value = sample.value
        if not isinstance(value, (array, bytes, list)):
            return sample
        return replace(sample, value=value[self._slice(len(value))])

    def most(self, count: int) -> int:
        return len(range(count)[self._slice(count)]) if count > 1 else count

    def _slice(self, count: int) -> slice:
        """Which of `count` elements."""
        start = self.start if self.start >= 0 else max(0, count + self.start)
        end = self.end if self.end >= 0 else max(0, count + self.end)  # base: an end before the first is the first
        return slice(start, end + 1, self.increment)


class Deadband(Filter):
    """``dbnd``: values that differ by more than `delta` (or that many percent) from the last one sent."""

    def __init__(self, delta: float, relative: bool) -> None:
        self.delta = delta
        self.relative = relative
        self._band = delta
        self._last = nan

    def first(self, sample: Sample) -> None:
        value = _number(sample)
        if value is not None:
            self._last = value
            self._send(value)

    def _send(self, value: float) -> None:
        if self.relative and isfinite(value):
            self._band = abs(value) * self.delta / 100.0

    def _differs(self, value: float) -> bool:
        if isfinite(value) and isfinite(self._last):
            return abs(value - self._last) > self._band
        return value != self._last and not (isnan(value) and isnan(self._last))

    def at_event(self, sample: Sample, changes: int) -> Sample | None:
        value = _number(sample)
        if value is None:
            return sample
        if self._differs(value):
            self._last = value
        elif not changes & ~(VALUE | LOG):
            return None
        self._send(value)
        return sample


class Decimate(Filter):
    """``dec``: every `n`-th change."""

    def __init__(self, n: int) -> None:
        if n < 1:
            raise BadFilter(f"dec: n must be 1 or more, not {n}")
        self.n = n
        self._count = 0

    def first(self, sample: Sample) -> None:
        self._count = 1 % self.n

    def at_event(self, sample: Sample, changes: int) -> Sample | None:
        if changes & PROPERTY:
            return sample
        count, self._count = self._count, (self._count + 1) % self.n
        return sample if count == 0 else None


class Synchronize(Filter):
    """``sync``: changes before, first, last, after, while or unless a named state is on."""

    def __init__(self, mode: str, state: str) -> None:
        if mode not in SYNC_MODES:
            raise BadFilter(f"sync: no mode {mode!r}")
        if state not in states:
            raise BadFilter(f"sync: no state {state!r}")
        self.mode = mode
        self.state = state
        self._before: Sample | None = None
        self._was_on = False

    def at_event(self, sample: Sample, changes: int) -> Sample | None:
        if changes & PROPERTY:
            return sample
        on, was_on = states[self.state], self._was_on
        before, self._before, self._was_on = self._before, sample, on
        rises, falls = on and not was_on, was_on and not on
        chosen = {
            "before": before if rises else None,
            "first": sample if rises else None,
            "last": before if falls else None,
            "after": sample if falls else None,
            "while": sample if on else None,
            "unless": sample if not on else None,
        }
        return chosen[self.mode]


SYNC_MODES: Final = ("before", "first", "last", "after", "while", "unless")


class UserTag(Filter):
    """``utag``: changes whose user tag, masked, has a given value."""

    def __init__(self, mask: int, value: int) -> None:
        self.mask = mask & 0xFFFFFFFF
        self.value = value & 0xFFFFFFFF

    def at_event(self, sample: Sample, changes: int) -> Sample | None:
        return sample if changes & PROPERTY or sample.utag & self.mask == self.value else None


class Timestamp(Filter):
    """``ts``: the time of the channel becomes the server's, or the value becomes the time stamp."""

    def __init__(self, convert: Callable[[int], tuple[Value, FieldType]] | None, elements: int = 1) -> None:
        self._convert = convert
        self._elements = elements

    def most(self, count: int) -> int:
        return count if self._convert is None else self._elements

    def at_read(self, sample: Sample) -> Sample:
        if self._convert is None:
            return replace(sample, time_ns=clock.now_ns())
        value, field_type = self._convert(sample.time_ns)
        return replace(sample, value=value, field_type=field_type)


def _number(sample: Sample) -> float | None:
    return sample.value if isinstance(sample.value, (int, float)) else None


# --- parsing --------------------------------------------------------------------------------------------------------

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
