"""scalcout of synApps: a calculation with texts whose result is written when OOPT says so, perhaps after ODLY.

Source: sCalcoutRecord.c and .dbd, devsCalcoutSoft.c of the module epics-modules/calc, and its documentation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from records.alarm import Severity, Status
from records.calc import CalcError
from records.common import COMMON, deadbands, display, link, menu, value_limits
from records.field import PROCESSES, Field, Table, numbered, table
from records.link import LinkError
from records.menus import MENU_IVOA
from records.rec.linkstates import LinkStates, state_rows
from records.rec.listed import keep_in_list
from records.rec.oopt import OOPT, wants_output
from records.rec.soft import link_rows
from records.rec.softanalog import SoftAnalog
from records.types import FieldType, Value

if TYPE_CHECKING:
    from records.scalc import StringExpression

__all__ = ["ScalcoutRecord"]

DOUBLE: Final = FieldType.DOUBLE
STRING: Final = FieldType.STRING
BYTES: Final = (FieldType.CHAR, FieldType.UCHAR)
LETTERS: Final = "ABCDEFGHIJKL"
PAIRS: Final = tuple(letter * 2 for letter in LETTERS)  # the fields that hold texts
STATES: Final = {
    **{f"INP{letter}": f"IN{letter}V" for letter in LETTERS},
    **{f"IN{pair}": f"I{pair}V" for pair in PAIRS},
    "OUT": "OUTV",
}
USE_OCAL: Final = 1  # DOPT
CONTINUE, DO_NOT_DRIVE, USE_IVOV = range(3)  # IVOA
ROOM: Final = 40  # bytes of a text with its closing NUL
ERROR: Final = "***ERROR***"


def _text(name: str, *, writable: bool = True, changes: int = 0, size: int = ROOM) -> Field:
    return Field(name, STRING, "", size=size, writable=writable, changes=changes)


class ScalcoutRecord(LinkStates, SoftAnalog):
    """String calculation: reads INPA ... INPL and INAA ... INLL, makes VAL and SVAL of CALC, writes what OUT takes.

    Raises CalcError for an expression that is none.
    """

    record_type = "scalcout"
    value_type = DOUBLE
    expressions: ClassVar[tuple[str, ...]] = ("CALC", "OCAL")
    states = STATES
    constants = tuple((f"INP{letter}", letter) for letter in LETTERS)
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VERS", DOUBLE, 4.1, writable=False),
        Field("VAL", DOUBLE, 0.0),
        _text("SVAL"),
        Field("PVAL", DOUBLE, 0.0),
        _text("PSVL", writable=False),
        _text("CALC", size=80, changes=PROCESSES),
        Field("CLCV", FieldType.LONG, 0),
        link_rows("INP", LETTERS),
        [link(f"IN{pair}") for pair in PAIRS],
        link("OUT"),
        state_rows(STATES),
        menu("OOPT", OOPT),
        Field("ODLY", DOUBLE, 0.0),
        menu("WAIT", ("NoWait", "Wait")),
        Field("DLYA", FieldType.USHORT, 0, writable=False),
        menu("DOPT", ("Use CALC", "Use OCAL")),
        _text("OCAL", size=80, changes=PROCESSES),
        Field("OCLV", FieldType.LONG, 0),
        Field("OEVT", FieldType.USHORT, 0),
        menu("IVOA", MENU_IVOA),
        Field("IVOV", DOUBLE, 0.0),
        display(DOUBLE),
        value_limits(DOUBLE),
        deadbands(DOUBLE),
        numbered(DOUBLE, 0.0, *LETTERS, changes=PROCESSES),
        [_text(pair, changes=PROCESSES) for pair in PAIRS],
        [_text(f"P{pair}", writable=False) for pair in PAIRS],
        Field("OVAL", DOUBLE, 0.0),
        _text("OSV"),
        _text("POSV", writable=False),
        numbered(DOUBLE, 0.0, *(f"P{letter}" for letter in LETTERS), writable=False),
        Field("POVL", DOUBLE, 0.0),
    )

    sval: str
    pval: float
    psvl: str
    clcv: int
    calc: str
    oopt: int
    odly: float
    wait: int
    dlya: int
    dopt: int
    ocal: str
    oclv: int
    oevt: int
    ivoa: int
    ivov: float
    oval: float
    osv: str
    posv: str
    povl: float

    def __init__(self, name: str, value: Any = None, **options: Any) -> None:
        """Make a record; see Soft."""
        self.numbers, self.numbers_before = [0.0] * len(LETTERS), [0.0] * len(LETTERS)
        self.texts, self.texts_before = [""] * len(LETTERS), [""] * len(LETTERS)
        self._calc: StringExpression | None = None
        self._ocal: StringExpression | None = None
        super().__init__(name, value, **options)
        self._calc, self._ocal = self._compiled("CALC"), self._compiled("OCAL")

    # --- expressions --------------------------------------------------------------------------------------------

    @classmethod
    def compile_expression(cls, text: str) -> StringExpression | None:
        """Compile one; nothing is an expression too, but cannot be calculated. Raises CalcError."""
        from records.scalc import compile_scalc  # few IOCs have such expressions

        return compile_scalc(text) if text else None

    def _compiled(self, name: str) -> StringExpression | None:
        return self.compile_expression(getattr(self, name.lower()))

    def field_stored(self, row: Field) -> None:
        """A new expression is compiled, CLCV and OCLV say whether it is one."""
        if row.name in self.expressions:
            compiled, good = None, True
            try:
                compiled = self._compiled(row.name)
            except CalcError:
                good = False
            setattr(self, f"_{row.name.lower()}", compiled)
            self._set("clcv" if row.name == "CALC" else "oclv", 0 if good else -1)  # and the record alarms
        super().field_stored(row)

    def _set(self, attr: str, value: float) -> None:
        setattr(self, attr, value)
        self.show_field(attr.upper())

    # --- processing, by ``process`` of sCalcoutRecord.c ------------------------------------------------------------

    def process_record(self) -> None:
        """Calculate, and write if OOPT wants it: at once or after ODLY."""
        self.numbers_before, self.texts_before = list(self.numbers), list(self.texts)
        if self._fetched():
            outcome = self._outcome(self._calc, self.value, self.sval)
            self.udf = self.udf if outcome is None else 0
            self.value, self.sval = outcome or (-1.0, ERROR)
        self.check_alarms(self.value)
        before, self.pval = self.pval, self.value  # type: ignore[assignment]  # VAL is a float
        self._active += 1
        if not wants_output(self.oopt, before, self.pval, abs(before - self.pval) > self.mdel):
            self._end()
        elif self.odly > 0.0 and self.host is not None:
            self._set("dlya", 1)
            self.host.later(self.odly, self._delayed)
        else:
            self._output()

    def _fetched(self) -> bool:
        """Read all links. The first number that cannot be read ends it; a text that cannot says so in its place."""
        if self._links is None:
            return True
        for letter in LETTERS:
            if not self.read_into(f"INP{letter}", letter):
                return False
        for index, pair in enumerate(PAIRS):
            if self.is_linked(f"IN{pair}"):
                try:
                    self.texts[index] = self._read_text(f"IN{pair}")
                except LinkError:
                    self.texts[index] = f"{self.name}:fetch({pair}) failed"[: ROOM - 2]
        return True

    def _read_text(self, name: str) -> str:
        """The text at the far end; an array of characters as a text with escapes. Raises LinkError."""
        count = self.link_elements(name) or 1
        if self.link_type(name) not in BYTES or count == 1:
            text: str = self.read_link(name, STRING)
            return text
        from records.scalc import escaped

        raw: bytes = self.read_link(name, FieldType.CHAR, b"", min(count, ROOM - 1))
        return escaped(raw.partition(b"\0")[0])[: ROOM - 2].decode()

    def _outcome(self, expression: StringExpression | None, value: Any, said: str) -> tuple[float, str] | None:
        """Number and text of an expression; None, with an alarm, if it cannot be calculated."""
        outcome = expression(self.numbers, self.texts, value, said, self.prec) if expression is not None else None
        if outcome is None or not outcome.good or outcome.number is None:
            self.raise_alarm(Status.CALC, Severity.INVALID, "cannot be calculated")
            return None
        return outcome.number, outcome.text

    def _delayed(self) -> None:
        self._set("dlya", 0)
        self._output()

    def _output(self) -> None:
        """Make OVAL and OSV, and write one of them unless IVOA objects (``execOutput``)."""
        if self.dopt == USE_OCAL:
            self.oval, self.osv = self._outcome(self._ocal, self.oval, self.osv) or (-1.0, ERROR)
        else:
            self.oval, self.osv = self.value, self.sval  # type: ignore[assignment]  # VAL is a float
        waits = False
        if self.nsev < Severity.INVALID or self.ivoa != DO_NOT_DRIVE:
            if self.nsev >= Severity.INVALID and self.ivoa == USE_IVOV:
                self.oval = self.ivov
            waits = self._write()
            if self.oevt and self.host is not None:
                self.host.post_event(self.oevt)
        if not waits:
            self._end()

    def _write(self) -> bool:
        """Write OUT; whether that has to be waited for (``write_scalcout`` of devsCalcoutSoft.c)."""
        value: Value = self.oval
        kind = self.link_type("OUT")
        count = self.link_elements("OUT") or 1
        if kind in (STRING, FieldType.ENUM):
            value, kind = self.osv, STRING
        elif kind in BYTES and count > 1:
            value = self.osv.encode("utf-8", "surrogateescape")[:ROOM].ljust(min(count, ROOM), b"\0")
            kind = FieldType.CHAR
        else:
            kind = DOUBLE
        try:
            if self.wait:
                return self.write_link_notify("OUT", value, kind, self._end)
            self.write_link("OUT", value, kind)
        except LinkError:  # which has raised its alarm
            pass
        return False

    def _end(self) -> None:
        self.time_ns = self.stamp()
        self.finish()
        self.complete()

    def monitor(self) -> int:
        """As for a calculation; SVAL, OSV and OVAL are now as everybody was told."""
        self.psvl, self.posv = self.sval, self.osv
        self.povl = self.oval if self.oval != self.povl else self.povl  # -0 is no new 0
        return super().monitor()


keep_in_list(ScalcoutRecord, "numbers", LETTERS)
keep_in_list(ScalcoutRecord, "numbers_before", (f"P{letter}" for letter in LETTERS))
keep_in_list(ScalcoutRecord, "texts", PAIRS)
keep_in_list(ScalcoutRecord, "texts_before", (f"P{pair}" for pair in PAIRS))
