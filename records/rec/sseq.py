"""sseq of synApps: up to ten numbers or texts, written one after the other, each after a delay or when others are done.

Source: sseqRecord.c and .dbd of the module epics-modules/calc, and its documentation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Final

from records.alarm import Severity, Status
from records.common import COMMON, menu
from records.convert import convert, text_of
from records.field import PROCESSES, Field, Table, table
from records.link import DbLink, LinkError
from records.metadata import Metadata
from records.pv import VALUE
from records.rec.linkstates import LinkStates, state_rows
from records.rec.seq import group_rows
from records.rec.soft import ALL, SELECTION, SPECIFIED, Soft
from records.types import FieldType, Value

__all__ = ["SseqRecord"]

DOUBLE: Final = FieldType.DOUBLE
SHORT: Final = FieldType.SHORT
STRING: Final = FieldType.STRING
BYTES: Final = (FieldType.CHAR, FieldType.UCHAR)
GROUPS: Final = "123456789A"
STATES: Final = {f"{prefix}{name}": f"{prefix}{name}V" for prefix in ("DOL", "LNK") for name in GROUPS}
NO_WAIT, WAIT, AFTER_1 = range(3)  # WAITn
WAITS: Final = ("NoWait", "Wait", *(f"After{name}" for name in GROUPS))
UNKNOWN: Final = -1  # DTn, LTn
ROOM: Final = 40  # bytes of a text with its closing NUL


def _group(name: str) -> list[Field]:
    """As of a seq; the value as a text, too, and what to wait for."""
    return [
        *group_rows(name),
        Field(f"STR{name}", STRING, ""),
        Field(f"DT{name}", SHORT, UNKNOWN, writable=False),
        Field(f"LT{name}", SHORT, UNKNOWN, writable=False),
        menu(f"WAIT{name}", WAITS),
        Field(f"WERR{name}", SHORT, 0, writable=False),
        Field(f"WTG{name}", SHORT, 0, writable=False),
        Field(f"IX{name}", SHORT, GROUPS.index(name), writable=False),
    ]


class SseqRecord(LinkStates, Soft):
    """For each group chosen by SELM: waits DLYn, reads DOLn into DOn and STRn, writes the one that fits to LNKn.

    A link with CA whose WAITn says so is waited for: before the next group (Wait), or before the one after another
    (After3). ABORT ends it all.
    """

    record_type = "sseq"
    value_type = FieldType.LONG
    states = STATES
    constants = (("SELL", "SELN"), *((f"DOL{name}", f"DO{name}") for name in GROUPS))
    out_links = Soft.out_links | {f"LNK{name}" for name in GROUPS}
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", FieldType.LONG, 0, changes=PROCESSES),
        SELECTION,
        Field("PREC", SHORT, 0),
        *map(_group, GROUPS),
        state_rows(STATES),
        Field("ABORT", SHORT, 0),
        Field("ABORTING", SHORT, 0, writable=False),
        Field("BUSY", SHORT, 0, writable=False),
    )

    selm: int
    seln: int
    prec: int
    abort: int
    aborting: int
    busy: int

    _groups = ""  # those of this sequence
    _at = 0  # the next of them
    _run = 0  # which sequence it is: what an aborted one waited for is of no interest any more
    _blocked = False  # the next one waits for others
    _call_off: Callable[[], None] | None = None  # calls the timer off

    def init_soft(self) -> None:
        """Number and text of each group say the same; a text that was given wins."""
        super().init_soft()
        for name in GROUPS:
            constant = self.constant_link(f"DOL{name}", STRING)
            if constant is not None:
                self._set("STR", name, constant)
            if self._get("STR", name):
                self._set("DO", name, _number(self._get("STR", name)))
            else:
                self._set("STR", name, self._text(self._get("DO", name)))

    def monitor(self) -> int:
        """VAL is always told."""
        return VALUE

    # --- fields of a group --------------------------------------------------------------------------------------

    def _get(self, prefix: str, name: str) -> Any:
        return getattr(self, f"{prefix}{name}".lower())

    def _set(self, prefix: str, name: str, value: Any) -> None:
        setattr(self, f"{prefix}{name}".lower(), value)
        self.show_field(f"{prefix}{name}")

    def _text(self, number: float) -> str:
        return text_of(number, DOUBLE, Metadata(precision=self.prec))

    def field_stored(self, row: Field) -> None:
        """A number has its text and a text its number; ABORT aborts. Raises PermissionError if nothing is running."""
        prefix, name = row.name[:-1], row.name[-1]
        super().field_stored(row)
        if row.name == "ABORT":
            if self.abort:
                self._abort()
        elif prefix == "DO" and row.type is DOUBLE:
            self._set("STR", name, self._text(self._get("DO", name)))
        elif prefix == "STR":
            self._set("DO", name, _number(self._get("STR", name)))
        elif prefix in ("WAIT", "LNK"):
            self.show_field(f"WERR{name}")

    def waits_in_vain(self, name: str) -> int:
        """WERRn: WAITn wants something that only a link with CA can do."""
        target = (self._links or {}).get(f"LNK{name}")
        return int(self._get("WAIT", name) != NO_WAIT and isinstance(target, DbLink))

    # --- processing, by ``process``, ``processNextLink`` and ``processCallback`` of sseqRecord.c --------------------

    def process_record(self) -> None:
        """Begin a sequence."""
        self._active += 1
        self._show_flag("busy", 1)
        for name in GROUPS:
            self._set("WTG", name, 0)
        self._groups = "".join(
            name for name in self._chosen() if self.is_linked(f"LNK{name}") or self.is_linked(f"DOL{name}")
        )
        self._at = 0
        self._run += 1
        self._blocked = False
        if self._groups:
            self._next()
        else:
            self._finish()

    def _chosen(self) -> str:
        """The groups that SELM and SELN choose."""
        if self.selm == ALL:
            return GROUPS
        self.read_into("SELL", "SELN")
        if self.selm != SPECIFIED:
            return "".join(name for index, name in enumerate(GROUPS) if self.seln >> index & 1)
        if self.seln > len(GROUPS):
            self.raise_alarm(Status.SOFT, Severity.INVALID, f"there is no group {self.seln}")
            return ""
        return GROUPS[self.seln - 1] if self.seln else ""

    def _waiting(self, names: str) -> list[str]:
        return [name for name in names if self._get("WTG", name)]

    def _next(self) -> None:
        """Begin the next group, or end, unless something has to be done first."""
        before = self._waiting(self._groups[: self._at])
        if self._at == len(self._groups):
            if not before:
                self._finish()
            return
        name = self._groups[self._at]
        index = GROUPS.index(name)
        for waiting in before:
            wait = self._get("WAIT", waiting)
            if wait == WAIT or wait - AFTER_1 < index:
                self._blocked = True
                return
        delay: float = 0.0 if self.abort else max(self._get("DLY", name), 0.0)
        self._later(delay)

    def _later(self, delay: float) -> None:
        """Carry on in `delay` seconds, and not when it was said before; by the IOC, so that it does not recurse."""
        if self._call_off is not None:
            self._call_off()
        if self.host is None:
            self._carry_on()
        else:
            self._call_off = self.host.later(delay, self._carry_on)

    def _carry_on(self) -> None:
        self._call_off = None
        if self.abort:
            self._finish()
            return
        name = self._groups[self._at]
        self._fetch(name)
        self._send(name)
        self._at += 1
        self._next()

    def _fetch(self, name: str) -> None:
        """Read DOLn as what it is, and make number and text say the same; one that is not connected says nothing."""
        field = f"DOL{name}"
        kind = self.link_type(field)
        count = self.link_elements(field) or 1
        try:
            if kind in (STRING, FieldType.ENUM):
                self._said(name, self.read_link(field, STRING))
            elif kind in BYTES and count > 1:
                raw: bytes = self.read_link(field, FieldType.CHAR, b"", min(count, ROOM - 1))
                self._said(name, raw.partition(b"\0")[0].decode("utf-8", "surrogateescape"))
            elif kind is not None:
                number: float = self.read_link(field, DOUBLE)
                self._set("DO", name, number)
                self._set("STR", name, self._text(number))
        except LinkError:  # which has raised its alarm
            pass

    def _said(self, name: str, text: str) -> None:
        self._set("STR", name, text)
        self._set("DO", name, _number(text))

    def _send(self, name: str) -> None:
        """Write LNKn, if it is connected; a put that cannot be waited for aborts the sequence."""
        field = f"LNK{name}"
        kind = self.link_type(field)
        count = self.link_elements(field) or 1
        if kind is None:
            return
        value: Value = self._get("DO", name)
        if kind in (STRING, FieldType.ENUM):
            value, kind = self._get("STR", name), STRING
        elif kind in BYTES and count > 1:
            raw = self._get("STR", name).encode("utf-8", "surrogateescape")
            value, kind = raw[:ROOM].ljust(min(count, ROOM), b"\0"), FieldType.CHAR
        else:
            kind = DOUBLE
        if self._get("WAIT", name) == NO_WAIT:
            self.drive(field, value, kind)
            return
        run = self._run
        try:
            waits = self.write_link_notify(field, value, kind, lambda: self._done(name, run))
        except LinkError:
            self._show_flag("abort", 1)
        else:
            self._set("WTG", name, int(waits))

    def _done(self, name: str, run: int) -> None:
        """What LNKn has set in motion is done (``putCallbackCB``)."""
        if run != self._run or not self._get("WTG", name):
            return  # aborted meanwhile
        self._set("WTG", name, 0)
        if self.abort:
            if not self._waiting(GROUPS):
                self._finish()
        elif self._blocked or self._at == len(self._groups):
            self._blocked = False
            self._next()

    def _abort(self) -> None:
        """ABORT: end when what is waited for is done; the second time at once."""
        if not self.busy:
            self._show_flag("abort", 0)
            raise PermissionError(f"{self.name}: no sequence is running that could be aborted")
        if self.aborting:
            for name in GROUPS:
                self._set("WTG", name, 0)
        self._show_flag("aborting", 1)
        if self._call_off is not None or not self._waiting(GROUPS):
            self._later(0.0)

    def _finish(self) -> None:
        """``asyncFinish``. FLNK is processed in any case; a sequence that was aborted does not begin again by RPRO."""
        self._run += 1
        if self.abort:
            self.rpro = 0
            self.abort = self.aborting = 0
        self.busy = 0
        self.end()
        self.complete()

    def _show_flag(self, attr: str, value: int) -> None:
        setattr(self, attr, value)
        self.show_field(attr.upper())

    def detach(self) -> None:
        """The IOC ends."""
        if self._call_off is not None:
            self._call_off()
            self._call_off = None
        super().detach()


def _number(text: str) -> float:
    """The number that a text begins with, else 0 (``atof``)."""
    try:
        return float(convert(text, DOUBLE))  # type: ignore[arg-type]  # one element
    except ValueError:
        return 0.0


def _type_of(field: str) -> property:
    def kind(record: SseqRecord) -> int:
        found = record.link_type(field)
        return UNKNOWN if found is None else int(found)

    return property(kind)


def _in_vain(name: str) -> property:
    return property(lambda record: record.waits_in_vain(name))


for _name in GROUPS:
    setattr(SseqRecord, f"dt{_name.lower()}", _type_of(f"DOL{_name}"))
    setattr(SseqRecord, f"lt{_name.lower()}", _type_of(f"LNK{_name}"))
    setattr(SseqRecord, f"werr{_name.lower()}", _in_vain(_name))
