"""seq: writes up to sixteen values to other records, one after the other, each after a delay."""

from __future__ import annotations

from typing import ClassVar, Final

from records.alarm import Severity, Status
from records.common import COMMON, link
from records.field import PROCESSES, Field, Table, table
from records.rec.fanout import GROUPS
from records.rec.soft import ALL, SELECTION, Soft, selected
from records.types import FieldType

__all__ = ["SeqRecord", "group_rows"]

DOUBLE: Final = FieldType.DOUBLE


def group_rows(name: str) -> list[Field]:
    """A delay in seconds, where a value comes from, the value, and where it goes."""
    return [
        Field(f"DLY{name}", DOUBLE, 0.0),
        link(f"DOL{name}"),
        Field(f"DO{name}", DOUBLE, 0.0),
        link(f"LNK{name}"),
    ]


class SeqRecord(Soft):
    """For each group chosen by SELM: waits DLYn, reads DOLn into DOn, writes that to LNKn."""

    record_type = "seq"
    value_type = FieldType.LONG
    constants = (("SELL", "SELN"), *((f"DOL{name}", f"DO{name}") for name in GROUPS))
    out_links = Soft.out_links | {f"LNK{name}" for name in GROUPS}
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", FieldType.LONG, 0, changes=PROCESSES),
        SELECTION,
        Field("OFFS", FieldType.SHORT, 0),
        Field("SHFT", FieldType.SHORT, -1),
        Field("OLDN", FieldType.USHORT, 0),
        Field("PREC", FieldType.SHORT, 0),
        *map(group_rows, GROUPS),
    )

    selm: int
    seln: int
    offs: int
    shft: int
    oldn: int

    def init_soft(self) -> None:
        """OLDN is what listeners of SELN were last told."""
        super().init_soft()
        self.oldn = self.seln

    def process_record(self) -> None:
        """``process`` of seqRecord.c."""
        if self.selm != ALL:
            self.read_into("SELL", "SELN")
        chosen = selected(self.seln, self.selm, self.offs, self.shft)
        if chosen is None:
            self.raise_alarm(Status.SOFT, Severity.INVALID, "SELM, SELN, OFFS and SHFT choose nothing that there is")
            chosen = 0
        groups = [
            group
            for index, group in enumerate(GROUPS)
            if chosen >> index & 1 and (self.is_linked(f"LNK{group}") or self.is_linked(f"DOL{group}"))
        ]
        self._active += 1
        self.outdate()
        self._next(groups)

    def _next(self, groups: list[str]) -> None:
        """Wait for the next group, or end; always through the host, so that long sequences do not recurse."""
        if not groups:
            self.end()
            self.complete()
            return
        delay: float = getattr(self, f"dly{groups[0].lower()}")
        self.resume(delay if delay > 0.0 else 0.0, lambda: self._write(groups))

    def _write(self, groups: list[str]) -> None:
        group, *rest = groups
        self.read_into(f"DOL{group}", f"DO{group}")
        self.drive(f"LNK{group}", getattr(self, f"do{group.lower()}"), DOUBLE)
        self._next(rest)

    def end(self) -> None:
        """OLDN follows SELN."""
        self.oldn = self.seln
        super().end()
