"""Views: a PV as a channel name with modifiers asks for it: ``NAME.FIELD$``, ``NAME.[2:4]``, ``NAME.{"dec":{"n":5}}``.

A view is a PV of its own for one channel, so that everything else need not know of modifiers.
"""

from __future__ import annotations

import re
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Final

from bridge.server.filters import BadFilter, Filter, Sample, parse_json, parse_slice
from records import NO_ALARM, PV, FieldType, Listener, Value, resolve

__all__ = ["MODIFIERS", "View", "open_view"]

MODIFIERS: Final = frozenset("$[{")
_NAME: Final = re.compile(r"(?P<name>[^$\[{]+\.[A-Za-z0-9]*)(?P<long>\$)?(?P<range>\[[^\]]*\])?(?P<json>\{.*\})?", re.S)


def open_view(pvdb: Mapping[str, PV], name: str) -> PV | None:
    """The view that a name with modifiers means; None if there is no such PV or a modifier makes no sense."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    source = resolve(pvdb, match["name"])
    if source is None:
        return None
    filters: list[Filter] = []
    try:
        if match["long"]:
            if source.field_type is not FieldType.STRING or source.max_count != 1:
                return None
            source = LongText(source)
        if match["range"]:
            filters.append(parse_slice(match["range"]))
        if match["json"]:
            filters += parse_json(match["json"])
    except BadFilter:
        return None
    return View(source, name, filters) if filters else source


class View(PV):
    """A PV seen through filters. It follows its source while somebody listens, and looks at it for each read."""

    def __init__(self, source: PV, name: str, filters: Sequence[Filter] = ()) -> None:
        self.source = source
        self.filters = filters
        self.name = name
        self.max_count = source.max_count
        self.field_type = source.field_type
        self.alarm = NO_ALARM
        self.writable = source.writable
        self.listeners: tuple[Listener, ...] = ()
        self.group = source.group
        self.pvspec = source.pvspec
        self._take(self._read())
        count = self.count
        if self.field_type is not source.field_type or count > 1:
            self.max_count = max(count, 1)  # a slice or a time stamp has a size of its own

    @property
    def has_getter(self) -> bool:
        """Every read looks at the source."""
        return True

    @property
    def rtyp(self) -> str | None:
        return self.source.record_type

    def sample(self) -> Sample:
        """The source as it is."""
        source = self.source
        return Sample(source.value, source.field_type, source.alarm, source.time_ns, getattr(source, "utag", 0))

    def _read(self) -> Sample:
        sample = self.sample()
        for one in self.filters:
            sample = one.at_read(sample)
        return sample

    def _take(self, sample: Sample) -> None:  # type: ignore[override]
        self.value: Value = sample.value
        self.field_type = sample.field_type
        self.alarm = sample.alarm
        self.time_ns = sample.time_ns
        self.metadata = self.source.metadata

    def _changed(self, source: PV, changes: int) -> None:
        sample: Sample | None = self.sample()
        for one in self.filters:
            assert sample is not None
            sample = one.at_event(sample, changes)
            if sample is None:
                return
        assert sample is not None
        self._take(sample)
        self.notify(changes)

    def listen(self, listener: Listener) -> None:
        if not self.listeners:
            self.source.listen(self._changed)
            sample = self.sample()
            for one in self.filters:
                one.first(sample)
                sample = one.at_read(sample)
        super().listen(listener)

    def unlisten(self, listener: Listener) -> None:
        super().unlisten(listener)
        if not self.listeners:
            self.source.unlisten(self._changed)

    def put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        """Filters do not apply to puts, as in base."""
        return self.source.put(value)

    def fetch(self) -> Coroutine[Any, Any, None] | None:
        work = self.source.fetch()
        if work is not None:
            return self._after(work)
        self._refresh()
        return None

    async def _after(self, work: Coroutine[Any, Any, None]) -> None:
        await work
        self._refresh()

    def _refresh(self) -> None:
        self._take(self._read())
        self.notify(0)  # what was rendered is out of date

    def field(self, name: str) -> PV | None:
        return self.source.field(name)


class LongText(View):
    """``FIELD$``: text as an array of CHAR, so that CA's limit of 39 bytes does not hold."""

    def sample(self) -> Sample:
        sample = super().sample()
        raw = str(sample.value).encode("utf-8", "surrogateescape") + b"\0"
        return Sample(raw, FieldType.CHAR, sample.alarm, sample.time_ns, sample.utag)

    def __init__(self, source: PV) -> None:
        super().__init__(source, f"{source.name}$")
        self.max_count = source.text_size

    def put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        raw = bytes([value & 0xFF]) if isinstance(value, int) else value
        text = raw if isinstance(raw, str) else bytes(raw).partition(b"\0")[0].decode("utf-8", "surrogateescape")
        return self.source.put(text)
