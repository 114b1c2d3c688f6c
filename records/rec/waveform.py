"""waveform: an array of one type, of up to NELM elements."""

from __future__ import annotations

from contextlib import suppress
from typing import ClassVar

from records.common import COMMON, INPUT, simulation
from records.field import PROCESSES, Field, Table, table
from records.link import LinkError
from records.rec.arrays import ARRAY, POSTED, PostedArray
from records.types import FieldType

__all__ = ["InputArray", "WaveformRecord"]


class InputArray(PostedArray):
    """An array that is read."""

    def process_soft(self) -> None:
        """Read INP, and be defined whatever comes of that (``process`` of waveformRecord.c)."""
        self._read_from("INP")

    def process_simulated(self) -> None:
        """Read SIOL."""
        self._read_from("SIOL")

    def _read_from(self, name: str) -> None:
        with suppress(LinkError):
            self.value = self.accept(self.read_link(name, self.field_type, self.value, self.max_count))
        self.evaluate()


class WaveformRecord(InputArray):
    """Array: reads INP, or keeps what it is given.

    FTVL and NELM, when not set, come from the first value; without one FTVL is DOUBLE (base: STRING) and NELM 1.
    """

    record_type = "waveform"
    fields: ClassVar[Table] = table(
        COMMON,
        Field("VAL", FieldType.DOUBLE, (), changes=PROCESSES),
        ARRAY,
        POSTED,
        Field("BUSY", FieldType.SHORT, 0, writable=False),
        Field("RARM", FieldType.SHORT, 0, changes=PROCESSES),
        INPUT,
        simulation(None),
    )

    def process_simulated(self) -> None:
        """Read SIOL; a constant there has no elements (``readValue`` of waveformRecord.c)."""
        if self.is_linked("SIOL") or self.max_count == 1:
            super().process_simulated()
        else:
            self.value = self.accept(())
            self.evaluate()
