"""What bi and bo share: two states with names and severities."""

from __future__ import annotations

from typing import Final

from records.alarm import Severity
from records.common import severities
from records.field import DESCRIBES, PROCESSES, Field
from records.metadata import NO_LIMITS, Metadata
from records.rec.states import States
from records.types import FieldType

__all__ = ["TWO_STATES", "Binary"]

USHORT: Final = FieldType.USHORT
_ILLEGAL: Final = (2, "Illegal_Value")  # as biRecord.c and boRecord.c spell it

TWO_STATES: Final = (
    Field("VAL", FieldType.ENUM, 0, changes=PROCESSES),
    Field("ZNAM", FieldType.STRING, "", size=26, changes=PROCESSES | DESCRIBES),
    Field("ONAM", FieldType.STRING, "", size=26, changes=PROCESSES | DESCRIBES),
    *severities("ZSV", "OSV", "COSV"),
    Field("MASK", FieldType.ULONG, 0, writable=False),
    Field("MLST", USHORT, 0, writable=False),
    Field("LALM", USHORT, 0, writable=False),
)


class Binary(States):
    """A record with the states 0 and 1."""

    znam: str
    onam: str
    zsv: Severity
    osv: Severity

    def lacks_value(self) -> bool:
        """Only 1 counts (``udf == TRUE`` in biRecord.c and boRecord.c)."""
        return self.udf == 1

    def blank_state(self) -> int | None:
        """0 without ZNAM, else 1 without ONAM."""
        return None if self.znam and self.onam else int(bool(self.znam))

    def from_raw(self, raw: int) -> int:
        """Everything but 0 is state 1."""
        return 1 if raw else 0

    def state_severity(self, state: int) -> Severity:
        """ZSV, or OSV for whatever is not 0."""
        return self.osv if state else self.zsv

    def describe(self) -> Metadata:
        """Two states unless only the first has a name (``get_enum_strs`` of biRecord.c)."""
        states = (self.znam,) if self.znam and not self.onam else (self.znam, self.onam)
        return Metadata(warning=NO_LIMITS, alarm=NO_LIMITS, states=states, illegal=_ILLEGAL)
