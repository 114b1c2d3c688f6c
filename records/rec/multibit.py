"""What mbbi and mbbo share: up to sixteen states with names, raw values and severities."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from records.alarm import Severity
from records.common import severities
from records.field import CONFIGURES, DESCRIBES, PROCESSES, Field, numbered
from records.metadata import NO_LIMITS, Metadata
from records.rec.states import States
from records.types import FieldType

__all__ = ["SIXTEEN_STATES", "UNKNOWN", "MultiBit"]

USHORT: Final = FieldType.USHORT
ULONG: Final = FieldType.ULONG
ALL: Final = 0xFFFFFFFF
_ILLEGAL: Final = (16, "Illegal Value")  # as mbbiRecord.c and mbboRecord.c spell it
UNKNOWN: Final = 65535  # VAL when no state has the raw value

# zero, one, two ... fifteen
_STATES: Final = (
    *("ZR", "ON", "TW", "TH", "FR", "FV", "SX", "SV"),
    *("EI", "NI", "TE", "EL", "TV", "TT", "FT", "FF"),
)
_NAMES: Final = tuple(f"{state}ST".lower() for state in _STATES)
_VALUES: Final = tuple(f"{state}VL".lower() for state in _STATES)
_SEVERITIES: Final = tuple(f"{state}SV".lower() for state in _STATES)

SIXTEEN_STATES: Final = (
    Field("VAL", FieldType.ENUM, 0, changes=PROCESSES),
    *(
        Field(name.upper(), FieldType.STRING, "", size=26, changes=PROCESSES | DESCRIBES | CONFIGURES)
        for name in _NAMES
    ),
    *numbered(ULONG, 0, *(name.upper() for name in _VALUES), changes=PROCESSES | CONFIGURES),
    *severities(*(name.upper() for name in _SEVERITIES), "UNSV", "COSV"),
    Field("NOBT", USHORT, 0, writable=False),
    Field("MASK", ULONG, 0, writable=False),
    Field("SHFT", USHORT, 0),
    Field("SDEF", FieldType.SHORT, 0, writable=False),
    Field("MLST", USHORT, 0, writable=False),
    Field("LALM", USHORT, 0, writable=False),
)


class MultiBit(States):
    """A record with up to sixteen states.

    If any of ZRVL ... FFVL is set, raw values are looked up in them; if none is, the raw value is the state.
    """

    cos_lasts: ClassVar[bool] = True  # LALM moves only if no COS alarm was raised (``checkAlarms`` of mbbiRecord.c)

    dtyp: int
    nobt: int
    shft: int
    sdef: int
    unsv: Severity

    _values: tuple[int, ...] = ()

    def init_record(self) -> None:
        """Make MASK, which DTYP "Raw Soft Channel" shifts by SHFT (``init_record`` of devMbbiSoftRaw.c)."""
        if not self.mask and self.nobt <= 32:
            self.mask = (1 << self.nobt) - 1
        if self.dtyp == self.raw_soft:
            self.mask = (self.mask if self.nobt else ALL) << (self.shft & 31) & ALL

    def configure(self, value: Any) -> None:
        """Gather the raw values (``init_common``)."""
        values = tuple(getattr(self, name) for name in _VALUES)
        self._values = values if any(values) else ()
        self.sdef = int(any(values) or any(getattr(self, name) for name in _NAMES))

    def blank_state(self) -> int | None:
        """The first of ZRST ... FFST that is empty, if there is any name or value at all (SDEF)."""
        names = [getattr(self, name) for name in _NAMES]
        return names.index("") if self.sdef and "" in names else None

    def mask_raw(self) -> None:
        """MASK leaves some bits, if any (devMbbiSoftRaw.c)."""
        self.rval &= self.mask

    def from_raw(self, raw: int) -> int:
        """The state whose value is `raw`, or 65535."""
        raw >>= self.shft & 31  # as CPUs shift
        if not self._values:
            return min(raw, UNKNOWN)
        return self._values.index(raw) if raw in self._values else UNKNOWN

    def state_severity(self, state: int) -> Severity:
        """ZRSV ... FFSV, or UNSV for a state that there is not."""
        severity: Severity = getattr(self, _SEVERITIES[state]) if state < len(_SEVERITIES) else self.unsv
        return severity

    def describe(self) -> Metadata:
        """The states up to the last that has a name."""
        names = [str(getattr(self, name)) for name in _NAMES]
        while names and not names[-1]:
            names.pop()
        return Metadata(warning=NO_LIMITS, alarm=NO_LIMITS, states=tuple(names), illegal=self.illegal())

    def illegal(self) -> tuple[int, str] | None:
        """What numbers beyond the sixteenth state are called."""
        return _ILLEGAL
