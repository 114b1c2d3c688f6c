"""aSub: a Python function from up to 21 arrays to as many others. See `records.functions`."""

from __future__ import annotations

from array import array
from collections.abc import Coroutine
from typing import Any, ClassVar, Final

from records.common import COMMON, link, menu, severities
from records.convert import convert
from records.field import DESCRIBES, Field, Table, numbered, table
from records.fieldpv import FieldPV
from records.functions import FunctionField, find_function
from records.link import LinkError
from records.menus import MENU_FTYPE
from records.metadata import Metadata
from records.pv import LOG, PV, VALUE, clock
from records.rec.called import BAD_SUB, Called
from records.rec.soft import ALPHABET, link_rows
from records.types import FieldType

__all__ = ["AsubRecord"]

LONG: Final = FieldType.LONG
ULONG: Final = FieldType.ULONG
STRING: Final = FieldType.STRING
READ: Final = 1  # LFLG
NEVER, ON_CHANGE = 0, 1  # EFLG
INPUTS: Final = tuple(ALPHABET)
OUTPUTS: Final = tuple(f"VAL{name}" for name in ALPHABET)
ARRAYS: Final = frozenset((*INPUTS, *OUTPUTS))


def _names(prefix: str) -> list[str]:
    return [prefix + name for name in ALPHABET]


def _types(prefix: str) -> list[Field]:
    return [menu(name, MENU_FTYPE, FieldType.DOUBLE, writable=False) for name in _names(prefix)]


class AsubRecord(Called):
    """Reads INPA ... INPU into A ... U, calls the function that SNAM names, and writes VALA ... VALU to OUTA ... OUTU.

    FTA ... and NOA ... are type and size of the inputs, FTVA ... and NOVA ... of the outputs. To the function an array
    is what it is to a waveform, and one element a number or text. VAL is what the function has returned.
    """

    record_type = "aSub"
    value_type = LONG
    out_links = Called.out_links | set(_names("OUT"))
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", LONG, 0),
        Field("OVAL", LONG, 0, writable=False),
        FunctionField("INAM", STRING, "", size=41, writable=False),
        menu("LFLG", ("IGNORE", "READ")),
        link("SUBL", writable=False),
        FunctionField("SNAM", STRING, "", size=41),
        Field("ONAM", STRING, "", size=41, writable=False),
        severities("BRSV"),
        Field("PREC", FieldType.SHORT, 0, changes=DESCRIBES),
        menu("EFLG", ("NEVER", "ON CHANGE", "ALWAYS"), ON_CHANGE),
        link_rows("INP", ALPHABET),
        numbered(FieldType.DOUBLE, 0.0, *INPUTS),
        _types("FT"),
        numbered(ULONG, 1, *_names("NO"), *_names("NE"), writable=False),
        link_rows("OUT", ALPHABET),
        numbered(FieldType.DOUBLE, 0.0, *OUTPUTS),
        _types("FTV"),
        numbered(ULONG, 1, *_names("NOV"), *_names("NEV"), *_names("ONV"), writable=False),
    )

    prec: int
    lflg: int
    eflg: int
    oval: int
    onam: str

    _told: dict[str, Any] | None = None  # the outputs that listeners were last told of (OVLA ...)

    def init_soft(self) -> None:
        """``init_record`` of aSubRecord.c."""
        super().init_soft()
        name = self.constant_link("SUBL", STRING)
        if name is not None:
            self.snam = name
        for prefix in ("", "V"):
            for letter in ALPHABET:
                self._init_array(prefix, letter)
        self.initialize()
        if self.lflg != READ:
            self.function = find_function(self.snam) if self.snam else None
        self.onam = self.snam
        self.oval = self.value  # type: ignore[assignment]  # a whole number
        self._remember()

    def _init_array(self, prefix: str, letter: str) -> None:
        """As many zeros as there is room for, as in base, or the constant of the link."""
        small = letter.lower()
        if not getattr(self, f"no{prefix}{small}".lower()):
            setattr(self, f"no{prefix}{small}".lower(), 1)
        name = f"VAL{letter}" if prefix else letter
        kind, count = self._shape(name)
        constant = None if prefix else self.constant_link(f"INP{letter}", kind, count)
        if constant is not None:
            self._store(name, constant)
        elif count > 1 or kind is not FieldType.DOUBLE:
            zeros: list[Any] = [""] if kind is STRING else [0]
            self._store(name, zeros * count)

    # --- arrays -------------------------------------------------------------------------------------------------

    def _shape(self, name: str) -> tuple[FieldType, int]:
        """Type and size of A ... or VALA ..."""
        ending = f"v{name[3:]}".lower() if len(name) > 1 else name.lower()
        return FieldType(getattr(self, f"ft{ending}")), getattr(self, f"no{ending}")

    def _store(self, name: str, value: Any) -> None:
        kind, count = self._shape(name)
        stored = convert(value, kind, count)
        setattr(self, name.lower(), stored)
        number = len(stored) if count > 1 and isinstance(stored, (array, bytes, list)) else 1
        setattr(self, f"nev{name[3:]}".lower() if len(name) > 1 else f"ne{name}".lower(), number)

    def field(self, name: str) -> PV | None:
        """As for a record; the arrays are of their own types."""
        new = self._shown is None or name not in self._shown
        found = super().field(name)
        if new and name in ARRAYS and isinstance(found, FieldPV):
            kind, found.max_count = self._shape(name)
            found.row = found.row._replace(type=kind)
            found.field_type = kind
        return found

    def put_field(self, name: str, value: Any) -> Coroutine[Any, Any, None] | None:
        """As for a record; the arrays are of their own types."""
        if name not in ARRAYS:
            return super().put_field(name, value)
        if value == "" and self._shape(name)[0] is not STRING:
            raise ValueError(f"{self.name}.{name}: empty text is no number")
        self._store(name, value)
        self.field_stored(self.fields[name])
        self.notify(0)  # so that the number of elements is shown too
        return None

    def take_from_link(self, row: Field | None, value: Any, processes: bool) -> Any:
        """Likewise."""
        if row is None or row.name not in ARRAYS:
            return super().take_from_link(row, value, processes)
        self.put_field(row.name, value)
        return None

    def describe(self) -> Metadata:
        """PREC is that of the arguments."""
        return Metadata(precision=self.prec)

    # --- processing ---------------------------------------------------------------------------------------------

    def field_stored(self, row: Field) -> None:
        """A new SNAM is looked up, unless that is done each time; one that there is not is refused."""
        if row.name == "SNAM" and self.lflg != READ:
            self.function = find_function(self.snam) if self.snam else None
        super().field_stored(row)
        if row.name == "SNAM" and self.lflg != READ and self.snam and self.function is None:
            raise ValueError(f"{self.name}: there is no function {self.snam!r}")

    def process_record(self) -> None:
        """``process`` of aSubRecord.c: what fails before the function is called leaves VAL as it was."""
        if not self._fetched():
            self._done(BAD_SUB)
        elif self.snam:
            self.call()
        else:
            self.called(0)

    def _fetched(self) -> bool:
        if self.lflg == READ:
            if not self.read_into("SUBL", "SNAM"):
                return False
            if self.snam and self.snam != self.onam:
                function = find_function(self.snam)
                if function is None:
                    return False
                self.function, self.onam = function, self.snam
        if self._links is None:
            return True
        try:
            for name in INPUTS:
                if self.is_linked(f"INP{name}"):
                    kind, count = self._shape(name)
                    self._store(name, self.read_link(f"INP{name}", kind, count=count))
        except LinkError:
            return False
        return True

    def called(self, status: int) -> None:
        """VAL is what the function returned."""
        if self.snam and status >= 0 and status != BAD_SUB:
            self.udf = 0
        self.value = status
        self._done(status)

    def _done(self, status: int) -> None:
        for name in OUTPUTS:
            value = getattr(self, name.lower())
            if value is not getattr(type(self), name.lower()):  # it may have been set to anything
                self._store(name, value)
        self.time_ns = clock.now_ns()
        if not status and self._links is not None:
            for letter, name in zip(ALPHABET, OUTPUTS, strict=True):
                self.drive(f"OUT{letter}", getattr(self, name.lower()), self._shape(name)[0])
        self.finish()

    def monitor(self) -> int:
        """VALUE and LOG when VAL has changed."""
        changes = VALUE | LOG if self.value != self.oval else 0
        self.oval = self.value  # type: ignore[assignment]  # a whole number
        if self.eflg == ON_CHANGE:
            self._remember()
        return changes

    def _remember(self) -> None:
        for letter in ALPHABET.lower():
            setattr(self, f"onv{letter}", getattr(self, f"nev{letter}"))
