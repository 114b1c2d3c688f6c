"""transform of synApps: sixteen values, each of a link, an expression of the others, or whoever wrote it last.

Source: transformRecord.c and .dbd of the module epics-modules/calc, and its documentation.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, Final

from records.alarm import Severity, Status
from records.calc import CalcError
from records.common import COMMON, link, menu
from records.field import DESCRIBES, PROCESSES, Field, Table, numbered, table
from records.metadata import Metadata
from records.rec.linkstates import LinkStates, state_rows
from records.rec.listed import keep_in_list
from records.rec.soft import Soft, link_rows
from records.types import FieldType

if TYPE_CHECKING:
    from records.scalc import StringExpression

__all__ = ["TransformRecord"]

DOUBLE: Final = FieldType.DOUBLE
LETTERS: Final = "ABCDEFGHIJKLMNOP"
STATES: Final = {f"{prefix}{letter}": f"{prefix[0]}{letter}V" for prefix in ("INP", "OUT") for letter in LETTERS}
DO_NOTHING: Final = 1  # IVLA
ALWAYS: Final = 1  # COPT
SHORTCUTS: Final = ("$P(", "$T(", "$W(", "$S(", "$R(", "$E(")  # functions of sCalc, which no name can hide


def _texts(prefix: str, size: int) -> list[Field]:
    return [Field(prefix + letter, FieldType.STRING, "", size=size) for letter in LETTERS]


class TransformRecord(LinkStates, Soft):
    """Reads INPA ... INPP into A ... P, makes the others of CLCA ... CLCP, and writes them to OUTA ... OUTP.

    A value that was written, or has changed otherwise since the last processing, is not calculated, unless COPT is
    Always. The expressions see results of those before them. Raises CalcError for an expression that is none.
    """

    record_type = "transform"
    value_type = DOUBLE
    expressions: ClassVar[tuple[str, ...]] = tuple(f"CLC{letter}" for letter in LETTERS)
    states = STATES
    constants = tuple((f"INP{letter}", letter) for letter in LETTERS)
    out_links = Soft.out_links | {f"OUT{letter}" for letter in LETTERS}
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VERS", FieldType.FLOAT, 5.8, writable=False),
        menu("IVLA", ("Ignore error", "Do Nothing")),
        menu("COPT", ("Conditional", "Always")),
        Field("VAL", DOUBLE, 0.0),
        _texts("CLC", 120),
        [Field(f"C{letter}V", FieldType.LONG, 0) for letter in LETTERS],
        link_rows("INP", LETTERS),
        [link(f"OUT{letter}") for letter in LETTERS],
        Field("EGU", FieldType.STRING, "", size=16, changes=DESCRIBES),
        Field("PREC", FieldType.SHORT, 0, changes=DESCRIBES),
        numbered(DOUBLE, 0.0, *LETTERS, changes=PROCESSES),
        numbered(DOUBLE, 0.0, *(f"L{letter}" for letter in LETTERS), writable=False),
        _texts("CMT", 39),
        Field("MAP", FieldType.SHORT, 0),
        state_rows(STATES),
    )

    ivla: int
    copt: int
    egu: str
    prec: int
    map: int

    _told = False  # whether it has processed before

    def __init__(self, name: str, value: Any = None, **options: Any) -> None:
        """Make a record; see Soft."""
        self.numbers = [0.0] * len(LETTERS)
        self.last = [0.0] * len(LETTERS)
        self._expressions: list[StringExpression | None] = [None] * len(LETTERS)
        super().__init__(name, value, **options)
        for index, letter in enumerate(LETTERS):
            if getattr(self, f"clc{letter.lower()}"):
                self._expressions[index] = self._compiled(letter)
        self.last = list(self.numbers)

    def describe(self) -> Metadata:
        """Units and precision."""
        return Metadata(self.egu, self.prec)

    # --- expressions --------------------------------------------------------------------------------------------

    @classmethod
    def compile_expression(cls, text: str) -> StringExpression | None:
        """Compile one; None for none, and for one with names, which only a record knows. Raises CalcError."""
        from records.scalc import compile_scalc  # few IOCs have such expressions

        return compile_scalc(text) if text and "$" not in text else None

    def _compiled(self, letter: str) -> StringExpression:
        """CLCx with the names that comments give to values in place of their letters. Raises CalcError."""
        from records.scalc import compile_scalc

        expression = self._named(getattr(self, f"clc{letter.lower()}"))
        try:
            return compile_scalc(expression)
        except CalcError as error:
            error.args = (f"{self.name}.CLC{letter}: {error}",)
            raise

    def _named(self, expression: str) -> str:
        """Put letters for names: a comment ``$xp position`` makes ``$xp`` another name of its value."""
        names = {}
        for letter in LETTERS:
            comment: str = getattr(self, f"cmt{letter.lower()}")
            if comment.startswith("$"):
                names[comment.split()[0].lower()] = letter
        longest = sorted(names, key=len, reverse=True)
        result, at = "", 0
        while at < len(expression):
            rest = expression[at:].lower()
            name = next((one for one in longest if rest.startswith(one)), None)
            if name is None or rest.upper().startswith(SHORTCUTS):
                result += expression[at]
                at += 1
            else:
                result += names[name]
                at += len(name)
        return result

    def field_stored(self, row: Field) -> None:
        """Compile a new expression; note values that were written."""
        super().field_stored(row)
        if row.name in LETTERS and not self._active:
            self.map |= 1 << LETTERS.index(row.name)
        elif row.name.startswith("CLC"):
            self._expression_stored(row.name[3:])

    def _expression_stored(self, letter: str) -> None:
        index = LETTERS.index(letter)
        self._expressions[index] = None
        good = True
        if getattr(self, f"clc{letter.lower()}"):
            try:
                self._expressions[index] = self._compiled(letter)
            except CalcError:
                good = False
        setattr(self, f"c{letter.lower()}v", 0 if good else -1)
        self.show_field(f"C{letter}V")

    # --- puts ---------------------------------------------------------------------------------------------------

    def put_field(self, name: str, value: Any) -> Coroutine[Any, Any, None] | None:
        """As for any record. Raises PermissionError for a value that comes from a link."""
        self._check_value(name)
        return super().put_field(name, value)

    def take_from_link(self, row: Field | None, value: Any, processes: bool) -> Any:
        """Likewise."""
        if row is not None:
            self._check_value(row.name)
        return super().take_from_link(row, value, processes)

    def _check_value(self, name: str) -> None:
        if name in LETTERS and self.is_linked(f"INP{name}"):
            raise PermissionError(f"{self.name}.{name} is read from INP{name} and cannot be written")

    # --- processing ---------------------------------------------------------------------------------------------

    def process_record(self) -> None:
        """``process`` of transformRecord.c."""
        self.udf = 0
        for letter in LETTERS:
            if self.is_linked(f"INP{letter}") and not self.read_into(f"INP{letter}", letter):
                setattr(self, letter.lower(), 0.0)
        if self.nsev >= Severity.INVALID and self.ivla == DO_NOTHING:
            self.time_ns = self.stamp()
            self.notify(self.reset_alarms())
            return
        self._active += 1  # what comes back through the outputs is not what somebody wrote
        try:
            self._calculate()
            for letter in LETTERS:
                self.drive(f"OUT{letter}", getattr(self, letter.lower()), DOUBLE)
        finally:
            self._active -= 1
        self.time_ns = self.stamp()
        self.check_alarms(self.value)
        self._remember()
        self.finish()

    def _remember(self) -> None:
        """LA ... LP; -0 is no new 0, but for the first time, when all is told (``monitor``)."""
        pairs = zip(self.numbers, self.last, strict=True)
        self.last = [new if new != old or not self._told else old for new, old in pairs]
        self._told = True

    def _calculate(self) -> None:
        marked, self.map = self.map, 0
        for index, letter in enumerate(LETTERS):
            expression = self._expressions[index]
            now, before = self.numbers[index], self.last[index]
            same = now == before or (now != now and before != before)
            fresh = self.is_linked(f"INP{letter}") or not same or marked >> index & 1
            if expression is None or (fresh and self.copt != ALWAYS):
                continue
            outcome = expression(self.numbers, [], now, "", self.prec)
            if outcome.number is not None:
                self.numbers[index] = outcome.number
            if not outcome.good:
                self.raise_alarm(Status.CALC, Severity.INVALID, f"CLC{letter} cannot be calculated")
                self.udf = 1


keep_in_list(TransformRecord, "numbers", LETTERS)
keep_in_list(TransformRecord, "last", (f"L{letter}" for letter in LETTERS))
