"""Fielded: the part of a record that answers for its fields, ``NAME.FIELD``. For processing see `records.record`."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ClassVar, Final

from records.alarm import Severity, Status
from records.common import COMMON
from records.field import ACTS, CONFIGURES, DESCRIBES, LINK, PROCESSES, RESCANS, Field, Table, table
from records.fieldinst import FieldInst
from records.fieldpv import FieldPV
from records.host import Host
from records.menus import SCAN_PASSIVE, scan_period
from records.metadata import PLAIN, Metadata
from records.names import FIELDS, state_fields
from records.pv import ALARM, PROPERTY, PV

__all__ = ["Fielded"]

#: What processing looks at each time, with the value that means nothing special. A slot is read in a third of the time
#: that an attribute of the class takes; for the hundred other fields of a record that would be too much memory.
HOT: Final[dict[str, Any]] = {
    **dict.fromkeys(("scan", "disp", "disa", "tpro", "lcnt", "tse", "simm", "omsl", "linr"), 0),
    **dict.fromkeys(("hhsv", "hsv", "lsv", "llsv", "nsev"), Severity.NO_ALARM),
    **dict.fromkeys(("mdel", "adel", "mlst", "alst", "lalm"), 0.0),
    **dict.fromkeys(("drvh", "drvl", "oroc", "aoff", "aslo"), 0.0),
    **dict.fromkeys(("roff", "rval", "oraw"), 0),
    "disv": 1,
    "udf": 1,
    "_links": None,
    "_active": 0,
    "_watched": (),
    "_puts": 0,
}


class Fielded(PV):
    """A PV with a table of fields.

    The fields are attributes in lower case; set them with `put_field`, which checks them and tells whoever watches.
    Assigning an attribute works too, but units and limits then keep their old looks.
    """

    __slots__ = tuple(HOT)

    fields: ClassVar[Table] = table(COMMON)
    _own: ClassVar[tuple[tuple[str, Any], ...]]  # what is in some of the slots at first

    desc: str
    scan: int
    pini: int
    phas: int
    evnt: str
    prio: int
    flnk: str
    acks: Severity
    ackt: int
    disp: int
    proc: int

    host: Host | None = None  # the IOC, while it runs

    _links: dict[str, Any] | None  # see `records.linked`
    _active: int  # coroutines that work for this record
    _shown: dict[str, FieldPV] | None = None  # the fields that somebody has asked for
    _watched: tuple[FieldPV, ...]  # those of them that have listeners
    _texts: dict[str, str] | None = None  # of links
    _field_inst: FieldInst | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _set_defaults(cls)

    def fill_slots(self) -> None:
        """Begin with `HOT`, and the defaults of the type. Written out, as a loop over all takes half of a start."""
        self.scan = self.disp = self.disa = self.tpro = self.lcnt = self.tse = self.simm = self.omsl = self.linr = 0
        self.hhsv = self.hsv = self.lsv = self.llsv = self.nsev = Severity.NO_ALARM
        self.mdel = self.adel = self.mlst = self.alst = self.lalm = 0.0
        self.drvh = self.drvl = self.oroc = self.aoff = self.aslo = 0.0
        self.roff = self.rval = self.oraw = 0
        self.disv = self.udf = 1
        self._links = None
        self._active = self._puts = 0
        self._watched = ()
        for attr, default in self._own:
            setattr(self, attr, default)

    def set_fields(self, given: dict[str, Any]) -> None:
        """Set fields by their names in lower case, before anybody knows the record.

        Raises TypeError for a field that the type does not have, ValueError for a value that does not fit.
        """
        converted = {}
        for attr, value in given.items():
            row = self.fields.get(attr.upper())
            if row is None:
                raise TypeError(f"{self.name}: a record of type {self.record_type} has no field {attr.upper()}")
            row.check_size(value)
            converted[row.attr] = row.convert(value)
        self.take_fields(converted)

    def take_fields(self, converted: Mapping[str, Any]) -> None:
        """The same for what is known to be as the fields hold it."""
        for attr, value in converted.items():
            setattr(self, attr, value)

    # --- what a record brings -----------------------------------------------------------------------------------

    def configure(self, value: Any) -> None:
        """Work out what depends on fields: type and size of VAL, tables of states. `value` is VAL, at first or None."""

    def describe(self) -> Metadata:
        """Units, limits and states from the fields."""
        return PLAIN

    def process_for_put(self) -> Coroutine[Any, Any, None] | None:
        """Process because a field was written."""
        return None

    @property
    def takes_turns(self) -> bool:
        """Whether a put that nobody waits for may be begun while another is under way."""
        return False

    def outdate(self) -> None:
        """Fields have changed of which no monitor hears now (PACT, RPRO): what was rendered of them is out of date."""
        for listen in self.listeners:
            listen(self, 0)
        for field in self._watched:
            field.notify(0)

    def client_put(
        self, name: str, begin: Callable[[], Coroutine[Any, Any, None] | None], waits: bool
    ) -> Coroutine[Any, Any, None] | None:
        """Begin a put of field `name` when it is its turn."""
        return begin()

    # --- puts ---------------------------------------------------------------------------------------------------

    def check_disp(self, name: str) -> None:
        """Raise PermissionError if clients may not write field `name` now."""
        if self.disp and name != "DISP":
            raise PermissionError(f"{self.name}.{name}: puts are disabled (DISP = 1)")

    def put_field(self, name: str, value: Any) -> Coroutine[Any, Any, None] | None:
        """Set field `name` and do what that entails. Returns None when all is done, else what to await.

        Raises ValueError if there is no such field or the value does not fit, PermissionError if it is read-only.
        """
        if name == "VAL":
            return self.begin_put(value)
        row = self.fields.get(name)
        if row is None:
            raise ValueError(f"{self.name}: a record of type {self.record_type} has no field {name}")
        if row.changes & ACTS:
            act: Callable[[Any], Coroutine[Any, Any, None] | None] = getattr(self, f"put_{row.attr}")
            return act(row.convert(value))
        if not row.writable:
            raise PermissionError(f"{self.name}.{name} cannot be written")
        if row.changes & LINK:
            self.set_link(row, str(row.convert(value)))
        else:
            setattr(self, row.attr, row.convert(value))
        self.field_stored(row)
        if row.changes & PROCESSES and self.scan == SCAN_PASSIVE:
            return self.reprocess()
        return None

    def has_point(self, name: str) -> bool:
        """Whether INP or OUT is an instrument's point, which no text can replace."""
        return getattr(self, name.lower(), None) is not None if name in ("INP", "OUT") else False

    def set_link(self, row: Field, text: str) -> None:
        """Write the text of a link field."""
        setattr(self, row.attr, text)

    def field_stored(self, row: Field) -> None:
        """Do what a new value of a field entails, but for processing; tell whoever watches it."""
        if row.changes & (CONFIGURES | DESCRIBES):
            self.configure(self.value)
        if row.changes & DESCRIBES:
            self.metadata = self.describe()
        shown = self._shown.get(row.name) if self._shown else None
        if shown is not None:
            shown.put_done()
        if row.changes & DESCRIBES:
            self.notify(PROPERTY)
        if row.changes & RESCANS and self.host is not None:
            self.host.scan_changed(self)

    def reprocess(self) -> Coroutine[Any, Any, None] | None:
        """Process because a field that matters for it was written."""
        return self.process_for_put()

    def put_proc(self, value: int) -> Coroutine[Any, Any, None] | None:
        """PROC: process, whatever the value."""
        self.proc = value
        self.field_stored(self.fields["PROC"])
        return self.process_for_put()

    def put_acks(self, severity: Severity) -> None:
        """Acknowledge the highest alarm so far, if `severity` is not below it (``putAcks`` of base)."""
        if severity >= self.acks:
            self.acks = Severity.NO_ALARM
            self.notify(ALARM)

    def put_ackt(self, transient: int) -> None:
        """Whether alarms that are gone must be acknowledged too (``putAckt`` of base)."""
        if transient != self.ackt:
            self.ackt = transient
            if not transient and self.acks > self.alarm.severity:
                self.acks = self.alarm.severity
            self.notify(ALARM)

    # --- fields -------------------------------------------------------------------------------------------------

    def field(self, name: str) -> PV | None:
        """The PV of field `name` (``"HIHI"``), made on demand; None if the type has no such field."""
        if name == "VAL":
            return self
        if self._shown is None:
            self._shown = {}
        found = self._shown.get(name)
        if found is None:
            row = self.fields.get(name)
            if row is None:
                return None
            found = self._shown[name] = FieldPV(self, row)
        return found

    def watched_field(self, field: FieldPV, watched: bool) -> None:
        """A field has its first listener, or has lost the last one. Only such fields are told of each processing."""
        self._watched = (*(one for one in self._watched if one is not field), *((field,) if watched else ()))

    @property
    def field_inst(self) -> FieldInst:
        """The fields as PVs: ``record.field_inst.HIHI``."""
        if self._field_inst is None:
            self._field_inst = FieldInst(self)
        return self._field_inst

    async def write_metadata(self, **options: Any) -> None:
        """As for any PV; here they are fields: `units` EGU, `upper_alarm_limit` HIHI ..."""
        for name, option in options.items():
            given = state_fields(option, self.fields) if name == "enum_strings" else {FIELDS[name][0]: option}
            for attr, value in given.items():
                row = self.fields.get(attr.upper())
                if row is None:
                    raise TypeError(f"{self.name}: a record of type {self.record_type} has no {name}")
                work = self.put_field(row.name, value)
                if work is not None:
                    await work

    def link_text(self, name: str) -> str:
        """What a client reads of a link field."""
        if self._texts is not None and name in self._texts:
            return self._texts[name]
        value = getattr(self, name.lower(), "")
        return value if isinstance(value, str) else "" if value is None else str(value)

    @property
    def period(self) -> float | None:
        """Seconds between scans, None if SCAN is not periodic."""
        return scan_period(self.scan)

    @property
    def rtyp(self) -> str:
        """The record type."""
        return self.record_type or ""

    @property
    def stat(self) -> Status:
        """Alarm status."""
        return self.alarm.status

    @property
    def sevr(self) -> Severity:
        """Alarm severity."""
        return self.alarm.severity

    @property
    def amsg(self) -> str:
        """What the alarm is about, in words."""
        return self.alarm.message

    @property
    def pact(self) -> int:
        """1 while a coroutine works for the record."""
        return 1 if self._active else 0


def _set_defaults(cls: type[Fielded]) -> None:
    """Make the defaults of the table attributes of the class, where the class has nothing better (a property)."""
    own: dict[str, Any] = {}
    for row in cls.fields.values():
        present = getattr(cls, row.attr, None)
        if callable(present):
            raise TypeError(f"{cls.__name__}: field {row.name} would hide the method {row.attr}")
        if row.attr in HOT:
            if (row.default, type(row.default)) != (HOT[row.attr], type(HOT[row.attr])):
                own[row.attr] = row.default
        elif row.name not in ("NAME", "VAL") and not isinstance(present, property):
            setattr(cls, row.attr, row.default)
    cls._own = tuple(own.items())


_set_defaults(Fielded)
