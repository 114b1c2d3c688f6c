"""Views: a PV as a channel name with modifiers asks for it: ``NAME.FIELD$``, ``NAME.[2:4]``, ``NAME.{"dec":{"n":5}}``.

A view is a PV of its own for one channel, so that everything else need not know of modifiers. It is cheap until it is
opened (a search only asks whether it could be), and keeps no part of an array longer than it must.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, cast

from bridge.ca.dbr import ELEMENT_SIZE
from bridge.server.fieldtypes import NATIVE
from bridge.server.filters import BadFilter, Filter, Sample
from bridge.server.filtertext import parse_json, parse_slice
from records import PV, Alarm, FieldType, Listener, Metadata, convert, resolve

__all__ = ["MODIFIERS", "LongText", "View", "open_view"]

MODIFIERS: Final = frozenset("$[{")
_NAME: Final = re.compile(
    r"(?P<name>[^$\[{]+\.[A-Za-z0-9]*)(?P<long>\$)?(?P<range>\[[^\]]*\])?(?P<json>\{.*\}\s*)?", re.S
)
_SMALL: Final = 4096  # bytes that are not worth counting


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

    is_text = False  # text as an array of CHAR: it ends in a NUL even if it is cut

    def __init__(self, source: PV, name: str, filters: Sequence[Filter] = ()) -> None:
        # not PV.__init__: there is nothing to store
        self.source = source
        self.filters = filters
        self.name = name
        self.max_count = self._most = source.max_count
        self.field_type = source.field_type
        self.listeners: tuple[Listener, ...] = ()
        self.group = source.group
        self.pvspec = source.pvspec
        self.getter = None  # the source is asked
        self.putter = None
        self.wanted = ~0  # the changes of which somebody wants to hear
        self.keeps = 0  # bytes of an array that it may hold on to: set by `open`
        self._passes_all = all(type(one).at_event is Filter.at_event for one in filters)
        self._shown: Sample | None = None  # None: to be looked up when somebody wants it
        self._forgotten = -1  # elements of what was shown last

    def open(self) -> None:
        """Find out how the source looks through the filters. To be called before anything is read."""
        sample = self._read()
        most = self.source.max_count
        for one in self.filters:
            most = one.most(most)
        self._most = most
        if isinstance(sample.value, (array, bytes, list)):  # one element of an array is still kept as an array
            most = max(most, 2)
        self.max_count = most
        self.field_type = sample.field_type
        size = self.max_count * ELEMENT_SIZE[NATIVE[self.field_type]]
        self.keeps = 0 if self._passes_all or size <= _SMALL else size

    # --- what it shows ------------------------------------------------------------------------------------------

    def sample(self) -> Sample:
        """The source as it is."""
        source = self.source
        return Sample(source.value, source.field_type, source.alarm, source.time_ns, getattr(source, "utag", 0))

    def _read(self) -> Sample:
        sample = self.sample()
        for one in self.filters:
            sample = one.at_read(sample)
        return sample

    def _now(self) -> Sample:
        if self._shown is None:
            self._shown = self._read()
            self._forgotten = -1
        return self._shown

    def forget(self) -> None:
        """Let go of a copy of the source's array, if it can be had again. Its number of elements is still needed."""
        if self._passes_all:
            self._forgotten = self.count
            self._shown = None

    @property
    def most(self) -> int:
        return self._most

    @property
    def count(self) -> int:
        if self._shown is None and self._forgotten >= 0:
            return self._forgotten
        return super().count

    if not TYPE_CHECKING:  # to a type checker these are the attributes that PV declares

        @property
        def value(self) -> Any:
            return self._now().value

        @property
        def alarm(self) -> Alarm:
            return self._now().alarm

        @property
        def time_ns(self) -> int:
            return self._now().time_ns

        @property
        def metadata(self) -> Metadata:
            return self.source.metadata

        @property
        def record_type(self) -> str | None:
            return self.source.record_type

    # --- changes ------------------------------------------------------------------------------------------------

    def source_changed(self, changes: int) -> None:
        """The source has news; they may be for us."""
        if self._passes_all:
            self._shown = None
            self._forgotten = -1
        elif not (changes := changes & self.wanted):
            return  # filters count events, and not changes
        else:
            sample: Sample | None = self.sample()
            for one in self.filters:
                assert sample is not None
                sample = one.at_event(sample, changes)
                if sample is None:
                    return
            self._shown = sample
        self.notify(changes)

    def listen(self, listener: Listener) -> None:
        if not self.listeners:
            sample = self.sample()
            for one in self.filters:
                one.first(sample)
                sample = one.at_read(sample)
            _follow(self)
        super().listen(listener)

    def unlisten(self, listener: Listener) -> None:
        super().unlisten(listener)
        if not self.listeners:
            _leave(self)

    # --- requests -----------------------------------------------------------------------------------------------

    @property
    def writable(self) -> bool:
        """As the PV behind."""
        return self.source.writable

    @writable.setter
    def writable(self, writable: bool) -> None:
        self.source.writable = writable

    @property
    def origin(self) -> PV:
        """The PV behind this view and those behind it: the one that has a getter and a putter."""
        return self.source.origin if isinstance(self.source, View) else self.source

    @property
    def room(self) -> int:
        """Elements that a put may bring. Filters do not apply to puts, as in base."""
        return self.source.room if isinstance(self.source, View) else self.source.max_count

    def for_origin(self, value: Any) -> Any:
        """What is put to the PV behind, when `value` is put to this view. Raises ValueError if that cannot be."""
        return self.source.for_origin(value) if isinstance(self.source, View) else value

    def put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        return self.origin.put(self.for_origin(value))

    @property
    def has_getter(self) -> bool:
        """Every read looks at the source."""
        return True

    def fetch(self) -> Coroutine[Any, Any, None] | None:
        work = self.origin.fetch()
        if work is not None:
            return self._after(work)
        self.refresh()
        return None

    async def _after(self, work: Coroutine[Any, Any, None]) -> None:
        await work
        self.refresh()

    def refresh(self) -> None:
        """Forget what was shown, and have it rendered anew."""
        self._shown = None
        self._forgotten = -1
        self.notify(0)

    def field(self, name: str) -> PV | None:
        return self.source.field(name)


class LongText(View):
    """``FIELD$``: text as an array of CHAR, so that CA's limit of 39 bytes does not hold."""

    is_text = True

    def __init__(self, source: PV) -> None:
        super().__init__(source, f"{source.name}$")
        self.field_type = FieldType.CHAR
        self.max_count = self._most = source.text_size

    def open(self) -> None:
        """Its size is known."""

    def sample(self) -> Sample:
        sample = super().sample()
        raw = str(sample.value).encode("utf-8", "surrogateescape") + b"\0"
        return Sample(raw, FieldType.CHAR, sample.alarm, sample.time_ns, sample.utag)

    @property
    def room(self) -> int:
        return self.max_count

    def for_origin(self, value: Any) -> Any:
        """The text that characters make up. Raises ValueError."""
        if isinstance(value, str):
            return value
        raw = convert(value, FieldType.CHAR, max(self.max_count, 2))
        return bytes(cast(bytes, raw)).partition(b"\0")[0].decode("utf-8", "surrogateescape")


# A PV's listeners are a tuple, made anew when one comes or goes. There are few of them as a rule, but as many views as
# clients like; so all views of one PV are one listener.
_views_of: Final[dict[PV, dict[View, None]]] = {}


def _tell(source: PV, changes: int) -> None:
    for view in tuple(_views_of.get(source, ())):
        view.source_changed(changes)


def _follow(view: View) -> None:
    source = view.source
    if source not in _views_of:
        _views_of[source] = {}
        source.listen(_tell)
    _views_of[source][view] = None


def _leave(view: View) -> None:
    views = _views_of.get(view.source, {})
    views.pop(view, None)
    if not views and _views_of.pop(view.source, None) is not None:
        view.source.unlisten(_tell)
