"""Simulated: a record in simulation mode reads and writes SIOL instead of INP and OUT (SIMM, SIML, SIMS, SDLY, SSCN).

Source: ``readValue`` and ``writeValue`` of the record types of EPICS base, ``recGblGetSimm`` and ``recGblCheckSimm``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from records.alarm import Severity, Status
from records.field import Field
from records.link import LinkError
from records.turns import Turns
from records.types import FieldType

__all__ = ["RAW", "Simulated"]

NO_SSCN: Final = 65535  # SCAN stays as it is
RAW: Final = 2  # SIMM


class Simulated(Turns):
    """A record that can be simulated. `simm` is 0 for a type without such fields."""

    simm: int
    sims: Severity
    sdly: float
    sscn: int
    sval: Any
    oldsimm: int

    _mode: int = 0  # SIMM before the latest change

    def take_fields(self, converted: Mapping[str, Any]) -> None:
        """As for a Fielded; a constant in SIML is SIMM, and one in SIOL SVAL (``recGblInitSimm``).

        A SIMM that is given is no change.
        """
        super().take_fields(converted)
        if converted.get("siml"):
            self._take_mode()
        if converted.get("siol") and "SVAL" in self.fields:
            value = self.constant_link("SIOL", self.fields["SVAL"].type)
            self.sval = self.sval if value is None else value
        if "simm" in converted or "siml" in converted:
            self._mode = self.simm

    def _take_mode(self) -> None:
        mode = self.constant_link("SIML", FieldType.USHORT)
        if mode is None or mode == self.simm:
            return
        self.simm = mode
        if self.sscn != NO_SSCN:
            self.oldsimm = self.simm
            self.scan, self.sscn = self.sscn, self.scan

    def in_simulation(self) -> bool:
        """Whether to simulate, after a look at SIML."""
        link = self._links.get("SIML") if self._links is not None else None
        if link is not None:
            before = self.simm
            with suppress(LinkError):  # no alarm, as in base: a flag that is not there simulates nothing
                self.simm = link.get(self, FieldType.USHORT, 1)  # type: ignore[assignment]  # one element
            if self.simm != before:
                self.simulation_changed()
        return bool(self.simm)

    def field_stored(self, row: Field) -> None:
        """SIMM swaps SCAN and SSCN, if there is an SSCN."""
        super().field_stored(row)
        if row.name == "SIMM" and self.simm != self._mode:
            self.simulation_changed()

    def simulation_changed(self) -> None:
        """Begin or end simulation (``recGblCheckSimm``)."""
        self._mode = self.simm
        if self.sscn == NO_SSCN:
            return
        self.oldsimm = self.simm
        self.scan, self.sscn = self.sscn, self.scan
        self.notify(0)
        if self.host is not None:
            self.host.scan_changed(self)

    def simulate(self, act: Callable[[], None]) -> None:
        """Raise the SIMM alarm, and call `act` when SDLY is over."""
        if self.sdly < 0.0 or self.host is None:
            self.raise_alarm(Status.SIMM, self.sims, "simulated")
            act()
            return
        self._active += 1
        self.outdate()

        def due() -> None:
            self.raise_alarm(Status.SIMM, self.sims, "simulated")
            act()
            self.leave()
            if self.rpro and not self._active and self.host is not None:
                self.rpro = 0
                self.host.once(self)

        self.host.later(self.sdly, due)

    def leave(self) -> None:
        """Something that worked for the record without its caller waiting has ended."""
        self._active -= 1
        if not self._active:
            self.processed()

    def simulated_value(self, wanted: FieldType, count: int = 1) -> Any:
        """What SIOL says, else SVAL. Raises LinkError."""
        if count != 1:
            return self.read_link("SIOL", wanted, None, count)
        self.sval = self.read_link("SIOL", wanted, self.sval)
        return self.sval
