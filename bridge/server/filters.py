"""Channel filters: what stands between a PV and one client's channel when its name ends in ``{"dbnd":{"abs":1.5}}``.

A filter gets each change as a Sample and lets it pass, changes it, or drops it. `at_read` is what it does to a value
that is read; most only act on events. Source: EPICS base, "Field Modifiers and Channel Filters" (filters.dbd.pod).
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import isnan, nan
from typing import Any, Final

from bridge.ca.dbr import EPICS_EPOCH
from records import LOG, PROPERTY, VALUE, Alarm, FieldType, Value, clock, states

__all__ = ["BadFilter", "Filter", "Sample", "Slice", "parse_json", "parse_slice"]

LONGEST_RANGE: Final = 100  # characters; Python itself takes no number of more than 4300 digits
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
        end = self.end if self.end >= 0 else count + self.end
        return slice(start, end + 1 if end >= 0 else 0, self.increment)


class Deadband(Filter):
    """``dbnd``: values that differ by more than `delta` (or that many percent) from the last one sent."""

    def __init__(self, delta: float, relative: bool) -> None:
        self.delta = delta
        self.relative = relative
        self._band = delta
        self._last = nan

    def first(self, sample: Sample) -> None:
        self._accept(_number(sample))

    def _accept(self, value: float | None) -> None:
        if value is not None:
            self._last = value
            if self.relative:
                self._band = abs(value) * self.delta / 100.0

    def at_event(self, sample: Sample, changes: int) -> Sample | None:
        value = _number(sample)
        if value is None:
            return sample
        if isnan(value) != isnan(self._last) or abs(value - self._last) > self._band:
            self._accept(value)
            return sample
        return sample if changes & ~(VALUE | LOG) else None


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
        self.value = value

    def at_event(self, sample: Sample, changes: int) -> Sample | None:
        return sample if changes & PROPERTY or sample.utag & self.mask == self.value else None


class Timestamp(Filter):
    """``ts``: the time of the channel becomes the server's, or the value becomes the time stamp."""

    def __init__(self, convert: Callable[[int], tuple[Value, FieldType]] | None) -> None:
        self._convert = convert

    def at_read(self, sample: Sample) -> Sample:
        if self._convert is None:
            return replace(sample, time_ns=clock.now_ns())
        value, field_type = self._convert(sample.time_ns)
        return replace(sample, value=value, field_type=field_type)


def _number(sample: Sample) -> float | None:
    return sample.value if isinstance(sample.value, (int, float)) else None


# --- parsing --------------------------------------------------------------------------------------------------------

_SLICE: Final = re.compile(r"\[(?:(-?\d+)|(-?\d+)?:(-?\d+)?(?::(-?\d+)?)?)\]")
_BARE_KEY: Final = re.compile(r"([{,]\s*)([A-Za-z_]\w*)\s*:")  # JSON5, which base's own documents use


def parse_slice(text: str) -> Slice:
    """``[n]``, ``[start:end]`` or ``[start:increment:end]``. Raises BadFilter."""
    match = _SLICE.fullmatch(text) if len(text) < LONGEST_RANGE else None
    if match is None:
        raise BadFilter(f"{text[:40]!r} is no range of elements")
    single, start, middle, end = match.groups()
    if single is not None:
        return Slice(int(single), 1, int(single))
    with_increment = text.count(":") == 2
    last = end if with_increment else middle
    return Slice(int(start or 0), int(middle or 1) if with_increment else 1, int(last) if last else -1)


def parse_json(text: str) -> list[Filter]:
    """The filters of ``{"name":{options}, ...}`` in their order. Raises BadFilter."""
    if text.count("{") > MAX_DEPTH * 4 or text.count("[") > MAX_DEPTH:
        raise BadFilter(f"{text[:40]!r}... nests too deep")
    try:
        found = json.loads(_BARE_KEY.sub(r'\1"\2":', text.replace("'", '"')))
    except (ValueError, RecursionError) as error:
        raise BadFilter(f"{text!r} is no JSON: {error}") from error
    if not isinstance(found, dict) or not found:
        raise BadFilter(f"{text!r} names no filter")
    filters = []
    for name, options in found.items():
        if name in SYNC_MODES and isinstance(options, str):
            filters.append(_sync({name: options}))  # shorthand {"while":"state"}
        elif name in _FILTERS and isinstance(options, dict):
            filters.append(_FILTERS[name](options))
        else:
            raise BadFilter(f"{text!r}: no filter {name!r}")
    return filters


def _options(name: str, options: Mapping[str, Any], **kinds: type | tuple[type, ...]) -> dict[str, Any]:
    for key, value in options.items():
        if key not in kinds or not isinstance(value, kinds[key]) or isinstance(value, bool):
            raise BadFilter(f"{name}: cannot use {key!r}: {value!r}")
    return dict(options)


def _arr(options: Mapping[str, Any]) -> Filter:
    given = _options("arr", options, s=int, i=int, e=int)
    return Slice(given.get("s", 0), given.get("i", 1), given.get("e", -1))


def _dbnd(options: Mapping[str, Any]) -> Filter:
    number = (int, float)
    given = _options("dbnd", options, d=number, m=str, abs=number, rel=number)
    if given.get("m", "abs") not in ("abs", "rel"):
        raise BadFilter(f"dbnd: m is 'abs' or 'rel', not {given['m']!r}")
    relative = "rel" in given or given.get("m") == "rel"
    delta = given.get("rel", given.get("abs", given.get("d")))
    if delta is None:
        raise BadFilter('dbnd: say how much, as in {"abs":1.5}')
    try:
        return Deadband(float(delta), relative)
    except OverflowError:
        raise BadFilter("dbnd: no channel changes by that much") from None


def _dec(options: Mapping[str, Any]) -> Filter:
    given = _options("dec", options, n=int)
    if "n" not in given:
        raise BadFilter('dec: say how many, as in {"n":10}')
    return Decimate(given["n"])


def _sync(options: Mapping[str, Any]) -> Filter:
    given = _options("sync", options, m=str, s=str, **dict.fromkeys(SYNC_MODES, str))
    for mode in SYNC_MODES:
        if mode in given:
            return Synchronize(mode, given[mode])
    if "m" not in given or "s" not in given:
        raise BadFilter('sync: say mode and state, as in {"m":"while","s":"beam"}')
    return Synchronize(given["m"], given["s"])


def _utag(options: Mapping[str, Any]) -> Filter:
    given = _options("utag", options, M=int, V=int)
    return UserTag(given.get("M", 0xFFFFFFFF), given.get("V", 0))


def _ts(options: Mapping[str, Any]) -> Filter:
    given = _options("ts", options, num=str, str=str, epoch=str)
    epoch = {"epics": EPICS_EPOCH, "unix": 0}.get(given.get("epoch", "epics"))
    number, text = given.get("num"), given.get("str")
    if epoch is None or number not in (None, *_TS_NUMBERS) or text not in (None, "epics", "iso"):
        raise BadFilter(f"ts: cannot use {dict(options)!r}")
    if text is not None:
        return Timestamp(lambda ns: (_stamp_text(ns, text == "iso"), FieldType.STRING))
    if number is None:
        return Timestamp(None)
    convert = _TS_NUMBERS[number]
    return Timestamp(lambda ns: convert(ns - epoch * 1_000_000_000))


_TS_NUMBERS: Final[dict[str, Callable[[int], tuple[Value, FieldType]]]] = {
    "dbl": lambda ns: (ns / 1e9, FieldType.DOUBLE),
    "sec": lambda ns: (ns // 1_000_000_000, FieldType.ULONG),
    "nsec": lambda ns: (ns % 1_000_000_000, FieldType.ULONG),
    "ts": lambda ns: (array("I", (ns // 1_000_000_000 & 0xFFFFFFFF, ns % 1_000_000_000)), FieldType.ULONG),
}


def _stamp_text(ns: int, iso: bool) -> str:
    try:
        when = datetime.fromtimestamp(ns // 1_000_000_000, UTC).astimezone()
    except (ValueError, OverflowError, OSError):  # a time beyond the calendar
        return ""
    fraction = f"{ns % 1_000_000_000:09d}"
    if iso:
        return f"{when:%Y-%m-%dT%H:%M:%S}.{fraction}{when:%z}"
    return f"{when:%Y-%m-%d %H:%M:%S}.{fraction}"


_FILTERS: Final[dict[str, Callable[[Mapping[str, Any]], Filter]]] = {
    "arr": _arr,
    "dbnd": _dbnd,
    "dec": _dec,
    "sync": _sync,
    "ts": _ts,
    "utag": _utag,
}
