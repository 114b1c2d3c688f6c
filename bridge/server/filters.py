"""Channel filters: what stands between a PV and one client's channel when its name ends in ``{"dbnd":{"abs":1.5}}``.

A filter gets each change as a Sample and lets it pass, changes it, or drops it. `at_read` is what it does to a value
that is read; most only act on events. Source: EPICS base, "Field Modifiers and Channel Filters" (filters.dbd.pod).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import isfinite, isnan, nan
from typing import Final

from records import LOG, PROPERTY, VALUE, Alarm, FieldType, Value, clock, states

__all__ = [
    "SYNC_MODES",
    "BadFilter",
    "Deadband",
    "Decimate",
    "Filter",
    "Sample",
    "Slice",
    "Synchronize",
    "Timestamp",
    "UserTag",
]


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
