"""Linked: the part of a record that knows other records: its link fields, what they lead to, and who waits for it.

A record without links has none of this on itself: `_links` is None until a link field gets a target.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from records.alarm import Severity, Status
from records.alarmed import Alarmed
from records.convert import convert
from records.field import LINK, Field
from records.fielded import Fielded
from records.host import Host
from records.jsonlink import json_link
from records.link import DbLink, Link, LinkError
from records.linktext import Constant, JsonText, LinkKind, LinkSyntaxError, PvLink, parse_link
from records.notify import ProcessNotify
from records.pv import PV
from records.types import FieldType, Value

__all__ = ["Linked"]


class Linked(Alarmed):
    """A record with link fields. `host` is the IOC while it runs; links have targets only then."""

    host: Host | None = None
    ppn: ProcessNotify | None = None  # the put that waits for this record
    putf: int
    rpro: int

    link_fields: ClassVar[dict[str, str]] = {}  # attribute: name
    _linking: ClassVar[tuple[tuple[str, str], ...]] = ()  # the same without INP and OUT

    _links: dict[str, Link] | None  # those that have a target
    _plain = False  # whether nobody waits for the put that is being done
    _stacked = 0  # links that this record is going through right now: it waits for their targets to process

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._accepts = (cls.begin_put, cls.accept) == (Linked.begin_put, PV.accept)
        cls.link_fields = {row.attr: row.name for row in cls.fields.values() if row.changes & LINK}
        cls._linking = tuple((at, name) for at, name in cls.link_fields.items() if at not in ("inp", "out"))

    # --- for record types ---------------------------------------------------------------------------------------

    def read_link(self, name: str, wanted: FieldType, otherwise: Any = None, count: int = 1) -> Any:
        """Read link field `name` as type `wanted` (``dbGetLink``); `otherwise` if it is a constant or empty.

        Raises LinkError when there is no answer; the record then has its LINK/INVALID alarm already.
        """
        link = self._links.get(name) if self._links is not None else None
        if link is None:
            return otherwise
        try:
            return link.get(self, wanted, count)
        except LinkError as error:
            self.raise_alarm(Status.LINK, Severity.INVALID, f"field {name}: {error}")
            raise

    def write_link(self, name: str, value: Value, kind: FieldType) -> None:
        """Write `value`, which is of type `kind`, to link field `name` (``dbPutLink``); nothing if it has no target.

        Raises LinkError when it cannot; the record then has its LINK/INVALID alarm already.
        """
        link = self._links.get(name) if self._links is not None else None
        if link is None:
            return
        try:
            link.put(self, value, kind)
        except LinkError as error:
            self.raise_alarm(Status.LINK, Severity.INVALID, f"field {name}: {error}")
            raise

    def write_link_notify(self, name: str, value: Value, kind: FieldType, done: Callable[[], None]) -> bool:
        """As `write_link`, and call `done` when all that it sets in motion has ended; False if the link cannot tell.

        Raises LinkError when it cannot be written; the record then has its LINK/INVALID alarm already.
        """
        link = self._links.get(name) if self._links is not None else None
        if link is None:
            return False
        try:
            return link.put_notify(self, value, kind, done)
        except LinkError as error:
            self.raise_alarm(Status.LINK, Severity.INVALID, f"field {name}: {error}")
            raise

    def link_event(self, link: Link) -> None:
        """A link by CA has a new value, or is connected or not connected any more. For types that look at that."""

    def forward_link(self, name: str) -> None:
        """Process what link field `name` leads to, if that is Passive (``dbScanFwdLink``)."""
        link = self._links.get(name) if self._links is not None else None
        if link is not None:
            link.forward(self)

    def constant_link(self, name: str, wanted: FieldType, count: int = 1) -> Any:
        """The value of a constant in link field `name` (``recGblInitConstantLink``), None if it is none."""
        text = self.raw_link(name)
        if not text:
            return None
        parsed = self.parsed_link(name, text)
        if not isinstance(parsed, Constant) or parsed.value is None:
            return None
        value = parsed.value
        if count == 1 and isinstance(value, list):
            value = value[0] if value else 0
        return convert(value, FieldType.USHORT if wanted is FieldType.ENUM else wanted, count)

    def is_linked(self, name: str) -> bool:
        """Whether link field `name` leads anywhere (``!dbLinkIsConstant``)."""
        return self._links is not None and name in self._links

    def link_elements(self, name: str) -> int | None:
        """Most elements that the target of link field `name` can have (``dbGetNelements``); None if it is not there."""
        link = self._links.get(name) if self._links is not None else None
        return None if link is None else link.elements

    def link_type(self, name: str) -> FieldType | None:
        """The type of what link field `name` leads to (``dbGetLinkDBFtype``); None if it is not there."""
        link = self._links.get(name) if self._links is not None else None
        return None if link is None else link.field_type

    # --- texts --------------------------------------------------------------------------------------------------

    def raw_link(self, name: str) -> str:
        """The text of link field `name` as it was given; empty for INP or OUT that is an instrument's point."""
        if name in ("INP", "OUT"):
            return "" if self.has_point(name) or self._texts is None else self._texts.get(name, "")
        text: str = getattr(self, name.lower(), "")
        return text

    @classmethod
    def link_kind(cls, name: str) -> LinkKind:
        """What link field `name` is for."""
        if name in cls.out_links or (name == "SIOL" and "OUT" in cls.fields):
            return LinkKind.OUT
        return LinkKind.FORWARD if name == "FLNK" or name.startswith("LNK") else LinkKind.IN

    def parsed_link(self, name: str, text: str) -> Constant | JsonText | PvLink:
        """The text of a link, taken apart. Raises LinkSyntaxError, with record and field."""
        try:
            return parse_link(text, self.link_kind(name))
        except LinkSyntaxError as error:
            error.args = (f"{self.name}.{name}: {error}",)
            raise

    out_links: ClassVar[frozenset[str]] = frozenset(("OUT",))

    def link_text(self, name: str) -> str:
        """What a client reads of a link field."""
        if self.has_point(name):
            return super().link_text(name)
        text = self.raw_link(name)
        return str(self.parsed_link(name, text)) if text else ""

    # --- targets ------------------------------------------------------------------------------------------------

    def attach(self, host: Host) -> None:
        """The IOC has come to life: find the targets of all links."""
        self.host = host
        for name in self.linked_fields():
            self._connect(name)

    def linked_fields(self) -> list[str]:
        """The link fields that hold a text."""
        # not by __dict__: that makes attributes slow
        named = [name for at, name in self._linking if getattr(self, at)]
        return named if self._texts is None else named + [name for name in self._texts if not self.has_point(name)]

    def detach(self) -> None:
        """The IOC ends: let go of all targets."""
        self.host = None
        links, self._links = self._links, None
        for link in (links or {}).values():
            link.close()

    def _connect(self, name: str) -> None:
        host = self.host
        if host is None:
            return
        links = self._links
        if links is not None and name in links:
            links.pop(name).close()
        text = self.raw_link(name)
        parsed = self.parsed_link(name, text) if text else None
        if isinstance(parsed, PvLink):
            if name == "TSEL":  # .TIME is no field: it says that the time itself is wanted (dbLink.c TSEL_modified)
                parsed = parsed._replace(target=parsed.target.partition(".TIME")[0])
            pv = None if parsed.by_ca else host.find(parsed.target)
            link = host.far_link(self, name, parsed) if pv is None else DbLink(parsed, pv)
            if links is None:
                links = {}
            links[name] = link
        elif isinstance(parsed, JsonText):
            links = {} if links is None else links
            links[name] = json_link(parsed.spec)
        self._links = links or None

    def set_link(self, row: Field, text: str) -> None:
        """Write the text of a link field, and go to its new target (``dbPutFieldLink``).

        Raises LinkSyntaxError if it is no link, PermissionError for an instrument's point.
        """
        if self.has_point(row.name):
            raise PermissionError(f"{self.name}.{row.name} is a point of an instrument and cannot be changed")
        self.parsed_link(row.name, text)
        if row.name in ("INP", "OUT"):
            self._texts = {**(self._texts or {}), row.name: text}
        else:
            setattr(self, row.attr, text)
        self._connect(row.name)

    # --- processing of others -----------------------------------------------------------------------------------

    def process(self, reading: Any = None) -> Coroutine[Any, Any, None] | None:
        """Process once. Record types say how."""
        raise NotImplementedError

    def process_target(
        self, target: Linked, begin: Callable[[], Coroutine[Any, Any, None] | None] | None = None
    ) -> None:
        """Process another record because a link of this one says so (``processTarget`` of dbDbLink.c).

        PACT is set meanwhile, so that a loop ends here. `begin` processes it in another way than `process`.
        """
        self._active += 1
        self._stacked += 1
        try:
            if not target._active:
                if self.ppn is not None and target is not self:
                    self.ppn.add(target)
                target.putf = self.putf
            elif self.putf and target is not self and not target._stacked:
                # busy with an instrument: what it does now is older than what we have to say
                target.putf = 0
                target.rpro = 1
                target.outdate()
            work = target.process() if begin is None else begin()
        finally:
            self._active -= 1
            self._stacked -= 1
        if work is not None:
            assert self.host is not None
            self.host.start(target, target.until_processed(work))
        elif target is not self and not target._active:
            target.processed()

    def start_put(self, pv: PV, value: Value) -> None:
        """Write a PV that is no record, or has a putter, in the background."""
        work = pv.begin_put(value)
        if work is not None:
            assert self.host is not None
            self.host.start(self, work)

    def processed(self) -> None:
        """Processing is complete, whatever this record waited for."""
        if self.putf:
            self.putf = 0
        if self.ppn is not None:
            self.ppn.remove(self)

    # --- puts with completion -----------------------------------------------------------------------------------

    def put_field(self, name: str, value: Any) -> Coroutine[Any, Any, None] | None:
        """As for a Fielded; what is to be awaited includes all that the put sets in motion."""
        if self._links is None or name == "VAL":
            return super().put_field(name, value)
        return self.notified(lambda: Fielded.put_field(self, name, value))

    def begin_put(self, value: Any) -> Coroutine[Any, Any, None] | None:
        """As for a PV; what is to be awaited includes all that the put sets in motion."""
        if self._links is None:
            return super().begin_put(value)
        return self.notified(lambda: Fielded.begin_put(self, value))

    def notified(self, begin: Callable[[], Coroutine[Any, Any, None] | None]) -> Coroutine[Any, Any, None] | None:
        """Call `begin`, and return what to await until every record that it set in motion is done, or None."""
        if self._stacked or self.host is None:  # written from within its own processing: nobody can wait for that
            return begin()
        notify = None if self._plain else self.ppn
        if notify is None and not self._plain:
            notify = ProcessNotify()
            notify.add(self)
        try:
            work = begin()
        except BaseException:
            if not self._active:
                self.processed()
            raise
        if work is not None:
            return self._follow(work, notify)
        if not self._active:
            self.processed()
        return notify.wait(self.host.signal()) if notify is not None and notify.waiting else None

    async def until_processed(self, work: Coroutine[Any, Any, None]) -> None:
        """Await the rest of this record's processing."""
        try:
            await work
        finally:
            if not self._active:
                self.processed()

    async def _follow(self, work: Coroutine[Any, Any, None], notify: ProcessNotify | None) -> None:
        await self.until_processed(work)
        if notify is not None and notify.waiting and self.host is not None:
            await notify.wait(self.host.signal())
