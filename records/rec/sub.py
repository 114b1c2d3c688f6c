"""sub: a number that a Python function works out from up to 21 others. See `records.functions`."""

from __future__ import annotations

from typing import ClassVar, Final

from records.common import COMMON, deadbands, display, severities, value_limits
from records.field import PROCESSES, Field, Table, numbered, table
from records.functions import FunctionField, find_function
from records.pv import clock
from records.rec.called import BAD_SUB, Called
from records.rec.soft import ALPHABET, link_rows
from records.rec.softanalog import SoftAnalog
from records.types import FieldType

__all__ = ["SubRecord"]

DOUBLE: Final = FieldType.DOUBLE
STRING: Final = FieldType.STRING


class SubRecord(Called, SoftAnalog):
    """Reads INPA ... INPU into A ... U, and calls the function that SNAM names, which sets VAL."""

    record_type = "sub"
    value_type = DOUBLE
    constants = tuple((f"INP{name}", name) for name in ALPHABET)
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", DOUBLE, 0.0, changes=PROCESSES),
        FunctionField("INAM", STRING, "", writable=False),
        FunctionField("SNAM", STRING, ""),
        link_rows("INP", ALPHABET),
        display(DOUBLE),
        value_limits(DOUBLE),
        severities("BRSV"),
        deadbands(DOUBLE),
        numbered(DOUBLE, 0.0, *ALPHABET, changes=PROCESSES),
        numbered(DOUBLE, 0.0, *(f"L{name}" for name in ALPHABET), writable=False),
    )

    def init_soft(self) -> None:
        """``init_record`` of subRecord.c. Without SNAM the record stays active, and never processes."""
        super().init_soft()
        self.initialize()
        self._find()
        if self.function is not None:
            self.remember_value()

    def _find(self) -> None:
        self.function = find_function(self.snam) if self.snam else None
        if not self.snam:
            self._idle = True
            self._active += 1

    _idle = False  # SNAM is empty: PACT is set

    def occupied(self) -> bool:
        """PACT without SNAM is for ever: base lets a put with completion wait as long."""
        return not self._idle and super().occupied()

    def field_stored(self, row: Field) -> None:
        """A new SNAM is looked up; one that there is not is refused, and the record goes on with none."""
        if row.name == "SNAM":
            if self._idle:
                self._idle = False
                self._active -= 1
                self.rpro = 0
            self._find()
        super().field_stored(row)
        if row.name == "SNAM" and self.snam and self.function is None:
            raise ValueError(f"{self.name}: there is no function {self.snam!r}")

    def process_record(self) -> None:
        """``process`` of subRecord.c: a link that fails is an alarm, and nothing is called."""
        if all(self.read_into(f"INP{name}", name) for name in ALPHABET):
            self.call()
        else:
            self.called(BAD_SUB)

    def called(self, status: int) -> None:
        """VAL is defined unless it is NaN."""
        if status >= 0 and status != BAD_SUB:
            self.udf = int(self.value != self.value)
        self.time_ns = clock.now_ns()
        self.check_alarms(self.value)
        self.finish()

    def monitor(self) -> int:
        """As for any number; what was told of the arguments is remembered."""
        changes = super().monitor()
        for name in ALPHABET:
            now = getattr(self, name.lower())
            if now != getattr(self, f"l{name.lower()}"):
                setattr(self, f"l{name.lower()}", now)
        return changes
