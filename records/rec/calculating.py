"""What calc and calcout share: 21 arguments A to U, each with an input link, and an expression of them in CALC."""

from __future__ import annotations

from collections.abc import Callable
from math import isnan
from typing import Any, Final

from records.alarm import Severity, Status
from records.calc import ARGUMENTS, Expression, compile_calc
from records.common import deadbands, display, link, value_limits
from records.field import PROCESSES, Field
from records.link import LinkError
from records.pv import LOG, VALUE
from records.rec.analog import Analog
from records.types import FieldType, Value

__all__ = ["INPUTS", "Calculating", "calculation", "expression"]

DOUBLE: Final = FieldType.DOUBLE
INPUTS: Final = tuple((f"INP{letter}", index) for index, letter in enumerate(ARGUMENTS))


def expression(name: str) -> Field:
    """A row for an expression."""
    return Field(name, FieldType.STRING, "0", size=160, changes=PROCESSES)


def calculation() -> list[Field]:
    """VAL, CALC, the arguments with their links and previous values, limits and deadbands."""
    return [
        Field("VAL", DOUBLE, 0.0),
        expression("CALC"),
        *(link(name) for name, _ in INPUTS),
        *display(DOUBLE),
        *value_limits(DOUBLE),
        *deadbands(DOUBLE),
        *(Field(letter, DOUBLE, 0.0, changes=PROCESSES) for letter in ARGUMENTS),
        *(Field(f"L{letter}", DOUBLE, 0.0, writable=False) for letter in ARGUMENTS),
    ]


class Calculating(Analog):
    """A record that calculates. `args` are A to U and, for the expression, VAL; `last` what they were before.

    Raises CalcError, a ValueError, for an expression that is none.
    """

    calc: str

    _unread = True  # only a calculation sets UDF, see `calculate`
    _inputs: tuple[tuple[str, int], ...] = ()  # the links that have a target

    def __init__(self, name: str, value: Any = None, **options: Any) -> None:
        self.args = [0.0] * (len(ARGUMENTS) + 1)
        self.last = [0.0] * len(ARGUMENTS)
        self._calc: Expression | None = None
        super().__init__(name, value, **options)
        self._calc = compile_calc(self.calc)
        for field, index in INPUTS:
            if getattr(self, field.lower()):
                self.take_constant(field, index)

    def take_constant(self, field: str, index: int) -> None:
        """Let an argument be the constant in its link, if there is one (``recGblInitConstantLink``)."""
        constant = self.constant_link(field, DOUBLE)
        if constant is not None:
            self.args[index] = constant

    # --- processing ---------------------------------------------------------------------------------------------

    def calculate(self) -> None:
        """Read all links and, if all could be read, make VAL of the expression."""
        if self.read_inputs():
            if self._calc is None:
                self.raise_alarm(Status.CALC, Severity.INVALID, "calcPerform")
            else:
                args = self.args
                args[-1] = self.value  # type: ignore[assignment]  # VAL is a float
                self.value = value = self._calc(args)
                self.udf = int(isnan(value))

    def read_inputs(self) -> bool:
        """Read the links into A to U (``fetch_values``); whether all of them could be read."""
        good = True
        for field, index in self._inputs:
            try:
                self.args[index] = self.read_link(field, DOUBLE, self.args[index])
            except LinkError:
                good = False
        return good

    def _connect(self, name: str) -> None:
        super()._connect(name)
        links = self._links or {}
        self._inputs = tuple(pair for pair in INPUTS if pair[0] in links)  # few of them, as a rule

    def monitor(self) -> int:
        """VALUE and LOG by the deadbands; the arguments are now as everybody was told."""
        last, now = self.last, self.args[:-1]
        if now != last:
            self.last = [new if new != old else old for new, old in zip(now, last, strict=True)]  # -0 is no new 0
        return super().monitor()

    def reset_alarms(self) -> int:
        """As for any record; with a change of alarm base tells the arguments as well, changed or not."""
        changes = super().reset_alarms()
        if changes:
            self.last = self.args[:-1]
        return changes

    # --- puts ---------------------------------------------------------------------------------------------------

    def take_put(self, value: Value) -> None:
        """Take a put of VAL. It does not process: VAL has no ``pp`` in these types."""
        self.value = value
        self.udf = 0
        self._puts += 1
        self.notify(VALUE | LOG)

    def take_from_link(self, row: Field | None, value: Any, processes: bool) -> Callable[[], Any] | None:
        """As for any record; VAL is shown at once, see `take_put`."""
        if row is not None:
            return super().take_from_link(row, value, processes)
        self.take_put(self.accept(value))
        return None


def _argument(index: int) -> property:
    def read(record: Calculating) -> float:
        return record.args[index]

    def write(record: Calculating, value: float) -> None:
        record.args[index] = value

    return property(read, write)


def _previous(index: int) -> property:
    return property(lambda record: record.last[index])


for _index, _letter in enumerate(ARGUMENTS):  # the fields as attributes, though they are kept in lists
    setattr(Calculating, _letter.lower(), _argument(_index))
    setattr(Calculating, f"l{_letter.lower()}", _previous(_index))
